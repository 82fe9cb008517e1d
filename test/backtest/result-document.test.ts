/** Result documents: the same bytes for the same run, read back as they were written, and nothing believed of files that were changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIGURE_DEFINITIONS } from '../../src/backtest/metric-definitions.ts';
import { resultDocument, resultHash, resultText } from '../../src/backtest/result-document.ts';
import { parseResultDocument } from '../../src/backtest/result-document-reader.ts';
import { isPlainDecimal } from '../../src/domain/decimal.ts';
import { HedgerowError } from '../../src/domain/errors.ts';
import { sampleResult, sampleRun } from './sample-run.ts';

const TEXT = resultText(resultDocument([sampleResult({ candles: 60, liquidatedAt: 40 })], '0.1.0'));

type Tree = { [key: string]: Tree } & Tree[];

/** The document with one place changed, as text. */
function changed(change: (document: Tree) => void): string {
  const document = JSON.parse(TEXT) as Tree;
  change(document);
  return JSON.stringify(document);
}

/** The message of the error; fails for anything but INPUT_INVALID. */
function faultOf(text: string): string {
  try {
    parseResultDocument(text, 'a.json');
  } catch (error) {
    if (error instanceof HedgerowError && error.code === 'INPUT_INVALID') return error.message;
    throw error;
  }
  throw new Error('the document was read');
}

describe('a result document', () => {
  it('is the same bytes for the same run', () => {
    const write = (): string => resultText(resultDocument([sampleResult({ seed: 8, candles: 300 }), sampleResult({ seed: 9, plan: 'other' })], '0.1.0'));
    expect(write()).toBe(write());
    expect(write()).toMatch(/^[^\n]+\n$/);
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 120 }), fc.option(fc.integer({ min: 1, max: 60 }), { nil: null }), (seed, candles, liquidatedAt) => {
        const document = resultDocument([sampleResult({ seed, candles, liquidatedAt }), sampleResult({ seed: seed + 1, plan: 'second' })], '1.2.3');
        expect(parseResultDocument(resultText(document), 'a.json')).toEqual(JSON.parse(JSON.stringify(document)));
      }),
      { numRuns: 30 },
    );
  });

  it('keeps money as exact text, statistics as numbers, and every definition', () => {
    const document = parseResultDocument(TEXT, 'a.json');
    const { figures, fills } = document.runs[0]!;
    expect([figures.equity, figures.costs.fees.amount, figures.cycleRows[0]!.result, fills.rows[0]![7]].every(isPlainDecimal)).toBe(true);
    expect([typeof figures.totalReturn, typeof figures.drawdown.maxDrawdown]).toEqual(['number', 'number']);
    expect(Object.keys(document.definitions)).toEqual(FIGURE_DEFINITIONS.map(({ name }) => name));
    expect(document.sum).toBeNull();
  });

  it('tells runs apart by their hash, and only by what happened', () => {
    const { record } = sampleRun({ seed: 2 });
    const [first, ...rest] = record.fills;
    expect(resultHash(sampleRun({ seed: 2 }).record)).toBe(resultHash(record));
    expect(resultHash({ ...record, plan: 'renamed', path: 'worst' })).toBe(resultHash(record));
    expect(resultHash({ ...record, fills: [{ ...first!, fee: `${first!.fee}1` }, ...rest] })).not.toBe(resultHash(record));
    expect(resultHash({ ...record, equity: '1' })).not.toBe(resultHash(record));
  });
});

describe('a document nobody vouches for', () => {
  it.each<[string, string, RegExp]>([
    ['nothing', '', /^a\.json is empty; write it with hedgerow backtest --json > a\.json/],
    ['half of it', TEXT.slice(0, TEXT.length / 2), /^a\.json is no JSON: .*whole/],
    ['another format', '{"store":"x","plans":[]}', /^a\.json: format: expected "hedgerow-backtest"; this is no result/],
    ['no object', '[1,2]', /^a\.json: format/],
    ['null', 'null', /^a\.json: format/],
    ['a newer version', changed((it) => (it['version'] = 2 as unknown as Tree)), /^a\.json: version: this file has version 2, this hedgerow reads 1; use the newer hedgerow/],
    ['no version', changed((it) => delete it['version']), /^a\.json: version: expected 1/],
    ['no runs', changed((it) => (it['runs'] = [] as unknown as Tree)), /^a\.json: runs: expected at least one run/],
    ['NaN for money', changed((it) => (it['runs']![0]!['figures']!['equity'] = 'NaN' as unknown as Tree)), /^a\.json: runs\[0\]\.figures\.equity: expected a plain decimal as text/],
    ['an exponent', changed((it) => (it['runs']![0]!['figures']!['capital'] = '1e9' as unknown as Tree)), /runs\[0\]\.figures\.capital: expected a plain decimal/],
    ['a number for money', changed((it) => (it['runs']![0]!['figures']!['result'] = 12 as unknown as Tree)), /runs\[0\]\.figures\.result: .*string/],
    ['text for a statistic', changed((it) => (it['runs']![0]!['figures']!['sharpe'] = 'NaN' as unknown as Tree)), /runs\[0\]\.figures\.sharpe: expected a finite number/],
    ['more than a number holds', TEXT.replace(/"totalReturn":[^,]+/, '"totalReturn":1e999'), /figures\.totalReturn: expected a finite number/],
    ['a million digits', changed((it) => (it['runs']![0]!['figures']!['equity'] = '9'.repeat(1_000_000) as unknown as Tree)), /figures\.equity: expected a number of sensible length/],
    ['a time beyond the calendar', changed((it) => (it['runs']![0]!['figures']!['from'] = 9e15 as unknown as Tree)), /figures\.from: expected a time in milliseconds/],
    ['an unknown wallet', changed((it) => (it['runs']![0]!['fills']!['rows']![0]![1] = 'short' as unknown as Tree)), /runs\[0\]\.fills\.rows\[0\]\[1\]/],
    ['a fill cut short', changed((it) => (it['runs']![0]!['fills']!['rows']![0] = [1, 'long'] as unknown as Tree)), /runs\[0\]\.fills\.rows\[0\]/],
    ['columns in another order', changed((it) => (it['runs']![0]!['fills']!['columns']![0] = 'time' as unknown as Tree)), /runs\[0\]\.fills\.columns\[0\]/],
    ['a strategy without an end', TEXT.replace('"resolved":{', `"resolved":{"deep":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)},`), /strategy\.resolved: expected the settings of a strategy/],
    ['a document of brackets', '['.repeat(200_000), /^a\.json is no JSON/],
  ])('%s is refused, with file and field', (_, text, fault) => {
    expect(faultOf(text)).toMatch(fault);
  });

  it('names the first faults and counts the others', () => {
    const message = faultOf(changed((it) => (it['runs']![0]!['figures'] = {} as Tree)));
    expect(message).toMatch(/^a\.json: runs\[0\]\.figures\.plan: .*\na\.json: .*\na\.json: .*\na\.json: … and \d+ more\n.*write it again with hedgerow backtest --json$/);
  });

  it('is refused with an error of ours wherever it was cut or bent', () => {
    fc.assert(
      fc.property(fc.nat(TEXT.length - 3), (end) => void expect(faultOf(TEXT.slice(0, end))).toContain('a.json')),
      { numRuns: 60 },
    );
    const junk = fc.constantFrom<unknown>(null, true, -1, 1.5, '', 'NaN', '∞', [], {}, [[]], { __proto__: 1 });
    fc.assert(
      fc.property(fc.array(fc.nat(30), { minLength: 1, maxLength: 8 }), junk, (steps, value) => {
        const text = changed((document) => {
          let place: Record<string, unknown> = document;
          for (const [depth, step] of steps.entries()) {
            const keys = Object.keys(place);
            const key = keys[step % Math.max(1, keys.length)];
            if (key === undefined) return;
            const inner = place[key];
            if (depth === steps.length - 1 || typeof inner !== 'object' || inner === null) {
              place[key] = value;
              return;
            }
            place = inner as Record<string, unknown>;
          }
        });
        try {
          parseResultDocument(text, 'a.json');
        } catch (error) {
          expect(error).toBeInstanceOf(HedgerowError);
          expect((error as HedgerowError).message).toMatch(/^a\.json/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
