/** The arguments of `npm run campaign`, checked. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { HedgerowError } from '../domain/errors.ts';
import { MIXES } from '../sim/campaign/seed-tape.ts';
import type { Mix } from '../sim/campaign/seed-tape.ts';
import { parseTape } from '../sim/campaign/tape.ts';
import type { CampaignTape } from '../sim/campaign/tape.ts';

export interface CampaignOptions {
  readonly seeds: readonly string[];
  readonly mix: Mix;
  /** Replays this alone. */
  readonly tape: CampaignTape | null;
  /** Golden scenarios: every so many boundaries; 0: none. */
  readonly crashStride: number;
  /** Second crashes: every so many boundaries of each recovery; 0: none. */
  readonly pairStride: number;
  readonly workers: number;
  readonly isJson: boolean;
}

const SEEDS_MAX = 10_000_000;
const WORKERS_MAX = 256;

export const USAGE = `npm run campaign -- [options]

  --seeds N       runs drawn from so many seeds (default 200)
  --first S       the first of them, a whole number (default 1)
  --seed X        this one seed alone, and no golden scenario
  --tape "…"      this one tape alone, as a failure prints it
  --mix M         what seeds are drawn from: ${Object.keys(MIXES).join(', ')} (default all)
  --crashes N     golden scenarios: end the bot at every N-th await boundary (default 1: all; 0: none)
  --pairs N       and again at every N-th boundary of each recovery (default 1: all; 0: none)
  --workers N     threads (default: one per core)
  --json          the report as one JSON document

npm run campaign -- --planted [options]: copies of the bot, each broken in a known way, until the campaign sees it

  --seeds N       runs per broken copy (default 400); also --first, --workers, --json
  --only TEXT     bugs whose name contains it

npm run campaign -- --storage [options]: the real process, killed at random

  --kills N       kills per store (default 200)
  --power-cuts N  power cuts of the embedded store (default 50)
  --takeovers N   takeovers by a standby, on PostgreSQL (default 10)
  --store S       pglite, postgres or both (default both)
  --database-url URL  a PostgreSQL server to use (default: one is started)
  --seed X        draws prices and kills
`;

/** Throws INPUT_INVALID and names the argument. */
export function readOptions(args: readonly string[]): CampaignOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '200' },
      first: { type: 'string', default: '1' },
      seed: { type: 'string' },
      tape: { type: 'string' },
      mix: { type: 'string', default: 'all' },
      crashes: { type: 'string', default: '1' },
      pairs: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
    },
  });
  const isSingle = values.seed !== undefined || values.tape !== undefined;
  const first = whole('--first', values.first, 0, Number.MAX_SAFE_INTEGER - SEEDS_MAX);
  const count = whole('--seeds', values.seeds, 0, SEEDS_MAX);
  if (!(values.mix in MIXES)) throw new HedgerowError('INPUT_INVALID', `--mix ${values.mix} is unknown; write one of ${Object.keys(MIXES).join(', ')}`);
  return {
    seeds: values.tape !== undefined ? [] : values.seed !== undefined ? [values.seed] : Array.from({ length: count }, (_, index) => String(first + index)),
    mix: values.mix as Mix,
    tape: values.tape === undefined ? null : parseTape(values.tape),
    crashStride: isSingle ? 0 : whole('--crashes', values.crashes, 0, SEEDS_MAX),
    pairStride: isSingle ? 0 : whole('--pairs', values.pairs, 0, SEEDS_MAX),
    workers: isSingle ? 1 : whole('--workers', values.workers, 1, WORKERS_MAX),
    isJson: values.json,
  };
}

/** Throws INPUT_INVALID. */
export function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new HedgerowError('INPUT_INVALID', `${name} ${JSON.stringify(text)} is not a whole number from ${least} to ${most}`);
}
