/**
 * The machines of a plan rebuilt from its journal and compared with the snapshot that is stored (I12, I14): `plan.started` carries what
 * the first state was made of, every later entry the input that stepped it and what that changed. What was compacted away is replaced
 * by the checkpoint the rest begins with.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { Instrument, Strategy } from '../domain/strategy.ts';
import type { JournalEntry, SnapshotEnvelope, Store, StoredPlan } from '../ports/store.ts';
import { openingState } from './plan-start.ts';
import { noteOf } from './step-note.ts';
import { persistPlan, restorePlan, stepPlan } from './step.ts';
import type { PlanInputEvent, PlanState } from './step.ts';

export interface ReplayDifference {
  /** The journal number at which it shows first. */
  readonly seq: number;
  /** The field, e.g. `machines[1].context.ledger.fees`, or `journal`. */
  readonly path: string;
  readonly replayed: string;
  readonly stored: string;
}

export interface Replay {
  /** The entry the replay began after; 0: the beginning. */
  readonly fromSeq: number;
  /** The entry the stored snapshot is the result of. */
  readonly toSeq: number;
  readonly entries: number;
  /** Entries that stepped the machines. */
  readonly steps: number;
  /** Null: the same to the last field. */
  readonly difference: ReplayDifference | null;
}

/** Entries read at once. */
const PAGE = 1_000;

type ReplaySource = Pick<Store, 'readJournal' | 'loadCheckpoint'>;

/** Rejects with SNAPSHOT_INVALID when a snapshot cannot be read at all. */
export async function replayPlan(store: ReplaySource, plan: StoredPlan): Promise<Replay> {
  const first = await store.loadCheckpoint(plan.planId, 'first');
  const last = await store.loadCheckpoint(plan.planId, 'last');
  const replay = new JournalReplay(plan, first, last);
  for (let afterSeq = first?.seq ?? 0; !replay.isOver; ) {
    const page = await store.readJournal(plan.planId, afterSeq, PAGE);
    for (const entry of page) replay.take(entry);
    const newest = page.at(-1);
    if (newest === undefined) break;
    afterSeq = newest.seq;
  }
  return replay.result();
}

class JournalReplay {
  readonly #plan: StoredPlan;
  readonly #start: SnapshotEnvelope | null;
  readonly #last: SnapshotEnvelope | null;
  #state: PlanState | null;
  #seq: number;
  #entries = 0;
  #steps = 0;
  #difference: ReplayDifference | null = null;

  constructor(plan: StoredPlan, start: SnapshotEnvelope | null, last: SnapshotEnvelope | null) {
    this.#plan = plan;
    this.#start = start;
    this.#last = last;
    this.#state = start === null ? null : restorePlan(start.snapshot);
    this.#seq = start?.seq ?? 0;
  }

  get #head(): number {
    return this.#plan.snapshot?.seq ?? 0;
  }

  get isOver(): boolean {
    return this.#difference !== null || this.#seq >= this.#plan.seq;
  }

  take(entry: JournalEntry): void {
    if (this.isOver) return;
    if (entry.seq !== this.#seq + 1) return this.#differ({ seq: this.#seq + 1, path: 'journal', replayed: `entry ${this.#seq + 1}`, stored: `entry ${entry.seq}` });
    this.#seq = entry.seq;
    this.#entries += 1;
    if (entry.seq > this.#head) return this.#takeAfterHead(entry);
    this.#step(entry);
    if (entry.seq === this.#last?.seq && entry.seq !== this.#head) this.#compare(this.#last);
    if (entry.seq === this.#head) this.#compare(this.#plan.snapshot);
  }

  /** A plan that was stopped may have written why; a step that no snapshot holds was lost. */
  #takeAfterHead({ seq, type, payload }: JournalEntry): void {
    if (inputOf(payload) !== null) this.#differ({ seq, path: 'snapshot', replayed: `${type} steps the machines`, stored: `the snapshot is of entry ${this.#head}` });
  }

  #step({ seq, type, payload }: JournalEntry): void {
    if (type === 'plan.started') {
      this.#state = this.#begin(payload);
      return;
    }
    const input = inputOf(payload);
    if (input === null) return;
    if (this.#state === null) return this.#differ({ seq, path: 'journal', replayed: 'no plan.started', stored: type });
    const before = this.#state;
    const { state, isIgnored } = stepPlan(before, input);
    this.#state = state;
    this.#steps += 1;
    const { units, out, realised, ignored } = payload as Readonly<Record<string, unknown>>;
    const replayed = canonicalJson({ ...noteOf(input, before, state), ...(isIgnored ? { ignored: true } : {}) });
    const stored = canonicalJson({ units, out, realised, ignored });
    if (replayed !== stored) this.#differ({ seq, path: `what ${type} changed`, replayed, stored });
  }

  #begin(payload: unknown): PlanState {
    const started = payload as { readonly price: DecimalString; readonly atr: DecimalString | null; readonly instrument?: Instrument };
    const strategy = this.#plan.strategy as unknown as Strategy;
    return openingState(strategy, started.instrument ?? this.#instrument(strategy), started.price, started.atr);
  }

  /** Journals of before name no instrument: the snapshot does, or the market the strategy describes. */
  #instrument(strategy: Strategy): Instrument {
    const snapshot = (this.#plan.snapshot ?? this.#start)?.snapshot as { readonly engine?: { readonly instrument?: Instrument | null } } | null | undefined;
    const { market } = strategy.exchange;
    const known = snapshot?.engine?.instrument ?? (market === null ? null : { symbol: strategy.symbol, ...market });
    if (known === null) throw new Error(`neither journal nor snapshot of ${strategy.name} names the instrument`);
    return known;
  }

  #compare(envelope: SnapshotEnvelope | null): void {
    if (envelope === null || this.#difference !== null) return;
    if (this.#state === null) return this.#differ({ seq: envelope.seq, path: 'machines', replayed: 'not started', stored: 'a snapshot' });
    const found = firstDifference(plainValue(persistPlan(this.#state)), plainValue(persistPlan(restorePlan(envelope.snapshot))), '');
    if (found !== null) this.#differ({ seq: envelope.seq, ...found });
  }

  #differ(difference: ReplayDifference): void {
    this.#difference ??= difference;
  }

  result(): Replay {
    if (this.#difference === null && this.#seq < this.#plan.seq) this.#differ({ seq: this.#seq + 1, path: 'journal', replayed: `entry ${this.#seq + 1}`, stored: `nothing, although the plan is at entry ${this.#plan.seq}` });
    return { fromSeq: this.#start?.seq ?? 0, toSeq: this.#head, entries: this.#entries, steps: this.#steps, difference: this.#difference };
  }
}

function inputOf(payload: unknown): PlanInputEvent | null {
  const input = (payload as { readonly input?: PlanInputEvent } | null)?.input;
  return input ?? null;
}

/** As it is after a way through JSON, which is how the other one was stored. */
function plainValue(value: unknown): unknown {
  return JSON.parse(canonicalJson(value));
}

function firstDifference(replayed: unknown, stored: unknown, path: string): Pick<ReplayDifference, 'path' | 'replayed' | 'stored'> | null {
  if (canonicalJson(replayed) === canonicalJson(stored)) return null;
  if (!isTree(replayed) || !isTree(stored)) return { path, replayed: shown(replayed), stored: shown(stored) };
  const keys = [...new Set([...Object.keys(replayed), ...Object.keys(stored)])];
  for (const key of keys) {
    const inner = Array.isArray(replayed) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const found = firstDifference(replayed[key], stored[key], inner);
    if (found !== null) return found;
  }
  return { path, replayed: shown(replayed), stored: shown(stored) };
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const SHOWN_CHARS = 200;

function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : canonicalJson(value);
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}
