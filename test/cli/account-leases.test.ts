/** The leases of a bot: all accounts or none, sure of them before every commit, lost for good when another process took one (I16). */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { AccountLeases } from '../../src/cli/run/account-leases.ts';
import type { LeaseTerms } from '../../src/cli/run/account-leases.ts';
import { HedgerowError } from '../../src/domain/errors.ts';
import type { CommitBatch, Store } from '../../src/ports/store.ts';
import { forwardingStore } from '../../src/sim/forwarding-store.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';

/** The store's clock. */
const clock = { at: 0, now: (): number => clock.at };
const TTL_MS = 60_000;
/** In real time: it runs out within the test. */
const SHORT_MS = 50;
const EMPTY: CommitBatch = { planId: 1, entries: [], snapshot: null, orders: [], intents: [], trades: [] };

const open: AccountLeases[] = [];
afterEach(async () => {
  for (const leases of open.splice(0)) await leases.release();
});

async function acquire(store: Store, terms: Partial<LeaseTerms> = {}): Promise<AccountLeases> {
  const leases = await AccountLeases.acquire({ store, venue: 'v', accounts: ['main', 'hedge'], ttlMs: TTL_MS, isStandby: false, onWait: () => {}, isStopped: () => false, ...terms });
  if (leases === null) throw new Error('stopped');
  open.push(leases);
  return leases;
}

async function storeWithPlan(): Promise<Store> {
  const store = createMemoryStore(clock);
  await store.openPlan({ venue: 'v', name: 'plan' }, {}, 'hash', 0);
  return store;
}

describe('AccountLeases', () => {
  it('takes all accounts or none, and gives them back', async () => {
    const store = await storeWithPlan();
    const first = await acquire(store, { accounts: ['main'] });
    expect(first.fences).toEqual([{ venue: 'v', account: 'main', token: 1 }]);
    await expect(acquire(store)).rejects.toMatchObject({ code: 'STORE_LOCKED', message: expect.stringMatching(/^account main is traded by .+, whose lease runs out in 60 s/) as string });
    expect(await store.findLease('v', 'hedge')).toBeNull();
    await first.release();
    expect(first.isHeld()).toBe(false);
    expect((await acquire(store)).fences).toHaveLength(2);
  });

  it('waits as standby for whoever holds one, telling it once, until it has it or is stopped', async () => {
    const store = await storeWithPlan();
    const first = await acquire(store);
    const told: string[] = [];
    let isStopped = false;
    const stopped = AccountLeases.acquire({ store, venue: 'v', accounts: ['main'], ttlMs: TTL_MS, isStandby: true, onWait: (_, account) => told.push(account), isStopped: () => isStopped });
    const waiting = acquire(store, { isStandby: true, onWait: (_, account) => told.push(account) });
    await expect.poll(() => told.length).toBe(2);
    isStopped = true;
    expect(await stopped).toBeNull();
    await first.release();
    expect((await waiting).isHeld()).toBe(true);
    expect(told.sort()).toEqual(['hedge', 'main']);
  });

  it('is lost for good once another process has one of them, and commits nothing then', async () => {
    const store = await storeWithPlan();
    const first = await acquire(store, { ttlMs: SHORT_MS });
    clock.at += SHORT_MS;
    const taken = await store.acquireLease('v', 'hedge', 'another', TTL_MS);
    expect(taken.type).toBe('held');
    await sleep(SHORT_MS);
    await expect(first.guarded(store).commit(EMPTY)).rejects.toMatchObject({ code: 'LEASE_LOST', message: expect.stringContaining('account hedge is traded by another now') as string });
    expect(first.lost?.code).toBe('LEASE_LOST');
    expect(first.isHeld()).toBe(false);
    clock.at += 2 * TTL_MS;
    await expect(first.guarded(store).commit(EMPTY)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    // Not even given back: it is not ours any more.
    await first.release();
  });

  it('goes on after the store was away for longer than the lease, if nobody took it', async () => {
    const store = await storeWithPlan();
    let isAway = false;
    let commits = 0;
    const flaky = forwardingStore(store, {
      acquireLease: async (...args) => {
        if (isAway) throw new HedgerowError('STORE_UNAVAILABLE', 'away');
        return store.acquireLease(...args);
      },
      commit: async () => void (commits += 1),
    });
    const leases = await acquire(flaky, { ttlMs: SHORT_MS });
    isAway = true;
    clock.at += TTL_MS;
    await sleep(SHORT_MS);
    expect(leases.isHeld()).toBe(false);
    await expect(leases.guarded(flaky).commit(EMPTY)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect({ commits, lost: leases.lost }).toEqual({ commits: 0, lost: null });
    isAway = false;
    await leases.guarded(flaky).commit(EMPTY);
    expect(commits).toBe(1);
  });
});
