/** `hedgerow compact` as the user runs it: after a run, on wrong input, and that the bot goes on afterwards as if nothing had gone. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cutOff, readBefore } from '../../src/cli/store/before.ts';
import { hedgerow, removeTempFiles, tempFolder, type Outcome } from './hedgerow-process.ts';

const BTC = 'strategies/btc-rotation.yaml';
const DAY_MS = 86_400_000;
/** Whatever the machine has set, the stores here are folders. */
const FOLDER = { env: { DATABASE_URL: '' } };

afterAll(removeTempFiles);

function run(data: string, days: number): Promise<Outcome> {
  return hedgerow(['run', BTC, '--data', data, '--days', String(days), '--log-level', 'silent', '--json'], FOLDER);
}

/** The summary without what depends on the clock on the wall and the folder. */
function resultOf({ stdout }: Outcome): unknown {
  return (JSON.parse(stdout) as { readonly plans: unknown }).plans;
}

describe('hedgerow compact', () => {
  it('deletes old rows once, and the bot goes on as it would have', { timeout: 240_000 }, async () => {
    const data = join(tempFolder(), 'data');
    expect((await run(data, 4)).code).toBe(0);
    const untouched = join(tempFolder(), 'data');
    cpSync(data, untouched, { recursive: true });

    const { code, stdout } = await hedgerow(['compact', '--data', data, '--before', '2d', '--json'], FOLDER);
    expect(code).toBe(0);
    const { plans } = JSON.parse(stdout) as { readonly plans: readonly { readonly plan: string; readonly orders: number; readonly intents: number }[] };
    expect(plans).toEqual([expect.objectContaining({ plan: 'btc-rotation', venue: expect.stringMatching(/^simulated\//), before: expect.any(Number) })]);
    expect(plans[0]!.intents).toBeGreaterThan(5);
    const again = await hedgerow(['compact', '--data', data, '--before', '2d'], FOLDER);
    expect(again.stdout).toMatch(/Deleted from PGlite .*\n\nplan +older than +entries +orders +requests +snapshots +a replay begins\nbtc-rotation +2025-01-02 \d\d:\d\d +0 +0 +0 +0 +at its start\n/);

    const [after, undisturbed] = await Promise.all([run(data, 6), run(untouched, 6)]);
    expect([after.code, after.stderr]).toEqual([0, '']);
    expect(resultOf(after)).toEqual(resultOf(undisturbed));
  });

  it.each([
    [['--before', '0d'], /--before "0d" is neither/],
    [['--before', '2026-02-30'], /"2026-02-30" is neither/],
    [['--before', 'yesterday'], /from 1d to 36500d nor a date/],
    [['--data', 'nowhere/at/all'], /there is no store in nowhere\/at\/all/],
  ])('%j exits 2 and says why', async (args, reason) => {
    const { code, stdout, stderr } = await hedgerow(['compact', ...args], FOLDER);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(reason);
  });
});

describe('the time before which rows go', () => {
  const lastAt = Date.parse('2026-11-20T12:00:00Z');

  it('counts days back from the last activity, or is a date', () => {
    expect(cutOff(readBefore('30d'), lastAt)).toBe(lastAt - 30 * DAY_MS);
    expect(cutOff(readBefore('2026-11-01'), lastAt)).toBe(Date.parse('2026-11-01T00:00:00Z'));
  });

  it('is never within the last day', () => {
    expect(cutOff(readBefore('2027-01-01'), lastAt)).toBe(lastAt - DAY_MS);
    expect(cutOff(readBefore('1d'), lastAt)).toBe(lastAt - DAY_MS);
  });
});
