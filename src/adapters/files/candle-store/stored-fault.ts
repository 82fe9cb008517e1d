/**
 * The first row of a table that this program would not have stored: bits change on disks, and others can write Arrow files too. Looked for
 * whenever rows are read, since nothing later would notice.
 */
import { columnPrice, type CandleColumns } from '../../../domain/candle-columns.ts';
import { offRaster } from './candle-raster.ts';
import { iso } from './table-fault.ts';

export interface StoredFault {
  readonly index: number;
  /** Goes on after the number of the row. */
  readonly problem: string;
}

export function storedFault({ timeframeMs, length, priceDecimals, at, open, high, low, close, volume }: CandleColumns): StoredFault | null {
  const first = at[0] as number;
  let before = -Infinity;
  for (let index = 0; index < length; index += 1) {
    const time = at[index] as number;
    if (time <= before || offRaster(time, timeframeMs, first) !== 0) return { index, problem: `: its time ${iso(time)} is out of order or off the timeframe` };
    before = time;
    const [o, h, l, c] = [open[index] as number, high[index] as number, low[index] as number, close[index] as number];
    // Written so that what is no number is a fault as well.
    if (l > 0 && l <= o && l <= c && h >= o && h >= c && (volume[index] as number) >= 0) continue;
    const prices = [o, h, l, c].map((value) => columnPrice(value, priceDecimals));
    return { index, problem: `, ${iso(time)}: it is impossible: open ${prices[0]}, high ${prices[1]}, low ${prices[2]}, close ${prices[3]}, volume ${volume[index]}` };
  }
  return null;
}
