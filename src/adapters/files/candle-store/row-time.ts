/** Times of rows in the units exchanges write: milliseconds, microseconds (Binance's spot files since 2025), or ISO text with its offset. */
import { shown } from '../csv-values.ts';
import type { TableRows } from './table-rows.ts';

const MILLISECONDS = /^(?!\d{10}$)\d{1,13}$/;
const MICROSECONDS = /^\d{16}$/;
const SECONDS = /^\d{10}$/;
const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** One file has one unit: the first row's. */
export class RowTimes {
  readonly #rows: TableRows;
  #unit: 'milliseconds' | 'microseconds' | 'ISO text' | null = null;

  constructor(rows: TableRows) {
    this.#rows = rows;
  }

  /** Ms; null when it is none, which is then a fault of the row. */
  read(text: string, row: number): number | null {
    const isIso = ISO.test(text);
    const unit = MILLISECONDS.test(text) ? 'milliseconds' : MICROSECONDS.test(text) ? 'microseconds' : isIso ? 'ISO text' : null;
    if (unit === null) return this.#fault(row, SECONDS.test(text) ? `${text} is a time in seconds; write milliseconds, which have 13 digits` : `${shown(text)} is no time in milliseconds or microseconds since 1970`);
    this.#unit ??= unit;
    if (unit !== this.#unit) return this.#fault(row, `the time ${text} is in ${unit}, those before are in ${this.#unit}`);
    if (unit === 'milliseconds') return Number(text);
    if (unit === 'microseconds') return Number(text) / 1_000;
    const at = Date.parse(text.replace(' ', 'T'));
    return Number.isNaN(at) ? this.#fault(row, `${shown(text)} is no date there is`) : at;
  }

  #fault(row: number, problem: string): null {
    this.#rows.fault({ row, at: null, kind: 'unreadable', problem });
    return null;
  }
}
