/**
 * A price path of a simulation and the world it happens in, as one short text: `latency=250 gap | +1 -0.5 L-1 L0+1t`. The text is what
 * `--path` takes, so a found fault is replayed by it alone (I22).
 */
import { HedgerowError } from '../../domain/errors.ts';

export type Move =
  /** Hundredths of the first unit size, up or down. */
  | { readonly type: 'by'; readonly hundredths: number }
  /** Exactly to a level of the first wallet's grid, counted from its present unit, and so many ticks beside it. */
  | { readonly type: 'level'; readonly units: number; readonly ticks: number };

export interface Conditions {
  /** One way, ms; requests and answers vary between once and three times this. 0: at once. */
  readonly latencyMs: number;
  /** Orders fill in several trades at once, of an eighth of the wallet's position each. */
  readonly pieces: boolean;
  /** As `pieces`, but so many trades per price at most: an order goes on filling over the next prices. 0: no such limit. */
  readonly parts: number;
  /** Slippage in hundredths of a percent; null: as the strategy says. */
  readonly slippageBps: number | null;
  readonly fillPrice: 'touch' | 'gap';
  /** The exchange changes resting orders in place. */
  readonly amends: boolean;
  /** Mark and index stand up to so many ticks beside the last price. */
  readonly basisTicks: number;
  /** Seconds between two prices. */
  readonly stepSeconds: number;
  /** Every so many steps funding is settled; 0: never. */
  readonly fundingEvery: number;
  /** Seeds what varies within the run: latencies, basis, funding rates. */
  readonly seed: number;
}

export interface SimPath {
  readonly moves: readonly Move[];
  readonly conditions: Conditions;
}

export const CALM: Conditions = { latencyMs: 0, pieces: false, parts: 0, slippageBps: null, fillPrice: 'touch', amends: true, basisTicks: 0, stepSeconds: 60, fundingEvery: 0, seed: 0 };

export function pathText({ moves, conditions }: SimPath): string {
  const words = [
    ...(conditions.latencyMs === 0 ? [] : [`latency=${conditions.latencyMs}`]),
    ...(conditions.pieces ? ['pieces'] : []),
    ...(conditions.parts === 0 ? [] : [`parts=${conditions.parts}`]),
    ...(conditions.slippageBps === null ? [] : [`slippage=${conditions.slippageBps}`]),
    ...(conditions.fillPrice === 'touch' ? [] : ['gap']),
    ...(conditions.amends ? [] : ['noamend']),
    ...(conditions.basisTicks === 0 ? [] : [`basis=${conditions.basisTicks}`]),
    ...(conditions.stepSeconds === CALM.stepSeconds ? [] : [`every=${conditions.stepSeconds}`]),
    ...(conditions.fundingEvery === 0 ? [] : [`funding=${conditions.fundingEvery}`]),
    ...(conditions.seed === 0 ? [] : [`seed=${conditions.seed}`]),
  ];
  const path = moves.map(moveText).join(' ');
  return words.length === 0 ? path : `${words.join(' ')} | ${path}`;
}

export function moveText(move: Move): string {
  if (move.type === 'by') return `${move.hundredths < 0 ? '-' : '+'}${Math.abs(move.hundredths) / 100}`;
  return `L${signed(move.units)}${move.ticks === 0 ? '' : `${signed(move.ticks)}t`}`;
}

function signed(value: number): string {
  return value < 0 ? `${value}` : `+${value}`;
}

const BY = /^[+-]?(?:\d{1,4})(?:\.\d{1,2})?$/;
const LEVEL = /^L([+-]?\d{1,3})(?:([+-]\d{1,3})t)?$/;
const MOVES_MAX = 100_000;

/** The inverse of `pathText`. Throws INPUT_INVALID and names the word it does not understand. */
export function parsePath(text: string): SimPath {
  const parts = text.split('|');
  if (parts.length > 2) throw wrong('more than one "|"');
  const [head, tail] = parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : ['', text];
  const moves = words(tail).map(parseMove);
  if (moves.length === 0) throw wrong('there are no moves; write for example "+1 -0.5 L-1"');
  if (moves.length > MOVES_MAX) throw wrong(`there are ${moves.length} moves, at most ${MOVES_MAX} are taken`);
  return { moves, conditions: words(head).reduce<Conditions>(withWord, CALM) };
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function parseMove(word: string): Move {
  if (BY.test(word)) return { type: 'by', hundredths: Math.round(Number(word) * 100) };
  const level = LEVEL.exec(word);
  if (level === null) throw wrong(`${JSON.stringify(word)} is no move; a move is units up or down such as +1 or -0.25, or a level such as L-1 or L0+1t`);
  return { type: 'level', units: Number(level[1]), ticks: Number(level[2] ?? '0') };
}

function withWord(conditions: Conditions, word: string): Conditions {
  const [name = '', value = ''] = word.split('=');
  const whole = /^\d{1,9}$/.test(value) ? Number(value) : null;
  if (word === 'gap') return { ...conditions, fillPrice: 'gap' };
  if (word === 'pieces') return { ...conditions, pieces: true };
  if (word === 'noamend') return { ...conditions, amends: false };
  if (whole !== null) {
    switch (name) {
      case 'latency':
        return { ...conditions, latencyMs: whole };
      case 'parts':
        return { ...conditions, parts: whole };
      case 'slippage':
        return { ...conditions, slippageBps: whole };
      case 'basis':
        return { ...conditions, basisTicks: whole };
      case 'every':
        if (whole > 0) return { ...conditions, stepSeconds: whole };
        break;
      case 'funding':
        return { ...conditions, fundingEvery: whole };
      case 'seed':
        return { ...conditions, seed: whole };
    }
  }
  throw wrong(`${JSON.stringify(word)} is no condition; known are latency=MS, pieces, parts=N, slippage=BASIS-POINTS, gap, noamend, basis=TICKS, every=SECONDS, funding=STEPS, seed=N`);
}

function wrong(message: string): HedgerowError {
  return new HedgerowError('INPUT_INVALID', `--path: ${message}`);
}
