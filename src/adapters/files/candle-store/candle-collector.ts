/**
 * Turns rows of any format into candle columns and looks at each of them: what cannot be read, stands twice, is out of order, off the
 * raster of the timeframe or impossible is named by row and time. Nothing is left out and nothing corrected.
 */
import type { CandleColumns, PriceColumn } from '../../../domain/candle-columns.ts';
import { timeframeText } from '../../../domain/timeframe.ts';
import type { Gap } from '../dataset/row-audit.ts';
import { shown } from '../csv-values.ts';
import { offRaster } from './candle-raster.ts';
import { POWERS_OF_TEN, PriceDigits } from './price-digits.ts';
import { FAULTS_MAX, iso, type TableAudit, type TableFault } from './table-fault.ts';

const FIRST_ROWS = 4_096;
const GAPS_MAX = 1_000;
const INT32_MAX = 2 ** 31 - 1;
const VOLUME = /^\+?\d*\.?\d*(?:[eE][+-]?\d{1,3})?$/;
/** With fewer rows a distance is as likely a gap as another timeframe. */
const ROWS_THAT_TELL = 3;

const PRICES = ['open', 'high', 'low', 'close'] as const;
type PriceName = (typeof PRICES)[number];
/** A value of a row as the format has it. */
export type CellValue = string | number;

export interface CollectedCandles extends TableAudit {
  /** Not to be used when there are faults. */
  readonly columns: CandleColumns;
  /** Shortest distance of two rows, ms; null when there is none. */
  readonly stepMs: number | null;
  readonly isVolumeZero: boolean;
}

export interface CollectorOptions {
  /** Null: the shortest distance of two rows. */
  readonly timeframeMs: number | null;
  readonly isShared: boolean;
}

export class CandleCollector {
  readonly #digits = new PriceDigits();
  readonly #faults: TableFault[] = [];
  #faultCount = 0;
  #isAscending = true;
  #length = 0;
  #decimals = 0;
  #rows = new Float64Array(FIRST_ROWS);
  #at = new Float64Array(FIRST_ROWS);
  #volume = new Float64Array(FIRST_ROWS);
  readonly #prices: Record<PriceName, Float64Array> = { open: new Float64Array(FIRST_ROWS), high: new Float64Array(FIRST_ROWS), low: new Float64Array(FIRST_ROWS), close: new Float64Array(FIRST_ROWS) };

  get length(): number {
    return this.#length;
  }

  /** One row; `at` in ms. */
  add(row: number, at: number, open: CellValue, high: CellValue, low: CellValue, close: CellValue, volume: CellValue): void {
    const index = this.#length;
    if (index === this.#at.length) this.#grow();
    const prices = this.#prices;
    const isRead = this.#price(row, at, 'open', open, index) && this.#price(row, at, 'high', high, index) && this.#price(row, at, 'low', low, index) && this.#price(row, at, 'close', close, index);
    if (!isRead || !this.#isExact(row, at, index)) return;
    const amount = typeof volume === 'number' ? volume : VOLUME.test(volume) && volume !== '' ? Number(volume) : Number.NaN;
    if (!(amount >= 0 && amount < Infinity)) this.fault({ row, at, kind: 'impossible', problem: `volume ${cellText(volume)}` });
    const previous = index === 0 ? -Infinity : (this.#at[index - 1] as number);
    if (at <= previous) this.#isAscending = false;
    if (at <= previous) this.fault(at === previous ? { row, at, kind: 'duplicate', problem: 'the row before has the same time' } : { row, at, kind: 'unsorted', problem: `the row before is of ${iso(previous)}` });
    this.#checkBar(row, at, prices.open[index] as number, prices.high[index] as number, prices.low[index] as number, prices.close[index] as number);
    this.#rows[index] = row;
    this.#at[index] = at;
    this.#volume[index] = amount;
    this.#length = index + 1;
  }

  fault(fault: TableFault): void {
    this.#faultCount += 1;
    if (this.#faults.length < FAULTS_MAX) this.#faults.push(fault);
  }

  #price(row: number, at: number, name: PriceName, cell: CellValue, index: number): boolean {
    const digits = this.#digits;
    const problem = typeof cell === 'string' ? digits.text(cell) : digits.number(cell, this.#decimals);
    if (problem !== null) {
      const isNoPrice = cell === '' || /^[+-]?(?:nan|inf(?:inity)?|null|none)$/i.test(String(cell));
      if (problem === 'no number') this.fault({ row, at, kind: isNoPrice ? 'impossible' : 'unreadable', problem: `${name} ${cellText(cell)} is no price` });
      else this.fault({ row, at, kind: 'unreadable', problem: `${name} ${cellText(cell)} has more digits than are kept exactly, which are 15` });
      return false;
    }
    if (digits.decimals > this.#decimals) this.#raiseDecimals(digits.decimals);
    const value = digits.value * (POWERS_OF_TEN[this.#decimals - digits.decimals] as number);
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      this.fault({ row, at, kind: 'unreadable', problem: `${name} ${cellText(cell)} cannot stand beside prices with ${this.#decimals} decimals: together they need more digits than are kept exactly` });
      return false;
    }
    this.#prices[name][index] = value;
    return true;
  }

  /** A price of the row may have been read before another one raised the decimals. */
  #isExact(row: number, at: number, index: number): boolean {
    const name = PRICES.find((each) => Math.abs(this.#prices[each][index] as number) > Number.MAX_SAFE_INTEGER);
    if (name !== undefined) this.fault({ row, at, kind: 'unreadable', problem: `${name} cannot stand beside prices with ${this.#decimals} decimals: together they need more digits than are kept exactly` });
    return name === undefined;
  }

  #raiseDecimals(decimals: number): void {
    const factor = POWERS_OF_TEN[decimals - this.#decimals] as number;
    // The row under way comes along; it is checked when all of it is read.
    const filled = Math.min(this.#length + 1, this.#at.length);
    for (const name of PRICES) {
      const column = this.#prices[name];
      for (let index = 0; index < filled; index += 1) {
        const value = (column[index] as number) * factor;
        if (Math.abs(value) > Number.MAX_SAFE_INTEGER && index < this.#length) {
          this.fault({ row: this.#rows[index] as number, at: this.#at[index] as number, kind: 'unreadable', problem: `${name} cannot stand beside a later price with ${decimals} decimals: together they need more digits than are kept exactly` });
        }
        column[index] = value;
      }
    }
    this.#decimals = decimals;
  }

  #checkBar(row: number, at: number, open: number, high: number, low: number, close: number): void {
    if (low > 0 && high >= open && high >= close && low <= open && low <= close) return;
    const text = (value: number): string => String(value / (POWERS_OF_TEN[this.#decimals] as number));
    const problems = [
      ...(open <= 0 || high <= 0 || low <= 0 || close <= 0 ? ['a price is not above zero'] : []),
      ...(high < low ? [`high ${text(high)} is below low ${text(low)}`] : []),
      ...(high < open ? [`high ${text(high)} is below open ${text(open)}`] : []),
      ...(high < close ? [`high ${text(high)} is below close ${text(close)}`] : []),
      ...(low > open ? [`low ${text(low)} is above open ${text(open)}`] : []),
      ...(low > close ? [`low ${text(low)} is above close ${text(close)}`] : []),
    ];
    this.fault({ row, at, kind: 'impossible', problem: problems.join(', ') });
  }

  #grow(): void {
    const grown = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(column.length * 2);
      larger.set(column);
      return larger;
    };
    this.#rows = grown(this.#rows);
    this.#at = grown(this.#at);
    this.#volume = grown(this.#volume);
    for (const name of PRICES) this.#prices[name] = grown(this.#prices[name]);
  }

  finish({ timeframeMs, isShared }: CollectorOptions): CollectedCandles {
    const length = this.#length;
    const at = this.#at;
    let stepMs = Infinity;
    for (let index = 1; index < length; index += 1) {
      const step = (at[index] as number) - (at[index - 1] as number);
      if (step > 0 && step < stepMs) stepMs = step;
    }
    const timeframe = timeframeMs ?? (stepMs === Infinity ? 0 : stepMs);
    const { gaps, missing } = timeframe > 0 ? this.#checkRaster(timeframe, stepMs) : { gaps: [], missing: 0 };
    const volume = this.#volume.subarray(0, length);
    // No price of a possible bar is above its high.
    const isInt32 = this.#prices.high.subarray(0, length).every((value) => value <= INT32_MAX);
    const prices = (name: PriceName): PriceColumn => {
      const values = this.#prices[name].subarray(0, length);
      return isInt32 ? integers(values, isShared) : floats(values, isShared);
    };
    return {
      columns: {
        timeframeMs: timeframe,
        length,
        priceDecimals: this.#decimals,
        at: floats(at.subarray(0, length), isShared),
        open: prices('open'),
        high: prices('high'),
        low: prices('low'),
        close: prices('close'),
        volume: floats(volume, isShared),
      },
      stepMs: stepMs === Infinity ? null : stepMs,
      isVolumeZero: volume.every((amount) => amount === 0),
      faultCount: this.#faultCount,
      faults: this.#faults.sort((a, b) => a.row - b.row),
      gaps,
      missing,
    };
  }

  #checkRaster(timeframeMs: number, stepMs: number): { readonly gaps: readonly Gap[]; readonly missing: number } {
    const length = this.#length;
    const at = this.#at;
    const first = at[0] as number;
    const gaps: Gap[] = [];
    let missing = 0;
    const offCount = at.subarray(0, length).reduce((count, time) => count + (offRaster(time, timeframeMs, first) === 0 ? 0 : 1), 0);
    const isOtherTimeframe = stepMs !== Infinity && (stepMs > timeframeMs || offCount * 2 > length);
    if (length >= ROWS_THAT_TELL && this.#isAscending && isOtherTimeframe) {
      this.fault({ row: this.#rows[0] as number, at: first, kind: 'timeframe', problem: `the rows are ${spanText(stepMs)} apart, and ${spanText(timeframeMs)} is stated` });
    }
    for (let index = 0; index < length; index += 1) {
      const time = at[index] as number;
      if (offRaster(time, timeframeMs, first) !== 0) this.fault({ row: this.#rows[index] as number, at: time, kind: 'off-grid', problem: `no bar of ${spanText(timeframeMs)} opens then` });
      const expected = index === 0 ? time : (at[index - 1] as number) + timeframeMs;
      if (time <= expected) continue;
      missing += Math.max(1, Math.round((time - expected) / timeframeMs));
      if (gaps.length < GAPS_MAX) gaps.push({ from: expected, to: time });
    }
    return { gaps, missing };
  }
}

function integers(values: Float64Array, isShared: boolean): Int32Array {
  const column = isShared ? new Int32Array(new SharedArrayBuffer(values.length * Int32Array.BYTES_PER_ELEMENT)) : new Int32Array(values.length);
  column.set(values);
  return column;
}

function floats(values: Float64Array, isShared: boolean): Float64Array {
  const column = isShared ? new Float64Array(new SharedArrayBuffer(values.byteLength)) : new Float64Array(values.length);
  column.set(values);
  return column;
}

function cellText(cell: CellValue): string {
  return typeof cell === 'string' ? shown(cell) : String(cell);
}

function spanText(spanMs: number): string {
  return spanMs % 1_000 === 0 ? timeframeText(spanMs) : `${spanMs} ms`;
}
