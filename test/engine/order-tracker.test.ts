/** Trades of an order that serves several legs (I4, I5, I13): amounts and fees are split exactly, whatever the parts they come in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { D, ZERO, dec, plain } from '../../src/domain/decimal.ts';
import { allocateTrade, fromStored, isSettled, toStored, trackNew, withRecord } from '../../src/engine/order-tracker.ts';
import type { TrackedOrder, WalletFill } from '../../src/engine/order-tracker.ts';
import type { OrderRecord, OrderRequest, TradeRecord } from '../../src/ports/exchange.ts';
import type { ExchangeOrder, OrderLeg } from '../../src/window/exchange-orders.ts';

const lots = (count: number): string => plain(new D(count).div(10_000));

function orderOf(amounts: readonly number[]): TrackedOrder {
  const legs = amounts.map((amount, index): OrderLeg => ({ wallet: index % 2 === 0 ? 'hedge' : 'long', role: 'stop-loss', level: -1 - index, cycle: 3, leg: index === 0 ? 'close-long' : 'open-short', amount: lots(amount) }));
  const amount = lots(amounts.reduce((total, part) => total + part, 0));
  const shared = { account: 'main', symbol: 'BTC/USDT:USDT', side: 'sell', amount, triggerPrice: '9900', price: null, triggerBy: 'last', positionSide: null, reduceOnly: false } as const;
  const order: ExchangeOrder = { ...shared, slot: 'slot', type: 'stop-market', onGap: 'market', legs };
  const request: OrderRequest = { ...shared, type: 'stop-market', clientOrderId: 'hr1', postOnly: false };
  return trackNew(order, request, 0);
}

function tradeOf(id: number, amount: D, fee: D): TradeRecord {
  return { id: String(id), orderId: 'e1', clientOrderId: 'hr1', account: 'main', symbol: 'BTC/USDT:USDT', side: 'sell', positionSide: null, price: '9900', amount: plain(amount), fee: plain(fee), takerOrMaker: 'taker', at: id };
}

function recordOf(order: TrackedOrder, change: Partial<OrderRecord>): OrderRecord {
  return { ...order.request, id: 'e1', status: 'open', filled: '0', average: null, triggered: false, reason: null, createdAt: 0, updatedAt: 0, ...change } as OrderRecord;
}

/** Cuts `total` lots in parts at the given places. */
function parts(total: number, cuts: readonly number[]): number[] {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (total + 1)), total])].sort((a, b) => a - b);
  return places.slice(1).map((place, index) => place - (places[index] ?? 0));
}

function bookAll(order: TrackedOrder, trades: readonly TradeRecord[]): { order: TrackedOrder; fills: WalletFill[] } {
  const fills: WalletFill[] = [];
  const last = trades.reduce((now, trade) => {
    const step = allocateTrade(now, trade, []);
    fills.push(...step.fills);
    return step.order;
  }, order);
  return { order: last, fills };
}

const sum = (values: readonly string[]): string => plain(values.reduce((total, value) => total.plus(value), ZERO));

const amountsOfLegs = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 });
const cuts = fc.array(fc.nat({ max: 10 ** 6 }), { maxLength: 8 });
/** Some fees end after many digits, some are received. */
const fees = fc.array(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), { minLength: 10, maxLength: 10 });

describe('trades of an order with several legs', () => {
  it('give their amounts and fees away to the last digit, closing legs first, each leg complete exactly once', () => {
    fc.assert(
      fc.property(amountsOfLegs, cuts, fees, (amounts, places, rawFees) => {
        const total = amounts.reduce((a, b) => a + b, 0);
        const trades = parts(total, places).map((part, index) => tradeOf(index, dec(lots(part)), new D(String(rawFees[index % rawFees.length])).div('1e17')));
        const { order, fills } = bookAll(orderOf(amounts), trades);
        expect(sum(fills.map(({ fill }) => fill.amount))).toBe(lots(total));
        expect(sum(fills.map(({ fill }) => fill.fee))).toBe(sum(trades.map(({ fee }) => fee)));
        expect(order.filled).toBe(lots(total));
        amounts.forEach((amount, index) => {
          const ofLeg = fills.filter(({ fill }) => fill.level === -1 - index).map(({ fill }) => fill);
          expect(sum(ofLeg.map((fill) => fill.amount))).toBe(lots(amount));
          expect(ofLeg.map(({ isComplete }) => isComplete)).toEqual(ofLeg.map((_, at) => at === ofLeg.length - 1));
        });
        const levels = fills.map(({ fill }) => fill.level ?? 0);
        expect(levels).toEqual([...levels].sort((a, b) => b - a));
      }),
    );
  });

  it('split each single trade exactly too', () => {
    fc.assert(
      fc.property(amountsOfLegs, fc.nat({ max: 10 ** 6 }), fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (amounts, place, raw) => {
        const total = amounts.reduce((a, b) => a + b, 0);
        const trade = tradeOf(1, dec(lots(1 + (place % total))), new D(String(raw)).div('1e19'));
        const { fills } = allocateTrade(orderOf(amounts), trade, []);
        expect([sum(fills.map(({ fill }) => fill.amount)), sum(fills.map(({ fill }) => fill.fee))]).toEqual([trade.amount, trade.fee]);
        for (const { fill } of fills) expect(dec(fill.fee).isZero() || dec(fill.fee).isNegative() === dec(trade.fee).isNegative()).toBe(true);
      }),
    );
  });

  it('beyond the order are booked on its last leg: the position is what the exchange says it is', () => {
    const { fills } = bookAll(orderOf([100, 50]), [tradeOf(1, dec('0.02'), dec('0.2'))]);
    expect(fills.map(({ fill }) => [fill.amount, fill.isComplete])).toEqual([['0.01', true], ['0.01', true]]);
  });
});

describe('a tracked order', () => {
  it('is settled only when it is final and everything the exchange reported has been booked', () => {
    const order = orderOf([100]);
    const ended = withRecord(order, recordOf(order, { status: 'canceled', filled: '0.004' }));
    expect([isSettled(order), isSettled(ended)]).toEqual([false, false]);
    expect(isSettled(allocateTrade(ended, tradeOf(1, dec('0.004'), ZERO), []).order)).toBe(true);
  });

  it('never reopens: news after its end change nothing', () => {
    const order = orderOf([100]);
    const ended = withRecord(order, recordOf(order, { status: 'closed', filled: '0.01' }));
    expect(withRecord(ended, recordOf(order, { status: 'open', filled: '0' }))).toBe(ended);
  });

  it('does not forget what was reported when older news come late', () => {
    const order = orderOf([100]);
    const newer = withRecord(order, recordOf(order, { filled: '0.008', triggered: true }));
    expect(withRecord(newer, recordOf(order, { filled: '0.002' }))).toMatchObject({ reportedFilled: '0.008', isTriggered: true, status: 'live' });
  });

  it('is the same after it was stored, as far as it may still change', () => {
    const order = allocateTrade(withRecord(orderOf([100, 50]), recordOf(orderOf([100, 50]), {})), tradeOf(1, dec('0.003'), ZERO), []).order;
    expect(fromStored(JSON.parse(JSON.stringify(toStored(order, 5))) as never)).toEqual({ ...order, reportedFilled: '0.003' });
  });
});
