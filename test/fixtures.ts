/** One test constructor per thing; every option a test sets matters to that test. */
import type { Instrument, Role, Strategy, WalletSpec, Weight, WindowSpec } from '../src/domain/strategy.ts';
import { ROLES } from '../src/domain/strategy.ts';

export function instrument(options: Partial<Instrument> = {}): Instrument {
  return { symbol: 'BTC/USDT:USDT', tickSize: '0.1', amountStep: '0.0001', minAmount: '0.0001', minCost: '5', takerFee: '0', makerFee: '0', ...options };
}

export function equalWeights(count: number): Weight[] {
  return Array.from({ length: count }, () => ({ numerator: '1', denominator: String(count) }));
}

export function hedgeWallet(options: Partial<WalletSpec> = {}): WalletSpec {
  return { name: 'hedge', capital: '10000', cycle: 'rotation', weights: equalWeights(4), confirmation: 1, account: 'main', ...options };
}

export function longWallet(options: Partial<WalletSpec> = {}): WalletSpec {
  return { name: 'long', capital: '10000', cycle: 'fragments', weights: equalWeights(4), confirmation: 1, account: 'main', ...options };
}

export function strategy(options: Partial<Omit<Strategy, 'exchange'>> & { exchange?: Partial<Strategy['exchange']> } = {}): Strategy {
  const window: WindowSpec = { order: 'stop-market', limitOffset: null, triggerBy: 'last', onGap: 'market', resting: 50 };
  const { tickSize, amountStep, minAmount, minCost, takerFee, makerFee } = instrument();
  const { exchange, ...rest } = options;
  return {
    version: 1,
    name: 'test-plan',
    symbol: 'BTC/USDT:USDT',
    leverage: '1',
    unit: { type: 'price', price: '100' },
    spacing: 'arithmetic',
    reset: { policy: 'independent', onAdvance: null },
    rebalanceThreshold: '0.01',
    wallets: [hedgeWallet()],
    windows: Object.fromEntries(ROLES.map((role) => [role, window])) as Record<Role, WindowSpec>,
    risk: [],
    ...rest,
    exchange: {
      id: 'simulated',
      account: 'main',
      positionMode: 'hedge',
      marginMode: 'cross',
      triggerBy: 'last',
      market: { tickSize, amountStep, minAmount, minCost, takerFee, makerFee, slippage: '0' },
      connection: null,
      ...exchange,
    },
  };
}

export function instrumentOf(plan: Strategy): Instrument {
  const market = plan.exchange.market;
  if (market === null) throw new Error('the strategy of a test trades on the simulated exchange');
  const { slippage: _, ...limits } = market;
  return { symbol: plan.symbol, ...limits };
}
