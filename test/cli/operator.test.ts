/** Operators on a real bot: what they see and command while it runs, what holds when it was killed, and what waits while none runs. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isListening, startBot } from './bot-process.ts';
import type { Bot } from './bot-process.ts';
import { hedgerow, removeTempFiles, tempFile, tempFolder } from './hedgerow-process.ts';

const BTC = 'strategies/btc-rotation.yaml';
const ENV = { env: { DATABASE_URL: '', NO_COLOR: '1' } };

interface Status {
  readonly operation: string;
  readonly reason: string | null;
  readonly isBotRunning: boolean;
  readonly priceAgeMs: number | null;
  readonly orders: { readonly working: number };
  readonly latch: unknown;
  readonly pendingActions: readonly { readonly action: string; readonly requestedBy: string }[];
  readonly wallets: readonly { readonly long: string; readonly short: string; readonly unprotectedLong: string }[];
}

afterAll(removeTempFiles);

describe('operators', () => {
  let data = '';
  let bot: Bot;
  // At this speed the days outlast the tests by far, and ten minutes pass in a second.
  const args = (): string[] => [BTC, '--days', '3000', '--speed', '600', '--data', data, '--log-level', 'warn'];
  const say = (...line: readonly string[]) => hedgerow([...line, '--data', data], ENV);
  const status = async (): Promise<Status> => (JSON.parse((await say('status', 'btc-rotation', '--json')).stdout) as { plans: [Status] }).plans[0];

  beforeAll(async () => {
    data = join(tempFolder(), 'data');
    bot = startBot(args());
    await isListening(data);
  }, 120_000);
  afterAll(() => bot.kill('SIGKILL'));

  test('see how the plan stands on the running bot', async () => {
    const { code, stdout } = await say('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^btc-rotation {2}BTC\/USDT:USDT {2}running\n {2}price \d/);
    expect(stdout).toContain('a bot runs; PGlite');
    expect(await status()).toMatchObject({ operation: 'running', isBotRunning: true, latch: null, pendingActions: [], wallets: [{ unprotectedLong: '0' }] });
  }, 60_000);

  test('see what would be placed while the bot runs, its journal, and that the journal gives its state', async () => {
    const plan = await hedgerow(['plan', BTC, '--data', data, '--json'], ENV);
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(plan.stdout)).toMatchObject({ plans: [{ operation: 'running', stages: [{ stage: 'now', actions: [] }] }] });
    const journal = await say('journal', 'btc-rotation', '--after', '0', '--limit', '2', '--type', 'order.*', '--json');
    expect(journal.stdout.trim().split('\n').map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['order.place', 'order.answered']);
    expect((await say('journal', 'btc-rotation', '--type', 'plan.started', '--limit', '1')).stdout).toMatch(/^ +1 .* plan\.started +/);
    expect(await say('replay', 'btc-rotation')).toMatchObject({ code: 0, stdout: expect.stringContaining('to the last field') as string });
  }, 60_000);

  test('pause and resume it, twice the same as once', async () => {
    expect(await say('pause', 'btc-rotation', '--reason', 'lunch')).toEqual({ code: 0, stdout: 'btc-rotation: pause done: the plan is paused\n', stderr: '' });
    expect(await say('pause', BTC)).toEqual({ code: 0, stdout: 'btc-rotation: pause ignored: the plan is paused\n', stderr: '' });
    expect(await status()).toMatchObject({ operation: 'paused', reason: 'operator: lunch' });
    expect((await say('resume', 'btc-rotation')).stdout).toBe('btc-rotation: resume done: the plan is running\n');
    const { stdout } = await say('journal', 'btc-rotation', '--type', 'operator.asked', '--json');
    expect(stdout.trim().split('\n').map((line) => (JSON.parse(line) as { payload: { action: string; by: string } }).payload)).toMatchObject([
      { action: 'pause', reason: 'operator: lunch', by: expect.stringMatching(/^cli .+@.+/) as string },
      { action: 'pause' },
      { action: 'resume' },
    ]);
  }, 60_000);

  test('are told of plans there are not, and of what cannot be done', async () => {
    expect(await say('pause', 'btc-rotatio')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('btc-rotation') as string });
    expect(await say('halt')).toMatchObject({ code: 2, stderr: expect.stringContaining('--all') as string });
    expect(await say('adopt', 'btc-rotation')).toMatchObject({ code: 0, stdout: expect.stringContaining('ignored: nothing to adopt') as string });
    expect(await say('pause', 'btc-rotation', '--wait', 'soon')).toMatchObject({ code: 2 });
  }, 60_000);

  test('halt it: proven, latched, and still so in the next process after kill -9', async () => {
    expect(await say('halt', '--all', '--reason', 'enough')).toMatchObject({ code: 0, stdout: 'btc-rotation: halt done: a complete reading of the exchange shows no order of this plan\n' });
    expect(readdirSync(join(data, 'latch'))).toEqual([expect.stringMatching(/^btc-rotation\.simulated-[0-9a-f]+\.json$/)]);
    bot.kill('SIGKILL');
    await bot.ended;
    // On the store itself now, as no bot runs.
    expect(await status()).toMatchObject({ operation: 'halted', isBotRunning: false, orders: { working: 0 }, latch: { action: 'halt' } });
    expect(await say('resume', 'btc-rotation')).toMatchObject({ code: 0, stdout: expect.stringContaining('taken first thing at the next start') as string });
    expect(await say('resume', 'btc-rotation')).toMatchObject({ code: 0 });
    expect((await status()).pendingActions).toHaveLength(1);
    // The reading that proves a halt needs a bot: written down is not done.
    expect(await say('halt', 'btc-rotation')).toMatchObject({ code: 1, stdout: expect.stringContaining('latched, not yet proven: 0 orders still rest') as string });
    bot = startBot(args());
    await bot.said('"action":"halt"');
    expect(await status()).toMatchObject({ operation: 'halted', pendingActions: [] });
    expect((await status()).wallets[0]?.unprotectedLong).toBe((await status()).wallets[0]?.long);
  }, 120_000);

  test('flatten it, and only resume lets it trade again', async () => {
    const { code, stdout, stderr } = await say('flatten', 'btc-rotation', '--yes');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'btc-rotation: flatten done: a complete reading of the exchange shows no order and no position of this plan\n' });
    expect(stderr).toMatch(/cancels 0 orders, then (sells 0\.\d+ long|buys back 0\.\d+ short) of hedge, at market/);
    expect(await status()).toMatchObject({ operation: 'halted', wallets: [{ long: '0', short: '0' }] });
    expect(await say('reset', 'btc-rotation', '--yes')).toMatchObject({ code: 1 });
    expect((await say('resume', 'btc-rotation')).code).toBe(0);
    expect(readdirSync(join(data, 'latch'))).toEqual([]);
    expect(await say('reset', 'btc-rotation', '--yes')).toMatchObject({ code: 0 });
    expect((await status()).wallets[0]?.long).not.toBe('0');
  }, 60_000);

  test('halt it without the store, by the latch alone', async () => {
    const unreachable = { env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none', NO_COLOR: '1' } };
    const { code, stderr } = await hedgerow(['halt', 'btc-rotation', '--reason', 'store away', '--data', data], unreachable);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('latched to halt') });
    await bot.said('"to":"halted","reason":"operator: store away"');
    expect(await status()).toMatchObject({ operation: 'halted', orders: { working: 0 } });
    expect((await say('resume', 'btc-rotation')).code).toBe(0);
    expect(await status()).toMatchObject({ operation: 'running', latch: null });
  }, 60_000);

  test('find the bot gone after a clean stop, which leaves no socket and nothing to correct', async () => {
    bot.kill('SIGTERM');
    expect(await bot.ended).toMatchObject({ code: 0 });
    expect(existsSync(join(data, 'control', 'bot.sock'))).toBe(false);
    expect(await say('replay', '--all')).toMatchObject({ code: 0 });
  }, 60_000);
});

test('a folder nothing was ever stored in is told as that, and stays as it is', async () => {
  const folder = tempFolder();
  for (const command of ['status', 'pause', 'journal', 'replay']) {
    expect(await hedgerow([command, 'btc-rotation', '--data', folder], ENV)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('nothing was ever stored') as string });
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('a strategy whose tick or symbol was changed is not a second plan of that name', async () => {
  const data = join(tempFolder(), 'data');
  const text = (tick: string): string => `version: 1\nname: moved\nsymbol: BTC/USDT:USDT\nexchange:\n  id: simulated\n  market: { tickSize: ${tick}, amountStep: 0.001, minAmount: 0.001, minCost: 5, takerFee: 0.05%, makerFee: 0.02% }\nleverage: 2\nunit: { percent: 1% }\nwallets:\n  long: { capital: 5000 }\n`;
  const file = tempFile('moved.yaml', text('0.1'));
  const finer = tempFile('moved.yaml', text('0.01'));
  expect((await hedgerow(['run', file, '--days', '1', '--data', data], ENV)).code).toBe(0);
  const { code, stderr } = await hedgerow(['run', finer, '--days', '1', '--data', data], ENV);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^hedgerow: plan moved runs with another exchange\.market\.tickSize \(0\.1\);.*\[PLAN_CHANGED\]\n$/) });
}, 120_000);

test('a plan that a risk limit has halted exits 1, says why and which command ends it', async () => {
  const data = join(tempFolder(), 'data');
  const limited = tempFile('limited.yaml', 'version: 1\nname: limited\nsymbol: BTC/USDT:USDT\nleverage: 3\nunit: { price: 5000 }\nwallets:\n  long: { capital: 5000 }\nrisk:\n  maxDrawdown: { limit: 1%, action: halt }\n');
  const args = ['run', limited, '--prices', '60000,59500,59000,58900', '--data', data];
  const halted = await hedgerow(args, ENV);
  expect(halted.code).toBe(1);
  expect(halted.stdout).toMatch(/limited: halted \(risk limit maxDrawdown .*\n.*hedgerow resume limited lets it trade again/);
  expect((await hedgerow(['status', '--data', data], ENV)).code).toBe(1);
  expect((await hedgerow(['replay', '--all', '--data', data], ENV)).code).toBe(0);
}, 120_000);
