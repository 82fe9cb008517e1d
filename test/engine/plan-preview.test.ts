/** The figures of `check`, each worked out by hand, and every warning with the smallest plan that earns it. */
import { describe, expect, test } from 'vitest';
import type { Role, Strategy, WindowSpec } from '../../src/domain/strategy.ts';
import { previewPlan } from '../../src/engine/plan-preview.ts';
import type { PlanPreview } from '../../src/engine/plan-preview.ts';
import { mostConditionalOrders } from '../../src/engine/plan-warnings.ts';
import { equalWeights, hedgeWallet, instrument, instrumentOf, longWallet, strategy } from '../fixtures.ts';

type Options = Parameters<typeof strategy>[0];

function preview(options: Options = {}, price = '10000'): PlanPreview {
  const plan = strategy(options);
  return previewPlan({ strategy: plan, instrument: instrumentOf(plan), price, atr: null });
}

function withWindows(changes: Partial<Record<Role, Partial<WindowSpec>>>): Strategy['windows'] {
  const { windows } = strategy();
  return Object.fromEntries(Object.entries(windows).map(([role, window]) => [role, { ...window, ...changes[role as Role] }])) as Strategy['windows'];
}

const market = (changes: Partial<ReturnType<typeof instrument>> = {}) => {
  const { symbol: _symbol, ...rest } = instrument(changes);
  return { ...rest, slippage: '0' };
};

const codes = (plan: PlanPreview): string[] => plan.warnings.map(({ code }) => code);

describe('ladder at the start', () => {
  test('rotation: full stop and entries of a fixed quote amount', () => {
    // 10 000 at 1x buys 1 at 10 000; 2500 / 9900 = 0.25252…, / 9800 = 0.25510…, / 9700 = 0.25773…, / 9600 = 0.26041…
    const [wallet] = preview().wallets;
    expect(wallet?.ladder.map(({ role, rung, level, distancePercent, price, amount, cost }) => [role, rung, level, distancePercent, price, amount, cost])).toEqual([
      ['stop-loss', null, -1, '-1', '9900', '1', '9900'],
      ['stop-entry-short', 0, -1, '-1', '9900', '0.2525', '2499.75'],
      ['stop-entry-short', 1, -2, '-2', '9800', '0.2551', '2499.98'],
      ['stop-entry-short', 2, -3, '-3', '9700', '0.2577', '2499.69'],
      ['stop-entry-short', 3, -4, '-4', '9600', '0.2604', '2499.84'],
    ]);
    expect(wallet?.opening).toMatchObject({ anchor: '10000', amount: '1', cost: '10000', fee: '0', unitSize: '100', limits: { isMet: true, smallestAmount: '0.25', smallestCost: '2500', ticksPerUnit: '1000' } });
  });

  test('scaling flips twice the fragment, the long wallet waits for its confirmation', () => {
    const { wallets } = preview({ wallets: [longWallet({ confirmation: 2 }), hedgeWallet({ cycle: 'scaling' })] });
    expect(wallets.map(({ ladder }) => ladder.map(({ role, level, amount }) => `${role} ${level} ${amount}`))).toEqual([
      ['stop-loss -2 0.25', 'stop-loss -3 0.25', 'stop-loss -4 0.25', 'stop-loss -5 0.25'],
      ['flip-short -1 0.5', 'flip-short -2 0.5', 'flip-short -3 0.5', 'flip-short -4 0.5'],
    ]);
  });

  test('without a price: levels, and distances where the unit is a share of the price', () => {
    const plan = strategy({ unit: { type: 'margin', fraction: '0.05' }, leverage: '4' });
    const result = previewPlan({ strategy: plan, instrument: instrumentOf(plan), price: null, atr: null });
    expect(result.wallets[0]?.opening).toBeNull();
    expect(result.extremes).toBeNull();
    // 5 % / 4 = 1.25 % a unit.
    expect(result.wallets[0]?.ladder.map(({ level, distancePercent, price }) => [level, distancePercent, price])).toEqual([
      [-1, '-1.25', null],
      [-1, '-1.25', null],
      [-2, '-2.5', null],
      [-3, '-3.75', null],
      [-4, '-5', null],
    ]);
  });

  test('without candles an ATR plan still shows what depends on no unit', () => {
    const plan = strategy({ unit: { type: 'atr', length: 14, timeframe: '1h', multiple: '1' } });
    const { wallets, extremes } = previewPlan({ strategy: plan, instrument: instrumentOf(plan), price: '10000', atr: null });
    expect(wallets[0]?.opening).toMatchObject({ amount: '1', unitSize: null });
    expect(wallets[0]?.ladder.every(({ price }) => price === null)).toBe(true);
    expect(extremes).toBeNull();
  });

  test('an order that its window holds back rests later', () => {
    const { wallets } = preview({ windows: withWindows({ 'stop-entry-short': { resting: 2 } }) });
    expect(wallets[0]?.ladder.map(({ rests }) => rests)).toEqual([true, true, true, false, false]);
  });
});

describe('extremes', () => {
  test('rotation at 5x', () => {
    const { extremes } = preview({ leverage: '5' });
    // Long 5 at 10 000, equity 10 000. (50 000 − 10 000) / (5 · 0.995) = 8040.201…
    expect(extremes?.start).toMatchObject({ price: '10000', notional: '50000', initialMargin: '10000', maintenanceMargin: '250', equity: '10000' });
    expect(extremes?.start.wallets[0]?.liquidation).toEqual({ price: '8040.2', distancePercent: '-19.6' });
    // The long sold at 9900 leaves 9500. Shorts 1.2626 · 9900 + 1.2755 · 9800 + 1.2886 · 9700 + 1.302 · 9600 = 49 998.26 for 5.1287.
    // At 9600: equity 9500 + 49 998.26 − 5.1287 · 9600 = 10 262.74. (9500 + 49 998.26) / (5.1287 · 1.005) = 11 543.325…
    expect(extremes?.decline).toMatchObject({ price: '9600', notional: '49998.26', initialMargin: '9999.66', maintenanceMargin: '249.9913', equity: '10262.74' });
    expect(extremes?.decline.wallets[0]).toMatchObject({ long: '0', short: '5.1287', liquidation: { price: '11543.3', distancePercent: '20.24' } });
  });

  test('a long at 1x has no liquidation price, and a wallet in cash neither', () => {
    const { extremes } = preview({ wallets: [longWallet()] });
    expect(extremes?.start.wallets[0]?.liquidation).toBeNull();
    expect(extremes?.decline.wallets[0]).toMatchObject({ long: '0', short: '0', notional: '0', liquidation: null });
  });

  test('isolated margin is the notional / leverage, however much the wallet has left', () => {
    const isolated = preview({ leverage: '5', exchange: { marginMode: 'isolated' } }).extremes;
    // 9600 · (5 + 1) / (5 · 1.005) = 11 462.686…, nearer than with cross margin.
    expect(isolated?.decline.wallets[0]?.liquidation?.price).toBe('11462.7');
    expect(isolated?.assumptions).toMatch(/isolated/);
  });
});

describe('warnings', () => {
  test('an ordinary plan has none', () => {
    expect(preview({ wallets: [longWallet(), hedgeWallet()] }).warnings).toEqual([]);
  });

  test('liquidation before the stop', () => {
    // At 50x the long is liquidated at (500 000 − 10 000) / (50 · 0.995) = 9849.2…, the stop lies at 9800.
    const [warning] = preview({ leverage: '50', unit: { type: 'price', price: '200' } }).warnings;
    expect(warning).toMatchObject({ code: 'LIQUIDATION_BEFORE_STOP', message: expect.stringContaining('liquidated at 9849.2, before its next order at 9800') as string });
    expect(codes(preview({ leverage: '20', unit: { type: 'price', price: '200' } }))).not.toContain('LIQUIDATION_BEFORE_STOP');
  });

  test('liquidation of the short on the way up, when the fall has cost half the equity', () => {
    // At 50x with a unit of 100 the stop at 9900 leaves 5000 of 10 000. Down to 9600 and back at 9800 two fragments are left, 25.3813 short,
    // with an equity of 3672: (3672 + 25.3813 · 9800) / (25.3813 · 1.005) = 9895.2, the next cover is at 9900.
    expect(preview({ leverage: '50' }).warnings.map(({ message }) => message)).toEqual([expect.stringContaining('the short of wallet hedge at 9800 is liquidated at 9895.2, before its next order at 9900')]);
  });

  test('a unit below the costs of two round trips', () => {
    // Two round trips of 0.05 % taker: 0.2 %; a unit of 19 at 10 000 is 0.19 %.
    const exchange = { market: market({ takerFee: '0.0005' }) };
    expect(codes(preview({ exchange, unit: { type: 'price', price: '19' } }))).toContain('UNIT_BELOW_COSTS');
    expect(codes(preview({ exchange, unit: { type: 'price', price: '20' } }))).not.toContain('UNIT_BELOW_COSTS');
  });

  test('fewer protective orders than rungs; entries may wait', () => {
    expect(codes(preview({ windows: withWindows({ cover: { resting: 3 } }) }))).toEqual(['RUNGS_UNPROTECTED']);
    expect(codes(preview({ windows: withWindows({ 'stop-entry-short': { resting: 1 } }) }))).toEqual([]);
  });

  test('arithmetic levels at or below zero', () => {
    const { warnings, wallets } = preview({ unit: { type: 'price', price: '40' } }, '100');
    expect(warnings.find(({ code }) => code === 'LEVEL_NOT_POSITIVE')?.message).toMatch(/^wallet hedge: levels −3, −4 would lie/);
    expect(wallets[0]?.ladder.map(({ price }) => price)).toEqual(['60', '60', '20', null, null]);
  });

  test('geometric levels that fall together on the tick', () => {
    // Anchor 3, unit 1, tick 1: 3·(4/3)^−1 = 2.25 → 2, then 1.6875 → 2, 1.27 → 1, 0.95 → 1.
    const plan = preview({ unit: { type: 'price', price: '1' }, spacing: 'geometric', exchange: { market: market({ tickSize: '1' }) } }, '3');
    expect(plan.warnings.find(({ code }) => code === 'LEVELS_FALL_TOGETHER')?.message).toMatch(/levels −2, −4 round/);
  });

  test('an order that falls below the smallest cost although the fragments do not', () => {
    // Fragments cost 2500 at the anchor; 0.25 · 9600 = 2400.
    const plan = preview({ wallets: [longWallet()], exchange: { market: market({ minCost: '2450' }) } });
    expect(codes(plan)).toEqual(['ORDER_BELOW_MINIMUM', 'ORDER_BELOW_MINIMUM']);
    expect(plan.isLimitsMet).toBe(true);
  });

  test('an entry of less than one step, although the remainder makes its fragment big enough', () => {
    // 0.05 splits into 0.02, 0.01, 0.01 and the remainder 0.01; 10 % of 500 at 9600 is 0.0052, no step of 0.01.
    const weights = ['40', '30', '20', '10'].map((numerator) => ({ numerator, denominator: '100' }));
    const plan = preview({ wallets: [hedgeWallet({ capital: '500', weights })], exchange: { market: market({ amountStep: '0.01', minAmount: '0.01' }) } });
    expect(plan.isLimitsMet).toBe(true);
    expect(plan.warnings.map(({ message }) => message)).toEqual([expect.stringMatching(/stop-entry-short at level −4 is less than one amount step/)]);
  });

  test('more conditional orders than the exchange takes', () => {
    const plan = strategy({ exchange: { id: 'bybit', market: null }, wallets: [hedgeWallet({ weights: equalWeights(10) })] });
    expect(codes(previewPlan({ strategy: plan, instrument: null, price: null, atr: null }))).toEqual(['TOO_MANY_CONDITIONAL_ORDERS', 'STOPS_BEYOND_CAP']);
  });

  test.each<[Parameters<typeof mostConditionalOrders>[1]['cycle'], 'hedge' | 'one-way', number]>([
    ['rotation', 'hedge', 5],
    ['fragments', 'hedge', 4],
    ['scaling', 'hedge', 8],
    ['scaling', 'one-way', 4],
  ])('conditional orders of %s in %s mode with four rungs: %i', (cycle, positionMode, most) => {
    expect(mostConditionalOrders(strategy({ exchange: { positionMode } }), { cycle, weights: equalWeights(4) })).toBe(most);
  });

  test('stop-limits, and risk limits that the plan itself reaches', () => {
    const risk: Strategy['risk'] = [{ name: 'maxNotional', limit: '10000', unit: 'quote', action: 'halt' }];
    expect(codes(preview({ windows: withWindows({ 'stop-loss': { order: 'stop-limit', limitOffset: '0.002' } }), risk }))).toEqual(['STOP_LIMIT_MAY_NOT_FILL', 'RISK_LIMIT_WITHIN_PLAN']);
  });
});

test('too little capital: not met, the shortfall, and the smallest capital that works', () => {
  // Four fragments of one step 0.0001 cost 4 USDT at 10 000; the smallest cost is 5, so 0.0005 each: 0.002 · 10 000 = 20.
  const { isLimitsMet, wallets, extremes } = preview({ wallets: [hedgeWallet({ capital: '4' })] });
  expect(isLimitsMet).toBe(false);
  expect(wallets[0]?.opening).toMatchObject({ smallestCapital: '20', limits: { isMet: false, shortfall: { rung: 0, amount: '0.0001', cost: '1' } } });
  expect(extremes).toBeNull();
});
