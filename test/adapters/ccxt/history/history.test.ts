/** History of six exchanges through the real ccxt clients: every bar and settlement there is, none twice, every digit, whatever happens on the way. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PLAIN_CONNECTION } from '../../../../src/adapters/ccxt/ccxt-clients.ts';
import { CandleHistory, type CandlePrice } from '../../../../src/adapters/ccxt/history/candle-history.ts';
import { FundingHistory } from '../../../../src/adapters/ccxt/history/funding-history.ts';
import { HistoryClient, StoppedError } from '../../../../src/adapters/ccxt/history/history-client.ts';
import { marketRecord, readTiers } from '../../../../src/adapters/ccxt/history/market-record.ts';
import type { CcxtExchangeId } from '../../../../src/adapters/ccxt/load-exchange.ts';
import { HistoryServer, type Fate, type History } from './history-server.ts';
import { HOUR_MS, MINUTE_MS, START, historyOf } from './made-history.ts';

const IDS: readonly CcxtExchangeId[] = ['binanceusdm', 'bybit', 'hyperliquid', 'okx', 'bitget', 'gate'];
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Opened {
  readonly server: HistoryServer;
  readonly client: HistoryClient;
  readonly retries: string[];
  readonly stop: () => void;
}

async function open(id: CcxtExchangeId, history: History, fateOf: HistoryServer['fateOf'] = () => 'ok', deadlineMs = 20_000): Promise<Opened> {
  const server = await HistoryServer.open(id, history);
  server.fateOf = fateOf;
  const retries: string[] = [];
  let isStopped = false;
  const client = await HistoryClient.open({ exchangeId: id, connection: { ...PLAIN_CONNECTION, restUrl: server.origin }, isStopped: () => isStopped, onRetry: (what, why) => retries.push(`${what}: ${why}`), haste: 50, deadlineMs });
  closing.push(() => client.close(), () => server.close());
  return { server, client, retries, stop: () => (isStopped = true) };
}

function symbolOf(id: CcxtExchangeId): string {
  return id === 'hyperliquid' ? 'BTC/USDC:USDC' : 'BTC/USDT:USDT';
}

function isForCandles({ path, body }: HistoryServer['asked'][number]): boolean {
  return /kline|candle/i.test(path) || body['type'] === 'candleSnapshot';
}

async function candlesOf(client: HistoryClient, price: CandlePrice, from: number, to: number) {
  const history = new CandleHistory(client, { market: await client.loadMarket(symbolOf(client.exchangeId)), timeframe: '1m', timeframeMs: MINUTE_MS, price });
  const rows = [];
  for (let at = from; at < to; at += history.windowMs) rows.push(...(await history.window(at, Math.min(to, at + history.windowMs))));
  return rows;
}

async function fundingOf(client: HistoryClient, from: number, to: number) {
  const history = new FundingHistory(client, await client.loadMarket(symbolOf(client.exchangeId)));
  const rows = [];
  const step = history.windowMs ?? to - from;
  for (let at = from; at < to; at += step) rows.push(...(await history.window(at, Math.min(to, at + step))));
  return rows;
}

describe.each(IDS)('%s', (id) => {
  test('every candle of a span, none outside, none twice, every digit', async () => {
    const history = historyOf({ minutes: 1_500 });
    const { client } = await open(id, history);
    const [from, to] = [START + 100 * MINUTE_MS, START + 1_400 * MINUTE_MS];
    expect(await candlesOf(client, 'last', from, to)).toEqual(history.bars.slice(100, 1_400));
  });

  test('gaps stay gaps, also at the ends and longer than a page', async () => {
    const isAway = (minute: number): boolean => minute < 3 || minute === 250 || (minute >= 300 && minute < 720) || minute >= 1_490;
    const history = historyOf({ minutes: 1_500, isAway });
    const { client } = await open(id, history);
    expect(await candlesOf(client, 'last', START, START + 1_500 * MINUTE_MS)).toEqual(history.bars);
  });

  test.runIf(id !== 'hyperliquid')('mark-price candles, whose volume is nothing', async () => {
    const history = historyOf({ minutes: 400 });
    const { client } = await open(id, history);
    const rows = await candlesOf(client, 'mark', START, START + 400 * MINUTE_MS);
    expect(rows).toEqual(history.markBars.map((bar) => ({ ...bar, volume: '0' })));
  });

  test('every funding rate of a span, also of intervals that change', async () => {
    const history = historyOf({ minutes: 1, settlements: 450, intervalMs: (index) => (index < 300 ? HOUR_MS : 8 * HOUR_MS) });
    const { client } = await open(id, history);
    const [from, to] = [history.funding[20]?.at ?? 0, history.funding[440]?.at ?? 0];
    const seconds = id === 'gate' ? (at: number): number => at - (at % 1_000) : (at: number): number => at;
    expect(await fundingOf(client, from - 500, to)).toEqual(history.funding.slice(20, 440).map(({ at, rate }) => ({ at: seconds(at), rate })));
  });

  test.each<Fate>(['too-many', 'reset', 'half-body', 'html', 'empty-body', 'garbled'])('asked again after %s', async (fate) => {
    const history = historyOf({ minutes: 300 });
    const { client, server, retries } = await open(id, history);
    let candleRequests = 0;
    server.fateOf = (_, asked) => (isForCandles(asked) && (candleRequests += 1) % 3 === 1 ? fate : 'ok');
    expect(await candlesOf(client, 'last', START, START + 300 * MINUTE_MS)).toEqual(history.bars);
    expect(retries.length).toBeGreaterThan(0);
  });

  test('an exchange that stays away is unavailable, not empty', async () => {
    const { client, server, retries } = await open(id, historyOf({ minutes: 10 }));
    const market = await client.loadMarket(symbolOf(id));
    server.fateOf = () => 'garbled';
    const history = new CandleHistory(client, { market, timeframe: '1m', timeframeMs: MINUTE_MS, price: 'last' });
    await expect(history.window(START, START + 10 * MINUTE_MS)).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE', message: expect.stringMatching(new RegExp(`^${id} did not give candles from 2025-06-01T00:00:00\\.000Z in 6 attempts, at last: a value at .* that is no number\\. What is there is kept`)) });
    expect(retries).toHaveLength(5);
  });

  test('an answer that never comes is not waited for for ever, and a stop is heard meanwhile', async () => {
    const { client, server, stop, retries } = await open(id, historyOf({ minutes: 10 }), () => 'ok', 1_500);
    server.fateOf = () => 'hang';
    const asked = client.time();
    await vi.waitFor(() => expect(retries).toHaveLength(1), { timeout: 10_000, interval: 20 });
    expect(retries[0]).toMatch(/^the time: (?:no whole answer in time|.* request timed out)/);
    stop();
    await expect(asked).rejects.toBeInstanceOf(StoppedError);
  });

  test('the market, its tiers, the time, and no market that is not there', async () => {
    const history = historyOf({ minutes: 1 });
    const { client } = await open(id, history);
    expect(await client.time()).toBe(history.now);
    const market = await client.loadMarket(symbolOf(id));
    expect(marketRecord(market)).toMatchObject({ symbol: symbolOf(id), swap: true, linear: true, precision: { amount: expect.any(String), price: expect.any(String) }, info: expect.any(Object) });
    if (id !== 'binanceusdm') expect(await readTiers(client, market)).toMatchObject([{ tier: expect.anything(), maxLeverage: expect.anything() }, ...(id === 'hyperliquid' ? [{ minNotional: '150000000.0', maxLeverage: 20 }] : [])]);
    await expect(client.loadMarket('XRP/USDT:USDT')).rejects.toMatchObject({ code: 'INPUT_INVALID', message: `${id} has no linear swap XRP/USDT:USDT; none of XRP at all` });
    await expect(client.loadMarket('BTC/EUR:EUR')).rejects.toThrow(`it has ${symbolOf(id)}`);
  });
});
