/**
 * Many plans in one process: hands every event to the plans it concerns and lets those with work settle. Events only wake the
 * loop; what to do is derived from state (I10).
 */
import { HedgerowError } from '../domain/errors.ts';
import type { Strategy } from '../domain/strategy.ts';
import { symbolOf } from '../ports/exchange.ts';
import type { Exchange, ExchangeEvent } from '../ports/exchange.ts';
import type { PlanRunner } from './plan-runner.ts';

export class Engine {
  readonly runners: readonly PlanRunner[];
  readonly #bySymbol = new Map<string, PlanRunner[]>();
  readonly #awake = new Set<PlanRunner>();
  readonly #unsubscribe: () => void;
  #settling: Promise<void> | null = null;
  /** Tells whoever settles that another plan has something to do. */
  #onWake: () => void = () => {};
  #isStopped = false;
  /** Plans that are working right now. */
  activeRunners = 0;

  constructor(exchange: Exchange, runners: readonly PlanRunner[]) {
    this.runners = runners;
    for (const runner of runners) {
      const { symbol } = runner.strategy;
      this.#bySymbol.set(symbol, [...(this.#bySymbol.get(symbol) ?? []), runner]);
      this.#awake.add(runner);
    }
    this.#unsubscribe = exchange.subscribe((event) => this.receive(event));
  }

  receive(event: ExchangeEvent): void {
    if (this.#isStopped) return;
    const symbol = symbolOf(event);
    for (const runner of symbol === null ? this.runners : (this.#bySymbol.get(symbol) ?? [])) {
      if (runner.receive(event)) this.wake(runner);
    }
  }

  wake(runner: PlanRunner): void {
    this.#awake.add(runner);
    this.#onWake();
  }

  /** `Clock.elapsed()` at which some plan has something to do although nothing happens; Infinity when none has. */
  nextWakeAt(): number {
    return Math.min(...this.runners.map((runner) => runner.nextWakeAt));
  }

  /** Wakes the plans whose deadlines have come; then settle. */
  wakeDue(now: number): void {
    for (const runner of this.runners) if (runner.nextWakeAt <= now) this.wake(runner);
  }

  /** Operators may have asked for something: every plan reads it from the store. */
  readActions(): void {
    for (const runner of this.runners) {
      runner.readActions();
      this.wake(runner);
    }
  }

  /** True when no plan has anything to do. */
  get isSettled(): boolean {
    return this.#awake.size === 0 && this.#settling === null;
  }

  /** Works until no plan has anything left to do. */
  settle(): Promise<void> {
    if (this.#settling !== null) return this.#settling;
    if (this.#awake.size === 0) return Promise.resolve();
    this.#settling = this.#settleAll().finally(() => {
      this.#settling = null;
    });
    return this.#settling;
  }

  /** Plans work beside each other: none waits for another one's answers. */
  async #settleAll(): Promise<void> {
    const working = new Map<PlanRunner, Promise<void>>();
    while ((this.#awake.size > 0 || working.size > 0) && !this.#isStopped) {
      for (const runner of [...this.#awake].filter((each) => !working.has(each))) {
        this.#awake.delete(runner);
        this.activeRunners += 1;
        const work = runner.settle().finally(() => {
          this.activeRunners -= 1;
          working.delete(runner);
        });
        working.set(runner, work);
      }
      // One that was woken while others were started is started before anybody waits.
      if ([...this.#awake].every((runner) => working.has(runner))) await Promise.race([...working.values(), this.#woken()]);
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#onWake = resolve;
    });
  }

  /** Takes no more events and finishes the pass under way; resting orders stay where they are. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.settle();
    this.#isStopped = true;
  }
}

/** One plan per account and symbol: two would trade each other's position (I5, I16). */
export function refuseSharedPositions(strategies: readonly Strategy[]): void {
  const owners = new Map<string, string>();
  const names = new Set<string>();
  for (const strategy of strategies) {
    if (names.has(strategy.name)) throw new HedgerowError('INPUT_INVALID', `two strategy files are named ${strategy.name}; give one of them another name`);
    names.add(strategy.name);
    for (const account of new Set(strategy.wallets.map((wallet) => wallet.account))) {
      const key = `${strategy.exchange.id} ${account} ${strategy.symbol}`;
      const owner = owners.get(key);
      if (owner !== undefined) {
        throw new HedgerowError('INPUT_INVALID', `${owner} and ${strategy.name} both trade ${strategy.symbol} on account ${account}; give one of them an account of its own`);
      }
      owners.set(key, strategy.name);
    }
  }
}
