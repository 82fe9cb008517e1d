/**
 * What a bot trades on for one run, whatever it is: a simulated exchange on given prices, one filled at real prices (paper), or a real one
 * (live). It is opened when the store and the accounts are held, and closed before they are given back.
 */
import type { Engine } from '../../engine/engine.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Exchange } from '../../ports/exchange.ts';
import type { Log } from '../../ports/log.ts';

export interface BotVenue {
  /** Names the world in the store. */
  readonly name: string;
  /** As the plans see it. */
  readonly exchange: Exchange;
  /** The exchange's time. */
  readonly clock: Clock;
  /** For people: what it is, and where its prices come from. */
  readonly title: string;
  readonly description: string;
  /** Time passes by itself: steps are worth a log line. */
  readonly isRealTime: boolean;
  /** Time of the newest price there was, ms; null before the first. */
  lastPriceAt(): number | null;
  /** Called once, with all plans open. */
  drive(runners: readonly PlanRunner[], log: Log): Drive;
  /** What its figures do not show; empty or a line. */
  readonly caveat: string;
  /** What to do next, shown when the run came to its end. */
  readonly farewell: string;
  close(): void | Promise<void>;
}

/** What operators act on: the plans, and a way to wake them. */
export type OperatedPlans = Pick<Engine, 'runners' | 'readActions'>;

/** Moves the plans on: tick by tick, or by events and timers. */
export interface Drive {
  readonly plans: OperatedPlans;
  /** Until the prices end or `isOver` says so; `afterStep` is called now and then. */
  run(turn: DriveTurn): Promise<void>;
  /** Finishes what is under way and takes no more events; resting orders stay. */
  stop(): Promise<void>;
}

export interface DriveTurn {
  readonly isOver: () => boolean;
  readonly afterStep: () => void;
}
