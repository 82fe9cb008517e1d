import { describe, expect, it } from 'vitest';
import type { OrderRecord, WriteOutcome } from '../../../src/ports/exchange.ts';
import type { Delivery, DeliveryPolicy } from '../../../src/sim/exchange/config.ts';
import { World } from './world.ts';
import type { WorldOptions } from './world.ts';

const PROMPT: Delivery = { requestMs: 0, responseMs: 0, applied: 1, answer: null };
const MINUTES = 60_000;

/** A world whose writes are treated so; reads are prompt. */
function under(fate: Partial<Delivery>, options: WorldOptions = {}): World {
  const deliver: DeliveryPolicy = ({ kind }) => (kind === 'read' ? PROMPT : { ...PROMPT, ...fate });
  return new World({ deliver, ...options });
}

/** What the client has been told, once it was. */
function listen(promise: Promise<WriteOutcome<OrderRecord>>): { readonly told: () => Promise<string | null> } {
  let told: string | null = null;
  void promise.then((outcome) => (told = outcome.type));
  return {
    told: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return told;
    },
  };
}

function arrivals(world: World): readonly string[] {
  return world.exchange.truth().requests.map(({ receivedAt, outcome, code }) => `${receivedAt} ${code ?? outcome}`);
}

describe('a write whose answer is apart from its arrival', () => {
  it('is unknown to the client before it arrives', async () => {
    const world = under({ requestMs: 8_000, answerAfterMs: 5_000 });
    const { told } = listen(world.place({ side: 'buy', amount: '1' }));
    world.exchange.advanceTo(1_000 + 4_999);
    expect(await told()).toBeNull();
    world.exchange.advanceTo(1_000 + 5_000);
    expect([await told(), world.trades()]).toEqual(['unknown', []]);
    world.exchange.advanceTo(1_000 + 8_000);
    expect(world.trades()).toEqual(['buy 1 @ 10000']);
    expect(world.exchange.nextDueAt()).toBeNull();
  });

  it('is unknown to the client long after it was carried out', async () => {
    const world = under({ requestMs: 10, answerAfterMs: 5_000 });
    const { told } = listen(world.place({ side: 'buy', amount: '1' }));
    world.exchange.advanceTo(2_000);
    expect([await told(), world.trades()]).toEqual([null, ['buy 1 @ 10000']]);
    world.exchange.advanceTo(6_000);
    expect(await told()).toBe('unknown');
  });

  it.each([
    { fate: { applied: 1 }, trades: 1 },
    { fate: { applied: 0 }, trades: 0 },
  ] as const)('is told an error, carried out or not: $fate', async ({ fate, trades }) => {
    const world = under({ ...fate, answerAfterMs: 100, answer: { type: 'refused', code: 'GATEWAY_ERROR', message: '' } });
    const outcome = world.place({ side: 'buy', amount: '1' });
    world.exchange.advanceTo(2_000);
    expect(await outcome).toMatchObject({ code: 'GATEWAY_ERROR' });
    expect(world.trades().length).toBe(trades);
  });

  it('arrives minutes later, whoever listens then', async () => {
    const world = under({ requestMs: 4 * MINUTES, answerAfterMs: 1_000 }, { honoursDeadline: false });
    void world.place({ side: 'buy', amount: '1', clientOrderId: 'late' });
    world.exchange.advanceTo(3 * MINUTES);
    expect(await world.order('late')).toBeNull();
    const heard: string[] = [];
    world.exchange.subscribe((event) => heard.push(event.type));
    world.exchange.advanceTo(5 * MINUTES);
    expect(heard).toEqual(['order', 'trade', 'order']);
    expect(await world.order('late')).toMatchObject({ status: 'closed', createdAt: 1_000 + 4 * MINUTES });
  });
});

describe('a write delivered twice', () => {
  it('arrives again later and answers nobody', async () => {
    const world = under({ applied: 2, repeatAfterMs: 500 });
    expect(await world.code({ side: 'buy', amount: '1' })).toBe('done');
    expect(arrivals(world)).toEqual(['1000 done']);
    world.exchange.advanceTo(1_500);
    expect(arrivals(world)).toEqual(['1000 done', '1500 DUPLICATE_CLIENT_ORDER_ID']);
  });
});

describe('the deadline of a request', () => {
  const capabilities = { requestDeadlineMs: 2_000 };

  it('is honoured: a request that arrives later is refused and never carried out', async () => {
    const world = under({ requestMs: 2_001 }, { capabilities });
    const outcome = world.place({ side: 'buy', amount: '1' });
    world.exchange.advanceTo(10_000);
    expect(await outcome).toMatchObject({ type: 'refused', code: 'REQUEST_EXPIRED' });
    expect([world.trades(), arrivals(world)]).toEqual([[], ['3001 REQUEST_EXPIRED']]);
  });

  it('passes a request that arrives in its last moment', async () => {
    const world = under({ requestMs: 2_000 }, { capabilities });
    const outcome = world.place({ side: 'buy', amount: '1' });
    world.exchange.advanceTo(10_000);
    expect((await outcome).type).toBe('done');
  });

  it('counts for the second delivery too', () => {
    const world = under({ applied: 2, repeatAfterMs: 2_001 }, { capabilities });
    void world.place({ side: 'buy', amount: '1' });
    world.exchange.advanceTo(10_000);
    expect(arrivals(world)).toEqual(['1000 done', '3001 REQUEST_EXPIRED']);
  });

  it('is ignored by an exchange that knows none', async () => {
    const world = under({ requestMs: 2_001 }, { capabilities, honoursDeadline: false });
    const outcome = world.place({ side: 'buy', amount: '1' });
    world.exchange.advanceTo(10_000);
    expect((await outcome).type).toBe('done');
  });
});

describe('a read that takes too long', () => {
  it('rejects after the time the client waits', async () => {
    const world = new World({ deliver: () => ({ ...PROMPT, requestMs: 10, answerAfterMs: 3_000 }) });
    const failure = world.exchange.fetchSnapshot('main').catch((error: unknown) => error);
    world.exchange.advanceTo(3_999);
    expect(world.exchange.nextDueAt()).toBe(4_000);
    world.exchange.advanceTo(4_000);
    expect(await failure).toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
  });
});
