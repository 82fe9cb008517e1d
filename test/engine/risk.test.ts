/** Risk limits (DOMAIN §8): exact measures, and a float band that never hides a price at which a limit is hit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { D, ZERO, dec, plain } from '../../src/domain/decimal.ts';
import { equityOf } from '../../src/domain/ledger.ts';
import { RISK_LIMITS } from '../../src/domain/strategy.ts';
import type { RiskLimit } from '../../src/domain/strategy.ts';
import { longOf, positionOf, shortOf } from '../../src/domain/wallet.ts';
import { isInside, narrowed } from '../../src/engine/price-band.ts';
import { equityOfPlan, newRiskMemory, rememberEquity, riskBand, riskHit } from '../../src/engine/risk.ts';
import type { RiskMemory } from '../../src/engine/risk.ts';
import { factsOf } from '../../src/engine/step.ts';
import { strategy } from '../fixtures.ts';
import { Life, instructions, strategies } from './random-life.ts';

const limits: fc.Arbitrary<readonly RiskLimit[]> = fc.array(
  fc
    .record({ name: fc.constantFrom(...RISK_LIMITS), thousandths: fc.integer({ min: 1, max: 900 }), isQuote: fc.boolean() })
    .map(({ name, thousandths, isQuote }): RiskLimit => {
      const isFraction = name === 'maxMarginRatio' || (!isQuote && (name === 'maxDrawdown' || name === 'maxDailyLoss'));
      return { name, unit: isFraction ? 'fraction' : 'quote', limit: plain(new D(thousandths).times(isFraction ? '0.001' : '25')), action: 'halt' };
    }),
  { minLength: 1, maxLength: 4 },
);

function limit(name: RiskLimit['name'], value: string, unit: RiskLimit['unit'] = 'fraction'): RiskLimit {
  return { name, limit: value, unit, action: 'halt' };
}

const opened = new Life(strategy()).state.wallets.map(factsOf);
const remembered = (equityPeak: string, dayEquity = equityPeak): RiskMemory => ({ equityPeak, day: 0, dayEquity });

describe('the band of prices without a hit', () => {
  it('never hides a price at which a limit is hit', () => {
    let [inside, hits] = [0, 0];
    fc.assert(
      fc.property(strategies, instructions, limits, fc.integer({ min: 2_000, max: 40_000 }), fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { minLength: 1, maxLength: 12 }), (plan, list, chosen, peakPrice, factors) => {
        const life = new Life(plan);
        for (const instruction of list) life.follow(instruction);
        const wallets = life.state.wallets.map(factsOf);
        const mark = dec(life.price);
        const memory = rememberEquity(newRiskMemory(equityOfPlan(wallets, dec(String(peakPrice))), 0), equityOfPlan(wallets, mark), 1);
        const band = narrowed({ low: 0, high: Infinity }, riskBand(chosen, memory, wallets));
        const edges = [band.low, band.high].filter((edge) => edge > 0 && Number.isFinite(edge)).flatMap((edge) => [edge * 0.9999999, edge, edge * 1.0000001]);
        for (const price of [...factors.map((factor) => mark.times(factor).toNumber()), ...edges]) {
          const hit = riskHit(chosen.filter(({ name }) => name !== 'maxMarginRatio'), memory, wallets, new D(price), null);
          if (hit !== null) hits += 1;
          if (!isInside(band, price)) continue;
          inside += 1;
          expect(hit, `hit at ${price}, which is inside ${band.low} … ${band.high}`).toBeNull();
        }
      }),
      { numRuns: 50 },
    );
    expect(Math.min(inside, hits)).toBeGreaterThan(50);
  });

  it('is open where no limit depends on the price', () => {
    expect(riskBand([], remembered('10000'), opened)).toEqual({ low: 0, high: Infinity });
    expect(riskBand([limit('maxShortExposure', '5000', 'quote')], remembered('10000'), opened)).toEqual({ low: 0, high: Infinity });
  });

  it('ends where the drawdown does: 1 long from 10 000, limit 25 %, at 7 500', () => {
    expect(riskBand([limit('maxDrawdown', '0.25')], remembered('10000'), opened)).toEqual({ low: 7_500, high: Infinity });
  });
});

describe('a limit', () => {
  it.each<[string, RiskLimit, string, string | null, string | null]>([
    ['drawdown from the peak, just not', limit('maxDrawdown', '0.25'), '7500.1', null, null],
    ['drawdown from the peak, exactly', limit('maxDrawdown', '0.25'), '7500', null, '0.25'],
    ['drawdown in quote', limit('maxDrawdown', '1000', 'quote'), '9000', null, '1000'],
    ['loss of the day', limit('maxDailyLoss', '0.1'), '9000', null, '0.1'],
    ['notional', limit('maxNotional', '12000', 'quote'), '12000', null, '12000'],
    ['short exposure without a short', limit('maxShortExposure', '1', 'quote'), '12000', null, null],
    ['margin ratio', limit('maxMarginRatio', '0.8'), '10000', '0.81', '0.81'],
    ['margin ratio that is not known', limit('maxMarginRatio', '0.8'), '10000', null, null],
  ])('%s', (_, one, price, marginRatio, value) => {
    expect(riskHit([one], remembered('10000'), opened, dec(price), marginRatio)).toEqual(value === null ? null : { limit: one, value });
  });

  it('is the first that is hit, in the order of the file', () => {
    const both = [limit('maxDailyLoss', '0.3'), limit('maxDrawdown', '0.2')];
    expect(riskHit(both, remembered('10000'), opened, dec('7900'), null)?.limit).toBe(both[1]);
    expect(riskHit(both, remembered('10000'), opened, dec('6900'), null)?.limit).toBe(both[0]);
  });
});

describe('what limits are measured against', () => {
  it('is the highest equity ever and the first of each UTC day', () => {
    const day = 86_400_000;
    const followed = ([['9000', 1], ['11000', 2], ['10500', day], ['10000', day + 5]] as const).reduce((memory, [equity, at]) => rememberEquity(memory, dec(equity), at), newRiskMemory(dec('10000'), 0));
    expect(followed).toEqual({ equityPeak: '11000', day: 1, dayEquity: '10500' });
  });

  it('is the sum of the wallets: exposures are sums of what is held', () => {
    fc.assert(
      fc.property(strategies, instructions, (plan, list) => {
        const life = new Life(plan);
        for (const instruction of list) life.follow(instruction);
        const wallets = life.state.wallets.map(factsOf);
        const mark = dec(life.price);
        const sum = (of: (facts: (typeof wallets)[number]) => D): D => wallets.reduce((total, facts) => total.plus(of(facts)), ZERO);
        expect(plain(equityOfPlan(wallets, mark))).toBe(plain(sum((facts) => equityOf(facts.ledger, positionOf(facts), mark))));
        const short = sum(shortOf).times(mark);
        if (short.greaterThan(0)) expect(riskHit([limit('maxShortExposure', plain(short), 'quote')], remembered('1'), wallets, mark, null)).not.toBeNull();
        const gross = sum(longOf).times(mark).plus(short);
        expect(riskHit([limit('maxNotional', plain(gross.plus('0.0001')), 'quote')], remembered('1'), wallets, mark, null)).toBeNull();
      }),
      { numRuns: 30 },
    );
  });
});
