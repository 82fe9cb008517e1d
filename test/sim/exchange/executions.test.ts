import { describe, expect, it } from 'vitest';
import type { ExecutionCause, ExecutionFate } from '../../../src/sim/exchange/faults.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import type { BookDelta } from '../../../src/sim/exchange/delta.ts';
import { World, configOf } from './world.ts';
import type { WorldOptions } from './world.ts';

/** Executions of the order `x` for this cause get `fate`, the first time only. */
function once(cause: ExecutionCause, fate: ExecutionFate): WorldOptions {
  let isSpent = false;
  return {
    execution: (order, because) => {
      if (isSpent || order.clientOrderId !== 'x' || because !== cause) return { type: 'normal' };
      isSpent = true;
      return fate;
    },
  };
}

/** Long 1 with a stop-loss `x` that has just fired at 9900. */
async function firedStop(fate: ExecutionFate, options: WorldOptions = {}): Promise<World> {
  const world = new World({ ...once('fired', fate), ...options });
  await world.done({ side: 'buy', amount: '1' });
  await world.done({ side: 'sell', amount: '1', positionSide: 'long', triggerPrice: '9900', clientOrderId: 'x' });
  world.price('9900');
  return world;
}

describe('a conditional order that fires', () => {
  it.each([
    { type: 'refused', status: 'rejected', reason: 'INSUFFICIENT_MARGIN' },
    { type: 'refused', status: 'expired', reason: 'FOK_NOT_FILLED' },
    { type: 'refused', status: 'canceled', reason: 'SELF_TRADE' },
  ] as const)('has its child refused: $status $reason', async (fate) => {
    const world = await firedStop(fate);
    expect(await world.order('x')).toMatchObject({ status: fate.status, reason: fate.reason, triggered: true, filled: '0' });
    expect(world.legs()).toEqual(['long 1']);
  });

  it('has the child of a stop-limit refused that would only rest', async () => {
    const world = new World(once('fired', { type: 'refused', status: 'rejected', reason: 'INSUFFICIENT_MARGIN' }));
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', price: '9950', clientOrderId: 'x' });
    world.price('9900');
    expect(await world.order('x')).toMatchObject({ status: 'rejected', triggered: true });
  });

  it('fills a part, is silent for a while, then fills the rest', async () => {
    const world = await firedStop({ type: 'partial', share: '0.4', restAfterMs: 3_000 });
    expect(await world.order('x')).toMatchObject({ status: 'open', filled: '0.4', amount: '1' });
    world.price('9890');
    world.price('9880');
    expect(world.trades()).toEqual(['buy 1 @ 10000', 'sell 0.4 @ 9900']);
    world.price('9870');
    expect(world.trades()[2]).toBe('sell 0.6 @ 9870');
    expect(await world.order('x')).toMatchObject({ status: 'closed', filled: '1' });
  });

  it('may fire and fill nothing for a while', async () => {
    const world = await firedStop({ type: 'partial', share: '0', restAfterMs: 1_500 });
    expect(await world.order('x')).toMatchObject({ status: 'open', triggered: true, filled: '0' });
    world.price('9800');
    world.price('9700');
    expect(world.trades()[1]).toBe('sell 1 @ 9700');
  });

  it('fills within the slippage bound only: the rest expires', async () => {
    const world = await firedStop({ type: 'bounded', share: '0.7', reason: 'SLIPPAGE_BOUND' });
    expect(await world.order('x')).toMatchObject({ status: 'expired', filled: '0.7', amount: '1', reason: 'SLIPPAGE_BOUND' });
    expect(world.legs()).toEqual(['long 0.3']);
  });

  it('fills a share on the amount step', async () => {
    const world = await firedStop({ type: 'bounded', share: '0.33333', reason: 'SLIPPAGE_BOUND' });
    expect(await world.order('x')).toMatchObject({ filled: '0.333' });
  });

  it('is overfilled by a step, but never beyond the leg it closes', async () => {
    const options = once('fired', { type: 'overfill', steps: 1 });
    const opening = new World(options);
    await opening.done({ side: 'buy', amount: '1', triggerPrice: '10100', clientOrderId: 'x' });
    opening.price('10100');
    expect(await opening.order('x')).toMatchObject({ status: 'closed', amount: '1', filled: '1.001' });
    expect(opening.legs()).toEqual(['long 1.001']);
    const closing = await firedStop({ type: 'overfill', steps: 1 });
    expect([(await closing.order('x'))?.filled, closing.legs()]).toEqual(['1', []]);
  });

  it('keeps the wait of its rest over a restart of the exchange', async () => {
    const world = new World(once('fired', { type: 'partial', share: '0.4', restAfterMs: 3_000 }));
    const deltas: BookDelta[] = [world.exchange.snapshot()];
    world.exchange.onDelta((delta) => deltas.push(JSON.parse(JSON.stringify(delta)) as BookDelta));
    await world.done({ side: 'buy', amount: '1', triggerPrice: '10100', clientOrderId: 'x' });
    world.price('10100');
    for (const history of [deltas, [world.exchange.snapshot()]]) {
      const restored = new World({ price: null }, SimulatedExchange.restore(configOf(), history));
      restored.price('10110');
      expect(restored.trades().length).toBe(1);
      restored.price('10120');
      restored.price('10130');
      expect(restored.trades()).toEqual(['buy 0.4 @ 10100', 'buy 0.6 @ 10130']);
    }
  });
});

describe('other executions', () => {
  it('a market order may be refused after it was accepted', async () => {
    const world = new World(once('taken', { type: 'refused', status: 'expired', reason: 'NO_LIQUIDITY' }));
    expect(await world.done({ side: 'buy', amount: '1', clientOrderId: 'x' })).toMatchObject({ status: 'expired', reason: 'NO_LIQUIDITY' });
  });

  it('a limit that is reached may fill in parts, the rest when the price is there again', async () => {
    const world = new World(once('reached', { type: 'partial', share: '0.5', restAfterMs: 1_500 }));
    await world.done({ side: 'buy', amount: '1', price: '9900', clientOrderId: 'x' });
    world.price('9900');
    world.price('9890');
    expect(world.trades()).toEqual(['buy 0.5 @ 9900']);
    world.price('9895');
    expect(world.trades()).toEqual(['buy 0.5 @ 9900', 'buy 0.5 @ 9900']);
  });
});
