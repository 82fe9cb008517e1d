/**
 * A deterministic world (I22): the simulated exchange, the real engine on top of it, and virtual time. One tick at a time: requests
 * under way come due in order, then the market moves, then the engine works until it has nothing to do or only waits for answers.
 */
import { Engine } from '../engine/engine.ts';
import type { PlanRunner } from '../engine/plan-runner.ts';
import type { Exchange } from '../ports/exchange.ts';
import type { PriceFeed, Tick } from '../ports/price-feed.ts';
import type { SimulatedExchange } from './exchange/simulated-exchange.ts';
import { ticksLeft } from './ticks-left.ts';

/** Counts the engine's calls to the exchange, so that the world knows when everybody only waits for virtual time to pass. */
export class WatchedExchange {
  readonly port: Exchange;
  inFlight = 0;
  onCall: () => void = () => {};

  constructor(exchange: Exchange) {
    const watch = <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) => {
      return (...args: Args): Promise<T> => {
        this.inFlight += 1;
        const answer = call.apply(exchange, args).finally(() => {
          this.inFlight -= 1;
        });
        this.onCall();
        return answer;
      };
    };
    this.port = {
      capabilities: exchange.capabilities,
      fetchInstrument: watch(exchange.fetchInstrument),
      fetchPrice: watch(exchange.fetchPrice),
      fetchCandles: watch(exchange.fetchCandles),
      fetchSettings: watch(exchange.fetchSettings),
      placeOrder: watch(exchange.placeOrder),
      amendOrder: watch(exchange.amendOrder),
      cancelOrder: watch(exchange.cancelOrder),
      fetchOrder: watch(exchange.fetchOrder),
      fetchTrades: watch(exchange.fetchTrades),
      fetchSnapshot: watch(exchange.fetchSnapshot),
      fetchAccountEvents: watch(exchange.fetchAccountEvents),
      subscribe: (listener) => exchange.subscribe(listener),
    };
  }
}

export class World {
  readonly exchange: SimulatedExchange;
  readonly engine: Engine;
  readonly #watched: WatchedExchange;

  constructor(exchange: SimulatedExchange, watched: WatchedExchange, runners: readonly PlanRunner[]) {
    this.exchange = exchange;
    this.#watched = watched;
    this.engine = new Engine(watched.port, runners);
  }

  /** Moves the world by one tick and lets everything that follows from it happen. */
  async tick(tick: Tick): Promise<void> {
    await this.passTimeUntil(tick.at);
    this.exchange.tick(tick);
    if (!this.engine.isSettled) await this.quiesce();
  }

  /** Answers and requests under way that are due until `at`, each with its consequences. */
  async passTimeUntil(at: number): Promise<void> {
    for (let due = this.#nextDueAt(); due <= at; due = this.#nextDueAt()) {
      this.exchange.advanceTo(Math.max(due, this.exchange.now()));
      this.engine.wakeDue(this.exchange.elapsed());
      await this.quiesce();
    }
  }

  /** Deadlines of plans that wait for an answer come when it is there. */
  #nextDueAt(): number {
    const due = this.exchange.nextDueAt() ?? Infinity;
    return this.engine.isSettled ? Math.min(due, this.engine.nextWakeAt()) : due;
  }

  /** Until the engine has nothing to do, or every plan at work waits for an answer that only virtual time brings. */
  async quiesce(): Promise<void> {
    for (;;) {
      const settled = this.engine.settle();
      const outcome = await Promise.race([settled.then(() => 'settled' as const), this.#allWaiting()]);
      if (outcome === 'waiting' || this.engine.isSettled) return;
    }
  }

  #allWaiting(): Promise<'waiting'> {
    return new Promise((resolve) => {
      const look = (): void => {
        const isScheduled = this.exchange.nextDueAt() !== null;
        if (isScheduled && this.#watched.inFlight > 0 && this.#watched.inFlight >= this.engine.activeRunners) resolve('waiting');
      };
      this.#watched.onCall = look;
      look();
    });
  }

  /** Drives a feed to its end or until `isStopped` says so. */
  async run(feed: PriceFeed, options: { readonly isStopped?: () => boolean; readonly afterTick?: (tick: Tick) => void | Promise<void> } = {}): Promise<void> {
    for await (const tick of ticksLeft(feed, this.exchange)) {
      if (options.isStopped?.() === true) return;
      await this.tick(tick);
      if (options.afterTick !== undefined) await options.afterTick(tick);
    }
  }

  /** Lets requests under way finish by moving virtual time on. */
  async finish(): Promise<void> {
    await this.quiesce();
    for (let due = this.exchange.nextDueAt(); due !== null; due = this.exchange.nextDueAt()) {
      this.exchange.advanceTo(due);
      await this.quiesce();
    }
  }
}
