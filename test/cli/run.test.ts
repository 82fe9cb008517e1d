/** The real process: a run to its end, a clean stop, and kill -9 at random moments, after which everything comes out as if nothing had happened (I12). */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/adapters/postgres/open-store.ts';

const LAUNCHER = new URL('../../src/cli/launch.mjs', import.meta.url).pathname;
const STRATEGIES = new URL('../../strategies', import.meta.url).pathname;
const SEED = Number(process.env['KILL_SEED'] ?? '1');
const KILLS = Number(process.env['KILLS'] ?? '5');

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', DATABASE_URL: '' } });
  const ended = new Promise<Ended>((resolve) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  /** Resolves when standard error has said this. */
  const said = (text: string): Promise<void> =>
    new Promise((resolve) => {
      let all = '';
      child.stderr.on('data', (data: Buffer) => {
        all += data.toString();
        if (all.includes(text)) resolve();
      });
    });
  return { child, ended, said };
}

/** What must not depend on how often the process died: the counters of a process do, and are left out. */
function outcome(stdout: string): unknown {
  const document = JSON.parse(stdout) as { until: string; plans: { plan: string; operation: string; phase: string; price: string; equity: string; orders: number; wallets: { phases: unknown }[] }[] };
  return {
    until: document.until,
    plans: document.plans.map(({ plan, operation, phase, price, equity, orders, wallets }) => ({ plan, operation, phase, price, equity, orders, wallets: wallets.map(({ phases: _, ...wallet }) => wallet) })),
  };
}

function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

describe('hedgerow run', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hedgerow-run-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const args = (name: string, days: number): string[] => ['run', STRATEGIES, '--days', String(days), '--data', join(folder, name), '--json'];

  it('runs the example strategies to the end of their days and sums them up', async () => {
    const { code, stdout, stderr } = await start(args('whole', 3)).ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const document = JSON.parse(stdout) as { plans: { plan: string; operation: string; fills: number; error: string | null }[] };
    expect(document.plans.map(({ plan, operation, error }) => [plan, operation, error])).toEqual([
      ['btc-rotation', 'running', null],
      ['eth-joint-scaling', 'running', null],
      ['sol-independent', 'running', null],
    ]);
    expect(document.plans.reduce((total, { fills }) => total + fills, 0)).toBeGreaterThan(20);
  }, 120_000);

  it('stops cleanly on SIGTERM and goes on where it was', async () => {
    const { child, ended, said } = start([...args('stopped', 20), '--speed', '50000', '--log-level', 'info']);
    await said('cycle started');
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    const stopped = JSON.parse(stdout) as { stoppedBy: string | null; until: string };
    expect(stopped.stoppedBy).toBe('SIGTERM');
    const again = await start(args('stopped', 3)).ended;
    expect(again.code).toBe(0);
    expect(Date.parse((JSON.parse(again.stdout) as { until: string }).until)).toBeGreaterThan(Date.parse(stopped.until));
  }, 180_000);

  it('refuses a second process on its data folder with --no-standby, whose exchange book the first one then still owns', async () => {
    const { child, ended, said } = start([...args('shared', 20), '--speed', '50000', '--log-level', 'info']);
    await said('cycle started');
    const [world = ''] = readdirSync(join(folder, 'shared', 'simulated'));
    const book = join(folder, 'shared', 'simulated', world, 'book.jsonl');
    const before = statSync(book).ino;
    const second = await start([...args('shared', 20), '--no-standby']).ended;
    expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 2, stdout: '' });
    expect(second.stderr).toContain('[STORE_LOCKED]');
    expect(statSync(book).ino).toBe(before);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  }, 180_000);

  it('says so when the data folder is a file', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await start(args('file', 1)).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^hedgerow: the data folder .*file is a file; name another folder \[STORE_UNAVAILABLE\]\n$/);
  }, 60_000);

  it(`is killed ${KILLS} times (seed ${SEED}) and ends as if it had not been, with an unbroken journal`, async () => {
    const days = 4;
    const random = pseudoRandom(SEED);
    const undisturbed = await start(args('undisturbed', days)).ended;
    let survivor: Ended | null = null;
    for (let kill = 0; kill < KILLS && survivor === null; kill += 1) {
      const { child, ended } = start(args('killed', days));
      const delayMs = (kill === 0 ? 5_000 : 1_500) + Math.floor(random() * 3_000);
      await Promise.race([sleep(delayMs), ended]);
      child.kill('SIGKILL');
      const { signal, ...outcomes } = await ended;
      // A fast machine comes to the end of the days first; started again it would go on for as many.
      if (signal === null) survivor = { signal, ...outcomes };
    }
    survivor ??= await start(args('killed', days)).ended;
    expect(survivor.stderr).not.toMatch(/"level":(40|50)/);
    expect(outcome(survivor.stdout)).toEqual(outcome(undisturbed.stdout));
    const store = await openStore({ dataDir: join(folder, 'killed') });
    try {
      for (const plan of await store.listPlans()) {
        let seq = 0;
        for (let page = await store.readJournal(plan.planId, 0, 5_000); page.length > 0; page = await store.readJournal(plan.planId, seq, 5_000)) {
          for (const entry of page) {
            expect(entry.seq, plan.name).toBe(seq + 1);
            seq = entry.seq;
          }
        }
        expect(seq, plan.name).toBe(plan.seq);
        expect(plan.snapshot?.seq, plan.name).toBeLessThanOrEqual(plan.seq);
      }
    } finally {
      await store.close();
    }
  }, 300_000);
});
