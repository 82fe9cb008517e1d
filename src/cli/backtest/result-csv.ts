/** A backtest as CSV: its fills, and its equity at the close of every candle. Made in pieces, because years of minutes are long. */
import type { EquityCurve } from '../../backtest/equity-curve.ts';
import { FILL_COLUMNS } from '../../backtest/result-document.ts';
import type { FillRow, RunRecord } from '../../backtest/run-record.ts';
import { csvLine } from '../csv-line.ts';

/** Lines of one piece. */
const PIECE_LINES = 4_096;
/** Of equity and prices: finer than any currency's smallest unit, coarser than the noise of floats. */
const DECIMALS = 8;

/** One line a fill, money and amounts with every digit. */
export function* tradePieces({ plan, symbol, fills }: RunRecord): Generator<string> {
  yield csvLine(['time', 'plan', 'symbol', ...FILL_COLUMNS]);
  yield* pieces(fills.length, (index) => {
    const fill = fills[index] as FillRow;
    return csvLine([isoTime(fill.at), plan, symbol, ...FILL_COLUMNS.map((column) => (fill[column] === null ? null : String(fill[column])))]);
  });
}

/** One line a close; the first is the start. Quote currency; drawdowns are fractions, 0 or below. */
export function* equityPieces({ wallets }: RunRecord, curve: EquityCurve): Generator<string> {
  yield csvLine(['time', 'at', 'price', 'equity', 'drawdown', ...wallets.map((wallet) => `equity_${wallet}`), 'hold', 'hold_drawdown']);
  const columns = [curve.price, curve.equity, curve.drawdown, ...curve.wallets, curve.hold, curve.holdDrawdown];
  yield* pieces(curve.length, (row) => {
    const at = curve.at[row] ?? 0;
    return csvLine([isoTime(at), String(at), ...columns.map((column) => numberText(column[row] ?? 0))]);
  });
}

function* pieces(lines: number, line: (index: number) => string): Generator<string> {
  for (let start = 0; start < lines; start += PIECE_LINES) {
    let piece = '';
    for (let index = start; index < Math.min(lines, start + PIECE_LINES); index += 1) piece += line(index);
    yield piece;
  }
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

function numberText(value: number): string {
  const text = value.toFixed(DECIMALS);
  const short = text.replace(/\.?0+$/, '');
  return short === '-0' ? '0' : short;
}
