/** The programs of the page without a browser: their classes and functions, for what they work out rather than draw. */
import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { runInNewContext } from 'node:vm';
import { PAGE_SCRIPTS } from '../../../src/backtest/report/report-page.ts';
import type { PackedColumn, PackedColumns } from '../../../src/backtest/report/packed-columns.ts';

interface Bars {
  timeframeMs: number;
  length: number;
  at: Float64Array;
  open: Float64Array;
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
}
type Slice = Bars & { span: Float64Array; isMixed: boolean };
interface Columns {
  numbers(name: string): Float64Array;
  texts(name: string): string[];
  bars(name: string, timeframeMs: number, decimals: number): Bars;
}
interface CandleStack {
  levels: Bars[];
  near: Bars | null;
  slice(from: number, to: number, most: number): Slice;
}
interface Money {
  length: number;
  at: Float64Array;
  equity: Float64Array;
  low: Float64Array;
  high: Float64Array;
  hold: Float64Array;
  drawdown: Float64Array;
  holdDrawdown: Float64Array;
  wallets: Float64Array[];
}
interface PagePrograms {
  inflated(text: string): Promise<Uint8Array>;
  Columns: new (bytes: Uint8Array, columns: readonly PackedColumn[]) => Columns;
  CandleStack: new (bars: Bars) => CandleStack;
  EquitySeries: new (columns: Columns, facts: object) => { between(from: number, to: number, most: number, slice: Slice): Money };
  Timeline: new (from: number, to: number, timeframeMs: number) => { shown: { from: number; to: number }; show(from: number, to: number): void; zoom(factor: number, around?: number): void; move(share: number): void };
  timeLabels(splits: number[], step: number): string[];
  fromLeftEdge(money: Pick<Money, 'equity' | 'hold'>, capital: number): { money: Pick<Money, 'hold'>; cash: number; isFromEdge: boolean };
}

const ROOT = new URL('../../../', import.meta.url);
const STARTS = /page\/start\.js$/;

export function pagePrograms(): PagePrograms {
  const text = PAGE_SCRIPTS.filter((path) => !STARTS.test(path)).map((path) => readFileSync(new URL(path, ROOT), 'utf8'));
  const surroundings = { Blob, DecompressionStream, Response, TextDecoder, atob, requestAnimationFrame: () => 0 };
  return runInNewContext(`${text.join('\n')}\n({ inflated, Columns, CandleStack, EquitySeries, Timeline, timeLabels, fromLeftEdge })`, surroundings) as PagePrograms;
}

/** What the page reads of what was packed, through compression and base64. */
export async function unpacked(programs: PagePrograms, { bytes, columns }: PackedColumns): Promise<Columns> {
  return new programs.Columns(await programs.inflated(deflateRawSync(bytes).toString('base64')), columns);
}
