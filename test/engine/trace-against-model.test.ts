/**
 * The trace of the machines against an independent, plain implementation of the same pages (test/sim/auditor/ladder-model), on random
 * strategies and paths: every document must be equal to the last digit. More cases: `TRACE_CASES=20000 npm test -- trace-against`.
 */
import { describe, expect, it } from 'vitest';
import { HedgerowError } from '../../src/domain/errors.ts';
import { trace } from '../../src/engine/trace.ts';
import type { FillMode, TraceDocument } from '../../src/engine/trace.ts';
import { traceModel } from '../sim/auditor/ladder-model.ts';
import { instrumentOf } from '../fixtures.ts';
import { atrOf, randomPrices, randomStrategy, tinyRandom } from '../sim/auditor/random-strategies.ts';

const CASES = Number(process.env['TRACE_CASES'] ?? '400');
const FIRST = Number(process.env['TRACE_SEED'] ?? '1');

function outcome(run: () => Iterable<unknown>): unknown[] | 'too small' {
  try {
    return [...run()];
  } catch (error) {
    if (error instanceof HedgerowError && error.code === 'STRATEGY_TOO_SMALL') return 'too small';
    throw error;
  }
}

describe.each<FillMode>(['touch', 'gap'])('trace equals the independent model in %s mode', (fill) => {
  it(`on ${CASES} random strategies and paths`, () => {
    let compared = 0;
    for (let seed = FIRST; seed < FIRST + CASES; seed += 1) {
      const random = tinyRandom(seed);
      const strategy = randomStrategy(random);
      const prices = randomPrices(random, strategy);
      const atr = atrOf(strategy);
      let corner = Infinity;
      const model = outcome(() => traceModel(strategy, prices, fill, { ...(atr === null ? {} : { atr }), onReading: (_, step) => (corner = Math.min(corner, step)) }));
      const real = outcome(() => trace({ strategy, instrument: instrumentOf(strategy), prices, fill, atr }));
      if (model === 'too small' || real === 'too small') continue;
      const until = Math.min(model.length, corner);
      for (let step = 0; step < until; step += 1) {
        if (JSON.stringify(real[step]) !== JSON.stringify(model[step])) expect(real[step] as TraceDocument, `seed ${seed} step ${step}`).toEqual(model[step]);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(CASES * 10);
  });
});
