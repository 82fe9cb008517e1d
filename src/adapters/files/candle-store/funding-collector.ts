/** Turns rows of any format into funding columns and looks at each of them, as candle-collector.ts does with candles. */
import type { FundingColumns } from '../../../domain/candle-columns.ts';
import { D, plain } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import { auditFunding } from '../dataset/row-audit.ts';
import { shown } from '../csv-values.ts';
import { dueAt } from '../funding-file.ts';
import type { CellValue } from './candle-collector.ts';
import { FAULTS_MAX, iso, type TableAudit, type TableFault } from './table-fault.ts';

const RATE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

export interface CollectedFunding extends TableAudit {
  /** Not to be used when there are faults. */
  readonly columns: FundingColumns;
}

export class FundingCollector {
  readonly #faults: TableFault[] = [];
  #faultCount = 0;
  readonly #at: number[] = [];
  readonly #rates: DecimalString[] = [];

  get length(): number {
    return this.#at.length;
  }

  /** One settlement; `stampedAt` in ms, some milliseconds late as exchanges stamp them. */
  add(row: number, stampedAt: number, cell: CellValue): void {
    const at = dueAt(stampedAt);
    const text = typeof cell === 'string' ? cell : String(cell);
    if (!RATE.test(text)) return this.fault({ row, at, kind: 'impossible', problem: `rate ${shown(text)} is no number` });
    const rate = new D(text);
    if (rate.abs().greaterThanOrEqualTo(1)) this.fault({ row, at, kind: 'impossible', problem: `rate ${text} is 100 % or more; rates are fractions` });
    const previous = this.#at.at(-1) ?? -Infinity;
    if (at <= previous) this.fault(at === previous ? { row, at, kind: 'duplicate', problem: 'the row before is due at the same time' } : { row, at, kind: 'unsorted', problem: `the row before is of ${iso(previous)}` });
    this.#at.push(at);
    this.#rates.push(plain(rate));
  }

  fault(fault: TableFault): void {
    this.#faultCount += 1;
    if (this.#faults.length < FAULTS_MAX) this.#faults.push(fault);
  }

  async finish(): Promise<CollectedFunding> {
    const at = Float64Array.from(this.#at);
    const lines = this.#at.map((time, index) => `${time},${this.#rates[index] ?? ''}`);
    const { gaps, missing } = await auditFunding(eachOf(lines), { since: at[0] ?? 0, until: at.at(-1) ?? 0 });
    return { columns: { length: at.length, at, rate: this.#rates }, faultCount: this.#faultCount, faults: this.#faults.sort((a, b) => a.row - b.row), gaps, missing };
  }
}

async function* eachOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
