/** A small simulated exchange for tests: BTC at a tick of 0.1, one account, short ways to move the price and to place orders. */
import type { SimulatedAccount, SimulatedExchangeConfig, SimulatedMarket } from '../../../src/sim/exchange/config.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import type { ExchangeEvent, OrderRecord, OrderRequest, WriteOutcome } from '../../../src/ports/exchange.ts';

export const BTC = 'BTC/USDT:USDT';
export const ETH = 'ETH/USDT:USDT';

export const BTC_MARKET: SimulatedMarket = {
  symbol: BTC,
  tickSize: '0.1',
  amountStep: '0.001',
  minAmount: '0.001',
  minCost: '5',
  takerFee: '0.0005',
  makerFee: '0.0002',
};
export const ETH_MARKET: SimulatedMarket = { ...BTC_MARKET, symbol: ETH, tickSize: '0.01', amountStep: '0.01', minAmount: '0.01' };

export const MAIN: SimulatedAccount = { account: 'main', deposit: '100000', positionMode: 'hedge', leverage: '10' };

export interface WorldOptions extends Omit<Partial<SimulatedExchangeConfig>, 'markets' | 'accounts'> {
  readonly market?: Partial<SimulatedMarket>;
  readonly account?: Partial<SimulatedAccount>;
  readonly price?: string | null;
}

export function configOf({ market, account, price: _, ...rest }: WorldOptions = {}): SimulatedExchangeConfig {
  return { markets: [{ ...BTC_MARKET, ...market }, ETH_MARKET], accounts: [{ ...MAIN, ...account }], ...rest };
}

export type OrderSketch = Partial<OrderRequest> & Pick<OrderRequest, 'side' | 'amount'>;

export class World {
  readonly exchange: SimulatedExchange;
  readonly events: ExchangeEvent[] = [];
  #ids = 0;

  constructor(options: WorldOptions = {}, exchange = new SimulatedExchange(configOf(options))) {
    this.exchange = exchange;
    exchange.subscribe((event) => this.events.push(event));
    const price = options.price === undefined ? '10000' : options.price;
    if (price !== null) this.price(price);
  }

  /** One tick, a second later. */
  price(last: string, more: { mark?: string; index?: string; fundingRate?: string; symbol?: string } = {}): void {
    const { mark = last, index = mark, symbol = BTC, fundingRate } = more;
    this.exchange.tick({ symbol, at: this.exchange.now() + 1000, last, mark, index, ...(fundingRate !== undefined && { fundingRate }) });
  }

  request(sketch: OrderSketch): OrderRequest {
    this.#ids += 1;
    const type = sketch.type ?? (sketch.triggerPrice ? (sketch.price ? 'stop-limit' : 'stop-market') : sketch.price ? 'limit' : 'market');
    const hedge = this.exchange.truth().accounts.find(({ account }) => account === (sketch.account ?? 'main'))?.positionMode === 'hedge';
    return {
      account: 'main',
      symbol: BTC,
      clientOrderId: `c${this.#ids}`,
      type,
      price: null,
      triggerPrice: null,
      triggerBy: 'last',
      positionSide: hedge ? (sketch.side === 'buy' ? 'long' : 'short') : null,
      reduceOnly: false,
      postOnly: false,
      ...sketch,
    };
  }

  place(sketch: OrderSketch): Promise<WriteOutcome<OrderRecord>> {
    return this.exchange.placeOrder(this.request(sketch));
  }

  /** The code of the refusal, or `done`. */
  async code(sketch: OrderSketch): Promise<string> {
    return codeOf(await this.place(sketch));
  }

  /** Places and expects acceptance. */
  async done(sketch: OrderSketch): Promise<OrderRecord> {
    const outcome = await this.place(sketch);
    if (outcome.type !== 'done') throw new Error(`not done: ${JSON.stringify(outcome)}`);
    return outcome.value;
  }

  async order(clientOrderId: string): Promise<OrderRecord | null> {
    return this.exchange.fetchOrder('main', BTC, clientOrderId);
  }

  /** `side amount @ price`, of everything traded so far. */
  trades(): readonly string[] {
    return this.exchange.truth().trades.map((trade) => `${trade.side} ${trade.amount} @ ${trade.price}`);
  }

  /** `leg amount`, of all open legs; shorts negative. */
  legs(): readonly string[] {
    return this.exchange.truth().accounts.flatMap(({ positions }) => positions.map((leg) => `${leg.positionSide} ${leg.amount}`));
  }

  cash(account = 'main'): string | undefined {
    return this.exchange.truth().accounts.find((each) => each.account === account)?.cash;
  }
}

export function codeOf(outcome: WriteOutcome<OrderRecord>): string {
  return outcome.type === 'refused' ? outcome.code : outcome.type;
}
