/** `hedgerow run --live`: the real process and a real PostgreSQL, against an exchange over the wire whose own records judge it. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { D } from '../../src/domain/decimal.ts';
import { SERVER_URL, temporaryDatabase } from '../adapters/postgres/test-database.ts';
import type { TemporaryDatabase } from '../adapters/postgres/test-database.ts';
import { startBot } from './bot-process.ts';
import type { Bot } from './bot-process.ts';
import { hedgerow, removeTempFiles, run, tempFile, tempFolder } from './hedgerow-process.ts';
import type { Outcome } from './hedgerow-process.ts';
import { KEYS, startRealExchange, strategyText } from './real-exchange.ts';
import type { RealExchange } from './real-exchange.ts';

const START = 60_000;
const DEPOSIT = '100000';
/** Both wallets through all their rungs, back up through a reset, and down to the first stops again. */
const PATH = [0, -1, -2, -1, 0, 1, 2, 1].map((units) => String(START + units * 100));
/** The bot reads its account two seconds after a fill: when it has asked nothing for longer, it has done what it had to. */
const QUIET_MS = 2_300;
const WAIT_MS = 20_000;

let real: RealExchange;
let bots: Bot[] = [];

beforeEach(async () => {
  real = await startRealExchange({ firstPrice: String(START), deposit: DEPOSIT });
});
afterEach(async () => {
  for (const bot of bots) bot.kill('SIGKILL');
  await Promise.all(bots.map((bot) => bot.ended));
  bots = [];
  await real.close();
});
afterAll(removeTempFiles);

const keysEnv = { HEDGEROW_MAIN_API_KEY: KEYS.apiKey, HEDGEROW_MAIN_SECRET: KEYS.secret };

function liveFile(block = ''): string {
  return tempFile('live.yaml', strategyText(`{ id: binanceusdm, triggerBy: last, urls: ${real.urls}${block} }`));
}

function start(args: readonly string[], env: Readonly<Record<string, string>>): Bot {
  const bot = startBot([...args, '--live', '--yes', '--json', '--log-level', 'info'], env);
  bots.push(bot);
  return bot;
}

const truth = () => {
  const [account] = real.world.exchange.truth().accounts;
  if (account === undefined) throw new Error('the exchange has no account');
  return account;
};
const openIds = (): string[] => truth().openOrders.map(({ clientOrderId }) => clientOrderId).sort();
const writes = (): number => real.listener.requests.filter(({ method, path }) => method !== 'GET' && !path.includes('listenKey')).length;

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !isSo(); await sleep(50)) if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
}

async function quiet(): Promise<void> {
  const askedAt = (): number => real.listener.requests.findLast(({ query, body }) => (query + body).includes('signature='))?.receivedAt ?? 0;
  const since = Date.now();
  await until(() => Date.now() - Math.max(since, askedAt()) > QUIET_MS, 'the bot comes to rest');
}

async function play(prices: readonly string[]): Promise<void> {
  for (const price of prices) {
    real.price(price);
    await quiet();
  }
}

interface Status {
  readonly plans: readonly { readonly operation: string; readonly venue: string; readonly wallets: readonly { readonly equity: string; readonly long: string; readonly short: string; readonly unprotectedLong: string; readonly unprotectedShort: string; readonly cycle: number }[] }[];
}

/** The wallets' gains are the account's, to the last digit (I14), and their positions are its own (I5). */
function expectSameMoney({ plans }: Status): void {
  const account = truth();
  const wallets = plans.flatMap((plan) => plan.wallets);
  const sum = (values: readonly string[]): string => values.reduce((total, value) => total.plus(value), new D(0)).toFixed();
  expect(sum(wallets.map(({ equity }) => new D(equity).minus(3_000).toFixed()))).toBe(new D(account.equity).minus(DEPOSIT).toFixed());
  const held = (side: string): string => new D(account.positions.find(({ positionSide }) => positionSide === side)?.amount ?? 0).abs().toFixed();
  expect([sum(wallets.map(({ long }) => long)), sum(wallets.map(({ short }) => short))]).toEqual([held('long'), held('short')]);
}

describe.runIf(SERVER_URL !== undefined)('live trading', () => {
  let database: TemporaryDatabase;
  let env: Readonly<Record<string, string>>;
  let data: string;

  beforeEach(async () => {
    database = await temporaryDatabase();
    env = { ...keysEnv, DATABASE_URL: database.url };
    data = join(tempFolder(), 'data');
  });
  afterEach(async () => {
    for (const bot of bots) bot.kill('SIGKILL');
    await Promise.all(bots.map((bot) => bot.ended));
    await database.drop();
  });

  const command = (...args: readonly string[]): Promise<Outcome> => hedgerow([...args, '--data', data], { env });
  const status = async (): Promise<Status> => JSON.parse((await command('status', '--json')).stdout) as Status;

  test('trades through cycles, is killed and started again with the same orders, and its ledger is the exchange\'s', async () => {
    const file = liveFile();
    const first = start([file, '--data', data], env);
    await first.said('cycle started');
    await until(() => openIds().length === 5, 'the first ladder');
    const half = PATH.length / 2;
    await play(PATH.slice(0, half));
    expectSameMoney(await status());
    const before = openIds();
    first.kill('SIGKILL');
    await first.ended;
    const sent = writes();
    const second = start([file, '--data', data], env);
    await second.said('bot started');
    await sleep(3_000);
    expect({ open: openIds(), sent: writes() }).toEqual({ open: before, sent });
    await play(PATH.slice(half));
    const after = await status();
    expectSameMoney(after);
    expect(after.plans[0]).toMatchObject({ venue: 'binanceusdm', operation: 'running' });
    expect(after.plans[0]?.wallets.every(({ cycle, unprotectedLong, unprotectedShort }) => cycle > 0 && unprotectedLong === '0' && unprotectedShort === '0')).toBe(true);
    const { stdout: shown, ...planned } = await command('plan', file, '--live');
    expect({ ...planned, isSettled: shown.includes('0 to place, 0 to move, 0 to cancel') }).toEqual({ code: 0, stderr: '', isSettled: true });
    const at = Date.now();
    second.kill('SIGTERM');
    const { code, stdout, stderr } = await second.ended;
    expect({ code, isQuick: Date.now() - at < 4_000 }).toEqual({ code: 0, isQuick: true });
    expect((JSON.parse(stdout) as { plans: { error: string | null }[] }).plans).toMatchObject([{ error: null }]);
    expect(openIds().length).toBeGreaterThan(0);
    for (const secret of Object.values(KEYS)) expect(stdout + stderr).not.toContain(secret);
  }, 180_000);

  test('a standby takes over a killed bot with the same orders; halt, resume and flatten act on the exchange', async () => {
    const file = liveFile();
    const args = [file, '--data', data, '--lease-ttl', '3'];
    const first = start(args, env);
    await first.said('cycle started');
    await until(() => openIds().length === 5, 'the first ladder');
    const second = start(args, env);
    await second.said('standby: ');
    const before = openIds();
    first.kill('SIGKILL');
    await second.said('bot started');
    await sleep(2_000);
    expect(openIds()).toEqual(before);
    expect(await command('halt', 'btc-test', '--wait', '90s')).toMatchObject({ code: 0, stdout: expect.stringContaining('a complete reading of the exchange shows no order of this plan') as string });
    expect({ open: openIds(), holds: truth().positions.length > 0 }).toEqual({ open: [], holds: true });
    expect(await command('resume', 'btc-test', '--wait', '90s')).toMatchObject({ code: 0, stderr: '' });
    await until(() => openIds().length === 5, 'the ladder after the halt');
    const { code, ...flattened } = await command('flatten', 'btc-test', '--yes', '--wait', '90s');
    expect({ code, ...flattened }).toMatchObject({ code: 0, stdout: expect.stringContaining('shows no order and no position of this plan') as string });
    expect({ open: openIds(), positions: truth().positions }).toEqual({ open: [], positions: [] });
    second.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
  }, 120_000);

  test('starts only when somebody says yes', async () => {
    const args = ['run', liveFile(), '--live', '--data', data];
    expect(await hedgerow(args, { env })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/nobody is at the terminal to confirm real trading on binanceusdm; look at hedgerow plan --live and give --yes for an unattended start \[INPUT_INVALID\]\n$/) as string,
    });
    expect(writes()).toBe(0);
  }, 60_000);

  test.runIf(existsSync('/usr/bin/script'))('shows the plan, its capital and worst case on a terminal, and does nothing after a no', async () => {
    const launcher = new URL('../../src/cli/launch.mjs', import.meta.url).pathname;
    const line = [process.execPath, launcher, 'run', liveFile(), '--live', '--data', data].join(' ');
    const { code, stdout } = await run('/usr/bin/script', ['-qec', line, '/dev/null'], { env: { ...env, NO_COLOR: '1' }, stdin: 'no\n' });
    expect(code).toBe(1);
    expect(stdout).toContain('4 to place, 0 to move, 0 to cancel'.replace('4', '5'));
    expect(stdout).toContain('capital 6000 on account main');
    expect(stdout).toContain('if everything fills');
    expect(stdout).toContain('Trade this on binanceusdm? Type yes or btc-test to go on (--yes does not ask): ');
    expect(stdout).toContain('hedgerow: nothing was done');
    expect(writes()).toBe(0);
  }, 60_000);

  test('a plan that has positions is not left alone because the doctor fails: it is opened again, diverged, its stops resting', async () => {
    const file = liveFile();
    const first = start([file, '--data', data], env);
    await first.said('cycle started');
    await until(() => openIds().length === 5, 'the first ladder');
    first.kill('SIGKILL');
    await first.ended;
    const before = openIds();
    await real.world.exchange.others.place({ account: 'main', symbol: 'BTC/USDT:USDT', clientOrderId: 'web_x1', side: 'buy', type: 'limit', amount: '0.001', price: '50000', triggerPrice: null, triggerBy: 'last', positionSide: 'long', reduceOnly: false, postOnly: false });
    const second = start([file, '--data', data, '--lease-ttl', '3'], env);
    await second.said('bot started');
    await second.said('the exchange and the ledger disagree');
    await second.said('btc-test trades here already: it is looked after all the same');
    expect(openIds()).toEqual([...before, 'web_x1'].sort());
    expect((await status()).plans[0]?.operation).toBe('diverged');
  }, 120_000);

  test('ends where the keys are wrong, for waiting would not help', async () => {
    const { code, stderr } = await hedgerow(['run', liveFile(), '--live', '--yes', '--data', data], { env: { ...env, HEDGEROW_MAIN_SECRET: 'wrong-secret-wrong' } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/FAIL +account +main: binanceusdm GET \S+: BAD_REQUEST -1022/);
    expect(writes()).toBe(0);
  }, 60_000);

  test('refuses when the doctor fails, with the remedy', async () => {
    const { code, stdout, stderr } = await hedgerow(['run', liveFile(', positionMode: one-way'), '--live', '--yes', '--data', data], { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/FAIL +position-mode +main: the account is in hedge position mode, the strategy wants one-way\n +→ hedgerow doctor --apply sets it/);
    expect(stderr).toMatch(/hedgerow: btc-test does not trade real money until what failed above is put right; hedgerow doctor shows it again\n$/);
    expect(writes()).toBe(0);
  }, 60_000);
});

describe('what live trading refuses', () => {
  const DATABASE = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
  const refusal = async (file: string, env: Readonly<Record<string, string>>, data = join(tempFolder(), 'data')): Promise<string> => {
    const { code, stdout, stderr } = await hedgerow(['run', file, '--live', '--yes', '--data', data], { env: { DATABASE_URL: '', ...env } });
    expect({ code, stdout, sent: real.listener.requests.length }).toEqual({ code: 2, stdout: '', sent: 0 });
    return stderr;
  };

  test('the embedded store', async () => {
    expect(await refusal(liveFile(), keysEnv)).toBe(
      'hedgerow: --live needs PostgreSQL, and DATABASE_URL is not set; set it to postgres://user@host:5432/database (the embedded store is for paper trading) [INPUT_INVALID]\n',
    );
  });

  test('missing keys', async () => {
    expect(await refusal(liveFile(), DATABASE)).toBe(
      'hedgerow: --live needs the credentials of every account: account main lacks HEDGEROW_MAIN_API_KEY and HEDGEROW_MAIN_SECRET; set them in the environment, or write them to keys.yaml in the data folder with mode 0600 (--keys names another file) [INPUT_INVALID]\n',
    );
  });

  test('a file of keys that others can read', async () => {
    const data = join(tempFolder(), 'data');
    const path = join(data, 'keys.yaml');
    mkdirSync(data, { recursive: true });
    writeFileSync(path, `main: { apiKey: ${KEYS.apiKey}, secret: ${KEYS.secret} }\n`);
    chmodSync(path, 0o644);
    expect(await refusal(liveFile(), DATABASE, data)).toBe(`hedgerow: ${path} has mode 0644, expected 0600, so that nobody else can read it: chmod 600 ${path} [INPUT_INVALID]\n`);
  });

  test('the simulated exchange, and exchanges that ccxt does not serve well enough', async () => {
    expect(await refusal(tempFile('s.yaml', strategyText('{ id: simulated }')), keysEnv)).toBe('hedgerow: btc-test trades on the simulated exchange; --live needs exchange.id of a real one, e.g. binanceusdm [INPUT_INVALID]\n');
    expect(await refusal(tempFile('g.yaml', strategyText('{ id: gate }')), keysEnv)).toMatch(/^hedgerow: hedgerow does not trade real money on gate: .*; .*\. Without --live it trades there on paper \[INPUT_INVALID\]\n$/);
  });
});
