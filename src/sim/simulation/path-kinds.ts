/**
 * Random paths by kind as fast-check arbitraries: walks, trends, crashes with their rebounds, chop exactly at a level, gaps, a mixture,
 * and blocks of real candles. A path is an array of small moves in fractions of a unit; the world it happens in is drawn beside it.
 */
import fc from 'fast-check';
import type { Candle } from '../../domain/candle.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { barReturns } from '../bootstrap.ts';
import { CALM } from './sim-path.ts';
import type { Conditions, Move, SimPath } from './sim-path.ts';

export const PATH_KINDS = ['walk', 'up-trend', 'down-trend', 'crash', 'chop', 'gaps', 'mixed', 'candles'] as const;
export type PathKind = (typeof PATH_KINDS)[number];

export interface KindOfPath {
  readonly kind: PathKind;
  readonly path: SimPath;
}

const by = (least: number, most: number): fc.Arbitrary<Move> => fc.integer({ min: least, max: most }).map((hundredths) => ({ type: 'by', hundredths }));

const atLevel = (reach: number, ticks: number): fc.Arbitrary<Move> =>
  fc.record({ units: fc.integer({ min: -reach, max: reach }), ticks: fc.integer({ min: -ticks, max: ticks }) }).map((level) => ({ type: 'level', ...level }));

const MOVES: Readonly<Record<Exclude<PathKind, 'candles'>, fc.Arbitrary<Move>>> = {
  walk: by(-130, 130),
  'up-trend': by(-60, 140),
  'down-trend': by(-140, 60),
  crash: fc.oneof({ weight: 8, arbitrary: by(-90, 80) }, { weight: 2, arbitrary: by(-420, -60) }, { weight: 1, arbitrary: by(60, 520) }),
  chop: fc.oneof({ weight: 5, arbitrary: atLevel(1, 0) }, { weight: 3, arbitrary: atLevel(1, 1) }, { weight: 1, arbitrary: by(-160, 160) }),
  gaps: fc.oneof({ weight: 4, arbitrary: by(-110, 110) }, { weight: 2, arbitrary: by(-1400, 1400) }, { weight: 1, arbitrary: atLevel(9, 1) }),
  mixed: fc.oneof(by(-130, 130), by(-350, 350), atLevel(2, 1), atLevel(4, 0)),
};

/** What an exchange may be like; every choice has its plain value first. */
const drawn: fc.Arbitrary<Conditions> = fc.record({
  latencyMs: fc.constantFrom(0, 0, 0, 20, 250, 1_500),
  pieces: fc.constantFrom(false, false, true),
  parts: fc.constant(0),
  slippageBps: fc.constantFrom(null, null, 0, 5),
  fillPrice: fc.constantFrom('touch' as const, 'gap' as const),
  amends: fc.constantFrom(true, true, false),
  basisTicks: fc.constantFrom(0, 0, 3),
  stepSeconds: fc.constantFrom(CALM.stepSeconds, 5, 900),
  fundingEvery: fc.constantFrom(0, 7),
  seed: fc.integer({ min: 1, max: 999_999 }),
});

/** A pass sends its requests one after the other: at most this, and twenty of them are answered within a minute. */
const MILD_LATENCY_MS = 250;

/**
 * Where answers take time, a pass is over before the next price, and stops are amended: a stop that is being replaced rests twice
 * until the answers are here, and a crash within that time can fill both (drawn with `isHarsh`).
 */
const mild = drawn.map((conditions) => (conditions.latencyMs > 0 ? { ...conditions, latencyMs: Math.min(conditions.latencyMs, MILD_LATENCY_MS), amends: true, stepSeconds: Math.max(conditions.stepSeconds, CALM.stepSeconds) } : conditions));

/** Also an exchange at which an order goes on filling while the price moves by whole units. */
const harsh: fc.Arbitrary<Conditions> = fc.tuple(drawn, fc.constantFrom(0, 1, 2)).map(([conditions, parts]) => ({ ...conditions, parts }));

/** Consecutive candles per draw. */
const BLOCK = 12;

/** Each candle as four moves (jump from the close before, first extreme, second extreme, close), in hundredths of a unit. */
function candleMoves(candles: readonly Candle[], unitsPerPrice: number): readonly Move[][] {
  if (candles.length < BLOCK + 1) throw new HedgerowError('INPUT_INVALID', `--candles: ${candles.length} candles are too few; give at least ${BLOCK + 1}`);
  return barReturns(candles).map((factors) => factors.map((factor) => ({ type: 'by', hundredths: Math.round((factor - 1) * unitsPerPrice * 100) })));
}

export interface KindOptions {
  readonly steps: number;
  /** Real candles to draw blocks from. */
  readonly candles: readonly Candle[] | null;
  /** How many units the price is worth: a return of 1 % is `unitsPerPrice / 100` units. */
  readonly unitsPerPrice: number;
  /** Orders may also go on filling over several prices. */
  readonly isHarsh: boolean;
}

export function pathArbitrary({ steps, candles, unitsPerPrice, isHarsh }: KindOptions): fc.Arbitrary<KindOfPath> {
  const conditions = isHarsh ? harsh : mild;
  const exactly = (move: fc.Arbitrary<Move>): fc.Arbitrary<readonly Move[]> => fc.array(move, { minLength: steps, maxLength: steps, size: 'max' });
  const kinds = (Object.keys(MOVES) as Exclude<PathKind, 'candles'>[]).map((kind) => {
    return fc.record({ kind: fc.constant<PathKind>(kind), path: fc.record({ moves: exactly(MOVES[kind]), conditions }) });
  });
  if (candles === null) return fc.oneof(...kinds);
  const bars = candleMoves(candles, unitsPerPrice);
  const blocks = fc.array(fc.integer({ min: 0, max: bars.length - BLOCK }), { minLength: Math.ceil(steps / BLOCK / 4), maxLength: Math.ceil(steps / BLOCK / 4), size: 'max' });
  const drawn = fc.record({
    kind: fc.constant<PathKind>('candles'),
    path: fc.record({ moves: blocks.map((starts) => starts.flatMap((start) => bars.slice(start, start + BLOCK).flat()).slice(0, steps)), conditions }),
  });
  return fc.oneof({ weight: kinds.length, arbitrary: drawn }, ...kinds);
}
