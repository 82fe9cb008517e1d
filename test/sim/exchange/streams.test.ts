import { describe, expect, it } from 'vitest';
import type { ExchangeEvent } from '../../../src/ports/exchange.ts';
import type { StreamPolicy } from '../../../src/sim/exchange/faults.ts';
import { World } from './world.ts';

const FORTY_MINUTES = 2_400_000;

function heard(world: World): readonly string[] {
  return world.events.map((event) => (event.type === 'order' ? `order ${event.order.status}` : event.type === 'price' ? `price ${event.last}` : event.type));
}

/** A world in which one market order was filled, and its stream as this policy makes it. */
async function filledUnder(stream: StreamPolicy): Promise<World> {
  const world = new World({ stream });
  world.events.length = 0;
  await world.done({ side: 'buy', amount: '1' });
  return world;
}

const only =
  (type: ExchangeEvent['type'], delays: readonly number[]): StreamPolicy =>
  (event) => (event.type === type ? delays : [0]);

describe('the stream', () => {
  it('drops', async () => {
    const world = await filledUnder(only('trade', []));
    expect(heard(world)).toEqual(['order open', 'order closed']);
    expect(world.exchange.nextDueAt()).toBeNull();
  });

  it('doubles', async () => {
    expect(heard(await filledUnder(only('trade', [0, 0])))).toEqual(['order open', 'trade', 'trade', 'order closed']);
  });

  it('repeats forty minutes later, to whoever listens then', async () => {
    const world = await filledUnder(only('trade', [0, FORTY_MINUTES]));
    world.exchange.advanceTo(1_000 + FORTY_MINUTES - 1);
    const late: string[] = [];
    world.exchange.subscribe((event) => late.push(event.type));
    world.exchange.advanceTo(1_000 + FORTY_MINUTES);
    expect([heard(world), late]).toEqual([['order open', 'trade', 'order closed', 'trade'], ['trade']]);
  });

  it('delays and so reorders; the late event keeps its own time', async () => {
    const world = await filledUnder((event) => (event.type === 'order' && event.order.status === 'open' ? [500] : event.type === 'trade' ? [200] : [0]));
    world.price('10001');
    expect(heard(world)).toEqual(['order closed', 'trade', 'order open', 'price 10001']);
    expect(world.events.map((event) => event.at)).toEqual([1_000, 1_000, 1_000, 2_000]);
  });

  it('may be late with prices', () => {
    const world = new World({ stream: only('price', [1_500]) });
    world.price('10001');
    world.price('10002');
    expect(heard(world)).toEqual(['price 10000']);
    world.exchange.advanceTo(10_000);
    expect(heard(world)).toEqual(['price 10000', 'price 10001', 'price 10002']);
  });

  it('takes requests that a late event causes as always', async () => {
    const world = new World({ stream: only('trade', [300]) });
    world.exchange.subscribe((event) => {
      if (event.type === 'trade' && event.trade.side === 'buy') void world.place({ side: 'sell', amount: '1', positionSide: 'long' });
    });
    await world.done({ side: 'buy', amount: '1' });
    world.exchange.advanceTo(1_300);
    expect(world.trades()).toEqual(['buy 1 @ 10000', 'sell 1 @ 10000']);
  });
});
