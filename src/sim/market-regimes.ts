/**
 * The coarse layer of generated prices: which mood the market is in on each day and how far it moves from midnight to
 * midnight. All symbols share it, so that a crash hits everything at once, as it does.
 */
import type { Random } from '../ports/random.ts';

export const REGIMES = ['trend-up', 'trend-down', 'chop', 'calm', 'crash', 'recovery'] as const;
export type Regime = (typeof REGIMES)[number];

export interface MarketDay {
  readonly regime: Regime;
  /** Move of the whole market over this day as a fraction of its value at the day's start. */
  readonly marketReturn: number;
  /** Market value at the day's start relative to the first day's. */
  readonly level: number;
}

interface RegimeShape {
  readonly daysMin: number;
  readonly daysMax: number;
  /** Mean and deviation of the move from midnight to midnight. */
  readonly drift: number;
  readonly spread: number;
  /** Deviation of the noise within a day, as a fraction of the price. */
  readonly noise: number;
}

export const REGIME_SHAPES: Readonly<Record<Regime, RegimeShape>> = {
  'trend-up': { daysMin: 4, daysMax: 8, drift: 0.032, spread: 0.015, noise: 0.025 },
  'trend-down': { daysMin: 4, daysMax: 8, drift: -0.03, spread: 0.015, noise: 0.028 },
  chop: { daysMin: 2, daysMax: 5, drift: 0, spread: 0.012, noise: 0.03 },
  calm: { daysMin: 1, daysMax: 3, drift: 0.001, spread: 0.004, noise: 0.008 },
  crash: { daysMin: 1, daysMax: 1, drift: -0.18, spread: 0.03, noise: 0.05 },
  recovery: { daysMin: 2, daysMax: 4, drift: 0.05, spread: 0.02, noise: 0.035 },
};

/** A day's move stays inside these, so that no path reaches zero. */
export const DAY_RETURN_MIN = -0.45;
export const DAY_RETURN_MAX = 0.6;

export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

/** The days of the market from the first on, without end; a function of the stream's seed alone. */
export function* marketDays(random: Random): Generator<MarketDay, never> {
  let regime: Regime = 'chop';
  let level = 1;
  for (let spell = 0; ; spell += 1) {
    const draws = random.fork(`spell-${spell}`);
    regime = nextRegime(regime, level, draws);
    const shape = REGIME_SHAPES[regime];
    const days = shape.daysMin + draws.integer(shape.daysMax - shape.daysMin + 1);
    for (let day = 0; day < days; day += 1) {
      const marketReturn = clamp(shape.drift + shape.spread * draws.normal(), DAY_RETURN_MIN, DAY_RETURN_MAX);
      yield { regime, marketReturn, level };
      level *= 1 + marketReturn;
    }
  }
}

/** High markets tend down and crash, low ones tend up: paths swing widely but come back. */
function nextRegime(previous: Regime, level: number, draws: Random): Regime {
  const height = (level * level * level) / (1 + level * level * level);
  const weights: Record<Regime, number> = {
    'trend-up': 3 * (1 - height),
    'trend-down': 2.4 * height,
    chop: 0.9,
    calm: 0.4,
    crash: 0.8 * height,
    recovery: previous === 'crash' ? 6 : 0,
  };
  weights[previous] = 0;
  let rest = draws.fraction() * REGIMES.reduce((total, regime) => total + weights[regime], 0);
  for (const regime of REGIMES) {
    rest -= weights[regime];
    if (rest < 0) return regime;
  }
  return 'chop';
}
