/** The part of the store's contract about who may write and who asked for what: leases, fences, operator actions. Covers I16, I17 and I20. */
import { expect, test } from 'vitest';
import type { Fence, LeaseAnswer, OperatorAction, Store } from '../../src/ports/store.ts';
import { NOW, batch, broken, entry, newPlan, order, trade } from './store-samples.ts';

/** Long enough for a test of a few statements, short enough to wait for. */
const TTL_MS = 300;
const LONG_MS = 600_000;

interface Subject {
  readonly store: Store;
  readonly pass: (ms: number) => Promise<void>;
}

let accounts = 0;

function newAccount(): string {
  accounts += 1;
  return `account ${accounts}`;
}

function fenceOf(answer: LeaseAnswer): Fence {
  if (answer.type !== 'held') throw new Error(`the lease is held by ${answer.holder}`);
  return answer.fence;
}

function action(actionId: string, planId: number, change: Partial<OperatorAction> = {}): Omit<OperatorAction, 'result'> {
  return { actionId, planId, action: 'pause', reason: 'lunch\u0000', requestedBy: 'cli alice@host', requestedAt: NOW, ...change };
}

/** `subject` is asked in every test: its store is made before the first. */
export function writerTests(subject: () => Subject): void {
  leaseTests(subject);
  fenceTests(subject);
  actionTests(subject);
  worldTests(subject);
}

function worldTests(subject: () => Subject): void {
  test('a venue keeps the simulated book it was first asked with, unless another may take its place', async () => {
    const { store } = subject();
    const venue = newAccount();
    expect(await store.bindWorld(venue, 'one', false)).toBe('one');
    expect(await store.bindWorld(venue, 'two', false)).toBe('one');
    expect(await store.bindWorld(venue, 'two', true)).toBe('two');
    expect(await store.bindWorld(venue, 'one', false)).toBe('two');
  });
}

function leaseTests(subject: () => Subject): void {
  test('a lease has one holder, keeps its token while it does, and is taken over when it has run out (I16)', async () => {
    const { store, pass } = subject();
    const account = newAccount();
    const first = await store.acquireLease('v', account, 'one', TTL_MS);
    expect(first).toEqual({ type: 'held', fence: { venue: 'v', account, token: expect.any(Number) as number }, expiresInMs: TTL_MS });
    expect(await store.acquireLease('v', account, 'one', TTL_MS)).toEqual(first);
    const refused = await store.acquireLease('v', account, 'two', TTL_MS);
    expect(refused).toMatchObject({ type: 'taken', holder: 'one' });
    expect(await store.findLease('v', account)).toMatchObject({ holder: 'one' });
    expect(await store.findLease('v', 'nobody')).toBeNull();
    expect(refused.expiresInMs).toBeGreaterThan(0);
    expect(refused.expiresInMs).toBeLessThanOrEqual(TTL_MS);
    expect(fenceOf(await store.acquireLease('other venue', account, 'two', TTL_MS))).toMatchObject({ account });
    await pass(TTL_MS + 20);
    const second = fenceOf(await store.acquireLease('v', account, 'two', LONG_MS));
    expect(second.token).toBe(fenceOf(first).token + 1);
    expect(await store.acquireLease('v', account, 'one', TTL_MS)).toMatchObject({ type: 'taken', holder: 'two' });
  });

  test('a holder that renews keeps others out for as long as it does', async () => {
    const { store, pass } = subject();
    const account = newAccount();
    for (let renewal = 0; renewal < 4; renewal += 1) {
      await store.acquireLease('v', account, 'one', TTL_MS);
      await pass(TTL_MS / 2);
      expect(await store.acquireLease('v', account, 'two', TTL_MS)).toMatchObject({ type: 'taken', holder: 'one' });
    }
  });

  test('a lease given back is free at once, one that another has stays', async () => {
    const { store } = subject();
    const account = newAccount();
    const first = fenceOf(await store.acquireLease('v', account, 'one', LONG_MS));
    await store.releaseLease(first);
    expect(await store.findLease('v', account)).toBeNull();
    const second = fenceOf(await store.acquireLease('v', account, 'two', LONG_MS));
    expect(second.token).toBe(first.token + 1);
    await store.releaseLease(first);
    expect(await store.acquireLease('v', account, 'three', LONG_MS)).toMatchObject({ type: 'taken', holder: 'two' });
    await store.releaseLease({ venue: 'v', account: 'nobody', token: 1 });
  });

  test('of many that ask at once one gets it', async () => {
    const { store } = subject();
    const account = newAccount();
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => store.acquireLease('v', account, `holder ${n}`, LONG_MS)));
    const held = answers.filter(({ type }) => type === 'held');
    expect(held).toHaveLength(1);
    const holders = new Set(answers.flatMap((answer) => (answer.type === 'taken' ? [answer.holder] : [])));
    expect(holders.size).toBe(1);
  });
}

function fenceTests(subject: () => Subject): void {
  test('a writer whose lease another took over writes nothing any more (I16)', async () => {
    const { store } = subject();
    const plan = await newPlan(store);
    const [account, other] = [newAccount(), newAccount()];
    const fence = fenceOf(await store.acquireLease('v', account, 'one', LONG_MS));
    const second = fenceOf(await store.acquireLease('v', other, 'one', LONG_MS));
    await store.commit(batch(plan.planId, { entries: [entry(1)], fences: [fence, fence, second] }));
    await store.requestAction(action(`fenced ${account}`, plan.planId));
    await store.releaseLease(second);
    await store.commit(batch(plan.planId, { entries: [entry(2)], fences: [fence, second] }));
    await store.acquireLease('v', other, 'two', LONG_MS);
    const outdated = batch(plan.planId, {
      entries: [entry(3)],
      orders: [order('a')],
      trades: [{ seq: 3, trade: trade('t1') }],
      actions: [{ actionId: `fenced ${account}`, outcome: 'done', note: '', at: NOW }],
      fences: [fence, second],
    });
    await expect(store.commit(outdated)).rejects.toEqual(broken('I16'));
    await expect(store.commit(outdated)).rejects.toThrow(other);
    await expect(store.commit({ ...outdated, fences: [{ venue: 'v', account: 'never leased', token: 1 }] })).rejects.toEqual(broken('I16'));
    // Also what was committed while the lease was held is not taken as done any more.
    await expect(store.commit(batch(plan.planId, { entries: [entry(2)], fences: [second] }))).rejects.toEqual(broken('I16'));
    expect((await store.findPlan(plan))?.seq).toBe(2);
    expect(await store.loadOrder(plan.planId, 'a')).toBeNull();
    expect(await store.loadPendingActions(plan.planId)).toHaveLength(1);
    await store.commit({ ...outdated, fences: [fence] });
  });

  test('what a writer commits while its lease is taken over is either seen by the next one or refused (I16)', async () => {
    const { store } = subject();
    for (let round = 0; round < 10; round += 1) {
      const plan = await newPlan(store);
      const account = newAccount();
      const fence = fenceOf(await store.acquireLease('v', account, 'one', LONG_MS));
      await store.releaseLease(fence);
      const commits = [1, 2, 3].map((seq) => store.commit(batch(plan.planId, { entries: [entry(seq)], fences: [fence] })).then(() => seq, () => 0));
      const takeover = store.acquireLease('v', account, 'two', LONG_MS).then(async () => (await store.findPlan(plan))!.seq);
      const [seen, ...done] = await Promise.all([takeover, ...commits]);
      expect((await store.findPlan(plan))!.seq).toBe(seen);
      expect(Math.max(...done)).toBeLessThanOrEqual(seen);
    }
  });
}

function actionTests(subject: () => Subject): void {
  test('an action is written down once, in order, and completed once by a commit of its plan', async () => {
    const { store } = subject();
    const plan = await newPlan(store);
    const sibling = await newPlan(store);
    const id = (name: string) => `${plan.planId} ${name}`;
    const z = await store.requestAction(action(id('z'), plan.planId, { reason: '' }));
    expect(z).toEqual({ ...action(id('z'), plan.planId, { reason: '' }), result: null });
    await store.requestAction(action(id('a'), plan.planId, { action: 'halt', requestedAt: NOW - 5, reason: 'now' }));
    await store.requestAction(action(id('s'), sibling.planId));
    expect(await store.requestAction(action(id('z'), plan.planId, { action: 'flatten', reason: 'again' }))).toEqual(z);
    expect((await store.loadPendingActions(plan.planId)).map(({ actionId }) => actionId)).toEqual([id('z'), id('a')]);

    const result = { actionId: id('z'), outcome: 'ignored', note: 'it was paused', at: NOW + 1 } as const;
    await store.commit(batch(sibling.planId, { actions: [result] }));
    expect(await store.loadAction(id('z'))).toEqual(z);
    await store.commit(batch(plan.planId, { entries: [entry(1)], actions: [result, { ...result, actionId: 'nobody asked' }] }));
    await store.commit(batch(plan.planId, { entries: [entry(2)], actions: [{ ...result, outcome: 'done', note: 'later' }] }));
    expect(await store.loadAction(id('z'))).toEqual({ ...z, result });
    expect(await store.requestAction(action(id('z'), plan.planId))).toEqual({ ...z, result });
    expect((await store.loadPendingActions(plan.planId)).map(({ actionId }) => actionId)).toEqual([id('a')]);
    expect(await store.loadPendingActions(sibling.planId)).toHaveLength(1);
    expect(await store.loadAction('nobody asked')).toBeNull();
  });

  test('an action for a plan that does not exist is refused, and text a database cannot hold is not', async () => {
    const { store } = subject();
    await expect(store.requestAction(action('astray', 1_000_000))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const plan = await newPlan(store);
    expect((await store.requestAction(action(`${plan.planId} odd`, plan.planId))).reason).toMatch(/^lunch.$/u);
  });
}
