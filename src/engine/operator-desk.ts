/**
 * What people ask of a plan: pause, resume, halt, flatten, reset, adopt (DOMAIN §8), each taken once, written down with its result.
 *
 * - I17: halt and flatten latch in the store and outside of it before anything else, whoever asked for them, survive restarts, and end
 *   only by `resume`. They are done when a fresh, complete reading of the exchange proves it. - I20: only what the store holds is taken.
 */
import { isLifted } from '../ports/latch.ts';
import type { KillLatch, LatchRecord } from '../ports/latch.ts';
import type { Log } from '../ports/log.ts';
import type { OperatorAction, Store } from '../ports/store.ts';
import type { PlanCommand } from './event-queue.ts';
import type { JournalledMachines } from './journalled-machines.ts';
import type { PassRecord } from './pass-record.ts';
import type { PlanMemory } from './plan-memory.ts';
import { operationOf } from './step.ts';

export interface DeskParts {
  readonly plan: string;
  readonly planId: number;
  readonly store: Store;
  readonly latch: KillLatch | null;
  readonly log: Log;
  readonly record: PassRecord;
  readonly machines: JournalledMachines;
  readonly memory: PlanMemory;
  /** When the plan's journal was begun. */
  readonly startedAt: number;
  readonly now: () => number;
  /** Carries out a command at once. */
  readonly command: (command: PlanCommand) => void;
}

type Proof = 'halt' | 'flatten' | 'adopt';

const WAITING = 'the plan has not started yet, it waits for a price or for the candles of its ATR';

export class OperatorDesk {
  readonly #parts: DeskParts;
  /** Taken, but not proven yet. */
  readonly #open = new Map<string, OperatorAction & { readonly action: Proof }>();
  #isAsked = true;
  #latched: LatchRecord | null = null;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** There may be something new to read. */
  ask(): void {
    this.#isAsked = true;
  }

  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Something has been asked for that only a reading of the exchange completes. */
  get wantsProof(): boolean {
    return this.#open.size > 0;
  }

  /** Reads and takes what was asked for since. Rejects with STORE_UNAVAILABLE: then it is asked for again. */
  async hear(): Promise<void> {
    if (!this.#isAsked) return;
    const { store, planId, machines } = this.#parts;
    const actions = await store.loadPendingActions(planId);
    this.#latched = await this.#readLatch();
    this.#isAsked = false;
    for (const action of actions) {
      if (machines.state === null) await this.#takeWaiting(action);
      else if (!this.#open.has(action.actionId)) await this.#take(action);
    }
    if (machines.state !== null) this.#obeyLatch();
  }

  /** A latch that was lifted by a resume elsewhere is taken away here, too. */
  async #readLatch(): Promise<LatchRecord | null> {
    const { latch, plan, startedAt, memory } = this.#parts;
    const record = (await latch?.read(plan)) ?? null;
    if (record === null || !isLifted(record, { startedAt, resumedSeq: memory.facts.resumedSeq })) return record;
    await latch?.clear(plan);
    return null;
  }

  /** The plan waits for its first price or candles: a kill latches, so that it starts halted, and everything else has no meaning yet. */
  async #takeWaiting(action: OperatorAction): Promise<void> {
    this.#note(action);
    switch (action.action) {
      case 'halt':
      case 'flatten':
        await this.#latch(action.action, action.reason);
        return this.#answer(action, true, `${WAITING}: nothing rests and nothing is held; it will start halted, until a resume`);
      case 'resume':
        await this.#unlatch(this.#parts.record.seq);
        return this.#answer(action, true, `${WAITING}; it goes on by itself`);
      default:
        return this.#answer(action, false, WAITING);
    }
  }

  #note({ actionId, action, reason, requestedBy }: OperatorAction): number {
    return this.#parts.record.add(this.#parts.now(), 'operator.asked', { actionId, action, reason, by: requestedBy });
  }

  async #latch(action: LatchRecord['action'], reason: string): Promise<void> {
    const { latch, plan, startedAt, record, now } = this.#parts;
    this.#latched = { action, reason, at: now(), journal: { startedAt, seq: record.seq } };
    await latch?.set(plan, this.#latched);
  }

  /** The latch holds although the machine does not know of it: the store is behind, or somebody set it by hand. */
  #obeyLatch(): void {
    if (this.#latched === null) return;
    const operation = operationOf(this.#parts.machines.running);
    if (operation === 'halted' || operation === 'flattening') return;
    this.#parts.command({ type: this.#latched.action, reason: this.#latched.reason });
  }

  /** Sets the latch for whatever has stopped the plan; before its orders are touched. */
  async latchIfStopped(): Promise<void> {
    const { latch, machines } = this.#parts;
    if (latch === null || machines.state === null) return;
    const operation = operationOf(machines.running);
    if (operation !== 'halted' && operation !== 'flattening') return;
    const action = operation === 'flattening' ? 'flatten' : 'halt';
    if (this.#latched !== null && (this.#latched.action === action || action === 'halt')) return;
    await this.#latch(action, machines.running.plan.context.reason ?? action);
  }

  async #take(action: OperatorAction): Promise<void> {
    const { machines, command } = this.#parts;
    const { reason } = action;
    const before = operationOf(machines.running);
    const seq = this.#note(action);
    switch (action.action) {
      case 'pause':
        command({ type: 'pause', reason });
        return this.#answer(action, operationOf(machines.running) === 'paused' && before !== 'paused', `the plan is ${operationOf(machines.running)}`);
      case 'resume':
        if (operationOf(machines.running) !== 'flattening') await this.#unlatch(seq);
        command({ type: 'resume' });
        if (operationOf(machines.running) === 'running') this.#withdraw(['halt', 'flatten'], 'the plan was resumed before a reading proved it');
        return this.#answer(action, before !== 'running' && operationOf(machines.running) === 'running', before === 'diverged' ? 'a diverged plan is ended by adopt or flatten' : `the plan is ${operationOf(machines.running)}`);
      case 'reset':
        if (before !== 'running') return this.#answer(action, false, `only a running plan starts a new cycle; this one is ${before}`);
        command({ type: 'reset' });
        return this.#answer(action, true, 'every wallet starts a new cycle');
      case 'adopt':
        if (before !== 'diverged') return this.#answer(action, false, `nothing to adopt: the plan is ${before}`);
        this.#open.set(action.actionId, { ...action, action: 'adopt' });
        command({ type: 'adopt' });
        return;
      case 'halt':
      case 'flatten':
        this.#withdraw(['adopt'], `the plan was told to ${action.action} before a reading showed what to adopt`);
        this.#open.set(action.actionId, { ...action, action: action.action });
        command({ type: action.action, reason });
    }
  }

  async #unlatch(seq: number): Promise<void> {
    this.#parts.memory.noteResume(seq);
    this.#latched = null;
    await this.#parts.latch?.clear(this.#parts.plan);
  }

  /** A fresh, complete reading has shown it. */
  proven(proof: Proof, note: string): void {
    for (const action of this.#open.values()) {
      if (action.action !== proof) continue;
      this.#answer(action, true, note);
      this.#open.delete(action.actionId);
    }
  }

  /** What was asked for later took the place of these. */
  #withdraw(proofs: readonly Proof[], note: string): void {
    for (const action of this.#open.values()) {
      if (!proofs.includes(action.action)) continue;
      this.#answer(action, false, note);
      this.#open.delete(action.actionId);
    }
  }

  #answer(action: OperatorAction, isDone: boolean, note: string): void {
    const { record, log, now, plan } = this.#parts;
    const at = now();
    const outcome = isDone ? 'done' : 'ignored';
    record.action({ actionId: action.actionId, outcome, note, at });
    record.add(at, 'operator.answered', { actionId: action.actionId, action: action.action, outcome, note });
    log.warn({ plan, action: action.action, by: action.requestedBy, outcome, note }, 'operator action');
  }
}
