/** The auditor's own model: the worked examples of DOMAIN §4, numbers worked out by hand, and laws over random strategies. */
import { describe, expect, test } from 'vitest';
import { D, dec, isOnStep, plain, sum } from '../../../src/domain/decimal.ts';
import { isOnGrid, priceGridOf } from '../../../src/domain/price-grid.ts';
import type { Role, Strategy, WalletSpec, Weight, WindowSpec } from '../../../src/domain/strategy.ts';
import { ROLES } from '../../../src/domain/strategy.ts';
import { desiredLadder } from '../../../src/sim/auditor/desired-ladder.ts';
import { exact, textOf } from '../../../src/sim/auditor/exact.ts';
import { traceModel, type TraceDocument, type TraceWallet } from './ladder-model.ts';
import { atrOf, randomPrices, randomStrategy, tinyRandom } from './random-strategies.ts';

type Market = NonNullable<Strategy['exchange']['market']>;
type Given = Partial<Omit<Strategy, 'exchange' | 'wallets'>> & { readonly market?: Partial<Market>; readonly wallets: readonly WalletSpec[] };

const equal = (count: number): Weight[] => Array.from({ length: count }, () => ({ numerator: '1', denominator: String(count) }));
const percents = (...parts: string[]): Weight[] => parts.map((numerator) => ({ numerator, denominator: '100' }));

function wallet(cycle: WalletSpec['cycle'], given: Partial<WalletSpec> = {}): WalletSpec {
  const name = cycle === 'fragments' ? 'long' : 'hedge';
  return { name, capital: '10000', cycle, weights: equal(4), confirmation: 1, account: 'main', ...given };
}

function strategy({ market, ...given }: Given): Strategy {
  const window: WindowSpec = { order: 'stop-market', limitOffset: null, triggerBy: 'last', onGap: 'market', resting: 20 };
  return {
    version: 1,
    name: 'example',
    symbol: 'BTC/USDT:USDT',
    exchange: {
      id: 'simulated',
      account: 'main',
      positionMode: 'hedge',
      marginMode: 'cross',
      triggerBy: 'last',
      market: {
        tickSize: '0.1',
        amountStep: '0.0001',
        minAmount: '0.0001',
        minCost: '5',
        takerFee: '0',
        makerFee: '0',
        slippage: '0',
        ...market,
      },
      connection: null,
    },
    leverage: '1',
    unit: { type: 'price', price: '100' },
    spacing: 'arithmetic',
    reset: { policy: 'independent', onAdvance: null },
    rebalanceThreshold: '0.01',
    windows: Object.fromEntries(ROLES.map((role) => [role, window])) as Record<Role, WindowSpec>,
    risk: [],
    ...given,
  };
}

const at = (documents: readonly TraceDocument[], index: number): TraceDocument => documents.at(index) as TraceDocument;
const only = (document: TraceDocument): TraceWallet => document.wallets[0] as TraceWallet;
const levels = (document: TraceDocument, role: Role): number[] => document.orders.filter((order) => order.role === role).map((order) => order.level);
const named = (document: TraceDocument, name: string): TraceWallet => document.wallets.find((one) => one.wallet === name) as TraceWallet;

describe('worked example: rotation', () => {
  const units = [0, 7, 6, 4, 3, -1, 0, 2, 3];
  const documents = traceModel(
    strategy({ wallets: [wallet('rotation')] }),
    units.map((unit) => String(10_000 + 100 * unit)),
    'touch',
  );
  const rows: [string, number[], number[], number[]][] = [
    ['ADVANCE', [-1], [-1, -2, -3, -4], []],
    ['ADVANCE', [6], [6, 5, 4, 3], []],
    ['RETRACEMENT', [], [5, 4, 3], [7]],
    ['RETRACEMENT', [], [3], [7, 6, 5]],
    ['DECLINE', [], [], [7, 6, 5, 4]],
    ['DECLINE', [], [], [3, 2, 1, 0]],
    ['RECOVERY', [], [-1], [3, 2, 1]],
    ['RECOVERY', [], [1, 0, -1], [3]],
    ['ADVANCE', [-1], [-1, -2, -3, -4], []],
  ];
  test.each(rows.map((row, index) => [units[index], index, ...row] as const))('at unit %d', (_unit, index, phase, stop, entries, covers) => {
    const document = at(documents, index);
    expect(document.phase).toBe(phase);
    expect(only(document).phase).toBe(phase);
    expect(levels(document, 'stop-loss')).toEqual(stop);
    expect(levels(document, 'stop-entry-short')).toEqual(entries);
    expect(levels(document, 'cover')).toEqual(covers);
  });
  test('the document of the contract', () => {
    const document = at(documents, 1);
    expect(document.wallets).toEqual([
      {
        wallet: 'hedge',
        cycle: 0,
        phase: 'ADVANCE',
        unit: 7,
        top: 6,
        rungsOut: 0,
        long: '1',
        short: '0',
        equity: '10700',
        fees: '0',
        anchor: '10000',
        unitSize: '100',
      },
    ]);
    expect(document.orders.find((order) => order.role === 'stop-loss')).toEqual({
      wallet: 'hedge',
      role: 'stop-loss',
      rung: null,
      side: 'sell',
      level: 6,
      triggerPrice: '10600',
      amount: '1',
    });
    expect(document.fills).toEqual([]);
  });
  test('the money of the whole cycle, by hand', () => {
    // Shorts: ⌊2500/10600⌋ 0.2358, 0.2380, 0.2403, 0.2427 = 9997.41; covers at 10000, 10100, 10200, 10300 = 9710.37.
    const last = at(documents, -1);
    expect(only(last)).toMatchObject({ cycle: 1, anchor: '10300', unit: 0, top: -1, equity: '10887.04', long: '1.0569', short: '0' });
    expect(last.fills.map((fill) => [fill.role, fill.level, fill.price, fill.amount])).toEqual([
      ['cover', 3, '10300', '0.2358'],
      ['market-buy', null, '10300', '1.0569'],
    ]);
  });
});

describe('worked example: long wallet and scaling hedge, joint reset', () => {
  const plan = strategy({
    reset: { policy: 'joint', onAdvance: null },
    wallets: [wallet('fragments', { confirmation: 2 }), wallet('scaling')],
  });
  const units = [0, -1, -2, -3, -4, -5, -6, -7, -6, -5, -4, -3, -2];
  const documents = traceModel(
    plan,
    units.map((unit) => String(10_000 + 100 * unit)),
    'touch',
  );
  const rows: [string, number, number, number][] = [
    ['ADVANCE', 100, 100, 0],
    ['RETRACEMENT', 100, 75, 25],
    ['RETRACEMENT', 75, 50, 50],
    ['RETRACEMENT', 50, 25, 75],
    ['RETRACEMENT', 25, 0, 100],
    ['DECLINE', 0, 0, 100],
    ['DECLINE', 0, 0, 100],
    ['DECLINE', 0, 0, 100],
    ['RECOVERY', 0, 25, 75],
    ['RECOVERY', 25, 50, 50],
    ['RECOVERY', 50, 75, 25],
    ['RECOVERY', 75, 100, 0],
  ];
  test.each(rows.map((row, index) => [units[index], index, ...row] as const))('at unit %d (row %d)', (_unit, index, phase, long, hedgeLong, hedgeShort) => {
    const document = at(documents, index);
    const share = (amount: string): number => Number(amount) * 100;
    expect(document.phase).toBe(phase);
    // Re-entries of the long wallet are fixed quote amounts, so its share is counted in rungs.
    expect(100 - 25 * named(document, 'long').rungsOut).toBe(long);
    expect(named(document, 'long').long === '0').toBe(long === 0);
    expect([share(named(document, 'hedge').long), share(named(document, 'hedge').short)]).toEqual([hedgeLong, hedgeShort]);
  });
  test('the last row resets both at the current price', () => {
    const last = at(documents, -1);
    expect(last.phase).toBe('ADVANCE');
    for (const one of last.wallets) expect(one).toMatchObject({ cycle: 1, phase: 'ADVANCE', anchor: '9800', unit: 0, rungsOut: 0, short: '0' });
    expect(named(last, 'long').top).toBe(-2);
    expect(named(last, 'hedge').top).toBe(-1);
  });
  test('a hedge that is back early trails and trades on in its phase', () => {
    const early = traceModel(plan, ['10000', '9500', '9300', '9700', '9600'], 'touch');
    expect(named(at(early, 3), 'hedge')).toMatchObject({ phase: 'RECOVERY', rungsOut: 0, top: -4 });
    expect(named(at(early, 4), 'hedge')).toMatchObject({ phase: 'RECOVERY', rungsOut: 1, top: -4 });
    expect(at(early, 4).fills.at(-1)).toMatchObject({ role: 'flip-short', level: -4, amount: '0.5' });
  });
});

describe('by hand', () => {
  test('opening leaves room for the fee, and fees are charged on every fill', () => {
    const documents = traceModel(strategy({ leverage: '3', market: { takerFee: '0.0005' }, wallets: [wallet('fragments')] }), ['10000', '9900'], 'touch');
    // 30000/(10000·1.0015) = 2.99550…, fee 14.9775; fragments ⌊2.9955/4⌋ = 0.7488, the last 0.7491.
    expect(at(documents, 0).fills).toEqual([
      { wallet: 'long', role: 'market-buy', side: 'buy', level: null, price: '10000', amount: '2.9955', fee: '14.9775' },
    ]);
    expect(at(documents, 0).orders.map((order) => order.amount)).toEqual(['0.7488', '0.7488', '0.7488', '0.7491']);
    expect(at(documents, 1).fills).toMatchObject([{ price: '9900', amount: '0.7488', fee: '3.70656' }]);
    // 10000 − 14.9775 − 3.70656 − 2.9955·100.
    expect(only(at(documents, 1))).toMatchObject({ fees: '18.68406', equity: '9681.76594', long: '2.2467' });
    expect(at(documents, 1).orders.map((order) => [order.role, order.level, order.amount])).toEqual([
      ['stop-entry-long', 0, '0.7488'],
      ['stop-loss', -2, '0.7488'],
      ['stop-loss', -3, '0.7488'],
      ['stop-loss', -4, '0.7491'],
    ]);
  });
  test('unequal weights', () => {
    const [document] = traceModel(strategy({ wallets: [wallet('scaling', { weights: percents('40', '30', '20', '10') })] }), ['10000'], 'touch');
    expect(document?.orders.map((order) => [order.role, order.level, order.amount])).toEqual([
      ['flip-short', -1, '0.8'],
      ['flip-short', -2, '0.6'],
      ['flip-short', -3, '0.4'],
      ['flip-short', -4, '0.2'],
    ]);
  });
  test('geometric levels are rounded half up to the tick', () => {
    const given = strategy({
      spacing: 'geometric',
      unit: { type: 'percent', fraction: '0.1' },
      market: { tickSize: '0.01' },
      wallets: [wallet('fragments', { capital: '1000' })],
    });
    const documents = traceModel(given, ['100', '121'], 'touch');
    expect(at(documents, 0).orders.map((order) => order.triggerPrice)).toEqual(['90.91', '82.64', '75.13', '68.3']);
    expect(only(at(documents, 1))).toMatchObject({ unit: 2, top: 1 });
    expect(at(documents, 1).orders.map((order) => order.triggerPrice)).toEqual(['110', '100', '90.91', '82.64']);
  });
  test('a gap fills what it passed at the new price, the rest stays', () => {
    const documents = traceModel(strategy({ wallets: [wallet('fragments')] }), ['10000', '9650', '9300', '9510'], 'gap');
    expect(at(documents, 1).fills.map((fill) => [fill.level, fill.price])).toEqual([
      [-1, '9650'],
      [-2, '9650'],
      [-3, '9650'],
    ]);
    expect(only(at(documents, 1))).toMatchObject({ unit: -3, top: -1, rungsOut: 3, phase: 'RETRACEMENT' });
    expect(only(at(documents, 2))).toMatchObject({ unit: -7, top: -4, rungsOut: 4, phase: 'DECLINE' });
    expect(levels(at(documents, 2), 'stop-entry-long')).toEqual([-3, -4, -5, -6]);
    // Filled at 9510, but sized at the trigger: ⌊2500/9500⌋ and ⌊2500/9400⌋.
    expect(at(documents, 3).fills.map((fill) => [fill.level, fill.price, fill.amount])).toEqual([
      [-5, '9510', '0.2631'],
      [-6, '9510', '0.2659'],
    ]);
  });
  test('the unit is the last level touched, the anchor is on the tick', () => {
    const documents = traceModel(strategy({ wallets: [wallet('rotation')] }), ['10000.05', '10150', '10050', '10100.09', '10000.1'], 'touch');
    expect(documents.map((document) => only(document).unit)).toEqual([0, 1, 1, 1, 0]);
    expect(only(at(documents, 0)).anchor).toBe('10000.1');
    expect(at(documents, 0).fills[0]?.price).toBe('10000.05');
  });
  test('one rung goes from ADVANCE to DECLINE and back through the reset', () => {
    const documents = traceModel(strategy({ wallets: [wallet('fragments', { weights: equal(1) })] }), ['10000', '9900', '9700', '9800'], 'touch');
    expect(documents.map((document) => only(document).phase)).toEqual(['ADVANCE', 'DECLINE', 'DECLINE', 'ADVANCE']);
    // Equity 9900 at 9800: target ⌊9900/9800⌋ = 1.0102; 0.0102 is more than 1 % of it.
    expect(at(documents, 3).fills.map((fill) => [fill.role, fill.side, fill.price, fill.amount])).toEqual([
      ['stop-entry-long', 'buy', '9800', '1.0204'],
      ['rebalance', 'sell', '9800', '0.0102'],
    ]);
    expect(only(at(documents, 3))).toMatchObject({ cycle: 1, anchor: '9800', long: '1.0102' });
  });
  test('rotation is in cash when its entry is too small; touching one unit above starts a new cycle', () => {
    const market = { amountStep: '1', minAmount: '1', minCost: '0' };
    const given = strategy({ leverage: '2', unit: { type: 'price', price: '50' }, market, wallets: [wallet('rotation', { capital: '100', weights: equal(1) })] });
    const documents = traceModel(given, ['100', '300', '250', '290', '300'], 'touch');
    expect(only(at(documents, 3))).toMatchObject({ phase: 'RETRACEMENT', long: '0', short: '0', equity: '400', top: 3 });
    expect(at(documents, 3).orders).toEqual([]);
    expect(at(documents, 4).fills).toMatchObject([{ role: 'market-buy', price: '300', amount: '2' }]);
    expect(only(at(documents, 4))).toMatchObject({ cycle: 1, phase: 'ADVANCE', anchor: '300' });
  });
  test('onAdvance re-anchors and rebalances after so many units', () => {
    const given = strategy({ leverage: '2', reset: { policy: 'independent', onAdvance: 3 }, wallets: [wallet('fragments')] });
    const documents = traceModel(given, ['10000', '10299', '10350'], 'touch');
    expect(only(at(documents, 1))).toMatchObject({ cycle: 0, unit: 2 });
    // Equity 10600 at 10300: target ⌊21200/10300⌋ = 2.0582, 2 held.
    expect(at(documents, 2).fills).toMatchObject([{ role: 'rebalance', side: 'buy', price: '10300', amount: '0.0582' }]);
    expect(only(at(documents, 2))).toMatchObject({ cycle: 1, anchor: '10300', unit: 0, top: -1 });
  });
  test('a level at or below zero holds no order', () => {
    const given = strategy({ unit: { type: 'price', price: '40' }, wallets: [wallet('scaling')] });
    const documents = traceModel(given, ['100', '1'], 'touch');
    expect(levels(at(documents, 0), 'flip-short')).toEqual([-1, -2]);
    expect(only(at(documents, 1))).toMatchObject({ rungsOut: 2, phase: 'RETRACEMENT' });
  });
});

describe('too small', () => {
  test('refused at the start', () => {
    const given = strategy({ wallets: [wallet('fragments', { capital: '19.99' })] });
    expect(() => traceModel(given, ['10000'], 'touch')).toThrow(/minimum/);
  });
  test('at a reset: stops stay, nothing opens, nothing slides', () => {
    const given = strategy({ market: { minCost: '2490' }, wallets: [wallet('fragments', { capital: '50000' }), wallet('rotation')] });
    const documents = traceModel(given, ['10000', '9600', '10000', '10400', '9900', '10400'], 'touch');
    const hedgeOrders = documents.map((document) => document.orders.filter((order) => order.wallet === 'hedge'));
    // Equity 10000 − 100 − about 100 after the whipsaw: a fragment is worth 2450.
    expect(named(at(documents, 2), 'hedge')).toMatchObject({ cycle: 1, phase: 'ADVANCE', top: -1, anchor: '10000' });
    for (const index of [2, 3]) expect(hedgeOrders[index]).toMatchObject([{ role: 'stop-loss', level: -1, triggerPrice: '9900' }]);
    expect(at(documents, 3).wallets.map((one) => one.top)).toEqual([-1, -1]);
    expect(named(at(documents, 4), 'hedge')).toMatchObject({ phase: 'RETRACEMENT', long: '0', short: '0' });
    expect(named(at(documents, 4), 'long')).toMatchObject({ rungsOut: 1, top: -1 });
    expect([hedgeOrders[4], hedgeOrders[5]]).toEqual([[], []]);
    // Back at k = 0 in a paused plan: booked, but nothing re-anchors.
    expect(named(at(documents, 5), 'long')).toMatchObject({ cycle: 1, rungsOut: 0, phase: 'RETRACEMENT' });
  });
  test('equity gone at a reset: no target, no orders', () => {
    const given = strategy({ leverage: '20', unit: { type: 'percent', fraction: '0.05' }, wallets: [wallet('rotation', { weights: equal(1) })] });
    const last = at(traceModel(given, ['10000', '8000', '10000'], 'gap'), -1);
    expect(only(last)).toMatchObject({ long: '0', short: '0', cycle: 1 });
    expect(Number(only(last).equity)).toBeLessThan(0);
    expect(last.orders).toEqual([]);
  });
});

test('the desired ladder of a running wallet', () => {
  const orders = desiredLadder({
    cycle: 'rotation',
    spacing: 'arithmetic',
    anchor: '10000',
    unitSize: '100',
    prices: { tickSize: '0.1' },
    amountStep: '0.0001',
    notional: '10000',
    weights: equal(2),
    top: 6,
    rungs: [
      { isOut: true, held: '0', shorted: '0.4716' },
      { isOut: false, held: '0', shorted: '0' },
    ],
    wholeLong: '0',
  });
  expect(orders).toEqual([
    { role: 'cover', rung: 0, side: 'buy', level: 7, triggerPrice: '10700', amount: '0.4716' },
    { role: 'stop-entry-short', rung: 1, side: 'sell', level: 5, triggerPrice: '10500', amount: '0.4761' },
  ]);
});

test('resting keeps the nearest orders of a role only', () => {
  const given = strategy({ wallets: [wallet('fragments')] });
  const { 'stop-loss': stop, ...others } = given.windows;
  const limited = traceModel({ ...given, windows: { ...others, 'stop-loss': { ...stop, resting: 2 } } }, ['10000', '9890', '9600'], 'touch');
  expect(limited.map((document) => levels(document, 'stop-loss'))).toEqual([[-1, -2], [-2, -3], []]);
});

test('decimals of the auditor read and print as plain decimals', () => {
  for (const text of ['0', '-0', '0.10', '-.5', '00012.500', '100']) expect(textOf(exact(text))).toBe(plain(dec(text)));
});

describe('random strategies and paths', () => {
  interface Case {
    readonly strategy: Strategy;
    readonly prices: string[];
    readonly trace: (prices: readonly string[], fill: 'touch' | 'gap') => TraceDocument[];
  }
  /** `expect` is too slow for a million comparisons. */
  function must(condition: boolean, given: Strategy, document: TraceDocument, facts: unknown = ''): void {
    if (!condition) throw new Error(`${given.name}, step ${document.step}: ${JSON.stringify(facts)} ${JSON.stringify(document)}`);
  }
  const cases: Case[] = [];
  for (let seed = 1; cases.length < 300; seed += 1) {
    const random = tinyRandom(seed);
    const given = randomStrategy(random);
    const prices = randomPrices(random, given);
    const atr = atrOf(given);
    const trace: Case['trace'] = (path, fill) => traceModel(given, path, fill, atr === null ? {} : { atr });
    try {
      trace(prices.slice(0, 1), 'touch');
    } catch (error) {
      expect(error).toMatchObject({ code: 'STRATEGY_TOO_SMALL' });
      continue;
    }
    cases.push({ strategy: given, prices, trace });
  }
  const forEachDocument = (check: (document: TraceDocument, given: Strategy, documents: TraceDocument[]) => void): void => {
    for (const { strategy: given, prices, trace } of cases) {
      for (const fill of ['touch', 'gap'] as const) {
        const documents = trace(prices, fill);
        for (const document of documents) check(document, given, documents);
      }
    }
  };
  const specOf = (given: Strategy, one: TraceWallet): WalletSpec => given.wallets.find((spec) => spec.name === one.wallet) as WalletSpec;

  test('position, fees and equity follow from the fills alone', () => {
    forEachDocument((document, given, documents) => {
      const fills = documents.slice(0, document.step + 1).flatMap((one) => one.fills);
      for (const one of document.wallets) {
        const own = fills.filter((fill) => fill.wallet === one.wallet);
        const signed = (fill: (typeof own)[number]): D => dec(fill.amount).times(fill.side === 'buy' ? 1 : -1);
        const position = sum(own.map(signed));
        const fees = sum(own.map((fill) => dec(fill.fee)));
        const spent = sum(own.map((fill) => signed(fill).times(dec(fill.price))));
        const equity = dec(specOf(given, one).capital).minus(spent).minus(fees).plus(position.times(dec(document.price)));
        const found = [plain(position.plus(dec(one.short))), plain(fees), plain(equity)];
        must(one.long === found[0] && one.fees === found[1] && one.equity === found[2], given, document, found);
      }
    });
  });
  test('orders rest on the grid, sells below and buys above the price, each level once', () => {
    forEachDocument((document, given) => {
      const market = given.exchange.market as Market;
      const slots = document.orders.map((order) => `${order.wallet} ${order.role} ${order.level}`);
      must(new Set(slots).size === slots.length, given, document);
      for (const order of document.orders) {
        const [trigger, amount] = [dec(order.triggerPrice), dec(order.amount)];
        must(isOnGrid(priceGridOf(market), trigger) && isOnStep(amount, dec(market.amountStep)), given, document, order);
        must(amount.greaterThan(0) && trigger.greaterThan(0), given, document, order);
        must(trigger.comparedTo(dec(document.price)) === (order.side === 'sell' ? -1 : 1), given, document, order);
      }
    });
  });
  test('phase and count of rungs agree, and every position is covered by closing orders', () => {
    forEachDocument((document, given) => {
      for (const one of document.wallets) {
        const { cycle, weights } = specOf(given, one);
        must(one.phase !== 'ADVANCE' || one.rungsOut === 0, given, document);
        must((one.phase === 'DECLINE') === (one.rungsOut === weights.length), given, document);
        must(cycle !== 'fragments' || one.short === '0', given, document);
        must(cycle !== 'rotation' || one.long === '0' || one.short === '0', given, document);
        const own = document.orders.filter((order) => order.wallet === one.wallet);
        const amountOf = (role: Role): string => plain(sum(own.filter((order) => order.role === role).map((order) => dec(order.amount))));
        // With arithmetic spacing the lowest stops may lie at or below zero.
        if (given.spacing === 'geometric' && cycle !== 'scaling') must(amountOf('stop-loss') === one.long, given, document);
        if (cycle === 'rotation') must(amountOf('cover') === one.short, given, document);
        if (cycle === 'scaling') must(amountOf('flip-long') === plain(dec(one.short).times(2)), given, document);
      }
    });
  });
  test('scaling keeps long + short within a cycle', () => {
    forEachDocument((document, given, documents) => {
      const before = documents[document.step - 1];
      for (const one of document.wallets) {
        const last = before === undefined ? one : named(before, one.wallet);
        // Without a short it may be a wallet that only keeps stops: then the sum falls.
        if (specOf(given, one).cycle !== 'scaling' || last.cycle !== one.cycle || one.short === '0') continue;
        must(dec(one.long).plus(dec(one.short)).equals(dec(last.long).plus(dec(last.short))), given, document);
      }
    });
  });
  test('touch: a stop half way changes nothing', () => {
    for (const { strategy: given, prices, trace } of cases) {
      const halfWay = (price: string, index: number): string => plain(dec(prices[index - 1] ?? price).plus(dec(price)).div(2));
      const stopped = trace(prices.flatMap((price, index) => (index === 0 ? [price] : [halfWay(price, index), price])), 'touch');
      for (const document of trace(prices, 'touch')) {
        const found = at(stopped, document.step * 2);
        const fills = document.step === 0 ? found.fills : [...at(stopped, document.step * 2 - 1).fills, ...found.fills];
        must(JSON.stringify({ ...found, step: document.step, fills }) === JSON.stringify(document), given, document, found);
      }
    }
  });
  test('touch: the way down and up through single levels equals one far move', () => {
    const given = strategy({ wallets: [wallet('fragments'), wallet('rotation')] });
    const far = traceModel(given, ['10000', '9000', '10100'], 'touch');
    const steps = ['9950', '9900', '9870', '9600', '9000', '9100', '9350', '9400', '9800', '10100'];
    const near = traceModel(given, ['10000', ...steps], 'touch');
    expect(at(near, -1).wallets).toEqual(at(far, -1).wallets);
    expect(at(near, -1).orders).toEqual(at(far, -1).orders);
  });
});
