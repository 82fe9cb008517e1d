import { describe, expect, it, test } from 'vitest';
import type { FillPrice } from '../../../src/sim/exchange/config.ts';
import { BTC, World } from './world.ts';

interface Row {
  readonly side: 'buy' | 'sell';
  readonly trigger: string;
  readonly limit?: string;
  readonly to: string;
  readonly fillPrice: FillPrice;
  readonly slippage?: string;
  /** Null: fired but unfilled, or not fired. */
  readonly fill: string | null;
  readonly triggered?: boolean;
  readonly because: string;
}

/** One order in one-way mode, the price moves from 10 000 to `to` in one tick. */
const ROWS: readonly Row[] = [
  { side: 'sell', trigger: '9900', to: '9900.1', fillPrice: 'gap', fill: null, triggered: false, because: 'a tick above the trigger does not fire it' },
  { side: 'sell', trigger: '9900', to: '9900', fillPrice: 'gap', fill: '9900', because: 'a tick exactly on the trigger fills there' },
  { side: 'sell', trigger: '9900', to: '9900', fillPrice: 'touch', fill: '9900', because: 'a tick exactly on the trigger fills there' },
  { side: 'sell', trigger: '9900', to: '9850', fillPrice: 'gap', fill: '9850', because: 'the price jumped' },
  { side: 'sell', trigger: '9900', to: '9850', fillPrice: 'touch', fill: '9900', because: 'the price moved through the trigger' },
  { side: 'buy', trigger: '10100', to: '10150', fillPrice: 'gap', fill: '10150', because: 'the price jumped' },
  { side: 'buy', trigger: '10100', to: '10150', fillPrice: 'touch', fill: '10100', because: 'the price moved through the trigger' },
  { side: 'sell', trigger: '9900', to: '9850', fillPrice: 'gap', slippage: '0.0001', fill: '9849', because: '9850 × 0.9999 = 9849.015, down to the tick' },
  { side: 'buy', trigger: '10100', to: '10150', fillPrice: 'gap', slippage: '0.0001', fill: '10151.1', because: '10150 × 1.0001 = 10151.015, up to the tick' },
  { side: 'sell', trigger: '9900', limit: '9880', to: '9890', fillPrice: 'gap', fill: '9890', because: 'a sell limit below the market takes at the market' },
  { side: 'sell', trigger: '9900', limit: '9890', to: '9890', fillPrice: 'gap', slippage: '0.01', fill: '9890', because: 'slippage ends at the limit' },
  { side: 'sell', trigger: '9900', limit: '9880', to: '9850', fillPrice: 'gap', fill: null, triggered: true, because: 'the jump passed the limit too: it rests' },
  { side: 'sell', trigger: '9900', limit: '9880', to: '9850', fillPrice: 'touch', fill: '9900', because: 'at the touch the limit was marketable' },
  { side: 'buy', trigger: '10100', limit: '10120', to: '10150', fillPrice: 'gap', fill: null, triggered: true, because: 'the jump passed the limit too: it rests' },
];

describe('a conditional order', () => {
  test.each(ROWS)('$side at $trigger limit $limit, to $to by $fillPrice, slippage $slippage: $fill ($because)', async (row) => {
    const world = new World({ account: { positionMode: 'one-way' }, market: { slippage: row.slippage ?? '0' }, fillPrice: row.fillPrice });
    const { clientOrderId } = await world.done({ side: row.side, amount: '1', triggerPrice: row.trigger, price: row.limit ?? null });
    world.price(row.to);
    expect(world.trades()).toEqual(row.fill === null ? [] : [`${row.side} 1 @ ${row.fill}`]);
    expect(await world.order(clientOrderId)).toMatchObject({ triggered: row.triggered ?? true, status: row.fill === null ? 'open' : 'closed' });
  });

  it('that fired as a stop-limit rests and fills later as maker at its price', async () => {
    const world = new World({ account: { positionMode: 'one-way' } });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', price: '9880' });
    world.price('9850');
    world.price('9885');
    expect(world.exchange.truth().trades).toMatchObject([{ price: '9880', takerOrMaker: 'maker', fee: '1.976' }]);
  });

  it('watches its own source: wicks of last do not fire a stop by mark', async () => {
    const world = new World({ account: { positionMode: 'one-way' } });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', triggerBy: 'mark' });
    await world.done({ side: 'sell', amount: '2', triggerPrice: '9900', triggerBy: 'index' });
    world.price('9000', { mark: '9950', index: '9950' });
    expect(world.trades()).toEqual([]);
    world.price('9500', { mark: '9950', index: '9900' });
    expect(world.trades()).toEqual(['sell 2 @ 9500']);
    world.price('9950', { mark: '9890', index: '9950' });
    expect(world.trades()).toEqual(['sell 2 @ 9500', 'sell 1 @ 9950']);
  });

  it('by mark fills on touch at the price nearest to its trigger that last passed', async () => {
    const world = new World({ account: { positionMode: 'one-way' }, fillPrice: 'touch' });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', triggerBy: 'mark' });
    world.price('9940', { mark: '9890' });
    expect(world.trades()).toEqual(['sell 1 @ 9940']);
  });

  it('fires sells from the highest trigger down, buys from the lowest up, equal ones by creation', async () => {
    const world = new World({ account: { positionMode: 'one-way' } });
    await world.done({ side: 'sell', amount: '0.3', triggerPrice: '9700' });
    await world.done({ side: 'sell', amount: '0.1', triggerPrice: '9900' });
    await world.done({ side: 'sell', amount: '0.2', triggerPrice: '9700' });
    await world.done({ side: 'buy', amount: '0.5', triggerPrice: '10200', triggerBy: 'mark' });
    await world.done({ side: 'buy', amount: '0.4', triggerPrice: '10100', triggerBy: 'mark' });
    world.price('9600', { mark: '10300' });
    expect(world.trades().map((trade) => trade.split(' @')[0])).toEqual(['sell 0.1', 'sell 0.3', 'sell 0.2', 'buy 0.4', 'buy 0.5']);
  });

  it('tells price, then per order: triggered, trades, closed', async () => {
    const world = new World({ account: { positionMode: 'one-way' }, market: { maxAmountPerTrade: '0.6' } });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900' });
    await world.done({ side: 'sell', amount: '0.5', triggerPrice: '9800' });
    world.events.length = 0;
    world.price('9700');
    const told = world.events.map((event) => {
      if (event.type === 'order') return `${event.order.id} ${event.order.status}${event.order.triggered ? ' triggered' : ''} ${event.order.filled}`;
      return event.type === 'trade' ? `${event.trade.orderId} trade ${event.trade.amount}` : event.type;
    });
    expect(told).toEqual(['price', 'o1 open triggered 0', 'o1 trade 0.6', 'o1 trade 0.4', 'o1 closed triggered 1', 'o2 open triggered 0', 'o2 trade 0.5', 'o2 closed triggered 0.5']);
    expect(world.events.every((event) => Object.isFrozen(event))).toBe(true);
  });

  it('that closes is cut to its leg when it fires, and expires when nothing is left', async () => {
    const world = new World();
    await world.done({ side: 'buy', amount: '1' });
    await world.done({ side: 'sell', amount: '0.7', positionSide: 'long', triggerPrice: '9900', clientOrderId: 'a' });
    await world.done({ side: 'sell', amount: '0.7', positionSide: 'long', triggerPrice: '9800', clientOrderId: 'b' });
    await world.done({ side: 'sell', amount: '0.7', positionSide: 'long', triggerPrice: '9700', clientOrderId: 'c' });
    world.price('9600');
    expect(world.trades().slice(1)).toEqual(['sell 0.7 @ 9600', 'sell 0.3 @ 9600']);
    expect(await world.order('b')).toMatchObject({ status: 'closed', amount: '0.3', filled: '0.3' });
    expect(await world.order('c')).toMatchObject({ status: 'expired', triggered: true, filled: '0', reason: 'REDUCE_ONLY_REJECTED' });
    expect(world.legs()).toEqual([]);
  });

  it('that opens is rejected when it fires and the margin is short', async () => {
    const world = new World({ account: { deposit: '1005' } });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', clientOrderId: 'a' });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9800', clientOrderId: 'b' });
    world.price('9750');
    expect(await world.order('a')).toMatchObject({ status: 'closed' });
    expect(await world.order('b')).toMatchObject({ status: 'rejected', reason: 'INSUFFICIENT_MARGIN', triggered: true, filled: '0' });
    expect(world.legs()).toEqual(['short -1']);
  });

  it('post-only that would take when it fires expires', async () => {
    const world = new World();
    const { clientOrderId } = await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', price: '9880', postOnly: true });
    world.price('9890');
    expect(await world.order(clientOrderId)).toMatchObject({ status: 'expired', reason: 'POST_ONLY_WOULD_TAKE' });
  });

  it('waits out a halt and fires at the first tick after it', async () => {
    const world = new World();
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900' });
    world.exchange.halt(BTC, true);
    world.price('9000');
    world.exchange.halt(BTC, false);
    world.price('9500');
    expect(world.trades()).toEqual(['sell 1 @ 9500']);
  });
});
