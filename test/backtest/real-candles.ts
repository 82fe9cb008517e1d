/** Candles and funding of the shared data, where a checkout lies beside them: real markets for comparisons. Nothing of it is in the repository. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCandles } from '../../src/adapters/files/candle-file.ts';
import { readFunding } from '../../src/adapters/files/funding-file.ts';
import type { CandleColumns, FundingColumns } from '../../src/domain/candle-columns.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
/** Null where there are none. */
export const SHARED_DATA = ['../shared/data', '../../shared/data'].map((each) => join(CHECKOUT, each)).find((each) => existsSync(each)) ?? null;

export async function realCandles(file: string, timeframeMs: number, from: string, to: string): Promise<CandleColumns> {
  const candles = await readCandles(join(SHARED_DATA ?? '', 'candles', file), { from: Date.parse(from), to: Date.parse(to) });
  const priceDecimals = Math.max(...candles.flatMap(({ open, high, low, close }) => [open, high, low, close].map((price) => price.split('.')[1]?.length ?? 0)));
  const column = (name: 'open' | 'high' | 'low' | 'close'): Float64Array => Float64Array.from(candles, (candle) => Math.round(Number(candle[name]) * 10 ** priceDecimals));
  return {
    timeframeMs,
    length: candles.length,
    priceDecimals,
    at: Float64Array.from(candles, ({ at }) => at),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: Float64Array.from(candles, ({ volume }) => Number(volume)),
  };
}

export async function realFunding(file: string): Promise<FundingColumns> {
  const settlements = await readFunding(join(SHARED_DATA ?? '', 'funding', file));
  return { length: settlements.length, at: Float64Array.from(settlements, ({ at }) => at), rate: settlements.map(({ rate }) => rate) };
}
