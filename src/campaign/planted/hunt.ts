/**
 * Runs the campaign on broken copies of the bot until it sees each planted bug or the seeds are used up. A violation counts only when
 * the bot as it is passes the same seed: what it fails by itself proves nothing about the planted bug.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { brokenCopy } from './broken-copy.ts';
import type { PlantedBug } from './planted-bug.ts';

/** How the campaign saw that something is broken. */
export interface Sight {
  readonly seed: number;
  /** As in a violation, or `hang`, `crash` when the broken bot took the campaign's process with it. */
  readonly invariant: string;
  readonly message: string;
}

export interface HuntResult {
  readonly bug: PlantedBug;
  /** Null when the seeds were used up. */
  readonly sight: Sight | null;
  readonly seedsTried: number;
  readonly seconds: number;
}

export interface HuntOptions {
  /** The package's folder. */
  readonly root: string;
  /** The package compiled, as it is. */
  readonly dist: string;
  readonly firstSeed: number;
  readonly seeds: number;
  /** Child processes at a time. */
  readonly workers: number;
  readonly onResult?: (result: HuntResult) => void;
}

/** One seed takes about a second; a bot that is busy for so long without an end hangs. */
const SEED_TIMEOUT_MS = 90_000;
/** The program that runs seeds, below `dist/`. */
const PROGRAM = 'src/campaign/planted/first-violation.js';

/** In the order of `bugs`. Rejects with INPUT_INVALID when a bug no longer fits the code. */
export async function hunt(bugs: readonly PlantedBug[], options: HuntOptions): Promise<readonly HuntResult[]> {
  const sound = new SoundSeeds(options.dist);
  const results: HuntResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < bugs.length; index = next++) {
      const bug = bugs[index];
      if (bug === undefined) return;
      const result = await huntOne(bug, options, sound);
      results[index] = result;
      options.onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.workers) }, work));
  return results;
}

async function huntOne(bug: PlantedBug, { root, dist, firstSeed, seeds }: HuntOptions, sound: SoundSeeds): Promise<HuntResult> {
  const startedAt = performance.now();
  const copy = brokenCopy(bug, dist, root);
  const end = firstSeed + seeds;
  try {
    for (let seed = firstSeed; seed < end; ) {
      const sight = await firstSight(copy.folder, seed, end - seed);
      if (sight === null) break;
      if (await sound.isSound(sight.seed)) return { bug, sight, seedsTried: sight.seed - firstSeed + 1, seconds: (performance.now() - startedAt) / 1_000 };
      seed = sight.seed + 1;
    }
    return { bug, sight: null, seedsTried: seeds, seconds: (performance.now() - startedAt) / 1_000 };
  } finally {
    copy.remove();
  }
}

/** Seeds that the bot passes as it is. */
class SoundSeeds {
  readonly #dist: string;
  readonly #known = new Map<number, Promise<boolean>>();

  constructor(dist: string) {
    this.#dist = dist;
  }

  isSound(seed: number): Promise<boolean> {
    const known = this.#known.get(seed) ?? firstSight(this.#dist, seed, 1).then((sight) => sight === null);
    this.#known.set(seed, known);
    return known;
  }
}

/** Runs `seeds` seeds from `first` on in a process of their own until one is violated; null when none is. */
function firstSight(dist: string, first: number, seeds: number): Promise<Sight | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', join(dist, PROGRAM), String(first), String(seeds)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let seed = first;
    let sight: Sight | null = null;
    let complaint = '';
    let rest = '';
    let watchdog = setTimeout(hang, SEED_TIMEOUT_MS);
    function hang(): void {
      sight = { seed, invariant: 'hang', message: `a seed took over ${SEED_TIMEOUT_MS / 1_000} s` };
      child.kill('SIGKILL');
    }
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (complaint += piece));
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      const lines = `${rest}${piece}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const report = JSON.parse(line) as { readonly seed: number; readonly violation?: Omit<Sight, 'seed'> };
        seed = report.seed;
        if (report.violation !== undefined) sight = { seed, ...report.violation };
        clearTimeout(watchdog);
        watchdog = setTimeout(hang, SEED_TIMEOUT_MS);
      }
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(watchdog);
      if (sight === null && code !== 0) sight = { seed, invariant: 'crash', message: complaint.trim().split('\n').slice(0, 3).join(' ') };
      resolve(sight);
    });
  });
}
