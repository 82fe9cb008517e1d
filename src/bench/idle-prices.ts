/** Prices that touch nothing: what the engine pays to learn that there is nothing to do, with 200 plans at rest. */
import type { Engine } from '../engine/engine.ts';
import type { ExchangeEvent } from '../ports/exchange.ts';
import { seededRandom } from '../sim/random.ts';
import type { Bench, OpenBench } from './bench.ts';
import { START_PRICE } from './bench-strategies.ts';
import { checkAtRest, loadPlans, manyStrategies } from './loaded-plans.ts';
import type { LoadedPlans } from './loaded-plans.ts';
import { ratePerCore } from './measure.ts';

type PriceEvent = Extract<ExchangeEvent, { type: 'price' }>;

const PLANS = 200;
const EVENTS = 40_000;
/** Far inside one unit to either side. */
const NOISE = 80;
const ROUND_MS = 250;

const SPREAD = `${PLANS} plans, a symbol each`;
const SHARED = `${PLANS} plans on one symbol`;
const BARE = 'bare look-up and four comparisons';

export const idlePrices: Bench = {
  group: 'prices that touch nothing',
  warmsUp: true,
  rows: [
    { name: SPREAD, unit: 'prices/s per core', goal: { atLeast: 1_000_000 }, yardstick: BARE, note: 'per second of processor time, so that other programs on the machine do not count' },
    { name: SHARED, unit: 'prices/s per core', note: `each price is looked at by all ${PLANS} plans: times ${PLANS} looks` },
    { name: BARE, unit: 'prices/s per core', note: 'a Map by symbol, last and mark parsed from text and compared with two bounds: what no engine can save' },
  ],
  open: async (): Promise<OpenBench> => {
    const spread = await loadPlans(manyStrategies(PLANS, 'own'));
    const shared = await loadPlans(manyStrategies(PLANS, 'shared'));
    const spreadEvents = quietPrices(spread);
    const sharedEvents = quietPrices(shared).slice(0, EVENTS / PLANS);
    const bands = new Map(spread.world.engine.runners.map(({ strategy, band }) => [strategy.symbol, band]));
    return {
      round: async () => {
        const samples = {
          [SPREAD]: [ratePerCore(ROUND_MS, () => receiveAll(spread.world.engine, spreadEvents))],
          [SHARED]: [ratePerCore(ROUND_MS, () => receiveAll(shared.world.engine, sharedEvents))],
          [BARE]: [ratePerCore(ROUND_MS, () => compareAll(bands, spreadEvents))],
        };
        for (const { world } of [spread, shared]) checkAtRest(world);
        return samples;
      },
      close: async () => {},
    };
  },
};

function quietPrices({ world, at }: LoadedPlans): PriceEvent[] {
  const random = seededRandom('idle prices');
  const symbols = [...new Set(world.engine.runners.map(({ strategy }) => strategy.symbol))];
  return Array.from({ length: EVENTS }, (): PriceEvent => {
    const price = START_PRICE + NOISE * (random.fraction() - 0.5);
    const symbol = symbols[random.integer(symbols.length)] ?? '';
    // Text that is made anew each time, as it is when it comes off a wire.
    return { type: 'price', symbol, last: price.toFixed(1), mark: (price + 0.2).toFixed(2), index: (price + 0.1).toFixed(2), at: at + 1 };
  });
}

function receiveAll(engine: Engine, events: readonly PriceEvent[]): number {
  for (const event of events) engine.receive(event);
  return events.length;
}

function compareAll(bands: ReadonlyMap<string, { readonly low: number; readonly high: number }>, events: readonly PriceEvent[]): number {
  let outside = 0;
  for (const { symbol, last, mark } of events) {
    const band = bands.get(symbol);
    if (band === undefined) continue;
    const a = Number(last);
    const b = Number(mark);
    if (!(a > band.low && a < band.high && b > band.low && b < band.high)) outside += 1;
  }
  if (outside > 0) throw new Error(`${outside} prices that should touch nothing are outside their band`);
  return events.length;
}
