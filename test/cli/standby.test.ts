/** Two bots on the same accounts: one trades, the other waits, takes over when the first is killed, and ends as if nobody had died (I16, I12). */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/adapters/postgres/open-store.ts';
import { replayPlan } from '../../src/engine/journal-replay.ts';
import { SERVER_URL, temporaryDatabase } from '../adapters/postgres/test-database.ts';
import { isListening, outcomeOf, startBot } from './bot-process.ts';
import { hedgerow, removeTempFiles, tempFolder } from './hedgerow-process.ts';

const STRATEGIES = ['strategies/btc-rotation.yaml', 'strategies/eth-joint-scaling.yaml'];
const DAYS = '3';
/** So slow that it cannot come to its end before it is killed. */
const SLOW = ['--speed', '5000', '--log-level', 'warn'];

afterAll(removeTempFiles);

const args = (data: string): string[] => [...STRATEGIES, '--days', DAYS, '--data', data, '--json'];

async function undisturbed(): Promise<unknown> {
  const { code, stdout, stderr } = await startBot(args(join(tempFolder(), 'data'))).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return outcomeOf(stdout);
}

describe('with the embedded store', () => {
  test('a second bot on the folder waits, takes over after kill -9 and ends with the same result', async () => {
    const data = join(tempFolder(), 'data');
    const first = startBot([...args(data), ...SLOW]);
    await isListening(data);
    const second = startBot([...args(data)]);
    await second.said('standby: the data folder');
    await sleep(2_000);
    first.kill('SIGKILL');
    const { code, stdout } = await second.ended;
    expect(code).toBe(0);
    expect(outcomeOf(stdout)).toEqual(await undisturbed());
  }, 240_000);

  test('a standby ends at once on SIGTERM, having done nothing', async () => {
    const data = join(tempFolder(), 'data');
    const first = startBot([...args(data), ...SLOW]);
    await isListening(data);
    const second = startBot([...args(data)]);
    await second.said('standby:');
    second.kill('SIGTERM');
    expect(await second.ended).toMatchObject({ code: 0, stdout: '' });
    first.kill('SIGKILL');
    await first.ended;
  }, 120_000);
});

describe.runIf(SERVER_URL !== undefined)('on one PostgreSQL', () => {
  test('a second bot waits for the lease of the first, takes over after kill -9 and ends with the same result', async () => {
    const database = await temporaryDatabase();
    const env = { DATABASE_URL: database.url };
    const data = join(tempFolder(), 'data');
    try {
      const first = startBot([...args(data), ...SLOW, '--lease-ttl', '4'], env);
      await isListening(data);
      const refused = await startBot([...args(data), '--no-standby'], env).ended;
      expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/account \w+ is traded by [^ ]+:\d+:[0-9a-f]+, .*\[STORE_LOCKED\]/s) as string });
      const second = startBot([...args(data), '--lease-ttl', '4'], env);
      await second.said('standby: ');
      const { stdout: seen } = await hedgerow(['status', '--data', data, '--json'], { env });
      expect(JSON.parse(seen)).toMatchObject({ plans: [{ isBotRunning: true, leases: [{ holder: expect.any(String) as string }] }, {}] });
      await sleep(5_000);
      first.kill('SIGKILL');
      await first.ended;
      const { code, stdout } = await second.ended;
      expect(code).toBe(0);
      expect(outcomeOf(stdout)).toEqual(await undisturbed());
      const store = await openStore({ databaseUrl: database.url });
      for (const plan of await store.listPlans()) {
        expect((await replayPlan(store, plan)).difference).toBeNull();
        expect(await store.findLease(plan.venue, 'main')).toBeNull();
      }
      await store.close();
      // The same store with another data folder: the exchange its plans know is not there.
      const elsewhere = await startBot(args(join(tempFolder(), 'data')), env).ended;
      expect(elsewhere).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('the book of the simulated exchange it runs on is missing') as string });
    } finally {
      await database.drop();
    }
  }, 300_000);

  test('a bot that was stopped for longer than its lease sends nothing when it goes on, and says so', async () => {
    const database = await temporaryDatabase();
    const env = { DATABASE_URL: database.url };
    const data = join(tempFolder(), 'data');
    try {
      const first = startBot([...args(data), ...SLOW, '--lease-ttl', '3'], env);
      await isListening(data);
      first.kill('SIGSTOP');
      const second = startBot([...args(data), '--lease-ttl', '3'], env);
      await second.said('standby: the data folder');
      first.kill('SIGCONT');
      expect(await first.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('[LEASE_LOST]') as string });
      const { code, stdout } = await second.ended;
      expect(code).toBe(0);
      expect(outcomeOf(stdout)).toEqual(await undisturbed());
    } finally {
      await database.drop();
    }
  }, 300_000);
});
