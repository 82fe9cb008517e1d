/**
 * The ground truth for auditors: everything the exchange holds, whatever its reads say. Never given to the bot.
 * Money is cash flow: cash = deposits − Σ buys + Σ sells − fees + funding, equity = cash + Σ amount × mark, both exact (I14).
 */
import { plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { OrderRecord, TradeRecord } from '../../ports/exchange.ts';
import { accountDelta, legDelta, priceDelta } from './book-changes.ts';
import { sortedLegs } from './book-state.ts';
import type { AccountState } from './book-state.ts';
import type { Book } from './book.ts';
import type { AccountDelta, AccountEvent, LegDelta, PriceDelta, ReceivedRequest } from './delta.ts';
import { accountMargin } from './margin.ts';

export interface TrueAccount extends AccountDelta {
  readonly walletBalance: DecimalString;
  readonly equity: DecimalString;
  readonly maintenance: DecimalString;
  /** Signed amounts; flat legs are left out. */
  readonly positions: readonly LegDelta[];
  readonly openOrders: readonly OrderRecord[];
}

export interface TrueOrder {
  readonly order: OrderRecord;
  /** Every version, oldest first; only the last without `keepHistory`. */
  readonly history: readonly OrderRecord[];
}

export interface GroundTruth {
  readonly at: number;
  readonly prices: readonly PriceDelta[];
  readonly accounts: readonly TrueAccount[];
  /** In order of acceptance. */
  readonly orders: readonly TrueOrder[];
  /** Oldest first. */
  readonly trades: readonly TradeRecord[];
  /** Funding, liquidations and transfers, oldest first. */
  readonly events: readonly AccountEvent[];
  /** Writes as they arrived, with their true outcomes. */
  readonly requests: readonly ReceivedRequest[];
}

export function groundTruth(book: Book): GroundTruth {
  const accounts = [...book.accounts.values()];
  return {
    at: book.now,
    prices: [...book.markets.values()].flatMap(priceDelta),
    accounts: accounts.map((account) => trueAccount(book, account)),
    orders: trueOrders(book, accounts),
    trades: accounts.flatMap((account) => account.trades).sort((a, b) => numberOf(a.id) - numberOf(b.id)),
    events: accounts.flatMap((account) => account.events).sort((a, b) => a.at - b.at),
    requests: [...book.requests],
  };
}

export function trueAccount(book: Book, account: AccountState): TrueAccount {
  const { walletBalance, equity, maintenance } = accountMargin(book, account);
  return {
    ...accountDelta(account),
    walletBalance: plain(walletBalance),
    equity: plain(equity),
    maintenance: plain(maintenance),
    positions: sortedLegs(account).map((leg) => legDelta(account.account, leg)),
    openOrders: [...account.open.values()].map((order) => order.record),
  };
}

function trueOrders(book: Book, accounts: readonly AccountState[]): readonly TrueOrder[] {
  const histories = new Map<number, OrderRecord[]>();
  for (const { sequence, order } of book.versions) {
    const history = histories.get(sequence);
    if (history === undefined) histories.set(sequence, [order]);
    else history.push(order);
  }
  return accounts
    .flatMap((account) => [...account.closed.values(), ...account.open.values()])
    .sort((a, b) => a.sequence - b.sequence)
    .map(({ sequence, record }) => ({ order: record, history: histories.get(sequence) ?? [record] }));
}

/** The counter in an id such as `t17`. */
export function numberOf(id: string): number {
  return Number(id.slice(1));
}
