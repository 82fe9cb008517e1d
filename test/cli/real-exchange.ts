/** An exchange to trade on over the wire: Binance's protocol in front of the simulated exchange, on this machine, moved by the test. */
import { WireListener } from '../../src/adapters/wire/wire-listener.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { BinanceProtocol } from '../../src/sim/wire/binanceusdm/binance-protocol.ts';
import { WireWorld } from '../../src/sim/wire/wire-world.ts';

export const SYMBOL = 'BTC/USDT:USDT';
/** Its limits and fees, as a strategy file of the simulated exchange gives them. */
export const MARKET = { symbol: SYMBOL, tickSize: '0.1', amountStep: '0.001', minAmount: '0.001', minCost: '5', takerFee: '0.0005', makerFee: '0.0002' };
export const MARKET_YAML = '{ tickSize: 0.1, amountStep: 0.001, minAmount: 0.001, minCost: 5, takerFee: 0.05%, makerFee: 0.02% }';
export const KEYS = { apiKey: 'key-of-the-test-account-0001', secret: 'secret-of-the-test-account-0001' } as const;

export interface RealExchange {
  readonly world: WireWorld;
  readonly listener: WireListener;
  /** `exchange.urls` of a strategy file. */
  readonly urls: string;
  /** Moves the exchange's clock on without anything happening. */
  skip(ms: number): void;
  price(last: string, fundingRate?: string): void;
  close(): Promise<void>;
}

export interface RealExchangeOptions {
  readonly firstPrice: string;
  readonly positionMode?: 'hedge' | 'one-way';
  /** What the account holds. */
  readonly deposit?: string;
  readonly leverage?: string;
}

export async function startRealExchange({ firstPrice, positionMode = 'hedge', deposit = '100000', leverage = '6' }: RealExchangeOptions): Promise<RealExchange> {
  let skippedMs = 0;
  const now = (): number => Date.now() + skippedMs;
  const exchange = new SimulatedExchange({
    markets: [MARKET],
    accounts: [{ account: 'main', deposit, positionMode, leverage }],
    capabilities: { exchangeId: 'binanceusdm', amendsConditional: false, reduceOnlyInHedgeMode: false, triggerSources: ['last', 'mark'], requestDeadlineMs: 0 },
    startAt: now(),
  });
  const world = new WireWorld({ exchange, markets: [MARKET], accounts: [{ account: 'main', ...KEYS }], now });
  world.tick(SYMBOL, firstPrice);
  const listener = new WireListener({ protocol: new BinanceProtocol({ world }), now });
  await listener.start();
  return {
    world,
    listener,
    urls: `{ rest: http://${listener.address}, stream: ws://${listener.address} }`,
    skip: (ms) => {
      skippedMs += ms;
      world.advance();
    },
    price: (last, fundingRate) => world.tick(SYMBOL, last, last, last, fundingRate),
    close: () => listener.close(),
  };
}

/** A strategy of one hedge wallet in a short unit, on the exchange or on the simulated one. */
export function strategyText(exchange: string): string {
  return `version: 1
name: btc-test
symbol: ${SYMBOL}
exchange: ${exchange}
leverage: 3
unit: { price: 100 }
wallets:
  long: { capital: 3000, fragments: 2 }
  hedge: { capital: 3000, cycle: rotation, fragments: 2 }
`;
}

/** Down through every rung, back up through a reset, and half down again: in hundreds from the start. */
export const PATH_UNITS: readonly number[] = [1, 2, 1.5, 1, 0, -1, -2, -3, -2.5, -1.9, -1, 0, 1, 2, 3, 2.4, 2, 1, 1.6, 2, 3, 4];

export function pathFrom(start: number): string[] {
  return PATH_UNITS.map((units) => String(start + units * 100));
}
