/**
 * The part of the exchange's contract about a bad line (I3, I9, I18), for implementations that have one: an answer is never a lie. Done is
 * done, refused was not done and never will be, and everything else is unknown until it is looked up; a read is the truth or no answer.
 */
import { describe, expect, test } from 'vitest';
import { HedgerowError } from '../../src/domain/errors.ts';
import type { Exchange, OrderRecord, TradeRecord, WriteOutcome } from '../../src/ports/exchange.ts';
import type { FrameFault, WireFault } from '../../src/ports/wire.ts';
import { REQUEST_FAULTS } from '../../src/sim/wire/wire-faults.ts';
import { AMOUNT, LEG_ACTS } from './exchange-desk.ts';
import type { Desk, LegAct } from './exchange-desk.ts';
import type { Subject } from './exchange.ts';

const [OPEN_LONG, , OPEN_SHORT] = LEG_ACTS as readonly [LegAct, LegAct, LegAct, LegAct];

const FAULTS = REQUEST_FAULTS.map((fault) => [wordsOf(fault), fault] as const);

function wordsOf(fault: WireFault): string {
  const { type, ...more } = fault;
  return [type, ...Object.entries(more).map(([name, value]) => `${name} ${String(value)}`)].join(', ');
}

/** Silence is noticed after a while only: the adapters' own tests have it. */
const FRAME_FAULTS: readonly FrameFault[] = [{ type: 'duplicate' }, { type: 'reorder' }, { type: 'drop' }, { type: 'close', code: 1001 }];

/** What streams and reads both tell of a trade. */
function told({ id, clientOrderId, side, positionSide, price, amount, fee, takerOrMaker, at }: TradeRecord): object {
  return { id, clientOrderId, side, positionSide, price, amount, fee, takerOrMaker, at };
}

export function faultTests({ desk, capabilities }: Subject): void {
  test.each(FRAME_FAULTS.map((fault) => [fault.type, fault] as const))('while frames meet %s nothing untrue is told, what is missed is read, and the streams come back', async (_, fault) => {
    const d = desk();
    const requests = ['9900', '9890', '9880'].map((triggerPrice) => d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice }));
    for (const request of requests) await d.placed(request);
    await d.harness.faultyStreams?.(fault, async () => {
      for (const { triggerPrice } of requests) await d.harness.tick({ last: triggerPrice ?? '' });
      for (const request of requests) await d.order(request, { status: 'closed' });
    });
    const read = (await Promise.all(requests.map(({ clientOrderId }) => d.tradesOf(clientOrderId)))).flat();
    expect(read).toHaveLength(requests.length);
    const after = new Set<string | null>();
    await d.eventually(async () => {
      after.add((await d.placed(d.acting(OPEN_LONG, { amount: '0.002' }))).clientOrderId);
      expect(d.events.some((event) => event.type === 'trade' && after.has(event.trade.clientOrderId))).toBe(true);
    });
    const heard = d.events.flatMap((event) => (event.type === 'trade' && requests.some(({ clientOrderId }) => clientOrderId === event.trade.clientOrderId) ? [event.trade] : []));
    for (const trade of heard) expect(read.map(told)).toContainEqual(told(trade));
    if (fault.type === 'duplicate') expect(heard.length).toBeGreaterThanOrEqual(requests.length);
    if (fault.type === 'close') expect(d.events.some((event) => event.type === 'gap')).toBe(true);
  });

  async function through<T>(d: Desk, fault: WireFault, use: (exchange: Exchange) => Promise<T>): Promise<T> {
    const { faulty } = d.harness;
    if (faulty === undefined) throw new Error('this harness has no line to break');
    return faulty(fault, use);
  }

  /** The order as the exchange has it, once nothing is on its way any more. */
  async function settled(d: Desk, clientOrderId: string, fault: WireFault): Promise<OrderRecord | null> {
    const recordOf = (): OrderRecord | null => d.harness.behind.truth().orders.find(({ order }) => order.clientOrderId === clientOrderId)?.order ?? null;
    // What is carried out late is it after this time at the latest, and answered by nobody.
    if (fault.type === 'apply-late') await new Promise((resolve) => setTimeout(resolve, fault.afterMs));
    return recordOf();
  }

  const withoutLateness = (outcome: WriteOutcome<OrderRecord>, isDone: boolean): void => {
    if (outcome.type === 'done') expect(isDone).toBe(true);
    if (outcome.type === 'refused') expect(isDone).toBe(false);
  };

  describe.each(FAULTS)('through a line with %s', (_, fault) => {
    test('a stop is placed as the answer says, and found as it is', async () => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      const outcome = await through(d, fault, (exchange) => exchange.placeOrder(request));
      const truth = await settled(d, request.clientOrderId, fault);
      withoutLateness(outcome, truth !== null);
      expect(d.behindOf(request.clientOrderId).orders).toBeLessThanOrEqual(1);
      await d.eventually(async () => expect((await d.fetchOrder(request.clientOrderId))?.status).toBe(truth?.status));
    });

    test('an order at market trades as the answer says, once at most', async () => {
      const d = desk();
      const request = d.acting(OPEN_LONG);
      const outcome = await through(d, fault, (exchange) => exchange.placeOrder(request));
      const truth = await settled(d, request.clientOrderId, fault);
      withoutLateness(outcome, truth?.status === 'closed');
      expect(d.behindOf(request.clientOrderId).trades).toBe(truth === null ? 0 : 1);
      await d.eventually(async () => expect((await d.fetchOrder(request.clientOrderId))?.filled).toBe(truth === null ? undefined : AMOUNT));
    });

    test('a stop is cancelled as the answer says', async () => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      await d.eventually(async () => expect(await d.exchange.placeOrder(request)).toMatchObject({ type: 'done' }));
      const { account, symbol } = d.harness;
      const outcome = await through(d, fault, (exchange) => exchange.cancelOrder({ account, symbol, clientOrderId: request.clientOrderId }));
      const truth = await settled(d, request.clientOrderId, fault);
      withoutLateness(outcome, truth?.status === 'canceled');
      await d.eventually(async () => expect((await d.fetchOrder(request.clientOrderId))?.status).toBe(truth?.status));
    });

    test.runIf(capabilities.amendsConditional)('a stop is moved as the answer says', async () => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      await d.eventually(async () => expect(await d.exchange.placeOrder(request)).toMatchObject({ type: 'done' }));
      const { account, symbol } = d.harness;
      const outcome = await through(d, fault, (exchange) => exchange.amendOrder({ account, symbol, clientOrderId: request.clientOrderId, amount: AMOUNT, price: null, triggerPrice: '9800' }));
      const truth = await settled(d, request.clientOrderId, fault);
      withoutLateness(outcome, truth?.triggerPrice === '9800');
      await d.eventually(async () => expect((await d.fetchOrder(request.clientOrderId))?.triggerPrice).toBe(truth?.triggerPrice));
    });

    test('what is read is whole, or not answered', async () => {
      const d = desk();
      const { account, symbol, behind } = d.harness;
      const stop = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      await d.eventually(async () => expect(await d.exchange.placeOrder(stop)).toMatchObject({ type: 'done' }));
      const from = behind.now();
      await d.hold('long');
      const trades = behind.truth().trades.filter((trade) => trade.symbol === symbol && trade.at >= from).length;
      const reads = await through(d, fault, (exchange) =>
        Promise.allSettled([
          exchange.fetchSnapshot(account).then(({ openOrders, positions, complete }) => [complete, openOrders.length, positions.length]),
          exchange.fetchOrder(account, symbol, stop.clientOrderId).then((order) => order?.status),
          exchange.fetchTrades(account, symbol, from).then((read) => read.length),
          exchange.fetchSettings(account, symbol).then(({ leverage }) => leverage),
          exchange.fetchAccountEvents(account, behind.now() + 60_000).then((events) => events.length),
        ]),
      );
      const whole = [[true, 1, 1], 'open', trades, '10', 0];
      for (const [index, read] of reads.entries()) {
        if (read.status === 'fulfilled') expect(read.value, `read ${index}`).toEqual(whole[index]);
        else expect(read.reason instanceof HedgerowError ? read.reason.code : read.reason, `read ${index}`).toBe('EXCHANGE_UNAVAILABLE');
      }
    });
  });
}
