/**
 * Makes a tape that breaks something as small as it can be while it still breaks the same: fewer faults, crashes, prices and acts, a
 * smaller plan, a calmer world, rounder numbers. Works on the tape, never on the seed. Deterministic and bounded.
 */
import type { Violation } from '../auditor/violation.ts';
import { CALM } from '../simulation/sim-path.ts';
import type { Conditions } from '../simulation/sim-path.ts';
import { smallerSketches } from './plan-sketch.ts';
import { PLAIN_WIRE } from './tape.ts';
import type { CampaignTape, TapeCrash, TapeStep, Wire } from './tape.ts';
import type { TapeFault } from './tape-faults.ts';

/** The violation the tape leads to, null when it leads to none. */
export type Judge = (tape: CampaignTape) => Promise<Violation | null>;

export interface Shrunk {
  readonly tape: CampaignTape;
  readonly violation: Violation;
  readonly attempts: number;
}

export const ATTEMPTS_MAX = 500;

/** Broken the same way: the same invariant, the same sentence but for its numbers. */
export function kindOf({ invariant, message }: Pick<Violation, 'invariant' | 'message'>): string {
  return `${invariant} ${message.replace(/\d[\d.]*/g, '#').slice(0, 90)}`;
}

export async function shrinkTape(broken: CampaignTape, violation: Violation, judge: Judge, attemptsMax: number = ATTEMPTS_MAX): Promise<Shrunk> {
  const shrinking = new Shrinking(broken, violation, judge, attemptsMax);
  await shrinking.run();
  return { tape: shrinking.best, violation: shrinking.violation, attempts: shrinking.attempts };
}

class Shrinking {
  best: CampaignTape;
  violation: Violation;
  attempts = 0;
  readonly #judge: Judge;
  readonly #kind: string;
  readonly #attemptsMax: number;

  constructor(broken: CampaignTape, violation: Violation, judge: Judge, attemptsMax: number) {
    this.best = broken;
    this.violation = violation;
    this.#judge = judge;
    this.#kind = kindOf(violation);
    this.#attemptsMax = attemptsMax;
  }

  async run(): Promise<void> {
    await this.#try({ ...this.best, steps: this.best.steps.slice(0, Math.max(1, this.violation.step)) });
    for (let before = ''; before !== JSON.stringify(this.best) && this.attempts < this.#attemptsMax; ) {
      before = JSON.stringify(this.best);
      await this.#fewer((faults: readonly TapeFault[]) => ({ ...this.best, faults }), () => this.best.faults);
      await this.#fewer((crashes: readonly TapeCrash[]) => ({ ...this.best, crashes }), () => this.best.crashes);
      await this.#fewer((steps: readonly TapeStep[]) => ({ ...this.best, steps }), () => this.best.steps);
      for (const plan of smallerSketches(this.best.plan)) await this.#try({ ...this.best, plan });
      for (const tape of this.#calmer()) await this.#try(tape);
      await this.#rounder();
      await this.#earlierCrashes();
    }
  }

  async #try(candidate: CampaignTape): Promise<boolean> {
    if (this.attempts >= this.#attemptsMax || candidate.steps.length === 0) return false;
    this.attempts += 1;
    const violation = await this.#judge(candidate);
    if (violation === null || kindOf(violation) !== this.#kind) return false;
    this.best = candidate;
    this.violation = violation;
    return true;
  }

  /** Leaves out runs of items, long ones first. */
  async #fewer<T>(withItems: (items: readonly T[]) => CampaignTape, items: () => readonly T[]): Promise<void> {
    for (let size = items().length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < items().length; ) {
        const left = [...items().slice(0, from), ...items().slice(from + size)];
        if (!(await this.#try(withItems(left)))) from += size;
      }
    }
  }

  #calmer(): CampaignTape[] {
    const { conditions, wire, crashes } = this.best;
    const isForgetful = crashes.some(({ lostCommits }) => lostCommits > 0);
    const calm = (Object.keys(CALM) as (keyof Conditions)[]).filter((key) => conditions[key] !== CALM[key]).map((key) => ({ ...this.best, conditions: { ...conditions, [key]: CALM[key] } }));
    const plain = (Object.keys(PLAIN_WIRE) as (keyof Wire)[]).filter((key) => wire[key] !== PLAIN_WIRE[key] && !(key === 'isForgetful' && isForgetful)).map((key) => ({ ...this.best, wire: { ...wire, [key]: PLAIN_WIRE[key] } }));
    return [...calm, ...plain];
  }

  /** Whole units, short downtimes, few lost commits. */
  async #rounder(): Promise<void> {
    for (let index = 0; index < this.best.steps.length; index += 1) {
      for (const step of rounderSteps(this.best.steps[index])) {
        if (await this.#try({ ...this.best, steps: this.best.steps.map((old, at) => (at === index ? step : old)) })) break;
      }
    }
    for (let index = 0; index < this.best.crashes.length; index += 1) {
      for (const change of [{ downMs: 1_000 }, { lostCommits: 1 }, { lostCommits: 0 }]) {
        if (isLess(change, this.best.crashes[index])) await this.#try({ ...this.best, crashes: this.best.crashes.map((crash, at) => (at === index ? { ...crash, ...change } : crash)) });
      }
    }
  }

  /** A crash that breaks the same earlier in the run is easier to follow: by halves of the way, then by one. */
  async #earlierCrashes(): Promise<void> {
    for (let index = 0; index < this.best.crashes.length; index += 1) {
      for (let by = Math.floor((this.best.crashes[index]?.boundary ?? 0) / 2); by >= 1; by = Math.floor(by / 2)) {
        const moved = (crash: TapeCrash, at: number): TapeCrash => (at === index ? { ...crash, boundary: crash.boundary - by } : crash);
        await this.#try({ ...this.best, crashes: this.best.crashes.map(moved) });
      }
    }
  }
}

function isLess(change: Partial<Pick<TapeCrash, 'downMs' | 'lostCommits'>>, crash: TapeCrash | undefined): boolean {
  return crash !== undefined && ((change.downMs ?? Infinity) < crash.downMs || (change.lostCommits ?? Infinity) < crash.lostCommits);
}

function rounderSteps(step: TapeStep | undefined): TapeStep[] {
  if (step === undefined || step.type === 'act') return [];
  if (step.type === 'level') return step.ticks === 0 ? [] : [{ ...step, ticks: 0 }];
  const rounded = [100, 50, 10].map((to) => Math.round(step.hundredths / to) * to);
  return [...new Set(rounded)].filter((hundredths) => hundredths !== step.hundredths && hundredths !== 0).map((hundredths) => ({ type: 'by', hundredths }));
}
