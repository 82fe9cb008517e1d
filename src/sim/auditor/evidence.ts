/**
 * What truly happened, gathered as it happens: orders, trades, requests and money from the exchange's own deltas, intents, orders and
 * booked trades from what the store committed. Nothing here asks the bot. Incremental, so that an audit costs what changed.
 */
import type { DecimalString } from '../../domain/decimal.ts';
import type { Role, WalletName } from '../../domain/strategy.ts';
import type { OrderRecord, TradeRecord } from '../../ports/exchange.ts';
import type { StoredIntent, StoredOrder } from '../../ports/store.ts';
import type { AccountEvent, PriceDelta, ReceivedRequest } from '../exchange/delta.ts';
import { NOTHING, add, exact, multiply, negate, subtract } from './exact.ts';
import type { Exact } from './exact.ts';

/** What a part of an order's amount is for, as the bot wrote it down before it sent the order. */
export interface StoredLeg {
  readonly wallet: WalletName;
  readonly role: Role | 'market-buy' | 'rebalance' | 'close-stray' | 'flatten';
  readonly level: number | null;
  readonly cycle: number;
  readonly leg: 'open-long' | 'close-long' | 'open-short' | 'close-short';
  readonly amount: DecimalString;
}

/** Money and position of one symbol on one account, from trades and account events alone. */
export interface Flow {
  /** −Σ buys + Σ sells − fees + funding, quote. */
  cash: Exact;
  /** Signed; by position side, `both` in one-way mode. */
  readonly positions: Map<string, Exact>;
}

export class Evidence {
  /** By client order id. */
  readonly openOrders = new Map<string, OrderRecord>();
  readonly finalOrders = new Set<string>();
  /** By intent id. */
  readonly intents = new Map<string, StoredIntent>();
  readonly #intentsByOrder = new Map<string, StoredIntent[]>();
  readonly storedOrders = new Map<string, StoredOrder>();
  readonly trades = new Map<string, TradeRecord>();
  readonly bookedTrades = new Set<string>();
  /** Trades of our orders at the exchange that no commit has booked yet. */
  readonly unbooked = new Map<string, TradeRecord>();
  readonly executed = new Map<string, Exact>();
  readonly booked = new Map<string, Exact>();
  readonly prices = new Map<string, PriceDelta>();
  readonly flows = new Map<string, Flow>();
  /** Exchange's own positions, signed, by account, symbol and side. */
  readonly truePositions = new Map<string, Exact>();
  readonly trueCash = new Map<string, Exact>();
  /** First content of each placed client order id. */
  readonly placed = new Map<string, string>();
  /** Slots (with cycle) whose last order the exchange refused or ended by itself, with the raw reason. */
  readonly refusedSlots = new Map<string, string>();
  readonly legs = new Map<string, readonly StoredLeg[]>();
  /** Accounts whose position mode somebody has changed, with the time of the first refusal that told the bot; null before. */
  readonly changedModes = new Map<string, number | null>();
  /** `account|symbol` where somebody else has traded: the wallets' money is then not all there is. */
  readonly foreignSymbols = new Set<string>();

  legsOf(clientOrderId: string): readonly StoredLeg[] | null {
    return this.legs.get(clientOrderId) ?? null;
  }

  storeIntent(intent: StoredIntent): void {
    const isNew = !this.intents.has(intent.intentId);
    this.intents.set(intent.intentId, intent);
    if (!isNew) return;
    const known = this.#intentsByOrder.get(intent.clientOrderId);
    if (known === undefined) this.#intentsByOrder.set(intent.clientOrderId, [intent]);
    else known.push(intent);
  }

  /** First versions, in the order they were committed. */
  intentsOf(clientOrderId: string): readonly StoredIntent[] {
    return this.#intentsByOrder.get(clientOrderId) ?? [];
  }

  storeOrder(order: StoredOrder): void {
    this.storedOrders.set(order.clientOrderId, order);
    this.legs.set(order.clientOrderId, order.legs as unknown as readonly StoredLeg[]);
  }

  /** A trade as the store has booked it. */
  book(trade: TradeRecord): void {
    this.bookedTrades.add(tradeKey(trade));
    this.unbooked.delete(tradeKey(trade));
    if (trade.clientOrderId !== null) this.booked.set(trade.clientOrderId, add(this.booked.get(trade.clientOrderId) ?? NOTHING, exact(trade.amount)));
  }

  /** What orders of this wallet alone have closed of a side and no commit knows of yet; 0 for netted ones, whose legs share their trades. */
  closedUnbooked(wallet: string, side: 'long' | 'short'): Exact {
    let closed = NOTHING;
    for (const { clientOrderId, amount } of this.unbooked.values()) {
      const [leg, ...others] = (clientOrderId === null ? null : this.legsOf(clientOrderId)) ?? [];
      if (leg !== undefined && others.length === 0 && leg.wallet === wallet && leg.leg === `close-${side}`) closed = add(closed, exact(amount));
    }
    return closed;
  }

  /** The store has forgotten what it had booked; orders and what they were for have been written down once. */
  forgetBooks(): void {
    for (const key of this.bookedTrades) {
      const trade = this.trades.get(key);
      if (trade?.clientOrderId !== undefined && trade.clientOrderId !== null && !isForeign(trade.clientOrderId)) this.unbooked.set(key, trade);
    }
    this.bookedTrades.clear();
    this.booked.clear();
    this.storedOrders.clear();
    // Their numbers are given again.
    this.intents.clear();
    // An id the exchange has refused it does not know either: no order has ever had it.
    for (const id of this.placed.keys()) if (!this.openOrders.has(id) && !this.finalOrders.has(id)) this.placed.delete(id);
  }

  flow(account: string, symbol: string): Flow {
    const key = `${account}|${symbol}`;
    let flow = this.flows.get(key);
    if (flow === undefined) {
      flow = { cash: NOTHING, positions: new Map() };
      this.flows.set(key, flow);
    }
    return flow;
  }

  noteTrade(trade: TradeRecord): void {
    this.trades.set(tradeKey(trade), trade);
    const flow = this.flow(trade.account, trade.symbol);
    const amount = exact(trade.amount);
    const signed = trade.side === 'buy' ? amount : negate(amount);
    flow.cash = subtract(subtract(flow.cash, multiply(signed, exact(trade.price))), exact(trade.fee));
    const side = trade.positionSide ?? 'both';
    flow.positions.set(side, add(flow.positions.get(side) ?? NOTHING, signed));
    if (trade.clientOrderId === null) return;
    if (isForeign(trade.clientOrderId)) {
      this.foreignSymbols.add(`${trade.account}|${trade.symbol}`);
      return;
    }
    this.unbooked.set(tradeKey(trade), trade);
    this.executed.set(trade.clientOrderId, add(this.executed.get(trade.clientOrderId) ?? NOTHING, amount));
  }

  noteAccountEvent(event: AccountEvent): void {
    if (event.type === 'transfer') return;
    const flow = this.flow(event.account, event.symbol);
    flow.cash = event.type === 'funding' ? add(flow.cash, exact(event.amount)) : subtract(flow.cash, exact(event.fee));
  }

  noteOrder(order: OrderRecord): void {
    if (order.status === 'open') this.openOrders.set(order.clientOrderId, order);
    else {
      this.openOrders.delete(order.clientOrderId);
      this.finalOrders.add(order.clientOrderId);
      if (order.status !== 'closed' && order.reason !== 'CANCELED_BY_CLIENT') this.#refuse(order.clientOrderId, order.reason ?? order.status);
    }
  }

  noteRequest({ request, outcome, code, kind }: ReceivedRequest): void {
    if (kind === 'cancel') return;
    if (outcome === 'refused') this.#refuse(request.clientOrderId, code ?? 'refused');
    else for (const leg of this.legsOf(request.clientOrderId) ?? []) this.refusedSlots.delete(slotOfLeg(leg));
  }

  #refuse(clientOrderId: string, reason: string): void {
    for (const leg of this.legsOf(clientOrderId) ?? []) this.refusedSlots.set(slotOfLeg(leg), reason);
  }
}

/** Ids of orders that others placed on the account. */
export function isForeign(clientOrderId: string): boolean {
  return clientOrderId.startsWith('web_');
}

export function tradeKey(trade: Pick<TradeRecord, 'account' | 'symbol' | 'id'>): string {
  return `${trade.account}|${trade.symbol}|${trade.id}`;
}

export function slotOfLeg({ wallet, role, level, leg, cycle }: Omit<StoredLeg, 'amount'>): string {
  return `${wallet}/${role}/${level ?? 'market'}/${leg}#${cycle}`;
}

export function isClosing({ leg }: Pick<StoredLeg, 'leg'>): boolean {
  return leg === 'close-long' || leg === 'close-short';
}
