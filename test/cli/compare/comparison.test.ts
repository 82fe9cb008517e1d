/** Results side by side: what was set otherwise, what stands on other data, every difference, and where fills part ways. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resultDocument } from '../../../src/backtest/result-document.ts';
import type { ResultDocument, RunResult } from '../../../src/backtest/result-document.ts';
import { compareResults } from '../../../src/cli/compare/comparison.ts';
import type { Comparison, PlanComparison } from '../../../src/cli/compare/comparison.ts';
import { compareText } from '../../../src/cli/compare/compare-text.ts';
import { settingDifferences } from '../../../src/cli/compare/settings-diff.ts';
import { styleFor } from '../../../src/cli/style.ts';
import { dec, plain } from '../../../src/domain/decimal.ts';
import { SAMPLE_ASSUMPTIONS, sampleResult } from '../../backtest/sample-run.ts';

const PLAIN = styleFor({}, {});

function filed(...documents: readonly (readonly RunResult[])[]): Comparison {
  return compareResults(documents.map((runs, index) => ({ file: `${index}.json`, document: resultDocument(runs, '0.1.0') })));
}

function planOf(...results: readonly RunResult[]): PlanComparison {
  const [plan] = filed(...results.map((result) => [result])).plans;
  if (plan === undefined) throw new Error('nothing was compared');
  return plan;
}

describe('what differs', () => {
  it('is nothing between a result and itself', () => {
    const plan = planOf(sampleResult(), sampleResult());
    expect(plan).toMatchObject({ isSameResult: true, settings: [], assumptions: [], data: [], warnings: [], partings: [{ file: '1.json', money: null, way: null, cycles: [] }] });
    expect(plan.figures.every(({ isSame }) => isSame)).toBe(true);
    expect(compareText(filed([sampleResult()], [sampleResult()]), PLAIN)).toContain('the results are the same, to the last digit');
  });

  it('are settings by their path, each with its value in every file', () => {
    const other = sampleResult({}, { leverage: '3', wallets: [{ name: 'long', capital: '500', cycle: 'fragments', weights: [], confirmation: 2, account: 'main' }] });
    expect(planOf(sampleResult(), other).settings).toEqual([
      { path: 'leverage', values: ['"1"', '"3"'] },
      { path: 'wallets.long.capital', values: ['"10000"', '"500"'] },
      { path: 'wallets.long.weights', values: [expect.stringContaining('numerator'), '[]'] },
      { path: 'wallets.long.confirmation', values: ['1', '2'] },
      ...['name', 'capital', 'cycle', 'weights', 'confirmation', 'account'].map((name) => ({ path: `wallets.hedge.${name}`, values: [expect.any(String), null] })),
    ]);
  });

  it('warns of other periods, data, assumptions and symbols, and of results nothing explains', () => {
    const base = sampleResult();
    const [candles] = base.data;
    expect(planOf(base, sampleResult({ candles: 220 })).warnings).toEqual(['the periods are not the same: figures of different spans are compared']);
    expect(planOf(base, { ...base, data: [{ ...candles!, hash: 'x' }] }).warnings).toEqual(['the data are not the same, though the period is']);
    expect(planOf(base, { ...base, data: [{ ...candles!, source: 'renamed.csv' }] }).warnings).toEqual([]);
    expect(planOf(base, { ...base, assumptions: { ...SAMPLE_ASSUMPTIONS, path: 'worst', funding: { type: 'none' } } }).warnings).toEqual(['the assumptions are not the same: path, funding.type, funding.rows']);
    expect(planOf(base, sampleResult({ symbol: 'ETH/USDT:USDT' })).warnings).toEqual(['the symbols are not the same']);
    const bent = { ...base, record: { ...base.record, equity: '1' } };
    expect(planOf(base, bent).warnings).toEqual([expect.stringMatching(/^settings, data and assumptions are the same and the results are not/)]);
    const documents = ['0.1.0', '0.2.0'].map((build, index) => ({ file: `${index}.json`, document: resultDocument([index === 0 ? base : bent], build) }));
    expect(compareResults(documents).plans[0]?.warnings).toEqual(['the results were made by different versions of hedgerow']);
  });

  it('is exact for money, and empty where one has no figure', () => {
    const [a, b] = [sampleResult({ seed: 1 }), sampleResult({ seed: 2, wallets: ['long'] })];
    const figures = new Map(planOf(a, b).figures.map((figure) => [figure.name, figure]));
    expect(figures.get('equity')).toMatchObject({ kind: 'money', values: [a.metrics.equity, b.metrics.equity], differences: ['0', plain(dec(b.metrics.equity).minus(a.metrics.equity))], isSame: false });
    expect(figures.get('hedge equity')).toMatchObject({ values: [a.metrics.wallets[1]!.equity, null], differences: ['0', null], isSame: false });
    expect(figures.get('fills')?.differences[1]).toBe(b.metrics.trades.fills - a.metrics.trades.fills);
  });
});

describe('where two runs part ways', () => {
  const base = sampleResult({ seed: 7, candles: 300 });
  const at = 40;
  const withFill = (change: object): RunResult => ({ ...base, record: { ...base.record, fills: base.record.fills.map((fill, index) => (index === at ? { ...fill, ...change } : fill)) } });

  it('is the first fill that costs something else, and apart from that the first that does something else', () => {
    const [money] = planOf(base, withFill({ fee: '0.123' })).partings;
    expect(money).toMatchObject({ money: { sameFills: at, at: base.record.fills[at]!.at, first: { fee: base.record.fills[at]!.fee }, other: { fee: '0.123' }, columns: ['fee'] }, way: null });
    const [way] = planOf(base, withFill({ level: -99 })).partings;
    expect(way).toMatchObject({ money: { sameFills: at, columns: ['level'] }, way: { sameFills: at, columns: ['level'] } });
  });

  it('is the end of the shorter one when all of it is the same', () => {
    const shorter = { ...base, record: { ...base.record, fills: base.record.fills.slice(0, 90) } };
    const [parting] = planOf(base, shorter).partings;
    expect(parting?.way).toMatchObject({ sameFills: 90, at: base.record.fills[90]!.at, other: null, columns: [] });
    expect(compareText(filed([base], [shorter]), PLAIN)).toContain('no fill any more');
  });

  it('names the first cycle of each wallet that came out otherwise', () => {
    const { cycleRows } = base.metrics;
    const index = cycleRows.findIndex(({ wallet, cycle }) => wallet === 'hedge' && cycle === 5);
    const other = { ...base, metrics: { ...base.metrics, cycleRows: cycleRows.map((row, each) => (each >= index ? { ...row, result: '1' } : row)) } };
    const cycles = planOf(base, other).partings[0]?.cycles ?? [];
    expect(cycles.find(({ wallet }) => wallet === 'hedge')).toMatchObject({ cycle: 5, first: cycleRows[index], other: { result: '1' } });
    expect(cycles).toHaveLength(2);
  });
});

describe('several plans', () => {
  it('are compared by name, and those that are not everywhere are named', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((plan, seed) => sampleResult({ plan, seed })) as [RunResult, RunResult, RunResult];
    const comparison = filed([a, b], [c, a], [a]);
    expect(comparison.plans.map(({ plan, isSameResult }) => [plan, isSameResult])).toEqual([['a', true]]);
    expect(comparison.unmatched).toEqual([
      { plan: 'b', files: ['0.json'] },
      { plan: 'c', files: ['1.json'] },
    ]);
    expect(compareText(comparison, PLAIN)).toContain('  c is only in B: not compared');
  });

  it('of one each are compared whatever they are called', () => {
    expect(filed([sampleResult({ plan: 'a' })], [sampleResult({ plan: 'b' })]).plans[0]?.runs.map(({ plan }) => plan)).toEqual(['a', 'b']);
  });
});

describe('the text of a comparison', () => {
  it('fits the terminal, whatever is compared', () => {
    const options = fc.record({ seed: fc.nat(500), candles: fc.integer({ min: 1, max: 60 }), capital: fc.constantFrom('50', '10000', '987654321.5'), wallets: fc.constantFrom(['long'] as const, ['long', 'hedge'] as const), slippage: fc.constantFrom('0', '0.25') });
    fc.assert(
      fc.property(fc.array(options, { minLength: 2, maxLength: 5 }), (all) => {
        const text = compareText(filed(...all.map((each) => [sampleResult(each, { rebalanceThreshold: String(each.seed / 1_000) })])), PLAIN);
        expect(text).not.toMatch(/NaN|undefined|\[object/);
        for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(100);
      }),
      { numRuns: 40 },
    );
  });

  it('shows differences that the digits do not, and differences to nothing', () => {
    const base = sampleResult();
    const other = { ...base, metrics: { ...base.metrics, volatility: (base.metrics.volatility ?? 0) + 1e-9, sharpe: null } };
    const text = compareText(filed([base], [other]), PLAIN);
    expect(text).toMatch(/volatility +(\S+ %) +\1 +\+tiny/);
    expect(text).toMatch(/Sharpe +\S+ +– +differs/);
  });

  it('lets no file command the terminal', () => {
    const evil = '\u001b[2J\u001b]0;title\u0007‮';
    const base = resultDocument([sampleResult({ plan: `x${evil}` })], `1${evil}`);
    const document = { ...base, runs: base.runs.map((run) => ({ ...run, strategy: { ...run.strategy, resolved: { ...run.strategy.resolved, name: evil } } })) } as ResultDocument;
    const text = compareText(compareResults([{ file: `a${evil}`, document }, { file: 'b', document: resultDocument([sampleResult()], '1') }]), styleFor({ isTTY: true }, {}));
    expect(text.replaceAll(/\u001b\[(?:1|2|22|31|32|33|39)m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

describe('settings', () => {
  it('differ in leaves, also where keys are those of every object, or lists hold things without names', () => {
    const a = JSON.parse('{"__proto__":{"x":1},"constructor":2,"list":[1,2],"named":[{"name":"p","v":1},{"name":"p","v":2}]}') as unknown;
    const b = JSON.parse('{"__proto__":{"x":3},"toString":2,"list":[1,3],"named":[{"name":"p","v":1},{"name":"q","v":2}]}') as unknown;
    expect(settingDifferences([a, a])).toEqual([]);
    expect(settingDifferences([a, b]).map(({ path, values }) => [path, ...values])).toEqual([
      ['__proto__.x', '1', '3'],
      ['constructor', '2', null],
      ['list', '[1,2]', '[1,3]'],
      ['named', '[{"name":"p","v":1},{"name":"p","v":2}]', null],
      ['toString', null, '2'],
      ['named.p.name', null, '"p"'],
      ['named.p.v', null, '1'],
      ['named.q.name', null, '"q"'],
      ['named.q.v', null, '2'],
    ]);
  });
});
