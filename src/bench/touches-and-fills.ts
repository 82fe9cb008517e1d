/** One touch, and one fill, through machines, windows, netting and plan: no store, no exchange. */
import { dec } from '../domain/decimal.ts';
import type { PositionMode } from '../domain/strategy.ts';
import { seededRandom } from '../sim/random.ts';
import type { Bench, OpenBench, RowSpec, Samples } from './bench.ts';
import { START_PRICE, UNIT, benchInstrument, benchStrategy } from './bench-strategies.ts';
import { LadderWalk } from './ladder-walk.ts';
import type { WalkTimes } from './ladder-walk.ts';

const MODES: readonly PositionMode[] = ['hedge', 'one-way'];
const TOUCHES_PER_ROUND = 1_000;
/** The path stays this many units around its start. */
const UNITS_MAX = 40;
const GOAL = { atMost: 100 };
const YARDSTICK = '100 multiplications in exact decimals';
const MULTIPLICATIONS = 100;
const YARDSTICK_SAMPLES = 500;

const rowOf = (what: 'touch' | 'fill', mode: PositionMode): string => `one ${what}, ${mode} position mode`;

export const touchesAndFills: Bench = {
  group: 'one touch or fill through machines, windows, netting and plan',
  warmsUp: true,
  rows: [
    ...MODES.flatMap((mode): RowSpec[] => [
      { name: rowOf('touch', mode), unit: 'µs', goal: GOAL, yardstick: YARDSTICK },
      {
        name: rowOf('fill', mode),
        unit: 'µs',
        goal: GOAL,
        yardstick: YARDSTICK,
        note: mode === 'hedge' ? 'of a trade, in a market that chops: most change a phase or reset a wallet' : 'here a trade is booked for two legs on average',
      },
    ]),
    { name: YARDSTICK, unit: 'µs' },
  ],
  open: async (): Promise<OpenBench> => {
    const walks = MODES.map((mode) => {
      const walk = new LadderWalk(benchStrategy({ positionMode: mode }), benchInstrument(), String(START_PRICE));
      return { mode, walk, nextPrice: unitSteps() };
    });
    return {
      round: async () => {
        const samples: Record<string, readonly number[]> = {};
        for (const { mode, walk, nextPrice } of walks) {
          const times: WalkTimes = { touches: [], fills: [] };
          for (let touch = 0; touch < TOUCHES_PER_ROUND; touch += 1) walk.moveTo(nextPrice(), times);
          walk.checkSettled();
          samples[rowOf('touch', mode)] = times.touches;
          samples[rowOf('fill', mode)] = times.fills;
        }
        samples[YARDSTICK] = Array.from({ length: YARDSTICK_SAMPLES }, multiply);
        return samples satisfies Samples;
      },
      close: async () => {},
    };
  },
};

/** µs of a fixed piece of work, to tell a slow machine from slow code. */
function multiply(): number {
  const factor = dec('1.0001');
  const startedAt = performance.now();
  for (let index = 0; index < MULTIPLICATIONS; index += 1) factor.times(factor);
  return (performance.now() - startedAt) * 1_000;
}

/** A walk by whole units, so that every price touches a level. */
function unitSteps(): () => string {
  const random = seededRandom('touches');
  let unit = 0;
  return () => {
    const step = random.integer(2) === 0 ? 1 : -1;
    unit += Math.abs(unit + step) > UNITS_MAX ? -step : step;
    return String(START_PRICE + UNIT * unit);
  };
}
