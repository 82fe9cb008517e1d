/** `hedgerow run` on a real exchange without --live: its prices over the wire, orders filled on paper. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { startBot } from './bot-process.ts';
import type { Bot } from './bot-process.ts';
import { hedgerow, removeTempFiles, tempFile, tempFolder } from './hedgerow-process.ts';
import { MARKET_YAML, pathFrom, startRealExchange, strategyText } from './real-exchange.ts';
import type { RealExchange } from './real-exchange.ts';

const START = 60_000;
const PATH = pathFrom(START);

let exchange: RealExchange | null = null;
let bots: Bot[] = [];

afterEach(async () => {
  for (const bot of bots) bot.kill('SIGKILL');
  await Promise.all(bots.map((bot) => bot.ended));
  bots = [];
  await exchange?.close();
  exchange = null;
});
afterAll(removeTempFiles);

async function open(firstPrice = String(START)): Promise<RealExchange> {
  exchange = await startRealExchange({ firstPrice });
  return exchange;
}

function start(args: readonly string[]): Bot {
  const bot = startBot([...args, '--json', '--log-level', 'info']);
  bots.push(bot);
  return bot;
}

function paperFile({ urls }: RealExchange): string {
  return tempFile('paper.yaml', strategyText(`{ id: binanceusdm, triggerBy: last, urls: ${urls} }`));
}

interface Summary {
  readonly venue: string;
  readonly plans: readonly { readonly fills: number; readonly price: string; readonly wallets: readonly Record<string, unknown>[] }[];
}

/** What the same prices come to on the simulated exchange. */
async function simulated(prices: readonly string[]): Promise<Summary> {
  const file = tempFile('simulated.yaml', strategyText(`{ id: simulated, triggerBy: last, market: ${MARKET_YAML} }`));
  const { code, stdout, stderr } = await hedgerow(['run', file, '--prices', prices.join(','), '--data', join(tempFolder(), 'data'), '--json'], { env: { DATABASE_URL: '' } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Summary;
}

async function play({ price }: RealExchange, prices: readonly string[]): Promise<void> {
  for (const each of prices) {
    price(each);
    await sleep(20);
  }
}

/** The bot has done what follows from this price. */
async function known(data: string, price: string): Promise<void> {
  for (;;) {
    const { stdout } = await hedgerow(['status', '--data', data, '--json'], { env: { DATABASE_URL: '' } });
    if ((JSON.parse(stdout) as { plans: { price: string }[] }).plans[0]?.price === price) return;
  }
}

/** Waits until the bot knows this price, then ends it. */
async function stopped(bot: Bot, data: string, price: string): Promise<Summary> {
  await known(data, price);
  bot.kill('SIGTERM');
  const { code, stdout } = await bot.ended;
  expect(code).toBe(0);
  return JSON.parse(stdout) as Summary;
}

function walletsOf({ plans }: Summary, isWhole = true): unknown {
  return plans.map(({ wallets, price }) => ({ price, wallets: wallets.map(({ phases, ...wallet }) => (isWhole ? { phases, ...wallet } : wallet)) }));
}

describe('paper trading', () => {
  test('comes to the same wallets as the simulated exchange on the same prices, without a key', async () => {
    const real = await open();
    const data = join(tempFolder(), 'data');
    const bot = start([paperFile(real), '--data', data]);
    await bot.said('cycle started');
    await play(real, PATH);
    const paper = await stopped(bot, data, PATH.at(-1) ?? '');
    expect(paper.venue).toBe('paper/binanceusdm');
    const expected = await simulated([String(START), ...PATH]);
    expect(expected.plans[0]?.fills).toBeGreaterThan(15);
    expect(walletsOf(paper)).toEqual(walletsOf(expected));
    expect(paper.plans[0]?.fills).toBe(expected.plans[0]?.fills);
    expect(real.listener.requests.filter(({ headers }) => headers['x-mbx-apikey'] !== undefined)).toEqual([]);
    expect((await bot.ended).stderr).toContain('BTC/USDT:USDT: maintenance margin of 2.5 % of the notional is assumed, binanceusdm tells its own only with keys');
  }, 120_000);

  test('is killed in the middle, started again, and comes to the same wallets', async () => {
    const real = await open();
    const data = join(tempFolder(), 'data');
    const file = paperFile(real);
    const half = PATH.length / 2;
    const first = start([file, '--data', data]);
    await first.said('cycle started');
    await play(real, PATH.slice(0, half));
    await known(data, PATH[half - 1] ?? '');
    first.kill('SIGKILL');
    await first.ended;
    const second = start([file, '--data', data]);
    await second.said('bot started');
    while (real.listener.sockets.list().length === 0) await sleep(50);
    await sleep(500);
    await play(real, PATH.slice(half));
    const paper = await stopped(second, data, PATH.at(-1) ?? '');
    expect(walletsOf(paper, false)).toEqual(walletsOf(await simulated([String(START), ...PATH]), false));
  }, 120_000);

  test('fills what the market went through while the bot was away, and books the funding of that time', async () => {
    const real = await open();
    const data = join(tempFolder(), 'data');
    const file = paperFile(real);
    const first = start([file, '--data', data]);
    await first.said('cycle started');
    first.kill('SIGTERM');
    await first.ended;
    // Twenty minutes at the start, the first stop for some minutes, funding at that price, and back.
    const minutes = [...Array<number>(20).fill(START), ...Array<number>(10).fill(START - 110), ...Array<number>(20).fill(START)];
    for (const [minute, price] of minutes.entries()) {
      real.skip(60_000);
      real.price(String(price), minute === 25 ? '0.0001' : undefined);
    }
    real.skip(60_000);
    const second = start([file, '--data', data]);
    await second.said('filled');
    const paper = await stopped(second, data, String(START));
    const [plan] = paper.plans;
    // The stops of both wallets and the first short entry, then what was bought back above them.
    expect(plan?.fills).toBeGreaterThanOrEqual(3);
    expect(plan?.wallets.map(({ funding }) => Number(funding) !== 0)).toEqual([true, true]);
  }, 120_000);

  test('waits for an exchange that is away, says so once, and ends at once on SIGTERM', async () => {
    const real = await open();
    const data = join(tempFolder(), 'data');
    const file = paperFile(real);
    await real.listener.stop();
    const bot = start([file, '--data', data]);
    await bot.said('binanceusdm does not tell its markets: ');
    await real.listener.start();
    await bot.said('cycle started');
    await real.listener.stop();
    await bot.said('binanceusdm gives no prices of BTC/USDT:USDT since ');
    await real.listener.start();
    real.price(String(START + 50));
    await bot.said('binanceusdm gives prices again, after ');
    const toldAt = Date.now();
    bot.kill('SIGTERM');
    const { code, stderr } = await bot.ended;
    expect({ code, isQuick: Date.now() - toldAt < 3_000 }).toEqual({ code: 0, isQuick: true });
    expect(stderr.match(/gives no prices of/g)).toHaveLength(1);
    expect(stderr.match(/does not tell its markets/g)).toHaveLength(1);
  }, 120_000);
});

describe('what is refused', () => {
  const refusal = async (files: readonly string[], args: readonly string[] = []): Promise<string> => {
    const { code, stdout, stderr } = await hedgerow(['run', ...files, ...args, '--data', join(tempFolder(), 'data')], { env: { DATABASE_URL: '' } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return stderr;
  };
  const file = (name: string, exchangeBlock: string): string => tempFile(`${name}.yaml`, strategyText(exchangeBlock).replace('btc-test', name));

  test('two exchanges in one process', async () => {
    expect(await refusal([file('one', '{ id: binanceusdm }'), file('two', '{ id: bybit, account: other }')])).toBe(
      'hedgerow: one trades on binanceusdm, two on bybit; one process trades one exchange: run one for each, each with a --data folder of its own [INPUT_INVALID]\n',
    );
  });

  test('two ways to one exchange', async () => {
    expect(await refusal([file('one', '{ id: binanceusdm }'), file('two', '{ id: binanceusdm, account: other, demo: true }')])).toBe(
      'hedgerow: one and two reach binanceusdm in different ways (exchange.sandbox or exchange.demo); give them the same settings, or run one process for each, each with a --data folder of its own [INPUT_INVALID]\n',
    );
  });

  test('prices of one\'s own for an exchange that has its own', async () => {
    expect(await refusal([file('one', '{ id: binanceusdm }')], ['--prices', '60000,61000'])).toBe(
      'hedgerow: --prices is for the simulated exchange; the strategies trade on binanceusdm, which has prices of its own: leave it away, or set exchange.id to simulated [INPUT_INVALID]\n',
    );
  });
});
