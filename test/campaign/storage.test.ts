/** A small sample of the storage lane: a few kills of the real process on each store, and the power cut with the check that sees it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BotLife } from '../../src/campaign/storage/bot-life.ts';
import { writtenBeforeSent } from '../../src/campaign/storage/never-lost.ts';
import type { Disagreement } from '../../src/campaign/storage/never-lost.ts';
import { cutPower, reachableSyncs, recorderEnvironment } from '../../src/campaign/storage/power-cut.ts';
import { writePriceFiles } from '../../src/campaign/storage/price-files.ts';
import { runLane } from '../../src/campaign/storage/storage-lane.ts';
import type { LaneWishes } from '../../src/campaign/storage/storage-lane.ts';
import { readExchange, withDatabase } from '../../src/campaign/storage/stored-rows.ts';
import { temporaryDatabase } from '../../src/adapters/postgres/temporary-database.ts';

const LAUNCHER = new URL('../../src/cli/launch.mjs', import.meta.url).pathname;
const STRATEGY = new URL('../../strategies/btc-rotation.yaml', import.meta.url).pathname;
const SERVER_URL = process.env['HEDGEROW_TEST_DATABASE_URL'];
const SEED = process.env['STORAGE_SEED'] ?? 'sample';
const KILLS = 4;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-storage-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function wishes(seed: string): LaneWishes {
  return { kind: 'pglite', cutsPower: false, seed, kills: KILLS, killsPerRound: KILLS, days: 2, folder, program: [LAUNCHER], strategies: [STRATEGY], database: null, tell: () => {} };
}

describe(`the storage lane, seed ${SEED}`, () => {
  it('finds nothing lost or doubled on the embedded store when the power is cut', async () => {
    const report = await runLane({ ...wishes(SEED), cutsPower: true });
    expect(report.violations).toEqual([]);
    expect(report.kills.all).toBe(KILLS);
  }, 300_000);

  it.runIf(SERVER_URL !== undefined)('finds nothing lost or doubled on PostgreSQL when the process is killed', async () => {
    const report = await runLane({ ...wishes(SEED), kind: 'postgres', database: () => temporaryDatabase(SERVER_URL!) });
    expect(report.violations).toEqual([]);
    expect(report.kills.all).toBe(KILLS);
  }, 300_000);
});

describe('a disk that lies about its syncs', () => {
  it('is seen by the check that an honest one passes, and what it made the store forget is taken up or refused aloud, never sent again', async () => {
    const prices = await writePriceFiles(join(folder, 'prices'), 'rb2', 2);
    const dataDir = join(folder, 'data');
    const recording = join(folder, 'recording');
    const args = [LAUNCHER, 'run', STRATEGY, '--feed', prices.candles[0]!, '--funding', prices.funding[0]!, '--data', dataDir, '--json', '--log-level', 'info'];
    const missing = (): Promise<readonly Disagreement[] | null> => withDatabase({ dataDir, databaseUrl: null }, (database) => writtenBeforeSent(database, readExchange(dataDir)!));

    const life = new BotLife({ args: [...args, '--speed', '40000'], env: { DATABASE_URL: '', ...recorderEnvironment(dataDir, recording) } });
    while ((readExchange(dataDir)?.requestsEver ?? 0) < 8) if (!(await life.lives(20))) throw new Error(`the bot ended early: ${life.said.slice(-1_000)}`);
    life.signal('SIGKILL');
    await life.ended;

    expect(cutPower(dataDir, recording, { type: 'all' }).lostBytes).toBeGreaterThan(0);
    expect(await missing()).toEqual([]);
    const { first, last } = reachableSyncs(recording);
    cutPower(dataDir, recording, { type: 'untilSync', sync: Math.max(first, last - 6) });
    const forgotten = await missing();
    expect(forgotten?.length).toBeGreaterThan(0);

    const { code, stdout, stderr } = await new BotLife({ args, env: { DATABASE_URL: '' } }).ended;
    expect({ code, stderr: stderr.slice(-1_000) }).toMatchObject({ code: expect.toSatisfy((value: unknown) => value === 0 || value === 1) as number });
    const [plan] = (JSON.parse(stdout) as { plans: { operation: string }[] }).plans;
    expect([code, plan?.operation]).toEqual(code === 0 ? [0, 'running'] : [1, 'diverged']);
    // Sent once each: what the store forgot is missing for ever, and nothing was sent a second time for it.
    expect(await missing()).toEqual(forgotten);
  }, 300_000);
});
