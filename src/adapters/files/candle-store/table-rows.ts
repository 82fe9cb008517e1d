/** Where the readers of all formats put their rows: candles or funding, by what the file holds and what was said about it. */
import { HedgerowError } from '../../../domain/errors.ts';
import { CandleCollector, type CellValue } from './candle-collector.ts';
import { FundingCollector } from './funding-collector.ts';
import type { StoredKind } from './stored-dataset.ts';
import type { TableFault } from './table-fault.ts';

export class TableRows {
  readonly #path: string;
  /** What was said or the name says; null: what the content says. */
  readonly #kind: StoredKind | null;
  #candles: CandleCollector | null = null;
  #funding: FundingCollector | null = null;

  constructor(path: string, kind: StoredKind | null) {
    this.#path = path;
    this.#kind = kind;
  }

  get candles(): CandleCollector | null {
    return this.#candles;
  }

  get funding(): FundingCollector | null {
    return this.#funding;
  }

  /** The file has rows of open, high, low, close and volume. Throws INPUT_INVALID when something else was said. */
  expectBars(): void {
    if (this.#kind === 'funding') this.#funding ??= new FundingCollector();
    else this.#candles ??= new CandleCollector();
  }

  expectRates(): void {
    if (this.#kind !== null && this.#kind !== 'funding') throw new HedgerowError('INPUT_INVALID', `${this.#path} holds funding rates, not ${this.#kind === 'mark' ? 'mark-price candles' : 'candles'}; say --kind funding`);
    this.#funding ??= new FundingCollector();
  }

  bar(row: number, at: number, open: CellValue, high: CellValue, low: CellValue, close: CellValue, volume: CellValue): void {
    if (this.#candles !== null) return this.#candles.add(row, at, open, high, low, close, volume);
    // Freqtrade keeps funding rates as the opens of bars that are empty otherwise.
    const isRate = [high, low, close, volume].every((cell) => Number(cell) === 0);
    if (isRate) this.#funding?.add(row, Math.floor(at), open);
    else this.fault({ row, at, kind: 'unreadable', problem: 'this is a candle; in tables of funding rates only the open is filled, with the rate' });
  }

  rate(row: number, at: number, rate: CellValue): void {
    this.#funding?.add(row, Math.floor(at), rate);
  }

  fault(fault: TableFault): void {
    (this.#candles ?? this.#funding)?.fault(fault);
  }
}
