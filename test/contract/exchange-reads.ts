/** The part of the exchange's contract about reads: market data, settings, complete snapshots, trades from a watermark on (I4, I9). */
import { describe, expect, test } from 'vitest';
import type { Candle } from '../../src/domain/candle.ts';
import { dec, plain } from '../../src/domain/decimal.ts';
import { AMOUNT, BASE_PRICE, CONTRACT_ACCOUNT, LEG_ACTS } from './exchange-desk.ts';
import type { LegAct } from './exchange-desk.ts';
import type { Subject } from './exchange.ts';

const [OPEN_LONG, CLOSE_LONG, OPEN_SHORT] = LEG_ACTS as readonly [LegAct, LegAct, LegAct, LegAct];
const NO_MARKET = 'NOPE/USDT:USDT';
const MINUTE_MS = 60_000;
/** Clocks are compared over a connection, and the exchange behind stands still between two requests. */
const CLOCK_ERROR_MS = 2_000;
/** More than any exchange gives on one page. */
const MANY_ORDERS = 110;
const MANY_TRADES = 1_100;
const PART = '0.001';

export function readTests({ desk, mode, capabilities, lacks }: Subject): void {
  test("every time it tells is the exchange's, however far our clock is from it", async () => {
    const d = desk();
    const { exchange, symbol, tick, late, behind } = d.harness;
    await late(capabilities.requestDeadlineMs + 1, async () => {});
    await tick({ last: '10010', mark: '10020', index: '10030' });
    const from = behind.now();
    const request = d.acting(OPEN_LONG);
    await d.placed(request);
    await tick({ last: '10011', mark: '10021', index: '10031' });
    await d.eventually(async () => {
      const [price, order, trades, { startedAt, endedAt }] = [await exchange.fetchPrice(symbol), await d.fetchOrder(request.clientOrderId), await d.tradesOf(request.clientOrderId), await d.snapshot()];
      expect(price?.last).toBe('10011');
      expect(trades).toHaveLength(1);
      for (const at of [price?.at, order?.createdAt, order?.updatedAt, trades[0]?.at, startedAt, endedAt]) {
        expect(at).toBeGreaterThanOrEqual(from - CLOCK_ERROR_MS);
        expect(at).toBeLessThanOrEqual(behind.now() + CLOCK_ERROR_MS);
      }
    });
  });

  describe('the market', () => {
    test('tells its limits and fees', async () => {
      const { exchange, symbol, instrument } = desk().harness;
      expect(await exchange.fetchInstrument(symbol)).toEqual(instrument);
      await expect(exchange.fetchInstrument(NO_MARKET)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    test('tells its three prices', async () => {
      const d = desk();
      const { exchange, symbol, tick, behind } = d.harness;
      const before = behind.now();
      await tick({ last: '10010', mark: '10020', index: '10030' });
      await d.eventually(async () => {
        const price = await exchange.fetchPrice(symbol);
        expect(price).toMatchObject({ last: '10010', mark: '10020', index: '10030' });
        expect(price?.at).toBeGreaterThanOrEqual(before);
      });
    });

    test.skipIf(lacks('candles'))('tells its closed candles, oldest first, at most as many as asked for', async () => {
      const { exchange, symbol, addHistory, behind } = desk().harness;
      const start = Math.floor(behind.now() / MINUTE_MS) * MINUTE_MS - 60 * MINUTE_MS;
      const bars: Candle[] = [1, 2, 3, 4, 5].map((n) => ({ at: start + n * MINUTE_MS, open: `${10_000 + n}`, high: `${10_020 + n}`, low: `${9_980 - n}`, close: `${10_010 + n}`, volume: '3' }));
      addHistory(bars);
      const read = await exchange.fetchCandles(symbol, MINUTE_MS, 1_000);
      const prices = ({ at, open, high, low, close }: Candle): object => ({ at, open, high, low, close });
      expect(read.filter(({ at }) => at > start && at <= start + 5 * MINUTE_MS).map(prices)).toEqual(bars.map(prices));
      expect(read.map(({ at }) => at)).toEqual(read.map(({ at }) => at).toSorted((a, b) => a - b));
      for (const { at } of read) expect(at + MINUTE_MS).toBeLessThanOrEqual(behind.now());
      expect(await exchange.fetchCandles(symbol, MINUTE_MS, 3)).toEqual(read.slice(-3));
    });
  });

  test('the settings are those of account and symbol', async () => {
    const d = desk();
    const { exchange, account, symbol, behind } = d.harness;
    const { marginMode, leverage } = CONTRACT_ACCOUNT;
    await d.eventually(async () => expect(await exchange.fetchSettings(account, symbol)).toEqual({ positionMode: mode, marginMode, leverage }));
    behind.changeSettings(account, symbol, { leverage: '7' });
    try {
      await d.eventually(async () => expect(await exchange.fetchSettings(account, symbol)).toEqual({ positionMode: mode, marginMode, leverage: '7' }));
    } finally {
      behind.changeSettings(account, symbol, { leverage });
    }
  });

  describe('a snapshot', () => {
    test('of an account that is flat has its money and nothing else', async () => {
      const d = desk();
      const before = d.harness.behind.now();
      await d.eventually(async () => {
        const { startedAt, endedAt, ...read } = await d.snapshot();
        expect(read).toMatchObject({ account: d.harness.account, complete: true, positions: [], openOrders: [], balance: { account: d.harness.account, marginRatio: null } });
        expect(read.balance.total).toBe(d.truth().walletBalance);
        expect([read.balance.equity, read.balance.free]).toEqual([read.balance.total, read.balance.total]);
        expect(startedAt).toBeGreaterThanOrEqual(before);
        expect(endedAt).toBeGreaterThanOrEqual(startedAt);
      });
    });

    test('has every kind of open order, ours and those of others', async () => {
      const d = desk();
      const { account, symbol, behind } = d.harness;
      const waits = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9000' });
      const rests = d.acting(OPEN_LONG, { type: 'limit', price: '9100' });
      const fired = d.acting(OPEN_SHORT, { type: 'stop-limit', triggerPrice: '9990', price: '9990' });
      for (const request of [waits, rests, fired]) await d.placed(request);
      const manual = await behind.others.place({ account, symbol, side: 'buy', amount: AMOUNT, price: '9200', positionSide: mode === 'hedge' ? 'long' : null });
      await d.harness.tick({ last: '9980' });
      const theirs = manual.type === 'done' ? manual.value.clientOrderId : '';
      await d.eventually(async () => {
        const { openOrders } = await d.snapshot();
        const states = openOrders.map(({ clientOrderId, type, status, triggered, filled }) => [clientOrderId, type, status, triggered, filled]);
        expect(states).toHaveLength(4);
        expect(states).toEqual(
          expect.arrayContaining([
            [waits.clientOrderId, 'stop-market', 'open', false, '0'],
            [rests.clientOrderId, 'limit', 'open', false, '0'],
            [fired.clientOrderId, 'stop-limit', 'open', true, '0'],
            [theirs, 'limit', 'open', false, '0'],
          ]),
        );
      });
    });

    test('has all of many open orders', async () => {
      const d = desk();
      const { account, symbol, behind } = d.harness;
      for (let index = 0; index < MANY_ORDERS; index += 1) {
        await behind.others.place({ account, symbol, side: 'buy', amount: '0.002', price: String(5_000 + index), positionSide: mode === 'hedge' ? 'long' : null });
      }
      await d.eventually(async () => expect((await d.snapshot()).openOrders).toHaveLength(MANY_ORDERS));
      await d.readsTheTruth();
    });

    test('has the positions of every symbol, and the orders of what is traded', async () => {
      const d = desk();
      const { account, otherSymbol, behind } = d.harness;
      if (otherSymbol === undefined) return;
      const positionSide = mode === 'hedge' ? 'long' : null;
      await behind.others.place({ account, symbol: otherSymbol, side: 'buy', amount: AMOUNT, positionSide });
      await behind.others.place({ account, symbol: otherSymbol, side: 'buy', amount: AMOUNT, price: '900', positionSide });
      await d.hold('long');
      await d.eventually(async () => {
        const { positions, openOrders } = await d.snapshot();
        expect(positions.map(({ symbol, amount }) => `${symbol} ${amount}`).sort()).toEqual([`${d.harness.symbol} ${AMOUNT}`, `${otherSymbol} ${AMOUNT}`].sort());
        expect(openOrders.filter(({ symbol }) => symbol === d.harness.symbol)).toEqual([]);
        expect((await d.exchange.fetchTrades(account, d.harness.symbol, d.since)).every(({ symbol }) => symbol === d.harness.symbol)).toBe(true);
      });
    });

    test('has what is held, what it cost and what it is worth now', async () => {
      const d = desk();
      const { total } = (await d.snapshot()).balance;
      await d.hold('long');
      await d.harness.tick({ last: '10100' });
      await d.eventually(async () => {
        const { positions, balance } = await d.snapshot();
        const { marginMode, leverage } = CONTRACT_ACCOUNT;
        expect(positions).toMatchObject([{ account: d.harness.account, symbol: d.harness.symbol, positionSide: mode === 'hedge' ? 'long' : 'both', amount: AMOUNT, entryPrice: BASE_PRICE, marginMode, leverage }]);
        // 0.1 bought at 10 000 and worth 10 more at 10 100; a tenth of 1 010 is bound.
        expect(Number(balance.total)).toBeCloseTo(Number(total) - 1_000 * Number(d.harness.instrument.takerFee), 8);
        expect(Number(balance.equity)).toBeCloseTo(Number(balance.total) + 10, 8);
        expect(Number(balance.free)).toBeCloseTo(Number(balance.equity) - 101, 8);
        expect(Number(balance.marginRatio)).toBeGreaterThan(0);
        expect(Number(balance.marginRatio)).toBeLessThan(0.01);
      });
    });

    test('counts a short as less than nothing where there is one net position', async () => {
      const d = desk();
      await d.hold('short');
      await d.eventually(async () => {
        const { positions } = await d.snapshot();
        expect(positions).toMatchObject([{ positionSide: mode === 'hedge' ? 'short' : 'both', amount: mode === 'hedge' ? AMOUNT : `-${AMOUNT}`, entryPrice: BASE_PRICE }]);
      });
    });
  });

  describe('trades', () => {
    test('are read from a moment on, that moment included, oldest first, each once', async () => {
      const d = desk();
      const { exchange, account, symbol, tick } = d.harness;
      const ids: string[] = [];
      for (const [price, act] of [['10000', OPEN_LONG], ['10010', CLOSE_LONG], ['10020', OPEN_LONG]] as const) {
        await tick({ last: price });
        ids.push((await d.placed(d.acting(act))).clientOrderId);
      }
      await d.eventually(async () => {
        const all = await exchange.fetchTrades(account, symbol, d.since);
        const own = all.filter(({ clientOrderId }) => ids.includes(clientOrderId ?? ''));
        expect(own.map(({ clientOrderId, price }) => [clientOrderId, price])).toEqual([[ids[0], '10000'], [ids[1], '10010'], [ids[2], '10020']]);
        expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
        for (const [index, { at }] of own.entries()) {
          const since = await exchange.fetchTrades(account, symbol, at);
          expect(since.map(({ id }) => id)).toEqual(expect.arrayContaining(own.slice(index).map(({ id }) => id)));
          expect(since.every((trade) => trade.at >= at)).toBe(true);
          expect(await exchange.fetchTrades(account, symbol, (own.at(-1)?.at ?? 0) + 1)).toEqual([]);
        }
      });
    });

    test('are all there when they are many, also of one moment', async () => {
      const d = desk();
      const { behind, symbol } = d.harness;
      const requests = [OPEN_LONG, CLOSE_LONG].map((act) => d.acting(act, { amount: plain(dec(PART).times(MANY_TRADES / 2)) }));
      behind.acts.changeMarket(symbol, { maxAmountPerTrade: PART });
      try {
        for (const request of requests) await d.placed(request);
      } finally {
        behind.acts.changeMarket(symbol, { maxAmountPerTrade: null });
      }
      for (const request of requests) {
        await d.eventually(async () => {
          const trades = await d.tradesOf(request.clientOrderId);
          expect(trades).toHaveLength(MANY_TRADES / 2);
          expect(new Set(trades.map(({ id }) => id)).size).toBe(MANY_TRADES / 2);
          expect(trades.every(({ amount }) => amount === PART)).toBe(true);
        });
      }
    });

    test('of others are there too', async () => {
      const d = desk();
      const { account, symbol, behind } = d.harness;
      const manual = await behind.others.place({ account, symbol, side: 'buy', amount: '0.05', positionSide: mode === 'hedge' ? 'long' : null });
      const theirs = manual.type === 'done' ? manual.value.clientOrderId : '';
      await d.eventually(async () => expect(await d.tradesOf(theirs)).toMatchObject([{ side: 'buy', amount: '0.05', price: BASE_PRICE }]));
    });
  });
}
