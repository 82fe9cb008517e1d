/**
 * Risk limits of a plan (DOMAIN §8): which are hit, and the extremes they are measured against. Exact money; prices are marks.
 * Extremes are followed at every price the plan processes, that is at least at every level, fill and limit.
 */
import { D, ZERO, dec, maxOf, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { balanceOf, equityOf } from '../domain/ledger.ts';
import type { RiskLimit } from '../domain/strategy.ts';
import { longOf, positionOf, shortOf } from '../domain/wallet.ts';
import type { WalletFacts } from '../domain/wallet.ts';

/** What limits are measured against; stored with the plan. */
export interface RiskMemory {
  /** Highest equity of the plan so far, quote. */
  readonly equityPeak: DecimalString;
  /** UTC day (days since 1970) and the equity it began with. */
  readonly day: number;
  readonly dayEquity: DecimalString;
}

export interface RiskHit {
  readonly limit: RiskLimit;
  readonly value: DecimalString;
}

const DAY_MS = 86_400_000;

export function equityOfPlan(wallets: readonly WalletFacts[], mark: D): D {
  return wallets.reduce((total, facts) => total.plus(equityOf(facts.ledger, positionOf(facts), mark)), ZERO);
}

export function newRiskMemory(equity: D, at: number): RiskMemory {
  return { equityPeak: plain(equity), day: Math.floor(at / DAY_MS), dayEquity: plain(equity) };
}

export function rememberEquity(memory: RiskMemory, equity: D, at: number): RiskMemory {
  const day = Math.floor(at / DAY_MS);
  const equityPeak = plain(maxOf(dec(memory.equityPeak), equity));
  return day === memory.day ? { ...memory, equityPeak } : { equityPeak, day, dayEquity: plain(equity) };
}

/** The first limit that is reached, or null. `marginRatio` is the worst of the plan's accounts, null when not needed or unknown. */
export function riskHit(limits: readonly RiskLimit[], memory: RiskMemory, wallets: readonly WalletFacts[], mark: D, marginRatio: DecimalString | null): RiskHit | null {
  for (const limit of limits) {
    const value = measured(limit, memory, wallets, mark, marginRatio);
    if (value !== null && value.greaterThanOrEqualTo(limit.limit)) return { limit, value: plain(value.toSignificantDigits(12)) };
  }
  return null;
}

function measured(limit: RiskLimit, memory: RiskMemory, wallets: readonly WalletFacts[], mark: D, marginRatio: DecimalString | null): D | null {
  switch (limit.name) {
    case 'maxDrawdown':
      return lossFrom(dec(memory.equityPeak), equityOfPlan(wallets, mark), limit.unit);
    case 'maxDailyLoss':
      return lossFrom(dec(memory.dayEquity), equityOfPlan(wallets, mark), limit.unit);
    case 'maxNotional':
      return wallets.reduce((total, facts) => total.plus(longOf(facts)).plus(shortOf(facts)), ZERO).times(mark);
    case 'maxShortExposure':
      return wallets.reduce((total, facts) => total.plus(shortOf(facts)), ZERO).times(mark);
    case 'maxMarginRatio':
      return marginRatio === null ? null : dec(marginRatio);
  }
}

function lossFrom(start: D, now: D, unit: RiskLimit['unit']): D {
  const loss = start.minus(now);
  if (unit === 'quote') return loss;
  return start.greaterThan(0) ? loss.div(start) : ZERO;
}

/**
 * Prices, as floats, between which no limit on equity can be reached: a pre-filter whose hits are measured exactly.
 * Equity is linear in the price: `Σ balance + Σ position · price`.
 */
export function riskBand(limits: readonly RiskLimit[], memory: RiskMemory, wallets: readonly WalletFacts[]): { low: number; high: number } {
  let low = 0;
  let high = Infinity;
  const base = wallets.reduce((total, facts) => total + Number(balanceOf(facts.ledger)), 0);
  const slope = wallets.reduce((total, facts) => total + Number(positionOf(facts)), 0);
  const gross = wallets.reduce((total, facts) => total + Number(longOf(facts)) + Number(shortOf(facts)), 0);
  const short = wallets.reduce((total, facts) => total + Number(shortOf(facts)), 0);
  const atEquity = (equity: number): void => {
    if (slope === 0) return;
    const price = (equity - base) / slope;
    if (slope > 0) low = Math.max(low, price);
    else high = Math.min(high, price);
  };
  for (const limit of limits) {
    const bound = Number(limit.limit);
    const floor = (start: number): number => (limit.unit === 'quote' ? start - bound : start * (1 - bound));
    if (limit.name === 'maxDrawdown') atEquity(floor(Number(memory.equityPeak)));
    if (limit.name === 'maxDailyLoss') atEquity(floor(Number(memory.dayEquity)));
    if (limit.name === 'maxNotional' && gross > 0) high = Math.min(high, bound / gross);
    if (limit.name === 'maxShortExposure' && short > 0) high = Math.min(high, bound / short);
  }
  return { low, high };
}
