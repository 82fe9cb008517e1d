/**
 * One reading of everything the exchange knows about a plan's accounts (I9): positions, open orders, trades and account events since the
 * watermarks, settings. Absence counts only when all of it came back.
 */
import type { Clock } from '../ports/clock.ts';
import type { AccountSettings, AccountSnapshot, Exchange, ExchangeEvent, TradeRecord } from '../ports/exchange.ts';
import { unlessUnavailable } from './unavailable.ts';

export interface AccountReading {
  readonly account: string;
  readonly snapshot: AccountSnapshot;
  /** Oldest first. */
  readonly trades: readonly TradeRecord[];
  readonly events: readonly Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>[];
  readonly settings: AccountSettings;
}

export interface PlanReading {
  /** `Clock.elapsed()` when the first read began. */
  readonly from: number;
  readonly accounts: readonly AccountReading[];
  readonly isComplete: boolean;
  /** The last known prices; null when not asked for. */
  readonly price: Awaited<ReturnType<Exchange['fetchPrice']>>;
}

export interface ReadingScope {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly accounts: Iterable<string>;
  readonly symbol: string;
  readonly tradesSince: number;
  readonly accountEventsSince: number;
  /** No price is known yet. */
  readonly needsPrice: boolean;
}

/** Null when the exchange did not answer one of the reads. */
export async function readAccounts(scope: ReadingScope): Promise<PlanReading | null> {
  const { exchange, clock, symbol } = scope;
  const from = clock.elapsed();
  return unlessUnavailable(async () => {
    const accounts: AccountReading[] = [];
    for (const account of scope.accounts) accounts.push(await readAccount(account, scope));
    const price = exchange.capabilities.hasLosslessEvents && !scope.needsPrice ? null : await exchange.fetchPrice(symbol);
    return { from, accounts, price, isComplete: accounts.every(({ snapshot }) => snapshot.complete) };
  }, null);
}

/** Positions first: every trade they show is then among the trades, as far as the exchange shows both equally fast. */
async function readAccount(account: string, { exchange, symbol, tradesSince, accountEventsSince }: ReadingScope): Promise<AccountReading> {
  const snapshot = await exchange.fetchSnapshot(account);
  const [trades, heard, settings] = await Promise.all([
    exchange.fetchTrades(account, symbol, tradesSince),
    exchange.fetchAccountEvents(account, accountEventsSince),
    exchange.fetchSettings(account, symbol),
  ]);
  const events = heard.filter((event) => event.type === 'funding' || event.type === 'liquidation' || event.type === 'transfer');
  return { account, snapshot, trades, events, settings };
}
