/** The growing lists a `RunRecorder` is made of: rows, phases, and holdings as columns. */
import type { WalletName } from '../domain/strategy.ts';
import type { Phase } from '../../machines/wallet-cycle.ts';
import type { HoldingColumns, PhaseRow } from './run-record.ts';

/** Rows in order. Some may be given as a function that builds them when the rows are first asked for. */
export class RowLog<T> {
  readonly #parts: (T[] | (() => readonly T[]))[] = [];
  #rows: readonly T[] | null = null;

  push(row: T): void {
    const last = this.#parts.at(-1);
    if (Array.isArray(last)) last.push(row);
    else this.#parts.push([row]);
    this.#rows = null;
  }

  /** All that follow until the next call of either method; called once, at the earliest when the rows are read. */
  later(build: () => readonly T[]): void {
    this.#parts.push(build);
    this.#rows = null;
  }

  get rows(): readonly T[] {
    if (this.#rows !== null) return this.#rows;
    const built = this.#parts.map((part) => (Array.isArray(part) ? part : [...part()]));
    this.#parts.splice(0, this.#parts.length, ...built);
    this.#rows = built.length === 1 ? (built[0] as T[]) : built.flat();
    return this.#rows;
  }
}

interface PhaseSteps {
  readonly at: number[];
  readonly phase: Phase[];
}

/** Of several phases at one moment the last counts. */
export class PhaseLog {
  readonly #of: ReadonlyMap<PhaseRow['of'], PhaseSteps>;

  /** `names`: in the order in which rows of one moment stand. */
  constructor(names: readonly (WalletName | 'plan')[]) {
    this.#of = new Map(names.map((name) => [name, { at: [], phase: [] }]));
  }

  note(at: number, of: PhaseRow['of'], phase: Phase): void {
    const steps = this.#of.get(of);
    if (steps === undefined) return;
    if (steps.at.at(-1) === at) {
      steps.at.pop();
      steps.phase.pop();
    }
    if (steps.phase.at(-1) === phase) return;
    steps.at.push(at);
    steps.phase.push(phase);
  }

  rows(): readonly PhaseRow[] {
    const rows = [...this.#of].flatMap(([of, steps], order) => steps.at.map((at, index) => ({ order, row: { at, of, phase: steps.phase[index] as Phase } })));
    return rows.sort((a, b) => a.row.at - b.row.at || a.order - b.order).map(({ row }) => row);
  }
}

const FIRST_ROWS = 1_024;

/** Columns of floats that grow by doubling. */
export class FloatColumns {
  length = 0;
  #columns: Float64Array[];

  constructor(width: number) {
    this.#columns = Array.from({ length: width }, () => new Float64Array(FIRST_ROWS));
  }

  /** Adds a row of zeros and gives its number. */
  add(): number {
    if (this.length === (this.#columns[0]?.length ?? 0)) {
      this.#columns = this.#columns.map((column) => {
        const grown = new Float64Array(column.length * 2);
        grown.set(column);
        return grown;
      });
    }
    this.length += 1;
    return this.length - 1;
  }

  get(column: number, row: number): number {
    return (this.#columns[column] as Float64Array)[row] as number;
  }

  set(column: number, row: number, value: number): void {
    (this.#columns[column] as Float64Array)[row] = value;
  }

  /** Without the unused rest. */
  column(column: number): Float64Array {
    return (this.#columns[column] as Float64Array).slice(0, this.length);
  }
}

const PER_WALLET = 3;

/**
 * What each wallet holds after each moment at which that changed. `begin(at)`, then `set` for the wallets that changed; what is not set
 * stays as it was. Two rows of one moment are one.
 */
export class HoldingLog {
  readonly #wallets: number;
  /** at, then balance, position and gross of each wallet. */
  readonly #columns: FloatColumns;
  #row = -1;

  constructor(wallets: number) {
    this.#wallets = wallets;
    this.#columns = new FloatColumns(1 + PER_WALLET * wallets);
  }

  begin(at: number): void {
    const columns = this.#columns;
    if (this.#row >= 0 && columns.get(0, this.#row) === at) return;
    const before = this.#row;
    this.#row = columns.add();
    columns.set(0, this.#row, at);
    for (let column = 1; before >= 0 && column <= PER_WALLET * this.#wallets; column += 1) columns.set(column, this.#row, columns.get(column, before));
  }

  /** Of the row begun last. `wallet`: index in file order. The floats nearest to the exact values. */
  set(wallet: number, balance: number, position: number, gross: number): void {
    const first = 1 + PER_WALLET * wallet;
    this.#columns.set(first, this.#row, balance);
    this.#columns.set(first + 1, this.#row, position);
    this.#columns.set(first + 2, this.#row, gross);
  }

  columns(): HoldingColumns {
    const each = (offset: number): Float64Array[] => Array.from({ length: this.#wallets }, (_, wallet) => this.#columns.column(1 + PER_WALLET * wallet + offset));
    return { length: this.#columns.length, at: this.#columns.column(0), balance: each(0), position: each(1), gross: each(2) };
  }
}
