/**
 * What people ask of a plan: pause, resume, halt, flatten, reset, adopt (DOMAIN §8), each taken once, written down with its result.
 *
 * - I17: halt and flatten latch in the store and outside of it before anything else, whoever asked for them, survive restarts, and end
 *   only by `resume`. They are done when a fresh, complete reading of the exchange proves it. - I20: only what the store holds is taken.
 */
import type { KillLatch, LatchRecord } from '../ports/latch.ts';
import type { Log } from '../ports/log.ts';
import type { OperatorAction, Store } from '../ports/store.ts';
import type { PlanCommand } from './event-queue.ts';
import type { JournalledMachines } from './journalled-machines.ts';
import type { PassRecord } from './pass-record.ts';
import { operationOf } from './step.ts';

export interface DeskParts {
  readonly plan: string;
  readonly planId: number;
  readonly store: Store;
  readonly latch: KillLatch | null;
  readonly log: Log;
  readonly record: PassRecord;
  readonly machines: JournalledMachines;
  readonly now: () => number;
  /** Carries out a command at once. */
  readonly command: (command: PlanCommand) => void;
}

type Proof = 'halt' | 'flatten' | 'adopt';

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
    if (!this.#isAsked || this.#parts.machines.state === null) return;
    const actions = await this.#parts.store.loadPendingActions(this.#parts.planId);
    this.#latched = (await this.#parts.latch?.read(this.#parts.plan)) ?? null;
    this.#isAsked = false;
    for (const action of actions) if (!this.#open.has(action.actionId)) await this.#take(action);
    this.#obeyLatch();
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
    const { latch, machines, plan, now } = this.#parts;
    if (latch === null || machines.state === null) return;
    const operation = operationOf(machines.running);
    if (operation !== 'halted' && operation !== 'flattening') return;
    const action = operation === 'flattening' ? 'flatten' : 'halt';
    if (this.#latched !== null && (this.#latched.action === action || action === 'halt')) return;
    this.#latched = { action, reason: machines.running.plan.context.reason ?? action, at: now() };
    await latch.set(plan, this.#latched);
  }

  async #take(action: OperatorAction): Promise<void> {
    const { machines, record, now, command } = this.#parts;
    const { reason } = action;
    const before = operationOf(machines.running);
    record.add(now(), 'operator.asked', { actionId: action.actionId, action: action.action, reason, by: action.requestedBy });
    switch (action.action) {
      case 'pause':
        command({ type: 'pause', reason });
        return this.#answer(action, operationOf(machines.running) === 'paused' && before !== 'paused', `the plan is ${operationOf(machines.running)}`);
      case 'resume':
        await this.#unlatch();
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

  async #unlatch(): Promise<void> {
    if (operationOf(this.#parts.machines.running) === 'flattening') return;
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
