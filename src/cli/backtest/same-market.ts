/** Whether finer candles or mark prices can be of the market they are given for. File names need not say; prices do. */
import type { CandleColumns } from '../../domain/candle-columns.ts';
import { inputError } from '../command-input.ts';

/** Marks and other venues stray from a price by less, but in a crash. */
const STRAY = 0.1;
const SHARE_MAX = 0.5;

/** `option`: as it was given, with its file. Throws INPUT_INVALID when most closes lie far outside of the candles of their time. */
export function checkSameMarket(option: string, given: CandleColumns, candles: CandleColumns): void {
  const factor = 10 ** (candles.priceDecimals - given.priceDecimals);
  let [seen, apart, candle] = [0, 0, 0];
  for (let row = 0; row < given.length; row += 1) {
    const at = given.at[row] as number;
    while (candle < candles.length && (candles.at[candle] as number) + candles.timeframeMs <= at) candle += 1;
    if (candle === candles.length) break;
    if ((candles.at[candle] as number) > at) continue;
    const close = (given.close[row] as number) * factor;
    seen += 1;
    if (close < (candles.low[candle] as number) * (1 - STRAY) || close > (candles.high[candle] as number) * (1 + STRAY)) apart += 1;
  }
  if (seen > 0 && apart / seen > SHARE_MAX) {
    throw inputError(`${option} has other prices: ${Math.round((100 * apart) / seen)} % of its closes lie more than ${100 * STRAY} % outside of the candles of their time; give a file of the same market`);
  }
}
