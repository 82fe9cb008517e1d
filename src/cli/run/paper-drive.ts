/**
 * Drives plans on paper: the simulated exchange moves with each price of the real one, and its time passes in between. Where nothing is
 * known of a market, it is halted: nothing is accepted or filled at a price that may be gone.
 */
import type { Engine } from '../../engine/engine.ts';
import type { Clock } from '../../ports/clock.ts';
import type { World } from '../../sim/world.ts';
import type { Drive, DriveTurn } from './bot-venue.ts';
import type { LivePrices, LiveTick } from './live-prices.ts';

/** Without a price the world's time goes on in such steps, and signals and operators are heard this soon. */
const NAP_MS = 100;

export interface PaperDriveParts {
  readonly world: World;
  readonly prices: LivePrices;
  readonly symbols: readonly string[];
  /** The real exchange's. */
  readonly clock: Pick<Clock, 'now'>;
  /** Funding of this symbol is booked up to then. */
  readonly onFunded: (symbol: string, settledAt: number) => void;
}

export class PaperDrive implements Drive {
  readonly #parts: PaperDriveParts;
  readonly #halted = new Map<string, boolean>();

  constructor(parts: PaperDriveParts) {
    this.#parts = parts;
  }

  get plans(): Engine {
    return this.#parts.world.engine;
  }

  async run({ isOver, afterStep }: DriveTurn): Promise<void> {
    const { world, prices, clock } = this.#parts;
    this.#haltSilent();
    await world.quiesce();
    await prices.start();
    while (!isOver()) {
      for (const tick of await prices.take(NAP_MS)) {
        if (isOver()) break;
        await this.#tick(tick);
      }
      this.#haltSilent();
      if (!world.engine.isSettled) await world.quiesce();
      await this.#passTime(clock.now());
      afterStep();
    }
  }

  /** The market trades again with the first price; time never goes back. */
  async #tick({ settledAt, ...tick }: LiveTick): Promise<void> {
    const { world, onFunded } = this.#parts;
    this.#halt(tick.symbol, false);
    await world.tick({ ...tick, at: Math.max(tick.at, world.exchange.now()) });
    if (settledAt !== undefined) onFunded(tick.symbol, settledAt);
  }

  async #passTime(at: number): Promise<void> {
    const { world } = this.#parts;
    await world.passTimeUntil(at);
    if (at > world.exchange.now()) world.exchange.advanceTo(at);
  }

  #haltSilent(): void {
    for (const symbol of this.#parts.symbols) this.#halt(symbol, this.#parts.prices.isSilent(symbol));
  }

  #halt(symbol: string, isHalted: boolean): void {
    if (this.#halted.get(symbol) === isHalted) return;
    this.#halted.set(symbol, isHalted);
    this.#parts.world.exchange.halt(symbol, isHalted);
  }

  async stop(): Promise<void> {
    const { world, prices } = this.#parts;
    prices.close();
    await world.finish();
    await world.engine.stop();
  }
}
