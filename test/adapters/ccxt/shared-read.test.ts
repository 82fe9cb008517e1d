import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventLedger } from '../../../src/adapters/ccxt/event-ledger.ts';
import type { AccountEvent } from '../../../src/adapters/ccxt/event-ledger.ts';
import { SharedRead } from '../../../src/adapters/ccxt/shared-read.ts';

describe('a read that many share', () => {
  test('nobody gets a read that began before he asked', async () => {
    const started: number[] = [];
    const finish: ((value: number) => void)[] = [];
    const read = new SharedRead(() => {
      started.push(started.length);
      return new Promise<number>((resolve) => finish.push(resolve));
    }, 0);
    const first = read.get();
    await Promise.resolve();
    await Promise.resolve();
    expect(started).toEqual([0]);
    const [second, third] = [read.get(), read.get()];
    expect(second).toBe(third);
    finish[0]?.(1);
    expect(await first).toBe(1);
    await vi.waitFor(() => expect(started).toEqual([0, 1]));
    finish[1]?.(2);
    expect(await Promise.all([second, third])).toEqual([2, 2]);
  });

  test('a failure is the failure of those who shared it only', async () => {
    let isBroken = true;
    const read = new SharedRead(() => (isBroken ? Promise.reject(new Error('away')) : Promise.resolve('here')), 0);
    await expect(read.get()).rejects.toThrow('away');
    isBroken = false;
    expect(await read.get()).toBe('here');
  });
});

describe('account events', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  const transfer = (at: number): AccountEvent => ({ type: 'transfer', id: `t${at}`, account: 'main', currency: 'USDT', amount: '1', at });

  test('are asked for from the oldest watermark once, then only for what is new, with an overlap for late rows', async () => {
    let now = 10_000_000;
    const asked: number[] = [];
    const rows = [transfer(1_000_000), transfer(9_999_000)];
    const ledger = new EventLedger((since) => {
      asked.push(since);
      return Promise.resolve(rows.filter(({ at }) => at >= since));
    }, () => now, 0);
    expect((await ledger.since(5_000_000)).map(({ id }) => id)).toEqual(['t9999000']);
    expect((await ledger.since(900_000)).map(({ id }) => id)).toEqual(['t1000000', 't9999000']);
    rows.push(transfer(9_998_000), transfer(10_100_000));
    now = 10_200_000;
    expect((await ledger.since(5_000_000)).map(({ id }) => id)).toEqual(['t9998000', 't9999000', 't10100000']);
    expect(asked).toEqual([5_000_000, 900_000, 10_000_000 - 15 * 60_000]);
  });

  test('a reading that failed leaves no hole behind', async () => {
    const answers: (() => Promise<readonly AccountEvent[]>)[] = [() => Promise.reject(new Error('away')), () => Promise.resolve([transfer(1_000)])];
    const asked: number[] = [];
    const ledger = new EventLedger((since) => {
      asked.push(since);
      return (answers.shift() ?? (() => Promise.resolve([])))();
    }, () => 2_000, 0);
    await expect(ledger.since(500)).rejects.toThrow('away');
    expect(await ledger.since(700)).toEqual([transfer(1_000)]);
    expect(asked).toEqual([500, 700]);
  });
});
