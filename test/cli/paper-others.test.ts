/** Paper trading on the exchanges that take no real money: a whole run on their public data, without a key, and what is said of real money there. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { WireListener } from '../../src/adapters/wire/wire-listener.ts';
import { parseStrategy } from '../../src/adapters/yaml/load-strategy.ts';
import { venueChoiceOf } from '../../src/cli/run/venue-choice.ts';
import type { Json } from '../../src/domain/json.ts';
import { BITGET_ANSWERS, ok as bitgetOk } from '../adapters/ccxt/bitget-answers.ts';
import { CapturingProtocol } from '../adapters/ccxt/captured-exchange.ts';
import type { Answers } from '../adapters/ccxt/captured-exchange.ts';
import { BTC as GATE_BTC, GATE_ANSWERS } from '../adapters/ccxt/gate-answers.ts';
import { OKX_ANSWERS, ok as okxOk } from '../adapters/ccxt/okx-answers.ts';
import { startBot } from './bot-process.ts';
import type { Bot } from './bot-process.ts';
import { hedgerow, removeTempFiles, tempFile, tempFolder } from './hedgerow-process.ts';

interface Venue {
  readonly id: 'okx' | 'bitget' | 'gate';
  /** Of its public endpoints alone. */
  readonly answers: (price: () => string) => Answers;
  readonly frames: (price: string) => readonly Json[];
  /** Headers that only signed requests have. */
  readonly keyHeader: string;
}

const isPrivate = /account|order|position\/|\/positions|accounts/;
const publicOf = (answers: Answers): Answers => Object.fromEntries(Object.entries(answers).filter(([route]) => !isPrivate.test(route)));
const now = (): string => String(Date.now());

const VENUES: readonly Venue[] = [
  {
    id: 'okx',
    keyHeader: 'ok-access-key',
    answers: (price) => ({
      ...publicOf(OKX_ANSWERS),
      'GET /api/v5/market/ticker': () => okxOk({ instId: 'BTC-USDT-SWAP', last: price(), ts: now() }),
      'GET /api/v5/public/mark-price': () => okxOk({ instId: 'BTC-USDT-SWAP', markPx: price(), ts: now() }),
      'GET /api/v5/market/index-tickers': () => okxOk({ instId: 'BTC-USDT', idxPx: price(), ts: now() }),
      'GET /api/v5/public/funding-rate': okxOk({ fundingRate: '0.0001', fundingTime: '1724745600000', nextFundingTime: '1724774400000' }),
      'GET /api/v5/public/funding-rate-history': okxOk(),
      'GET /api/v5/public/position-tiers': okxOk({ tier: '1', minSz: '0', maxSz: '1000', mmr: '0.004', maxLever: '100', uly: 'BTC-USDT' }),
      'GET /api/v5/market/candles': okxOk(),
    }),
    frames: (price) => [
      { arg: { channel: 'tickers', instId: 'BTC-USDT-SWAP' }, data: [{ instId: 'BTC-USDT-SWAP', last: price, ts: now() }] },
      { arg: { channel: 'mark-price', instId: 'BTC-USDT-SWAP' }, data: [{ instId: 'BTC-USDT-SWAP', markPx: price, ts: now() }] },
      { arg: { channel: 'index-tickers', instId: 'BTC-USDT' }, data: [{ instId: 'BTC-USDT', idxPx: price, ts: now() }] },
    ],
  },
  {
    id: 'bitget',
    keyHeader: 'access-key',
    answers: (price) => ({
      ...publicOf(BITGET_ANSWERS),
      'GET /api/v2/mix/market/ticker': () => bitgetOk([{ symbol: 'BTCUSDT', lastPr: price(), markPrice: price(), indexPrice: price(), fundingRate: '0.0001', ts: now() }]),
      'GET /api/v2/mix/market/funding-time': bitgetOk([{ symbol: 'BTCUSDT', ratePeriod: '8' }]),
      'GET /api/v2/mix/market/history-fund-rate': bitgetOk([]),
      'GET /api/v2/mix/market/query-position-lever': bitgetOk([{ symbol: 'BTCUSDT', level: '1', startUnit: '0', endUnit: '150000', leverage: '125', keepMarginRate: '0.004' }]),
      'GET /api/v2/mix/market/candles': bitgetOk([]),
    }),
    frames: (price) => [{ action: 'snapshot', arg: { instType: 'USDT-FUTURES', channel: 'ticker', instId: 'BTCUSDT' }, data: [{ instId: 'BTCUSDT', lastPr: price, markPrice: price, indexPrice: price, ts: now() }] }],
  },
  {
    id: 'gate',
    keyHeader: 'key',
    answers: (price) => ({
      ...publicOf(GATE_ANSWERS),
      'GET /api/v4/futures/usdt/contracts/BTC_USDT': GATE_BTC,
      'GET /api/v4/futures/usdt/tickers': () => [{ contract: 'BTC_USDT', last: price(), mark_price: price(), index_price: price() }],
      'GET /api/v4/futures/usdt/funding_rate': [],
      'GET /api/v4/futures/usdt/risk_limit_tiers': [{ tier: 1, risk_limit: '1000000', initial_rate: '0.008', maintenance_rate: '0.004', leverage_max: '125', contract: 'BTC_USDT' }],
      'GET /api/v4/futures/usdt/candlesticks': [],
    }),
    frames: (price) => [{ time: Math.floor(Date.now() / 1_000), time_ms: Date.now(), channel: 'futures.tickers', event: 'update', result: [{ contract: 'BTC_USDT', last: price, mark_price: price, index_price: price }] }],
  },
];

function strategyText(exchange: string): string {
  return `version: 1
name: btc-test
symbol: BTC/USDT:USDT
exchange: ${exchange}
leverage: 3
unit: { price: 100 }
wallets:
  hedge: { capital: 3000, cycle: rotation, fragments: 2 }
`;
}

let bot: Bot | null = null;
let listener: WireListener | null = null;
afterEach(async () => {
  bot?.kill('SIGKILL');
  await bot?.ended;
  bot = null;
  await listener?.close();
  listener = null;
});
afterAll(removeTempFiles);

describe.each(VENUES)('$id', ({ id, answers, frames, keyHeader }) => {
  test('trades on paper: its prices open, sell and cover, and nothing is signed', async () => {
    let price = '60000';
    const protocol = new CapturingProtocol(answers(() => price));
    listener = new WireListener({ protocol });
    await listener.start();
    const file = tempFile('paper.yaml', strategyText(`{ id: ${id}, triggerBy: last, urls: { rest: http://${listener.address}, stream: ws://${listener.address} } }`));
    const data = join(tempFolder(), 'data');
    bot = startBot([file, '--data', data, '--json', '--log-level', 'info']);
    await bot.said('cycle started');
    for (const next of ['59950', '59900', '59850', '59800', '59700', '59800', '59900', '60000', '60100']) {
      price = next;
      for (const frame of frames(next)) for (const socket of protocol.open) socket.send(JSON.stringify(frame));
      await sleep(100);
    }
    await sleep(1_000);
    bot.kill('SIGTERM');
    const { code, stdout, stderr } = await bot.ended;
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const summary = JSON.parse(stdout) as { venue: string; plans: { price: string; fills: number }[] };
    expect(summary.venue).toBe(`paper/${id}`);
    expect(summary.plans[0]).toMatchObject({ price: '60100' });
    // The opening, the stop, both shorts, their covers.
    expect(summary.plans[0]?.fills).toBeGreaterThanOrEqual(4);
    // Its tiers are told without keys.
    expect(stderr).not.toContain('is assumed');
    expect(protocol.sent.filter(({ headers }) => headers[keyHeader] !== undefined)).toEqual([]);
    expect(protocol.sent.filter(({ route }) => !route.startsWith('GET '))).toEqual([]);
  }, 120_000);

  test('takes no real money, and says what is missing', async () => {
    const file = tempFile('live.yaml', strategyText(`{ id: ${id} }`));
    const strategy = parseStrategy(strategyText(`{ id: ${id} }`), 'live.yaml');
    expect(() => venueChoiceOf([strategy], true)).toThrow(new RegExp(`does not trade real money on ${id}: .*what it answers is known from documents only`));
    expect(venueChoiceOf([strategy], false)).toMatchObject({ type: 'paper', exchangeId: id });
    const check = await hedgerow(['check', file, '--price', '60000']);
    expect(check.code).toBe(0);
    expect(check.stdout.replace(/\s+/g, ' ')).toMatch(new RegExp(`with real money ${id} is refused: .*documents only.*\\[NO_LIVE_TRADING\\]`));
    expect(check.stdout).toMatch(id === 'okx' ? /conditional orders at once: up to \d+ on account main \(caps: okx 100 per symbol\)/ : new RegExp(`no cap of ${id} is known`));
  }, 120_000);
});
