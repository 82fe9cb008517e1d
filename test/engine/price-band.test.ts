/** Prices inside the band change nothing but the last price seen: most prices are answered by two comparisons. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plain, D } from '../../src/domain/decimal.ts';
import { touchPrice } from '../../src/domain/ladder.ts';
import { longOf, shortOf } from '../../src/domain/wallet.ts';
import { NO_BAND, bandOf, isInside, narrowed } from '../../src/engine/price-band.ts';
import { factsOf, phaseOf, startPlan, stepPlan, wantsEveryPrice } from '../../src/engine/step.ts';
import { hedgeWallet, instrumentOf, strategy } from '../fixtures.ts';
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

  it('is empty where every price matters: during a reset', () => {
    const plan = strategy();
    const starting = startPlan(plan, instrumentOf(plan), '10000', null);
    expect([wantsEveryPrice(starting), bandOf(starting, '10000', [])]).toEqual([true, NO_BAND]);
    expect(isInside(NO_BAND, 10_000)).toBe(false);
  });

  it('reaches from level to level also in cash, which lasts for long where entries are withheld or refused, up to the price that ends it', () => {
    const life = new Life(strategy({ wallets: [hedgeWallet()] }));
    life.follow({ type: 'move', halves: -2, prompt: false });
    life.follow({ type: 'fill', pick: 0, quarters: 4 });
    expect(life.state.wallets.map(factsOf).map((facts) => [facts.longClosedAt === null, plain(longOf(facts)), plain(shortOf(facts))])).toEqual([[false, '0', '0']]);
    expect(bandOf(life.state, life.price, [])).toEqual({ low: 9_800, high: 10_000 });
    life.follow({ type: 'move', halves: 1, prompt: false });
    expect([bandOf(life.state, life.price, []), life.state.wallets.map(phaseOf)]).toEqual([{ low: 9_800, high: 10_000 }, ['RETRACEMENT']]);
    life.follow({ type: 'move', halves: 1, prompt: false });
    expect(life.state.wallets.map(phaseOf)).toEqual(['RESET']);
  });

  it('reaches from level to level in cash while the plan is paused, wherever the price is', () => {
    const life = new Life(strategy({ wallets: [hedgeWallet()] }));
    life.follow({ type: 'move', halves: -2, prompt: false });
    life.follow({ type: 'fill', pick: 0, quarters: 4 });
    life.apply({ to: 'plan', event: { type: 'pause', reason: 'by hand' } });
    life.apply({ to: 'wallets', event: { type: 'price.touched', price: '10200', at: 10 ** 6, slides: false } });
    expect(bandOf(life.state, '10200', [])).toEqual({ low: 10_100, high: 10_300 });
    life.apply({ to: 'plan', event: { type: 'resume' } });
    expect(bandOf(life.state, '10200', [])).toEqual(NO_BAND);
    life.apply({ to: 'wallets', event: { type: 'price.touched', price: '10200', at: 10 ** 6, slides: true } });
    expect(life.state.wallets.map(phaseOf)).toEqual(['RESET']);
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
