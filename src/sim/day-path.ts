/**
 * The fine layer of generated prices: one symbol's path through one day, from a given price at its start to a given price at
 * the start of the next. Noise is a bridge between the two, so each day can be made alone and the path still has no seams.
 */
import type { Random } from '../ports/random.ts';
import { clamp, REGIME_SHAPES } from './market-regimes.ts';
import type { Regime } from './market-regimes.ts';

/** How far mark and index may ever be from last, as a fraction. */
export const MARK_DEVIATION_MAX = 0.004;
export const INDEX_DEVIATION_MAX = 0.005;
/** Mark and index come back to last within about this time. */
const REVERSION_MS = 20 * 60_000;
const BASIS_NOISE = 0.00008;
/** Share of a sudden move that mark and index do not follow at once. */
const LAG = 0.3;

const JUMPS_PER_DAY = 2;
const JUMP_SIZE = 0.006;
/** A gap is a move of many levels between two ticks. */
const GAPS_PER_DAY = 0.15;
const GAP_MIN = 0.01;
const GAP_MAX = 0.035;
/** No price of a day falls below this share of the lower of its two ends. */
const FLOOR_SHARE = 0.4;

/** Volatility clustering: tomorrow's variance remembers today's (GARCH(1,1) with mean 1), within limits. */
const VARIANCE_MEMORY = 0.9;
const VARIANCE_REACTION = 0.08;
const VARIANCE_MIN = 0.15;
const VARIANCE_MAX = 12;

export interface DayRequest {
  readonly regime: Regime;
  readonly open: number;
  readonly nextOpen: number;
  /** Steps of the whole day and how many of them are wanted. */
  readonly steps: number;
  readonly stepMs: number;
  readonly random: Random;
}

export interface DayPath {
  readonly last: Float64Array;
  readonly mark: Float64Array;
  readonly index: Float64Array;
}

export function dayPath(request: DayRequest): DayPath {
  const { open, nextOpen, steps } = request;
  const last = bridge(request);
  const shape = dayShape(request);
  const floor = Math.min(open, nextOpen) * FLOOR_SHARE;
  for (let step = 0; step < steps; step += 1) {
    last[step] = Math.max(floor, shape(step / steps) + (last[step] ?? 0));
  }
  return { last, ...markAndIndex(request, last) };
}

/** Noise in price units that is zero at both ends of the day. */
function bridge({ regime, open, steps, random }: DayRequest): Float64Array {
  const noise = new Float64Array(steps);
  const perStep = REGIME_SHAPES[regime].noise / Math.sqrt(steps);
  const jumpChance = JUMPS_PER_DAY / steps;
  const gapChance = GAPS_PER_DAY / steps;
  let variance = 0.5 + random.fraction();
  let sum = 0;
  for (let step = 0; step < steps; step += 1) {
    noise[step] = sum;
    const shock = random.normal();
    sum += shock * perStep * Math.sqrt(variance) + suddenMove(random, jumpChance, gapChance);
    const next = 1 - VARIANCE_MEMORY - VARIANCE_REACTION + variance * (VARIANCE_MEMORY + VARIANCE_REACTION * shock * shock);
    variance = clamp(next, VARIANCE_MIN, VARIANCE_MAX);
  }
  for (let step = 0; step < steps; step += 1) noise[step] = ((noise[step] ?? 0) - (sum * step) / steps) * open;
  return noise;
}

function suddenMove(random: Random, jumpChance: number, gapChance: number): number {
  const draw = random.fraction();
  if (draw >= jumpChance + gapChance) return 0;
  if (draw < jumpChance) return JUMP_SIZE * random.normal();
  const size = GAP_MIN + (GAP_MAX - GAP_MIN) * random.fraction();
  return random.fraction() < 0.5 ? -size : size;
}

/** The day without noise: price at a share of the day in [0, 1); the day's open at 0, the next day's at 1. */
function dayShape({ regime, open, nextOpen, random }: DayRequest): (share: number) => number {
  const move = nextOpen - open;
  const draws = random.fork('shape');
  switch (regime) {
    case 'crash': {
      const start = 0.15 + 0.6 * draws.fraction();
      const width = 0.01 + 0.05 * draws.fraction();
      const reboundWidth = 0.02 + 0.1 * draws.fraction();
      const overshoot = move * (0.2 + 0.5 * draws.fraction());
      return (share) => {
        const fallen = clamp((share - start) / width, 0, 1);
        const rebound = clamp((share - start - width) / reboundWidth, 0, 1);
        return open + move * fallen + overshoot * fallen * (1 - rebound);
      };
    }
    case 'chop': {
      const swings = 2 + draws.integer(5);
      const height = open * (0.012 + 0.02 * draws.fraction()) * (draws.fraction() < 0.5 ? -1 : 1);
      return (share) => open + move * share + height * triangle(share * swings);
    }
    default:
      return (share) => open + move * share;
  }
}

/** Triangle wave of period 1 between −1 and 1, zero at whole numbers. */
function triangle(x: number): number {
  const phase = x + 0.25 - Math.floor(x + 0.25);
  return 1 - 4 * Math.abs(phase - 0.5);
}

function markAndIndex({ steps, stepMs, random }: DayRequest, last: Float64Array): { mark: Float64Array; index: Float64Array } {
  const draws = random.fork('basis');
  const mark = new Float64Array(steps);
  const index = new Float64Array(steps);
  const keep = 1 - Math.min(1, stepMs / REVERSION_MS);
  let deviation = 0;
  let previous = last[0] ?? 0;
  for (let step = 0; step < steps; step += 1) {
    const price = last[step] ?? 0;
    const noise = draws.normal() * BASIS_NOISE;
    deviation = clamp(deviation * keep + noise - (LAG * (price - previous)) / previous, -INDEX_DEVIATION_MAX, INDEX_DEVIATION_MAX);
    index[step] = price * (1 + deviation);
    mark[step] = price * (1 + clamp(0.8 * deviation - 0.3 * noise, -MARK_DEVIATION_MAX, MARK_DEVIATION_MAX));
    previous = price;
  }
  return { mark, index };
}
