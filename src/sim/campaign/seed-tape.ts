/**
 * From one seed to the frame of a run: plan, conditions, wire, prices and acts, each from a stream of its own, and the profile its
 * faults and crashes are drawn by while it runs. Swarm: every feature is left out of about half the runs.
 */
import type { Random } from '../../ports/random.ts';
import { stopPlacesByAccount } from '../../engine/stop-capacity.ts';
import { CALM } from '../simulation/sim-path.ts';
import type { Conditions, Move } from '../simulation/sim-path.ts';
import { seededRandom } from '../random.ts';
import { DrawnFaults, randomProfile } from './fault-source.ts';
import { randomSketch, strategyOf } from './plan-sketch.ts';
import type { PlanSketch } from './plan-sketch.ts';
import { PLAIN_WIRE } from './tape.ts';
import type { CampaignTape, TapeStep, Wire } from './tape.ts';
import type { ActName, TapeAct } from './tape-acts.ts';
import type { Lane } from './tape-faults.ts';

/** What a campaign may draw from: crashes alone, or everything. */
export const MIXES = {
  crash: { lanes: [], acts: [], isLossy: false },
  wire: { lanes: ['p', 'a', 'c', 'r', 'e', 'q', 's'], acts: ['limit', 'ban', 'maintenance', 'freeze', 'wrong', 'refuse', 'silence', 'stale', 'clock', 'blind'], isLossy: true },
  all: {
    lanes: ['p', 'a', 'c', 'r', 'e', 'q', 's', 'x'],
    acts: [
      ...['limit', 'ban', 'maintenance', 'freeze', 'wrong', 'refuse', 'silence', 'stale', 'clock', 'blind'],
      ...['deposit', 'cancel', 'cancel-all', 'close', 'order', 'adl', 'liquidate', 'market', 'settings'],
      ...['pause', 'resume', 'halt', 'flatten', 'reset', 'adopt'],
    ],
    isLossy: true,
  },
} as const satisfies Record<string, { lanes: readonly Lane[]; acts: readonly string[]; isLossy: boolean }>;
export type Mix = keyof typeof MIXES;

export interface SeedFrame {
  readonly frame: Omit<CampaignTape, 'faults' | 'crashes'>;
  readonly source: DrawnFaults;
}

const STEPS_MIN = 6;
const STEPS_MORE = 30;

export function frameOf(seed: number | string, mix: Mix): SeedFrame {
  const root = seededRandom(seed);
  const plan = randomSketch(root.fork('plan'));
  const wire = { ...randomWire(root.fork('wire'), MIXES[mix].isLossy, plan), isForgetful: root.fork('store').integer(4) === 0 };
  const frame = {
    plan,
    conditions: randomConditions(root.fork('conditions'), wire),
    wire,
    steps: withActs(randomMoves(root.fork('prices')), root.fork('acts'), MIXES[mix].acts as readonly ActName[], wire),
  };
  const faults = root.fork('faults');
  return { frame, source: new DrawnFaults(faults, randomProfile(faults.fork('profile'), wire, MIXES[mix].lanes), wire) };
}

function pick<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[random.integer(choices.length)] ?? choices[0];
}

/** A cap leaves at least room for the plan's stops: without it is no start. */
function randomWire(random: Random, mayBeLossy: boolean, plan: PlanSketch): Wire {
  if (!mayBeLossy || random.integer(5) === 0) return PLAIN_WIRE;
  const cap = (least: number): number => Math.max(least, ...stopPlacesByAccount(strategyOf(plan)).values());
  return { ...PLAIN_WIRE, isLossy: true, readLagMs: pick(random, [0, 0, 500, 3_000]), conditionalCap: pick(random, [null, null, null, null, cap(7), cap(10)]) };
}

function randomConditions(random: Random, { isLossy }: Wire): Conditions {
  return {
    ...CALM,
    latencyMs: pick(random, isLossy ? [0, 20, 250, 250] : [0, 0, 20, 250]),
    pieces: pick(random, [false, false, true]),
    slippageBps: pick(random, [null, null, 5]),
    fillPrice: pick(random, ['touch', 'gap']),
    amends: pick(random, [true, true, false]),
    basisTicks: pick(random, [0, 0, 3]),
    fundingEvery: pick(random, [0, 0, 5]),
    seed: 1 + random.integer(999_999),
  };
}

function randomMoves(random: Random): Move[] {
  const length = STEPS_MIN + random.integer(STEPS_MORE);
  const by = (least: number, most: number): Move => ({ type: 'by', hundredths: least + random.integer(most - least + 1) });
  const level = (reach: number, ticks: number): Move => ({ type: 'level', units: random.integer(2 * reach + 1) - reach, ticks: random.integer(2 * ticks + 1) - ticks });
  const kinds: readonly [() => Move, ...(() => Move)[]] = [() => by(-130, 130), () => by(-60, 140), () => by(-140, 60), () => by(-350, 350), () => level(1, 1), () => level(2, 0)];
  const moves: Move[] = [];
  while (moves.length < length) {
    const kind = pick(random, kinds);
    for (let left = 1 + random.integer(8); left > 0 && moves.length < length; left -= 1) moves.push(kind());
  }
  return moves;
}

/** Kinds of acts that are on with one half, then a few of them between the prices. */
function withActs(moves: readonly Move[], random: Random, names: readonly ActName[], wire: Wire): TapeStep[] {
  const on = names.filter(() => random.integer(2) === 0);
  const [first, ...others] = on;
  if (first === undefined || random.integer(3) === 0) return [...moves];
  const rate = 0.02 + random.fraction() * 0.15;
  return moves.flatMap((move) => (random.fraction() < rate ? [{ type: 'act' as const, act: randomAct(pick(random, [first, ...others]), random, wire) }, move] : [move]));
}

/** Rules an exchange may change while orders rest. A coarser tick is left out: the ladder of a cycle lies on the one it began with. */
const MARKET_CHANGES: readonly [readonly string[], ...(readonly string[])[]] = [
  ['takerFee', '0.001'],
  ['takerFee', '0.0002'],
  ['makerFee', '-0.0001'],
  ['minCost', '100'],
  ['slippage', '0.001'],
  ['tickSize', '0.01'],
  ['maxOpenOrders', '#6'],
];
const SETTINGS_CHANGES: readonly [readonly string[], ...(readonly string[])[]] = [
  ['leverage', '1'],
  ['leverage', '20'],
  ['marginMode', 'isolated'],
  ['positionMode', 'hedge'],
  ['positionMode', 'one-way'],
];
const LASTING_MS: readonly [string, ...string[]] = ['2000', '20000', '90000', '400000'];

function randomAct(name: ActName, random: Random, { isLossy }: Wire): TapeAct {
  const lasts = (): string => pick(random, LASTING_MS);
  const side = (): string => pick(random, ['long', 'short']);
  // A stream that loses nothing at least tells that it has lost something.
  const gap = (): string => (isLossy ? pick(random, ['gap', 'dumb']) : 'gap');
  switch (name) {
    case 'limit':
    case 'ban':
    case 'wrong':
    case 'blind':
    case 'stale':
      return { name, args: [lasts()] };
    case 'maintenance':
      return { name, args: [lasts(), pick(random, ['halted', 'unknown']), pick(random, ['keeps', 'cancels']), gap()] };
    case 'freeze':
      return { name, args: [lasts(), gap()] };
    case 'refuse':
      return { name, args: [lasts(), pick(random, ['INSUFFICIENT_MARGIN', 'MAX_OPEN_ORDERS', 'MARKET_HALTED'])] };
    case 'silence':
      return { name, args: [lasts(), pick(random, ['all', 'prices', 'account']), gap()] };
    case 'clock':
      return { name, args: [pick(random, ['-3600000', '-5000', '5000', '3600000'])] };
    case 'deposit':
      return { name, args: [pick(random, ['250', '-100'])] };
    case 'market':
      return { name, args: pick(random, MARKET_CHANGES) };
    case 'settings':
      return { name, args: pick(random, SETTINGS_CHANGES) };
    case 'cancel':
      return { name, args: [String(random.integer(8))] };
    case 'order':
      return { name, args: [side(), pick(random, ['0.3', '1']), pick(random, ['market', 'rest'])] };
    case 'adl':
    case 'close':
      return { name, args: [side(), pick(random, ['0.3', '1'])] };
    default:
      return { name, args: [] };
  }
}
