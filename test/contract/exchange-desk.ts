/** What the exchange contract's tests stand at: a harness around one implementation, short ways to ask it, and waits that are bounded. */
import { expect, vi } from 'vitest';
import { D, dec, plain } from '../../src/domain/decimal.ts';
import type { Instrument, PositionMode } from '../../src/domain/strategy.ts';
import type { AccountSnapshot, Exchange, ExchangeEvent, OrderRecord, OrderRequest, PositionSide, Side, TradeRecord, WriteOutcome } from '../../src/ports/exchange.ts';
import type { FrameFault, WireFault } from '../../src/ports/wire.ts';
import type { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import type { TrueAccount } from '../../src/sim/exchange/truth.ts';
import type { Candle } from '../../src/domain/candle.ts';

export interface PriceMove {
  readonly last: string;
  /** Default: the last price. */
  readonly mark?: string;
  /** Default: the mark price. */
  readonly index?: string;
  /** Funding is settled at this moment. */
  readonly fundingRate?: string;
}

/** One running implementation and the simulated exchange behind it; the account is flat, and its money and settings are those of CONTRACT_ACCOUNT. */
export interface ExchangeHarness {
  readonly exchange: Exchange;
  readonly account: string;
  readonly symbol: string;
  /** What `fetchInstrument` has to tell. */
  readonly instrument: Instrument;
  /** Ground truth, and the hands of everybody else. */
  readonly behind: SimulatedExchange;
  /** Moves the market behind. Resolves when it has moved there; the client may hear of it later. */
  readonly tick: (price: PriceMove) => Promise<void>;
  /** Lets the exchange serve these closed minute bars, which lie before its first price. */
  readonly addHistory: (bars: readonly Candle[]) => void;
  /** No stream hears what happens meanwhile. Resolves when the streams are back, or on their way. */
  readonly withoutStreams: (during: () => Promise<void>) => Promise<void>;
  /** Every request is turned away as one too many meanwhile. */
  readonly rateLimited: (during: () => Promise<void>) => Promise<void>;
  /** What this sends arrives so many ms later than it was sent. */
  readonly late: <T>(ms: number, send: () => Promise<T>) => Promise<T>;
  /** Every request meets this fault meanwhile, from an implementation that waits for no answer long. Absent: there is no line to break. */
  readonly faulty?: <T>(fault: WireFault, use: (exchange: Exchange) => Promise<T>) => Promise<T>;
  /** Every frame of every stream meets this fault meanwhile. Absent: there is no line to break. */
  readonly faultyStreams?: (fault: FrameFault, during: () => Promise<void>) => Promise<void>;
  /** A second market of the account; absent: there is none. */
  readonly otherSymbol?: string;
  /** How long something may take to come through, ms; 0 where everything happens at once. */
  readonly patienceMs: number;
  readonly end: () => Promise<void>;
}

/** Its symbol may be another one, and prices may be on another grid, as long as whole numbers are on it. */
export const CONTRACT_MARKET = { tickSize: '0.1', amountStep: '0.001', minAmount: '0.001', minCost: '5', takerFee: '0.0005', makerFee: '0.0002' } as const;
export const CONTRACT_ACCOUNT = { deposit: '20000', marginMode: 'cross', leverage: '10' } as const;
/** Where the market stands before every test. */
export const BASE_PRICE = '10000';
export const AMOUNT = '0.1';
/** An order of nobody. */
export const CANCELED_BETWEEN_TESTS = 'BETWEEN_TESTS';

const POLL_MS = 15;

export type Sketch = Partial<OrderRequest> & Pick<OrderRequest, 'side'>;

/** One way to act on a leg. */
export interface LegAct {
  readonly name: string;
  readonly side: Side;
  readonly leg: PositionSide;
  readonly opens: boolean;
}

export const LEG_ACTS: readonly LegAct[] = [
  { name: 'opens a long', side: 'buy', leg: 'long', opens: true },
  { name: 'closes a long', side: 'sell', leg: 'long', opens: false },
  { name: 'opens a short', side: 'sell', leg: 'short', opens: true },
  { name: 'closes a short', side: 'buy', leg: 'short', opens: false },
];

/** For a table of tests whose titles are their names. */
export function named<T extends { readonly name: string }>(rows: readonly T[]): readonly (readonly [string, T])[] {
  return rows.map((row) => [row.name, row]);
}

let idsGiven = 0;

export class Desk {
  readonly harness: ExchangeHarness;
  readonly mode: PositionMode;
  readonly events: ExchangeEvent[] = [];
  /** Nothing of the account is older, ms. */
  readonly since: number;
  readonly #unsubscribe: () => void;

  constructor(harness: ExchangeHarness, mode: PositionMode) {
    this.harness = harness;
    this.mode = mode;
    this.since = harness.behind.now();
    this.#unsubscribe = harness.exchange.subscribe((event) => this.events.push(event));
  }

  get exchange(): Exchange {
    return this.harness.exchange;
  }

  async end(): Promise<void> {
    this.#unsubscribe();
    await this.harness.end();
  }

  /** Flat, without orders, at the base price, nothing heard. */
  async reset(): Promise<void> {
    const { behind, account, tick } = this.harness;
    behind.acts.cancelAll(CANCELED_BETWEEN_TESTS);
    for (const { symbol, positionSide } of this.truth().positions) await behind.others.closePosition(account, symbol, positionSide);
    await tick({ last: BASE_PRICE });
    this.events.length = 0;
  }

  /** Repeats until it holds; fails with the last reason when patience is over. */
  async eventually(check: () => void | Promise<void>): Promise<void> {
    const { patienceMs } = this.harness;
    if (patienceMs === 0) return void (await check());
    await vi.waitFor(check, { timeout: patienceMs, interval: POLL_MS });
  }

  // --- orders ------------------------------------------------------------------------------------------------------------------

  newId(): string {
    idsGiven += 1;
    return this.exchange.capabilities.clientOrderIdForm === 'hex128' ? `0x${idsGiven.toString(16).padStart(32, '0')}` : `hrcontract${String(idsGiven).padStart(17, '0')}`;
  }

  /** An order that acts on a leg, as the window manager would send it. */
  acting({ side, leg, opens }: LegAct, sketch: Partial<OrderRequest> = {}): OrderRequest {
    const isHedge = this.mode === 'hedge';
    const reduceOnly = !opens && (!isHedge || this.exchange.capabilities.reduceOnlyInHedgeMode);
    return this.request({ side, positionSide: isHedge ? leg : null, reduceOnly, ...sketch });
  }

  /** In hedge mode it opens unless the sketch names another leg. */
  request(sketch: Sketch): OrderRequest {
    const { account, symbol, exchange } = this.harness;
    const { triggerPrice = null, price = null } = sketch;
    const type = triggerPrice === null ? (price === null ? 'market' : 'limit') : price === null ? 'stop-market' : 'stop-limit';
    const [triggerBy = 'last'] = exchange.capabilities.triggerSources;
    const positionSide = this.mode === 'hedge' ? (sketch.side === 'buy' ? 'long' : 'short') : null;
    return { account, symbol, clientOrderId: this.newId(), type, amount: AMOUNT, price, triggerPrice, triggerBy, positionSide, reduceOnly: false, postOnly: false, ...sketch };
  }

  /** Places and expects acceptance. */
  async placed(request: OrderRequest): Promise<OrderRecord> {
    const outcome = await this.exchange.placeOrder(request);
    if (outcome.type !== 'done') throw new Error(`not done: ${JSON.stringify(outcome)}`);
    return outcome.value;
  }

  /** An open position of AMOUNT, bought or sold through the exchange under test. */
  async hold(leg: PositionSide, amount = AMOUNT): Promise<OrderRecord> {
    const [opening] = LEG_ACTS.filter((act) => act.leg === leg && act.opens);
    const order = await this.placed(this.acting(opening as LegAct, { amount }));
    await this.eventually(async () => expect((await this.held())[leg]).toBe(amount));
    return order;
  }

  fetchOrder(clientOrderId: string): Promise<OrderRecord | null> {
    const { account, symbol } = this.harness;
    return this.exchange.fetchOrder(account, symbol, clientOrderId);
  }

  /** The order as it is looked up, once it is so. */
  async order(request: OrderRequest, expected: Partial<OrderRecord>): Promise<void> {
    const { clientOrderId, account, symbol, side, type, amount, price, triggerPrice, triggerBy, positionSide, reduceOnly, postOnly } = request;
    const isConditional = triggerPrice !== null;
    const asked = { clientOrderId, account, symbol, side, type, amount, price, triggerPrice, positionSide, reduceOnly, postOnly, ...(isConditional && { triggerBy }) };
    await this.eventually(async () => expect(await this.fetchOrder(clientOrderId)).toMatchObject({ ...asked, ...expected }));
  }

  cancel(clientOrderId: string): Promise<WriteOutcome<OrderRecord>> {
    const { account, symbol } = this.harness;
    return this.exchange.cancelOrder({ account, symbol, clientOrderId });
  }

  amend(clientOrderId: string, change: { readonly amount?: string; readonly price?: string; readonly triggerPrice?: string }): Promise<WriteOutcome<OrderRecord>> {
    const { account, symbol } = this.harness;
    const { amount = AMOUNT, price = null, triggerPrice = null } = change;
    return this.exchange.amendOrder({ account, symbol, clientOrderId, amount, price, triggerPrice });
  }

  // --- reads -------------------------------------------------------------------------------------------------------------------

  snapshot(): Promise<AccountSnapshot> {
    return this.exchange.fetchSnapshot(this.harness.account);
  }

  /** Base units per leg, both positive; in one-way mode the net position is one of them. */
  async held(): Promise<{ readonly long: string; readonly short: string }> {
    const { positions } = await this.snapshot();
    const own = positions.filter(({ symbol }) => symbol === this.harness.symbol);
    const of = (leg: PositionSide): string => {
      const amounts = own.map(({ positionSide, amount }) => (positionSide === 'both' ? dec(amount).times(leg === 'long' ? 1 : -1) : positionSide === leg ? dec(amount) : new D(0)));
      return plain(amounts.filter((amount) => amount.greaterThan(0)).reduce((sum, amount) => sum.plus(amount), new D(0)));
    };
    return { long: of('long'), short: of('short') };
  }

  /** Trades an order of ours caused, as they are read. */
  async tradesOf(clientOrderId: string): Promise<readonly TradeRecord[]> {
    const { account, symbol } = this.harness;
    return (await this.exchange.fetchTrades(account, symbol, this.since)).filter((trade) => trade.clientOrderId === clientOrderId);
  }

  // --- truth -------------------------------------------------------------------------------------------------------------------

  truth(): TrueAccount {
    const found = this.harness.behind.truth().accounts.find(({ account }) => account === this.harness.account);
    if (found === undefined) throw new Error(`the exchange behind has no account ${this.harness.account}`);
    return found;
  }

  /** How often the exchange behind took an order with this id, and how often it traded it. */
  behindOf(clientOrderId: string): { readonly orders: number; readonly trades: number } {
    const { orders, trades } = this.harness.behind.truth();
    return { orders: orders.filter(({ order }) => order.clientOrderId === clientOrderId).length, trades: trades.filter((trade) => trade.clientOrderId === clientOrderId).length };
  }

  /** What is read is what is there: positions, open orders, balance. */
  async readsTheTruth(): Promise<void> {
    await this.eventually(async () => {
      const [read, { positions, openOrders, walletBalance, equity }] = [await this.snapshot(), this.truth()];
      expect(read.complete).toBe(true);
      expect(read.positions.map(({ symbol, positionSide, amount }) => `${symbol} ${positionSide} ${amount}`).sort()).toEqual(positions.map(({ symbol, positionSide, amount }) => `${symbol} ${positionSide} ${positionSide === 'both' ? amount : plain(dec(amount).abs())}`).sort());
      // Of what is not traded a snapshot may have no orders.
      const traded = (orders: readonly OrderRecord[]): string[] => orders.filter(({ symbol }) => symbol === this.harness.symbol).map(orderText).sort();
      expect(traded(read.openOrders)).toEqual(traded(openOrders));
      expect(Number(read.balance.total)).toBeCloseTo(Number(walletBalance), 6);
      expect(Number(read.balance.equity)).toBeCloseTo(Number(equity), 6);
    });
  }
}

function orderText({ symbol, clientOrderId, side, type, amount, filled, price, triggerPrice, triggered, status }: OrderRecord): string {
  return `${symbol} ${clientOrderId}: ${side} ${type} ${filled}/${amount} at ${price} from ${triggerPrice}, ${triggered ? 'fired, ' : ''}${status}`;
}
