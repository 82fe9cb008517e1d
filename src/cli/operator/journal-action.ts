/** `hedgerow journal`: what a plan has lived through, entry by entry, also while it goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalEntry, StoredPlan } from '../../ports/store.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, CommandAction } from '../command-spec.ts';
import { dataDirOf } from '../data-dir.ts';
import { Output } from '../output.ts';
import { nothingStored, openOperatorAccess } from './operator-access.ts';
import type { OperatorAccess } from './operator-access.ts';
import { oneWorldOf, planWishOf, plansFor } from './plan-choice.ts';
import { timeText } from './status-text.ts';

const DEFAULT_LIMIT = 50;
const LIMIT_MAX = 10_000_000;
const PAGE = 1_000;
const FOLLOW_MS = 500;

export const journalAction: CommandAction = async (input, io) => {
  const dataDir = dataDirOf(input);
  const wish = await planWishOf(input);
  const types = input.texts('type');
  const after = input.whole('after', 0, Number.MAX_SAFE_INTEGER);
  const limit = input.whole('limit', 1, LIMIT_MAX) ?? (after === null ? DEFAULT_LIMIT : LIMIT_MAX);
  const access = await openOperatorAccess(dataDir, io);
  if (access === null) throw nothingStored(dataDir);
  try {
    const [plan, ...others] = await oneWorldOf(access, await plansFor(access, wish));
    if (plan === undefined || others.length > 0) throw inputError('name the one plan whose journal is to be shown');
    const printer = new EntryPrinter(input, io);
    const journal = new JournalWalk(access, plan, types);
    await journal.print(after ?? (await journal.startOfLast(limit)), limit, printer);
    if (input.flag('follow')) await journal.follow(printer);
    return 0;
  } finally {
    await access.close();
  }
};

class JournalWalk {
  readonly #access: OperatorAccess;
  readonly #plan: StoredPlan;
  readonly #types: readonly string[];
  #shownTo = 0;

  constructor(access: OperatorAccess, plan: StoredPlan, types: readonly string[]) {
    this.#access = access;
    this.#plan = plan;
    this.#types = types;
  }

  /** The number after which `limit` wanted entries are left. */
  async startOfLast(limit: number): Promise<number> {
    if (this.#types.length === 0) return Math.max(0, this.#plan.seq - limit);
    let found = 0;
    for (let to = this.#plan.seq; to > 0; to -= PAGE) {
      const from = Math.max(0, to - PAGE);
      const page = (await this.#read(from, Math.min(PAGE, to - from))).filter((entry) => entry.seq <= to && isOfType(entry, this.#types));
      const first = page.at(-(limit - found));
      if (first !== undefined) return first.seq - 1;
      found += page.length;
    }
    return 0;
  }

  async print(afterSeq: number, limit: number, printer: EntryPrinter): Promise<void> {
    this.#shownTo = afterSeq;
    for (let left = limit; left > 0; ) {
      const page = await this.#read(this.#shownTo, PAGE);
      for (const entry of page) {
        this.#shownTo = entry.seq;
        if (!isOfType(entry, this.#types)) continue;
        await printer.print(entry);
        left -= 1;
        if (left === 0) break;
      }
      if (page.length < PAGE) break;
    }
    await printer.flush();
  }

  /** Until the reader goes away or the process is ended. */
  async follow(printer: EntryPrinter): Promise<never> {
    for (;;) {
      await sleep(FOLLOW_MS);
      await this.print(this.#shownTo, LIMIT_MAX, printer);
    }
  }

  #read(afterSeq: number, limit: number): Promise<readonly JournalEntry[]> {
    return this.#access.store.readJournal(this.#plan.planId, afterSeq, limit);
  }
}

/** `fill.booked`, or all of a kind: `order.*`. */
function isOfType({ type }: JournalEntry, types: readonly string[]): boolean {
  return types.length === 0 || types.some((wanted) => (wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted));
}

const PAYLOAD_CHARS = 200;

class EntryPrinter {
  readonly #output: Output;
  readonly #isJson: boolean;

  constructor(input: CommandInput, io: CliIo) {
    this.#output = new Output(io.stdout);
    this.#isJson = input.flag('json');
  }

  async print(entry: JournalEntry): Promise<void> {
    await this.#output.write(`${this.#isJson ? JSON.stringify(entry) : entryText(entry)}\n`);
  }

  flush(): Promise<void> {
    return this.#output.flush();
  }
}

/** Inputs of the machines repeat what is told beside them. */
function entryText({ seq, at, type, payload }: JournalEntry): string {
  const { input: _, ...told } = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? (payload as Readonly<Record<string, unknown>>) : { input: null, payload };
  const text = Object.entries(told).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ');
  return `${String(seq).padStart(7)}  ${timeText(at)}  ${type.padEnd(18)}  ${text.length > PAYLOAD_CHARS ? `${text.slice(0, PAYLOAD_CHARS)}…` : text}`.trimEnd();
}
