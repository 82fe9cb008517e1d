/**
 * Everything a process of the bot touches, passed through one seam that can end it. Each await boundary has a number: before and after
 * every call, and for requests that change something also the moment at which they are on their way. A process that has ended hears
 * nothing and its promises never go on; what it sent stays on its way, what it committed stays committed. A machine that stands still
 * can go on later, and then everything comes at once.
 */
import type { Exchange, ExchangeEvent } from '../../ports/exchange.ts';
import type { KillLatch } from '../../ports/latch.ts';
import type { Store } from '../../ports/store.ts';
import { forwardingStore } from '../forwarding-store.ts';

export type BoundaryMoment = 'before' | 'sent' | 'after';

/** Called at each boundary: whether the process ends here, or its machine stands still from here on. */
export type AtBoundary = (call: string, moment: BoundaryMoment) => 'end' | 'pause' | 'go on';

/** Calls that change something outside: they have a moment between sending and answer. */
const WRITES: ReadonlySet<string> = new Set(['placeOrder', 'amendOrder', 'cancelOrder']);
const EXCHANGE_CALLS = [
  'fetchInstrument',
  'fetchPrice',
  'fetchCandles',
  'fetchSettings',
  'placeOrder',
  'amendOrder',
  'cancelOrder',
  'fetchOrder',
  'fetchTrades',
  'fetchSnapshot',
  'fetchAccountEvents',
] as const satisfies readonly (keyof Exchange)[];
const STORE_CALLS = ['openPlan', 'findPlan', 'commit', 'loadWorkingOrders', 'loadOrder', 'loadGenerations', 'loadPendingIntents', 'loadTrades', 'loadPendingActions'] as const satisfies readonly (keyof Store)[];
const LATCH_CALLS = ['read', 'set', 'clear'] as const satisfies readonly (keyof KillLatch)[];

/** Every boundary there is, as the report names them. */
export const BOUNDARIES: readonly string[] = [
  ...[...EXCHANGE_CALLS, ...STORE_CALLS].flatMap((call) => momentsOf(call).map((moment) => `${call}:${moment}`)),
  ...LATCH_CALLS.flatMap((call) => momentsOf(call).map((moment) => `latch.${call}:${moment}`)),
];

function momentsOf(call: string): readonly BoundaryMoment[] {
  return WRITES.has(call) ? ['before', 'sent', 'after'] : ['before', 'after'];
}

export class CrashSeam {
  readonly exchange: Exchange;
  readonly store: Store;
  readonly latch: KillLatch;
  isDead = false;
  /** The machine stands still: answers and events wait. */
  isPaused = false;
  #waiting: (() => void)[] = [];
  /** Calls of the exchange that wait for virtual time to pass. */
  inFlight = 0;
  readonly #atBoundary: AtBoundary;

  constructor(exchange: Exchange, store: Store, latch: KillLatch, atBoundary: AtBoundary) {
    this.#atBoundary = atBoundary;
    const calls = Object.fromEntries(EXCHANGE_CALLS.map((call) => [call, this.#passing(call, exchange[call].bind(exchange) as Call)]));
    const stored = Object.fromEntries(STORE_CALLS.map((call) => [call, this.#passing(call, store[call].bind(store) as Call)]));
    const latched = Object.fromEntries(LATCH_CALLS.map((call) => [call, this.#passing(`latch.${call}`, latch[call].bind(latch) as Call)]));
    const subscribe: Exchange['subscribe'] = (listener) => exchange.subscribe((event) => this.#tell(listener, event));
    this.exchange = { ...calls, capabilities: exchange.capabilities, subscribe } as unknown as Exchange;
    this.store = forwardingStore(store, stored as Partial<Store>);
    this.latch = latched as unknown as KillLatch;
  }

  /** The process is gone: killed from outside, or by one of its boundaries. */
  kill(): void {
    this.isDead = true;
  }

  pause(): void {
    this.isPaused = true;
  }

  /** The machine goes on: what has come meanwhile comes now. */
  resume(): void {
    this.isPaused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const goOn of waiting) if (!this.isDead) goOn();
  }

  #tell(listener: (event: ExchangeEvent) => void, event: ExchangeEvent): void {
    if (this.isPaused) this.#waiting.push(() => listener(event));
    else if (!this.isDead) listener(event);
  }

  #reach(call: string, moment: BoundaryMoment): boolean {
    if (this.isDead) return true;
    const what = this.#atBoundary(call, moment);
    if (what === 'end') this.kill();
    if (what === 'pause') this.pause();
    return this.isDead;
  }

  #passing(call: string, make: Call): Call {
    return (...args) => {
      if (this.#reach(call, 'before')) return new Promise<never>(() => {});
      const answer = attempt(() => make(...args));
      if (WRITES.has(call) && this.#reach(call, 'sent')) {
        answer.catch(() => {});
        return new Promise<never>(() => {});
      }
      this.inFlight += 1;
      return new Promise((resolve, reject) => {
        const pass = (goOn: () => void): void => {
          const reached = (): void => {
            this.inFlight -= 1;
            if (this.#reach(call, 'after')) return;
            if (this.isPaused) this.#waiting.push(goOn);
            else goOn();
          };
          if (this.isPaused) this.#waiting.push(reached);
          else reached();
        };
        answer.then(
          (value) => pass(() => resolve(value)),
          (error: unknown) => pass(() => reject(error as Error)),
        );
      });
    };
  }
}

type Call = (...args: unknown[]) => Promise<unknown>;

async function attempt(make: () => Promise<unknown>): Promise<unknown> {
  return make();
}
