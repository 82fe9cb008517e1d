/** Writes to Bybit take turns, so that no rolling second has more than ten of a kind, and protection has its share. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EndpointPace } from '../../../../src/adapters/ccxt/bybit/endpoint-pace.ts';
import type { Priority } from '../../../../src/adapters/ccxt/rate-budget.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Asks for so many turns at once; `at` and `refused` fill with time, ms. */
function ask(pace: EndpointPace, count: number, priority: Priority, endpoint = 'create'): { readonly at: number[]; readonly refused: number[] } {
  const told = { at: [] as number[], refused: [] as number[] };
  for (let each = 0; each < count; each += 1) void pace.turn(endpoint, priority).then((mayGo) => (mayGo ? told.at : told.refused).push(performance.now()));
  return told;
}
const after = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));

test('eight go at once, the rest when a second and the way there are over', async () => {
  const { at } = ask(new EndpointPace(), 12, 'write');
  const start = performance.now();
  await after(2_000);
  expect(at.map((each) => each - start)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1_100, 1_100, 1_100, 1_100]);
});

test('protection goes first, and has two turns of its own', async () => {
  const pace = new EndpointPace();
  const common = ask(pace, 9, 'write');
  const protecting = ask(pace, 3, 'protect');
  await after(0);
  expect([common.at.length, protecting.at.length]).toEqual([8, 2]);
  await after(1_100);
  expect([common.at.length, protecting.at.length]).toEqual([9, 3]);
});

test('every endpoint has turns of its own', async () => {
  const pace = new EndpointPace();
  const [created, cancelled] = [ask(pace, 8, 'write'), ask(pace, 8, 'write', 'cancel')];
  await after(0);
  expect([created.at.length, cancelled.at.length]).toEqual([8, 8]);
});

test('what does not come up in two seconds is not sent', async () => {
  const { at, refused } = ask(new EndpointPace(), 20, 'write');
  await after(2_200);
  expect([at.length, refused.length]).toEqual([16, 4]);
});

test('no rolling second has more than ten', async () => {
  const pace = new EndpointPace();
  const all: number[][] = [];
  for (let step = 0; step < 40; step += 1) {
    all.push(ask(pace, 1 + (step % 3), step % 2 === 0 ? 'write' : 'protect').at);
    await after(100);
  }
  const times = all.flat().sort((a, b) => a - b);
  for (const [index, at] of times.entries()) expect(times.slice(index).filter((each) => each < at + 1_000).length).toBeLessThanOrEqual(10);
});
