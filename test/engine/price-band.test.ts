/** Prices inside the band change nothing but the last price seen: most prices are answered by two comparisons. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plain, D } from '../../src/domain/decimal.ts';
import { touchPrice } from '../../src/domain/ladder.ts';
import { NO_BAND, bandOf, isInside, narrowed } from '../../src/engine/price-band.ts';
import { factsOf, startPlan, stepPlan, wantsEveryPrice } from '../../src/engine/step.ts';
import { instrumentOf, strategy } from '../fixtures.ts';
import { Life, instructions, strategies } from './random-life.ts';

const ALL = { low: 0, high: Infinity };

describe('the band of prices with nothing to do', () => {
  it('holds only prices that leave every wallet as it is', () => {
    let inside = 0;
    fc.assert(
      fc.property(strategies, instructions, fc.array(fc.integer({ min: -30_000, max: 30_000 }), { minLength: 1, maxLength: 20 }), (plan, list, cents) => {
        const life = new Life(plan);
        for (const instruction of list) life.follow(instruction);
        life.settle();
        const band = narrowed(bandOf(life.state, life.price, []), ALL);
        for (const offset of cents) {
          const price = new D(life.price).plus(new D(offset).div(100));
          if (!isInside(band, price.toNumber())) continue;
          inside += 1;
          for (const facts of life.state.wallets.map(factsOf)) {
            expect(touchPrice(facts, { price: plain(price), at: 10 ** 6, slides: true })).toEqual({ ...facts, price: plain(price) });
          }
        }
      }),
      { numRuns: 50 },
    );
    expect(inside).toBeGreaterThan(20);
  });

  it('is empty where every price matters: during a reset and in cash', () => {
    const plan = strategy();
    const starting = startPlan(plan, instrumentOf(plan), '10000', null);
    expect([wantsEveryPrice(starting), bandOf(starting, '10000', [])]).toEqual([true, NO_BAND]);
    expect(isInside(NO_BAND, 10_000)).toBe(false);
  });

  it('reaches from the level below to the level above, and ends at what waits to be placed again', () => {
    const { state } = new Life(strategy());
    expect(bandOf(state, '10000', [])).toEqual({ low: 9_900, high: 10_100 });
    expect(bandOf(state, '10000', ['9950', '10020', '12000'])).toEqual({ low: 9_950, high: 10_020 });
  });

  it('is open while the plan is halted, which follows no price', () => {
    const halted = stepPlan(new Life(strategy()).state, { to: 'plan', event: { type: 'halt', reason: 'by hand' } }).state;
    expect(bandOf(halted, '10000', [])).toEqual(ALL);
  });

  it('is narrowed by more than a float can be wrong', () => {
    const band = narrowed({ low: 100, high: 200 }, { low: 150, high: Infinity });
    expect([isInside(band, 150), isInside(band, 150.001), isInside(band, 200), isInside(band, 199.999)]).toEqual([false, true, false, true]);
  });
});
