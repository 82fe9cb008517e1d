/** Drives plans through a simulated world: its feed to the end, as fast as it goes or at a multiple of real time. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.ts';
import type { PriceFeed } from '../../ports/price-feed.ts';
import type { World } from '../../sim/world.ts';
import type { Drive, DriveTurn } from './bot-venue.ts';

/** Ticks between two turns of the event loop while nothing else yields, so that signals are heard. */
const TICKS_PER_TURN = 500;
/** Between two prices of a paced run: operators and signals are heard this soon. */
const NAP_MS = 100;

export class WorldDrive implements Drive {
  readonly #world: World;
  readonly #feed: PriceFeed;
  /** Null: as fast as it goes. */
  readonly #speed: number | null;

  constructor(world: World, feed: PriceFeed, speed: number | null) {
    this.#world = world;
    this.#feed = feed;
    this.#speed = speed;
  }

  get plans(): Engine {
    return this.#world.engine;
  }

  async run(turn: DriveTurn): Promise<void> {
    await this.#world.quiesce();
    const speed = this.#speed;
    let ticks = 0;
    await this.#world.run(speed === null ? this.#feed : this.#paced(this.#feed, speed, turn), {
      isStopped: turn.isOver,
      afterTick: async () => {
        ticks += 1;
        if (ticks % TICKS_PER_TURN === 0) await nextTurn();
        turn.afterStep();
      },
    });
  }

  async stop(): Promise<void> {
    await this.#world.finish();
    await this.#world.engine.stop();
  }

  /** The feed at a multiple of real time: before the first tick of each moment the time until it passes. */
  #paced(feed: PriceFeed, speed: number, turn: DriveTurn): PriceFeed {
    const pace = (fromAt: number, toAt: number): Promise<void> => this.#pace(fromAt, toAt, speed, turn);
    return {
      identity: feed.identity,
      async *ticks(afterAt) {
        let previousAt: number | null = null;
        for await (const tick of feed.ticks(afterAt)) {
          if (previousAt !== null && tick.at > previousAt) await pace(previousAt, tick.at);
          previousAt = tick.at;
          yield tick;
        }
      },
    };
  }

  /** Waits in short naps, in which the world's time goes on and whatever was asked for is done. */
  async #pace(fromAt: number, toAt: number, speed: number, { isOver, afterStep }: DriveTurn): Promise<void> {
    const world = this.#world;
    const startedAt = performance.now();
    const until = startedAt + (toAt - fromAt) / speed;
    for (let now = startedAt; now < until && !isOver(); now = performance.now()) {
      await sleep(Math.min(until - now, NAP_MS));
      if (!world.engine.isSettled) await world.quiesce();
      await world.passTimeUntil(Math.min(toAt, Math.floor(fromAt + (performance.now() - startedAt) * speed)));
      afterStep();
    }
  }
}
