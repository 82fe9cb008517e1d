/** Strategies for the benchmarks, built in code: the long wallet beside a rotation, four fragments each, every fee and step as on a real market. */
import { ROLES } from '../domain/strategy.ts';
import type { CycleKind, Instrument, PositionMode, Role, Strategy, WalletSpec, WindowSpec } from '../domain/strategy.ts';

export interface BenchStrategyOptions {
  readonly name?: string;
  readonly symbol?: string;
  readonly account?: string;
  readonly positionMode?: PositionMode;
  readonly hedge?: Exclude<CycleKind, 'fragments'>;
}

/** Where every benchmark's market starts; one unit is one percent of it. */
export const START_PRICE = 10_000;
export const UNIT = 100;
const FRAGMENTS = 4;
const MARKET = { tickSize: '0.1', amountStep: '0.0001', minAmount: '0.0001', minCost: '5', takerFee: '0.0005', makerFee: '0.0002' };

export function benchStrategy(options: BenchStrategyOptions = {}): Strategy {
  const { name = 'bench', symbol = 'BTC/USDT:USDT', account = 'main', positionMode = 'hedge', hedge = 'rotation' } = options;
  const window: WindowSpec = { order: 'stop-market', limitOffset: null, triggerBy: 'last', onGap: 'market', resting: 50 };
  return {
    version: 1,
    name,
    symbol,
    leverage: '1',
    unit: { type: 'price', price: String(UNIT) },
    spacing: 'arithmetic',
    reset: { policy: 'independent', onAdvance: null },
    rebalanceThreshold: '0.01',
    wallets: [walletOf('long', 'fragments', account), walletOf('hedge', hedge, account)],
    windows: Object.fromEntries(ROLES.map((role) => [role, window])) as Record<Role, WindowSpec>,
    risk: [],
    exchange: { id: 'simulated', account, positionMode, marginMode: 'cross', triggerBy: 'last', market: { ...MARKET, slippage: '0' }, connection: null },
  };
}

function walletOf(name: WalletSpec['name'], cycle: CycleKind, account: string): WalletSpec {
  const weights = Array.from({ length: FRAGMENTS }, () => ({ numerator: '1', denominator: String(FRAGMENTS) }));
  return { name, capital: '10000', cycle, weights, confirmation: 1, account };
}

export function benchInstrument(symbol = 'BTC/USDT:USDT'): Instrument {
  return { symbol, ...MARKET };
}
