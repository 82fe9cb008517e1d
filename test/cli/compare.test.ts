/** `hedgerow compare` as the user runs it: text, JSON, wrong files. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resultDocument, resultText } from '../../src/backtest/result-document.ts';
import { sampleResult } from '../backtest/sample-run.ts';
import { hedgerow, removeTempFiles, tempFile, tempFolder } from './hedgerow-process.ts';

const FIRST = resultText(resultDocument([sampleResult({ seed: 3 })], '0.1.0'));
const SECOND = resultText(resultDocument([sampleResult({ seed: 3, slippage: '2' })], '0.1.0'));

afterAll(removeTempFiles);

describe('hedgerow compare', () => {
  it('shows two results side by side and exits 0', async () => {
    const { code, stdout, stderr } = await hedgerow(['compare', tempFile('a.json', FIRST), tempFile('b.json', SECOND)]);
    expect([code, stderr]).toEqual([0, '']);
    for (const text of ['figure', 'B − A', 'total return', 'max drawdown', 'A and B differ in money from the first fill on', 'settings, data and assumptions are the same and the results are not']) expect(stdout).toContain(text);
  });

  it('prints one JSON document, the same every time', async () => {
    const args = ['compare', tempFile('a.json', FIRST), tempFile('b.json', SECOND), tempFile('c.json', FIRST), '--json'];
    const [once, again] = [await hedgerow(args), await hedgerow(args)];
    expect(once.stdout).toBe(again.stdout);
    const comparison = JSON.parse(once.stdout) as { readonly plans: readonly { readonly partings: readonly unknown[] }[] };
    expect(comparison).toMatchObject({ files: [{ build: '0.1.0' }, {}, {}], plans: [{ isSameResult: false, partings: [{ money: { sameFills: 0 } }, { money: null, way: null }] }] });
  });

  it.each([
    [[], /missing required argument 'result'/],
    [['a.json'], /one file is given; give two or more results/],
    [['a.json', 'nowhere.json'], /nowhere\.json: there is no such file; write one with hedgerow backtest STRATEGY --json > /],
    [['a.json', '.'], /is a folder; give a file/],
    [['a.json', 'half.json'], /half\.json is no JSON/],
    [['a.json', 'bent.json'], /bent\.json: runs\[0\]\.figures\.equity: expected a plain decimal/],
    [['a.json', 'huge.json'], /huge\.json has 300 MiB, more than any result/],
    [['pair.json', 'others.json'], /no plan is in every file: .*pair\.json has one, two; .*others\.json has three, four/],
  ])('%j exits 2 and says why', async (names, reason) => {
    const folder = tempFolder();
    const two = (...plans: readonly [string, string]): string => resultText(resultDocument(plans.map((plan, seed) => sampleResult({ plan, seed })), '0.1.0'));
    const texts: Readonly<Record<string, string>> = {
      'a.json': FIRST,
      'half.json': FIRST.slice(0, 5_000),
      'bent.json': FIRST.replace(/"equity":"[^"]+"/, '"equity":"NaN"'),
      'huge.json': '',
      'pair.json': two('one', 'two'),
      'others.json': two('three', 'four'),
    };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    truncateSync(join(folder, 'huge.json'), 300 * 2 ** 20);
    const { code, stdout, stderr } = await hedgerow(['compare', ...names.map((name) => join(folder, name))]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(reason);
    expect(stderr).toContain('[INPUT_INVALID]');
  });
});
