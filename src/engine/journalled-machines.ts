/**
 * A plan's machines with their journal: every step is written down with what it changed (I12, I21), told to the log and to whoever
 * watches. The only place where a running plan's state changes.
 */
import type { Operation } from '../../machines/plan.machine.ts';
import type { Phase } from '../../machines/wallet-cycle.ts';
import { dec, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { invariant } from '../domain/invariant.ts';
import type { WalletName } from '../domain/strategy.ts';
import type { Log } from '../ports/log.ts';
import type { PassRecord } from './pass-record.ts';
import { equityOfPlan } from './risk.ts';
import { factsOf, operationOf, phaseOf, planFactsOf, planPhaseOf, stepPlan } from './step.ts';
import type { PlanInputEvent, PlanState, WalletState } from './step.ts';
import { noteOf, resetReason } from './step-note.ts';

/** What a plan tells whoever watches it: simulations count with it, terminals show it. */
export interface RunnerObserver {
  phaseChanged?(wallet: WalletName, from: Phase, to: Phase, at: number): void;
  operationChanged?(from: Operation, to: Operation, reason: string | null): void;
  cycleStarted?(wallet: WalletName, cycle: number, equity: DecimalString, at: number): void;
  /** After every step, before the others are told; `about` names the trade or payment behind it, as in the journal. */
  stepped?(before: PlanState, after: PlanState, input: PlanInputEvent, at: number, about: Readonly<Record<string, unknown>>): void;
}

export interface MachineCounters {
  readonly touches: number;
  readonly unitsMoved: number;
  readonly resets: number;
}

export class JournalledMachines {
  readonly counters = { touches: 0, unitsMoved: 0, resets: 0 };
  readonly #plan: string;
  readonly #record: PassRecord;
  readonly #log: Log;
  readonly #observer: RunnerObserver;
  #state: PlanState | null;

  constructor(plan: string, state: PlanState | null, record: PassRecord, { log, observer }: { readonly log: Log; readonly observer?: RunnerObserver }) {
    this.#plan = plan;
    this.#state = state;
    this.#record = record;
    this.#log = log;
    this.#observer = observer ?? {};
  }

  /** Null until the plan has started. */
  get state(): PlanState | null {
    return this.#state;
  }

  /** The state of a plan that has started. */
  get running(): PlanState {
    invariant(this.#state !== null, 'I9 a plan has started before anything happens to it');
    return this.#state;
  }

  /** The price the wallets were shown last. */
  get price(): DecimalString {
    const [first] = this.running.wallets;
    invariant(first !== undefined, 'I14 a plan has a wallet');
    return factsOf(first).price;
  }

  begin(state: PlanState): void {
    invariant(this.#state === null, 'I12 a plan starts once');
    this.#state = state;
  }

  /** Steps the machines with one event and journals it with what it changed. */
  apply(input: PlanInputEvent, at: number, about: Readonly<Record<string, unknown>>): void {
    const before = this.running;
    const { state, isIgnored } = stepPlan(before, input);
    this.#state = state;
    this.#observer.stepped?.(before, state, input, at, about);
    this.#record.add(at, input.event.type, { ...about, input, ...noteOf(input, before, state), ...(isIgnored ? { ignored: true } : {}) });
    state.wallets.forEach((wallet, index) => {
      const earlier = before.wallets[index];
      if (earlier !== undefined && earlier !== wallet) this.#note(earlier, wallet, input, at);
    });
    this.#noteOperation(operationOf(before), operationOf(state), at);
  }

  /** Shows the wallets the price, so that what they decide next is decided on it; the ladders follow it only if they may. */
  touch(price: DecimalString, at: number, mayFollow: boolean): void {
    const before = this.running;
    this.apply({ to: 'wallets', event: { type: 'price.touched', price, at, slides: mayFollow && operationOf(before) === 'running' } }, at, {});
    this.counters.touches += 1;
    this.running.wallets.forEach((wallet, index) => {
      const earlier = before.wallets[index];
      if (earlier !== undefined) this.counters.unitsMoved += Math.abs(factsOf(wallet).unit - factsOf(earlier).unit);
    });
  }

  #note(earlier: WalletState, wallet: WalletState, input: PlanInputEvent, at: number): void {
    const { name } = wallet;
    const facts = factsOf(wallet);
    const from = phaseOf(earlier);
    const to = phaseOf(wallet);
    if (from !== to) {
      this.#record.add(at, 'phase.changed', { wallet: name, from, to, plan: planPhaseOf(this.running) });
      this.#log.info({ plan: this.#plan, wallet: name, from, to, unit: facts.unit, price: facts.price }, 'phase changed');
      this.#observer.phaseChanged?.(name, from, to, at);
    }
    const { cycle, isOpened } = factsOf(earlier);
    if (facts.cycle === cycle && facts.isOpened === isOpened) return;
    if (facts.cycle !== cycle) this.counters.resets += 1;
    const equity = plain(equityOfPlan([facts], dec(facts.price)));
    this.#record.add(at, 'cycle.started', { wallet: name, cycle: facts.cycle, reason: resetReason(earlier, input), price: facts.price, anchor: facts.anchor, unitSize: facts.unitSize, notional: facts.notional, equity });
    this.#log.info({ plan: this.#plan, wallet: name, cycle: facts.cycle, anchor: facts.anchor, unitSize: facts.unitSize, equity }, 'cycle started');
    this.#observer.cycleStarted?.(name, facts.cycle, equity, at);
  }

  #noteOperation(from: Operation, to: Operation, at: number): void {
    if (from === to) return;
    const { reason } = planFactsOf(this.running);
    this.#record.add(at, 'operation.changed', { from, to, reason });
    if (to === 'running') this.#log.info({ plan: this.#plan, from }, 'plan runs');
    else this.#log.warn({ plan: this.#plan, from, to, reason }, `plan is ${to}`);
    this.#observer.operationChanged?.(from, to, reason);
  }
}
