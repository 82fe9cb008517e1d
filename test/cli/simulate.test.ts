/** `hedgerow simulate` as the user runs it: report, one JSON document, the same for the same seed, a replayed path, wrong input. */
import { afterAll, describe, expect, it } from 'vitest';
import { hedgerow, removeTempFiles, tempFile } from './hedgerow-process.ts';

const BTC = 'strategies/btc-rotation.yaml';

afterAll(removeTempFiles);

describe('hedgerow simulate', () => {
  it('reports coverage, sequences and results, and exits 0 when nothing was broken', async () => {
    const { code, stdout, stderr } = await hedgerow(['simulate', BTC, '--runs', '12', '--seed', '4', '--steps', '30']);
    expect([code, stderr]).toEqual([0, '']);
    for (const text of ['btc-rotation  seed 4, starting at 60000', '12 paths (', 'ADVANCE → RETRACEMENT', 'most frequent phase sequences', 'return per path', 'drawdown per path', 'result per cycle', 'orders placed (', 'No invariant was broken.']) {
      expect(stdout).toContain(text);
    }
  });

  it('prints one JSON document, the same for the same seed', async () => {
    const args = ['simulate', BTC, '--runs', '5', '--seed', '9', '--steps', '20', '--json'];
    const [first, second] = await Promise.all([hedgerow(args), hedgerow(args)]);
    expect(first.stdout).toBe(second.stdout);
    expect(JSON.parse(first.stdout)).toMatchObject({ strategy: 'btc-rotation', seed: 9, paths: 5, steps: 105, violation: null, replay: null });
  });

  it('runs one given path', async () => {
    const { code, stdout } = await hedgerow(['simulate', BTC, '--price', '10000', '--path', 'gap | -1 L-1 +3', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ paths: 1, steps: 4, startPrice: '10000', pathsByKind: { given: 1 } });
  });

  it('draws from candles and starts at their last close', async () => {
    const rows = Array.from({ length: 30 }, (_, index) => `${index * 60_000},100,${102 + (index % 3)},98,${99 + (index % 4)},1`);
    const candles = tempFile('candles_BTCUSDT_1m.csv', `timestamp_ms,open,high,low,close,volume\n${rows.join('\n')}\n`);
    const { code, stdout } = await hedgerow(['simulate', BTC, '--candles', candles, '--runs', '8', '--steps', '12', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ startPrice: '100', pathsByKind: { candles: expect.any(Number) as number } });
  });

  it.each([
    [['simulate', BTC, '--path', '+1 up'], /"up" is no move/],
    [['simulate', BTC, '--runs', '0'], /--runs "0" is not a whole number/],
    [['simulate', BTC, '--seed', 'x'], /--seed "x" is not a whole number/],
    [['simulate', 'nowhere.yaml'], /nowhere\.yaml/],
  ])('%j exits 2 and says why', async (args, reason) => {
    const { code, stdout, stderr } = await hedgerow(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(reason);
  });
});
