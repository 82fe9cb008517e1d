/**
 * Drives plans on a real exchange: by what its streams tell and by the plans' own deadlines. A stop waits for the pass under way, but not
 * for an exchange that does not answer: what was sent is written down, and the next start asks what became of it (I2, I3).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CcxtExchange } from '../../adapters/ccxt/ccxt-exchange.ts';
import { Engine } from '../../engine/engine.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import type { Exchange } from '../../ports/exchange.ts';
import type { Drive, DriveTurn, OperatedPlans } from './bot-venue.ts';
import { RealTimeLoop } from './real-time-loop.ts';

/** Signals and a lost lease are heard this soon. */
const LOOK_MS = 100;
/** The pass under way is given this long when the bot is to stop. */
const STOP_MS = 1_500;

export interface LiveDriveParts {
  readonly real: Pick<CcxtExchange, 'start' | 'clock'>;
  /** The same as the plans see it. */
  readonly exchange: Exchange;
  readonly runners: readonly PlanRunner[];
}

export class LiveDrive implements Drive {
  readonly plans: OperatedPlans;
  readonly #parts: LiveDriveParts;
  readonly #engine: Engine;
  readonly #loop: RealTimeLoop;
  #loopEnded: Promise<void> = Promise.resolve();

  constructor(parts: LiveDriveParts) {
    this.#parts = parts;
    const { exchange, runners, real } = parts;
    const engine = new Engine(exchange, runners);
    const loop = new RealTimeLoop({ engine, exchange, clock: real.clock });
    this.#engine = engine;
    this.#loop = loop;
    this.plans = {
      runners,
      readActions: () => {
        engine.readActions();
        loop.wake();
      },
    };
  }

  async run({ isOver, afterStep }: DriveTurn): Promise<void> {
    this.#parts.real.start();
    this.#loopEnded = this.#loop.run();
    while (!isOver()) {
      await Promise.race([this.#loopEnded, sleep(LOOK_MS)]);
      afterStep();
    }
  }

  async stop(): Promise<void> {
    this.#loop.stop();
    const finished = Promise.all([this.#loopEnded, this.#engine.stop()]);
    await Promise.race([finished, sleep(STOP_MS)]);
  }
}
