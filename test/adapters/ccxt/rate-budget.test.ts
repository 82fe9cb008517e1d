import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RateBudget } from '../../../src/adapters/ccxt/rate-budget.ts';

const PATIENT_MS = 60_000;
const SPEC = { capacity: 100, windowMs: 1_000 };

describe('the budget of request weight', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  const spend = (budget: RateBudget, weight: number, priority: 'protect' | 'write' | 'read', log: string[], name: string): void => {
    void budget.acquire(weight, priority, PATIENT_MS).then((mayGo) => log.push(mayGo ? name : `${name} gave up`));
  };

  test('reads leave a reserve that writes and protection may use', async () => {
    const budget = new RateBudget(SPEC);
    const log: string[] = [];
    spend(budget, 70, 'read', log, 'read 1');
    spend(budget, 1, 'read', log, 'read 2');
    spend(budget, 15, 'write', log, 'write 1');
    spend(budget, 1, 'write', log, 'write 2');
    spend(budget, 15, 'protect', log, 'protect 1');
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['read 1', 'write 1', 'protect 1']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(log).toEqual(['read 1', 'write 1', 'protect 1', 'write 2', 'read 2']);
  });

  test('never more than the capacity in a window, whatever is asked for', async () => {
    const budget = new RateBudget(SPEC);
    const sent: number[] = [];
    for (let index = 0; index < 60; index += 1) void budget.acquire(10, index % 2 === 0 ? 'protect' : 'read', PATIENT_MS).then(() => sent.push(performance.now()));
    const startedAt = performance.now();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sent).toHaveLength(60);
    for (const from of sent) expect(sent.filter((at) => at >= from && at < from + SPEC.windowMs).length * 10).toBeLessThanOrEqual(2 * SPEC.capacity);
    expect((sent.at(-1) ?? 0) - startedAt).toBeGreaterThanOrEqual(((600 - SPEC.capacity) / SPEC.capacity) * SPEC.windowMs - 1);
  });

  test('a pause holds everything back, and ends', async () => {
    const budget = new RateBudget(SPEC);
    const log: string[] = [];
    budget.pause(3_000);
    spend(budget, 1, 'protect', log, 'protect');
    await vi.advanceTimersByTimeAsync(2_900);
    expect(log).toEqual([]);
    expect(budget.pauseLeftMs).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(log).toEqual(['protect']);
  });

  test('what waits with less priority goes when its turn comes, also behind a pause that was made longer', async () => {
    const budget = new RateBudget(SPEC);
    const log: string[] = [];
    budget.pause(1_000);
    spend(budget, 1, 'read', log, 'read');
    budget.pause(2_000);
    spend(budget, 1, 'protect', log, 'protect');
    await vi.advanceTimersByTimeAsync(1_500);
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log).toEqual(['protect', 'read']);
  });

  test("the exchange's own count wins when it is higher", async () => {
    const budget = new RateBudget(SPEC);
    const log: string[] = [];
    budget.usedAtLeast(95);
    spend(budget, 10, 'protect', log, 'protect');
    await vi.advanceTimersByTimeAsync(10);
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(60);
    expect(log).toEqual(['protect']);
  });

  test('protection does not wait for the moment a read waits for', async () => {
    const budget = new RateBudget(SPEC);
    const log: string[] = [];
    budget.usedAtLeast(98);
    spend(budget, 60, 'read', log, 'read');
    spend(budget, 5, 'protect', log, 'protect');
    await vi.advanceTimersByTimeAsync(40);
    expect(log).toEqual(['protect']);
  });

  test('nobody waits longer than he wants to, and who gives up uses nothing', async () => {
    const budget = new RateBudget(SPEC);
    const log: string[] = [];
    budget.pause(3_000);
    void budget.acquire(50, 'write', 1_000).then((mayGo) => log.push(mayGo ? 'write' : 'gave up'));
    spend(budget, 70, 'read', log, 'read');
    await vi.advanceTimersByTimeAsync(1_100);
    expect(log).toEqual(['gave up']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(log).toEqual(['gave up', 'read']);
  });

  test('a request that weighs more than its share may ever hold is sent all the same', async () => {
    const budget = new RateBudget(SPEC);
    const log: string[] = [];
    spend(budget, 500, 'read', log, 'read');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log).toEqual(['read']);
  });
});
