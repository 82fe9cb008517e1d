/**
 * The whole bot on the simulated exchange, in virtual time without latency: a price is shown, and when the call returns the bot has done
 * everything it does about it. Opened at the start of a run, or in the middle of one.
 */
import { HedgerowError } from '../domain/errors.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { Instrument, Strategy } from '../domain/strategy.ts';
import { EMPTY_MEMORY } from '../engine/plan-memory.ts';
import { PlanRunner } from '../engine/plan-runner.ts';
import { openRunner } from '../engine/recovery.ts';
import type { RunnerObserver } from '../engine/journalled-machines.ts';
import type { RestoredPlan, RunnerDeps } from '../engine/runner-parts.ts';
import type { ExchangeEvent } from '../ports/exchange.ts';
import type { Json } from '../domain/json.ts';
import type { Log } from '../ports/log.ts';
import type { Tick } from '../ports/price-feed.ts';
import type { StoredPlan } from '../ports/store.ts';
import type { SimulatedExchangeConfig, SimulatedMarket } from '../sim/exchange/config.ts';
import type { BookDelta } from '../sim/exchange/delta.ts';
import { BOOK_DELTA_VERSION } from '../sim/exchange/delta.ts';
import { SimulatedExchange } from '../sim/exchange/simulated-exchange.ts';
import { simulatedAccounts } from '../sim/simulated-market.ts';
import type { AtrBars } from './atr-bars.ts';
import { fillOptions, marketOf } from './fill-model.ts';
import type { FillModel, Place } from './fill-model.ts';
import { fillOrderOf } from './fill-order.ts';
import type { AccountBook, Handover } from './handover.ts';
import { createReplayStore } from './replay-store.ts';
import type { Tape } from './tape.ts';

/** What a run is made of. */
export interface LiveRun {
  readonly strategy: Strategy;
  readonly market: SimulatedMarket;
  readonly tape: Tape;
  /** For units of ATR; null for all others. */
  readonly bars: AtrBars | null;
  readonly fills: FillModel;
}

/** Watches the world. */
export interface LiveObserver extends RunnerObserver {
  /** Every event of the exchange, before the engine hears it. */
  heard(event: ExchangeEvent): void;
}

const VENUE = 'backtest';
const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
const NOTHING_SENT = { generations: new Map<string, number>(), pending: [], legsBefore: new Map<string, never>(), mayBeIncomplete: false };

export class LiveWorld {
  readonly exchange: SimulatedExchange;
  readonly runner: PlanRunner;
  #isAwake = false;

  private constructor(exchange: SimulatedExchange, runner: PlanRunner, observer: LiveObserver) {
    this.exchange = exchange;
    this.runner = runner;
    exchange.subscribe((event) => {
      observer.heard(event);
      if (runner.receive(event)) this.#isAwake = true;
    });
  }

  /** Before the first price. Rejects with STRATEGY_UNPROTECTABLE as a live start does. */
  static async open(run: LiveRun, place: Place, observer: LiveObserver): Promise<LiveWorld> {
    const exchange = new SimulatedExchange(exchangeConfig(run, place, run.tape.startsAt));
    const runner = await openRunner(run.strategy, VENUE, VENUE, depsOf(exchange, observer));
    return new LiveWorld(exchange, runner, observer);
  }

  /** Just after the price `tick`, without any order: the bot places what is wanted. */
  static async resume(run: LiveRun, place: Place, observer: LiveObserver, handover: Handover, tick: Tick): Promise<LiveWorld> {
    const config = exchangeConfig(run, place, tick.at);
    const exchange = SimulatedExchange.restore(config, [bookOf(config, handover.accounts, tick)]);
    const { symbol: _, fundingRate: _rate, ...point } = tick;
    const restored: RestoredPlan = { state: { ...handover.plan, seen: null }, memory: { ...EMPTY_MEMORY, risk: handover.risk }, orders: [], bookedTrades: [], point };
    const plan: StoredPlan = { planId: 1, venue: VENUE, name: run.strategy.name, strategy: run.strategy as unknown as Json, strategyHash: VENUE, startedAt: tick.at, seq: 0, snapshot: null };
    const runner = new PlanRunner(run.strategy, instrumentOf(run.market), plan, NOTHING_SENT, restored, depsOf(exchange, observer));
    const world = new LiveWorld(exchange, runner, observer);
    await world.#settle();
    return world;
  }

  /** The price moves there; true when the bot had something to do. `settlements`: funding rates due at it. */
  async tick(tick: Tick, settlements: readonly DecimalString[]): Promise<boolean> {
    this.exchange.tick(tick, settlements);
    if (!this.#isAwake) return false;
    await this.#settle();
    return true;
  }

  /** A deadline of the bot has come, between two prices. */
  async wake(at: number): Promise<void> {
    this.exchange.advanceTo(at);
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await this.runner.settle();
    // What it heard of its own requests meanwhile is answered as well.
    this.#isAwake = false;
    if (this.runner.failure !== null) throw this.runner.failure;
  }
}

function depsOf(exchange: SimulatedExchange, observer: LiveObserver): RunnerDeps {
  return { exchange, store: createReplayStore(), clock: exchange, log: SILENT, observer };
}

/** The simulated exchange of a backtest; `place` says which candle the price is in. */
export function exchangeConfig({ strategy, market, tape, bars, fills }: LiveRun, place: Place, startAt: number): SimulatedExchangeConfig {
  return {
    markets: [marketOf(market, fills)],
    accounts: simulatedAccounts([strategy], [market]),
    keepHistory: false,
    startAt,
    tieBreak: fillOrderOf(strategy),
    ...(bars === null ? {} : { bars: (_symbol, _timeframeMs, now, limit) => bars.closed(now, limit) }),
    ...fillOptions(fills, market, tape, place),
  };
}

function instrumentOf({ symbol, tickSize, significantFigures, amountStep, minAmount, minCost, takerFee, makerFee }: SimulatedMarket): Instrument {
  return { symbol, tickSize, ...(significantFigures !== undefined && significantFigures !== null && { significantFigures }), amountStep, minAmount, minCost, takerFee, makerFee };
}

/** The accounts as they are handed over, in an exchange that has just seen this price and knows no order. */
function bookOf(config: SimulatedExchangeConfig, books: readonly AccountBook[], { symbol, last, mark, index, at }: Tick): BookDelta {
  const { accounts = [] } = new SimulatedExchange(config).snapshot();
  const bookOfAccount = new Map(books.map((book) => [book.account, book]));
  return {
    version: BOOK_DELTA_VERSION,
    at,
    counters: { order: 0, trade: 0, event: 0, request: 0 },
    prices: [{ symbol, last, mark, index, at }],
    accounts: accounts.map((account) => {
      const book = bookOfAccount.get(account.account);
      if (book === undefined) throw new HedgerowError('INVARIANT_BROKEN', `I5 account ${account.account} is not handed over`);
      return { ...account, cash: book.cash, fees: book.fees, funding: book.funding };
    }),
    legs: books.flatMap(({ account, legs }) => legs.map((leg) => ({ account, symbol, ...leg }))),
  };
}
