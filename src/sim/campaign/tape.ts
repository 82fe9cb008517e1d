/**
 * The decision tape of one run of the campaign: plan, conditions, every fault and crash, and what happens price by price, as one line of
 * text. Replaying it needs nothing else (I22): `hedge/rotation/4/m1 latency=250 p3:lost !57/3000 | +1 @ban:90000 -1`. `!57/3000/2`: the
 * process ends at its 57th await boundary, is back after 3 s, and two commits are gone; `~57/60000`: its machine stands still for 60 s.
 */
import { HedgerowError } from '../../domain/errors.ts';
import { moveText, parsePath, pathText } from '../simulation/sim-path.ts';
import type { Conditions, Move } from '../simulation/sim-path.ts';
import { PLAIN_SKETCH, sketchText, withSketchWord } from './plan-sketch.ts';
import type { PlanSketch } from './plan-sketch.ts';
import { actText, parseAct } from './tape-acts.ts';
import type { TapeAct } from './tape-acts.ts';
import { faultText, parseFault } from './tape-faults.ts';
import type { TapeFault } from './tape-faults.ts';

/** How the exchange, and the store, are known to be; the bot is told. */
export interface Wire {
  /** Events may come late, twice, out of order or never. */
  readonly isLossy: boolean;
  /** Reads may be this old, ms. */
  readonly readLagMs: number;
  /** Most conditional orders per symbol; null: no such cap. */
  readonly conditionalCap: number | null;
  /** The store may lose commits it has acknowledged. */
  readonly isForgetful: boolean;
}

export const PLAIN_WIRE: Wire = { isLossy: false, readLagMs: 0, conditionalCap: null, isForgetful: false };

export interface TapeCrash {
  /** The await boundary at which the process ends, counted from 1 over all processes of the run. */
  readonly boundary: number;
  /** Until the next process starts, ms. */
  readonly downMs: number;
  /** So many of the newest commits are gone. */
  readonly lostCommits: number;
  /** The machine stands still for `downMs` instead, and another process takes over when the lease has run out. */
  readonly isPause: boolean;
}

export type TapeStep = Move | { readonly type: 'act'; readonly act: TapeAct };

export interface CampaignTape {
  readonly plan: PlanSketch;
  readonly conditions: Conditions;
  readonly wire: Wire;
  readonly faults: readonly TapeFault[];
  readonly crashes: readonly TapeCrash[];
  readonly steps: readonly TapeStep[];
}

export function tapeText({ plan, conditions, wire, faults, crashes, steps }: CampaignTape): string {
  const head = [
    sketchText(plan),
    ...(wire.isLossy ? ['lossy'] : []),
    ...(wire.readLagMs === 0 ? [] : [`lag=${wire.readLagMs}`]),
    ...(wire.conditionalCap === null ? [] : [`cap=${wire.conditionalCap}`]),
    ...(wire.isForgetful ? ['forgetful'] : []),
    conditionsText(conditions),
    ...faults.map(faultText),
    ...crashes.map(crashText),
  ].filter((word) => word !== '');
  return `${head.join(' ')} | ${steps.map(stepText).join(' ')}`;
}

export function stepText(step: TapeStep): string {
  return step.type === 'act' ? actText(step.act) : moveText(step);
}

const STANDSTILL: Move = { type: 'by', hundredths: 0 };

function conditionsText(conditions: Conditions): string {
  const [head = '', tail] = pathText({ moves: [STANDSTILL], conditions }).split('|');
  return tail === undefined ? '' : head.trim();
}

function crashText({ boundary, downMs, lostCommits, isPause }: TapeCrash): string {
  return `${isPause ? '~' : '!'}${boundary}/${downMs}${lostCommits === 0 ? '' : `/${lostCommits}`}`;
}

const CRASH = /^([!~])(\d{1,7})\/(\d{1,9})(?:\/(\d{1,3}))?$/;

/** The inverse of `tapeText`. Throws INPUT_INVALID and names the word it does not understand. */
export function parseTape(text: string): CampaignTape {
  const [head, tail, ...more] = text.split('|');
  if (head === undefined || tail === undefined || more.length > 0) throw new HedgerowError('INPUT_INVALID', '--tape: write plan, conditions and faults, then one "|", then the moves');
  const faults: TapeFault[] = [];
  const crashes: TapeCrash[] = [];
  const others: string[] = [];
  let plan = PLAIN_SKETCH;
  let wire = PLAIN_WIRE;
  for (const word of wordsOf(head)) {
    const crash = CRASH.exec(word);
    const fault = parseFault(word);
    const sketch = withSketchWord(plan, word);
    const wired = withWireWord(wire, word);
    if (crash !== null) crashes.push({ boundary: Number(crash[2]), downMs: Number(crash[3]), lostCommits: Number(crash[4] ?? '0'), isPause: crash[1] === '~' });
    else if (fault !== null) faults.push(fault);
    else if (sketch !== null) plan = sketch;
    else if (wired !== null) wire = wired;
    else others.push(word);
  }
  const steps = wordsOf(tail).map(parseStep);
  if (steps.length === 0) throw new HedgerowError('INPUT_INVALID', '--tape: there are no moves; write for example "+1 -0.5 L-1"');
  if (crashes.some(({ lostCommits }) => lostCommits > 0)) wire = { ...wire, isForgetful: true };
  return { plan, wire, faults, crashes, steps, conditions: parsePath(`${others.join(' ')} | +0`).conditions };
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function parseStep(word: string): TapeStep {
  const act = parseAct(word);
  return act === null ? (parsePath(word).moves[0] ?? STANDSTILL) : { type: 'act', act };
}

function withWireWord(wire: Wire, word: string): Wire | null {
  const [key, value = ''] = word.split('=');
  if (word === 'lossy') return { ...wire, isLossy: true };
  if (word === 'forgetful') return { ...wire, isForgetful: true };
  if (key === 'lag' && /^\d+$/.test(value)) return { ...wire, readLagMs: Number(value) };
  if (key === 'cap' && /^\d+$/.test(value)) return { ...wire, conditionalCap: Number(value) };
  return null;
}
