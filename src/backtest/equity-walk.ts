/**
 * Statistics of equity at the close of every candle: between two changes of what is held it is `balance + position · close`, so the
 * lowest and highest close of a block of candles bound it, and a block in which no peak and no deeper trough can lie costs one look.
 * Floats: nothing here reaches the ledger.
 */
import type { CandleColumns } from '../domain/candle-columns.ts';
import type { Drawdown, DrawdownFigures } from './run-metrics.ts';
import type { RunRecord } from './run-record.ts';

export const DAY_MS = 86_400_000;

/**
 * Equity that is lower than its peak by less than this share is at the peak: what was held is summed in floats, and buying without fees
 * must not put a wallet under water.
 */
const ROUNDING = 1e-12;

/** What one wallet, or all of them together, held: from `at[row]` until the next row. */
export interface SeriesHoldings {
  readonly length: number;
  readonly at: Float64Array;
  readonly balance: Float64Array;
  readonly position: Float64Array;
  readonly gross: Float64Array;
}

export function walletHoldings({ holdings }: RunRecord, wallet: number): SeriesHoldings {
  const { length, at, balance, position, gross } = holdings;
  return { length, at, balance: columnOf(balance, wallet), position: columnOf(position, wallet), gross: columnOf(gross, wallet) };
}

function columnOf(columns: readonly Float64Array[], wallet: number): Float64Array {
  const column = columns[wallet];
  if (column === undefined) throw new RangeError(`the record holds no columns of wallet ${wallet}`);
  return column;
}

export function planHoldings({ holdings }: RunRecord): SeriesHoldings {
  const { length, at, balance, position, gross } = holdings;
  return { length, at, balance: summed(balance, length), position: summed(position, length), gross: summed(gross, length) };
}

function summed(columns: readonly Float64Array[], length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const column of columns) for (let row = 0; row < length; row += 1) sum[row] = (sum[row] ?? 0) + (column[row] ?? 0);
  return sum;
}

/** All of `capital` in the base currency since the first price, without fees. */
export function heldSince(from: number, capital: number, firstPrice: number): SeriesHoldings {
  const amount = Float64Array.of(capital / firstPrice);
  return { length: 1, at: Float64Array.of(from), balance: Float64Array.of(0), position: amount, gross: amount };
}

/** The last millisecond of a candle, at which its close is reached. */
export function closeTime({ at, length, timeframeMs }: CandleColumns, candle: number): number {
  const end = (at[candle] ?? 0) + timeframeMs;
  const next = candle + 1 < length ? (at[candle + 1] ?? end) : end;
  return (next < end ? next : end) - 1;
}

/** Closes in blocks, and which closes days end with: worked out once for all series of a run. */
export interface CloseBlocks {
  readonly candles: CandleColumns;
  /** By block: the lowest and the highest close, and the sum of them. */
  readonly lowest: Float64Array;
  readonly highest: Float64Array;
  readonly sum: Float64Array;
  /** For each UTC day from the first to the last: its last millisecond, or the last close, and its last candle; −1: none yet. */
  readonly dayEnds: readonly { readonly at: number; readonly candle: number }[];
}

export function closeBlocks(candles: CandleColumns, from: number): CloseBlocks {
  const { close, length, priceDecimals } = candles;
  const scale = 10 ** priceDecimals;
  const blocks = Math.ceil(length / BLOCK);
  const lowest = new Float64Array(blocks);
  const highest = new Float64Array(blocks);
  const sums = new Float64Array(blocks);
  for (let block = 0; block < blocks; block += 1) {
    const end = Math.min(length, (block + 1) * BLOCK);
    let low = close[block * BLOCK] ?? 0;
    let high = low;
    let sum = low;
    for (let candle = block * BLOCK + 1; candle < end; candle += 1) {
      const price = close[candle] ?? 0;
      if (price < low) low = price;
      if (price > high) high = price;
      sum += price;
    }
    lowest[block] = low / scale;
    highest[block] = high / scale;
    sums[block] = sum / scale;
  }
  return { candles, lowest, highest, sum: sums, dayEnds: dayEnds(candles, from) };
}

/** For each row of the holdings the first candle whose close comes when the next row is in force already. */
export function rowEnds(candles: CandleColumns, { at, length: rows }: Pick<SeriesHoldings, 'at' | 'length'>): Int32Array {
  const ends = new Int32Array(rows).fill(candles.length);
  let candle = 0;
  for (let row = 0; row + 1 < rows; row += 1) {
    candle = firstCloseFrom(candles, candle, at[row + 1] ?? Infinity);
    ends[row] = candle;
  }
  return ends;
}

/** Few candles are looked at between two changes of what is held, and few blocks. */
const BLOCK = 16;

/** The first candle, not before `candle`, that closes at or after a moment: by steps that double, since it is near. */
function firstCloseFrom(candles: CandleColumns, candle: number, moment: number): number {
  let step = 1;
  let low = candle - 1;
  let high = candle;
  while (high < candles.length && closeTime(candles, high) < moment) {
    low = high;
    high += step;
    step *= 2;
  }
  if (high > candles.length) high = candles.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (closeTime(candles, middle) < moment) low = middle;
    else high = middle;
  }
  return high;
}

function dayEnds(candles: CandleColumns, from: number): { readonly at: number; readonly candle: number }[] {
  const to = closeTime(candles, candles.length - 1);
  const ends: { at: number; candle: number }[] = [];
  let next = 0;
  for (let midnight = (Math.floor(from / DAY_MS) + 1) * DAY_MS; ; midnight += DAY_MS) {
    next = firstCloseFrom(candles, next, midnight);
    ends.push({ at: Math.min(midnight - 1, to), candle: next - 1 });
    if (midnight > to) return ends;
  }
}

export interface EquityStatistics {
  readonly drawdown: DrawdownFigures;
  /** Over all closes. */
  readonly meanEquity: number;
  readonly meanGross: number;
  readonly meanNet: number;
  /** Of the closes at which something was held. */
  readonly heldShare: number;
  /** Null: no close with equity above zero. */
  readonly maxGross: number | null;
  /** First the capital at the start, then the equity at the last close of each UTC day; a day without a candle repeats the day before. */
  readonly daily: { readonly at: readonly number[]; readonly equity: readonly number[] };
}

/** One pass over the closes. `capital` is the equity before the first order, at `from`; `ends` the holdings' `rowEnds`. */
export function equityStatistics(blocks: CloseBlocks, holdings: SeriesHoldings, ends: Int32Array, capital: number, from: number): EquityStatistics {
  const { candles } = blocks;
  const { length } = candles;
  const walk = new DrawdownWalk(blocks, capital, from);
  let equitySum = 0;
  let grossSum = 0;
  let netSum = 0;
  let heldCloses = 0;
  let maxGross = -1;
  let first = 0;
  for (let row = 0; row < holdings.length; row += 1) {
    const end = ends[row] ?? length;
    if (end === first) continue;
    const balance = holdings.balance[row] ?? 0;
    const position = holdings.position[row] ?? 0;
    const gross = holdings.gross[row] ?? 0;
    walk.stretch(first, end, balance, position);
    equitySum += (end - first) * balance + position * walk.priceSum;
    grossSum += gross * walk.priceSum;
    netSum += position * walk.priceSum;
    if (gross > 0) heldCloses += end - first;
    maxGross = Math.max(maxGross, highestGross(walk, balance, position, gross));
    first = end;
  }
  return {
    drawdown: walk.figures(),
    meanEquity: equitySum / length,
    meanGross: grossSum / length,
    meanNet: netSum / length,
    heldShare: heldCloses / length,
    maxGross: maxGross < 0 ? null : maxGross,
    daily: dailyEquity(blocks, holdings, ends, capital, from),
  };
}

function dailyEquity({ candles, dayEnds: days }: CloseBlocks, { balance, position }: SeriesHoldings, ends: Int32Array, capital: number, from: number): EquityStatistics['daily'] {
  const daily = { at: [from], equity: [capital] };
  let row = 0;
  for (const { at, candle } of days) {
    while (row + 1 < ends.length && (ends[row] ?? 0) <= candle) row += 1;
    daily.at.push(at);
    daily.equity.push(candle === -1 ? capital : (balance[row] ?? 0) + ((position[row] ?? 0) * (candles.close[candle] ?? 0)) / 10 ** candles.priceDecimals);
  }
  return daily;
}

/**
 * Highest gross · price / equity of the last stretch: it only rises or only falls with the price, unless equity passes zero on the way;
 * then every close is looked at. −1: no equity.
 */
function highestGross(walk: DrawdownWalk, balance: number, position: number, gross: number): number {
  const atLowest = balance + position * walk.lowest;
  const atHighest = balance + position * walk.highest;
  if (atLowest > 0 && atHighest > 0) return Math.max((gross * walk.lowest) / atLowest, (gross * walk.highest) / atHighest);
  return atLowest <= 0 && atHighest <= 0 ? -1 : walk.highestRatio(balance, position, gross);
}

/** Peaks, troughs and recoveries of a series, close by close; blocks that lie between peak and trough are passed over. */
class DrawdownWalk {
  /** Of the last stretch. */
  priceSum = 0;
  lowest = 0;
  highest = 0;
  #first = 0;
  #end = 0;
  readonly #blocks: CloseBlocks;
  readonly #from: number;
  readonly #scale: number;
  #peak: number;
  #atPeak: number;
  /** The last candle at the peak; −1 is the start. */
  #peakCandle = -1;
  #isUnder = false;
  #trough = 0;
  #troughCandle = 0;
  #deepest: Drawdown | null = null;
  #longest: Drawdown | null = null;
  #underWaterMs = 0;

  constructor(blocks: CloseBlocks, capital: number, from: number) {
    this.#blocks = blocks;
    this.#from = from;
    this.#scale = 10 ** blocks.candles.priceDecimals;
    this.#peak = capital;
    this.#atPeak = capital * (1 - ROUNDING);
  }

  /** Closes from `first` to before `end`, over which `balance` and `position` are held. */
  stretch(first: number, end: number, balance: number, position: number): void {
    this.#first = first;
    this.#end = end;
    this.priceSum = 0;
    this.lowest = Infinity;
    this.highest = -Infinity;
    const firstWhole = Math.ceil(first / BLOCK);
    const endWhole = Math.floor(end / BLOCK);
    if (firstWhole >= endWhole) return this.#closes(first, end, balance, position);
    this.#closes(first, firstWhole * BLOCK, balance, position);
    for (let block = firstWhole; block < endWhole; block += 1) this.#block(block, balance, position);
    this.#closes(endWhole * BLOCK, end, balance, position);
  }

  #block(block: number, balance: number, position: number): void {
    const { lowest, highest, sum } = this.#blocks;
    const low = lowest[block] ?? 0;
    const high = highest[block] ?? 0;
    const worst = balance + position * (position < 0 ? high : low);
    const best = balance + position * (position < 0 ? low : high);
    if (this.#isUnder ? best < this.#atPeak && worst >= this.#trough : worst >= this.#atPeak && best <= this.#peak) {
      if (!this.#isUnder) this.#peakCandle = (block + 1) * BLOCK - 1;
      this.priceSum += sum[block] ?? 0;
      if (low < this.lowest) this.lowest = low;
      if (high > this.highest) this.highest = high;
    } else this.#closes(block * BLOCK, (block + 1) * BLOCK, balance, position);
  }

  #closes(first: number, end: number, balance: number, position: number): void {
    const { close } = this.#blocks.candles;
    for (let candle = first; candle < end; candle += 1) {
      const price = (close[candle] ?? 0) / this.#scale;
      this.priceSum += price;
      if (price < this.lowest) this.lowest = price;
      if (price > this.highest) this.highest = price;
      const equity = balance + position * price;
      if (equity >= this.#atPeak) {
        if (this.#isUnder) this.#ended(candle);
        if (equity > this.#peak) {
          this.#peak = equity;
          this.#atPeak = equity * (1 - ROUNDING);
        }
        this.#peakCandle = candle;
      } else if (!this.#isUnder || equity < this.#trough) {
        this.#isUnder = true;
        this.#trough = equity;
        this.#troughCandle = candle;
      }
    }
  }

  /** Of the last stretch: highest gross · price / equity where equity is above zero; −1: nowhere. */
  highestRatio(balance: number, position: number, gross: number): number {
    let most = -1;
    for (let candle = this.#first; candle < this.#end; candle += 1) {
      const price = (this.#blocks.candles.close[candle] ?? 0) / this.#scale;
      const equity = balance + position * price;
      if (equity > 0) most = Math.max(most, (gross * price) / equity);
    }
    return most;
  }

  /** `recovered`: the candle at whose close the peak was reached again; null: never. */
  #ended(recovered: number | null): void {
    const { candles } = this.#blocks;
    const peakAt = this.#peakCandle === -1 ? this.#from : closeTime(candles, this.#peakCandle);
    const recoveredAt = recovered === null ? null : closeTime(candles, recovered);
    const lengthMs = (recoveredAt ?? closeTime(candles, candles.length - 1)) - peakAt;
    const depth = 1 - this.#trough / this.#peak;
    this.#isUnder = false;
    this.#underWaterMs += lengthMs;
    const isDeepest = this.#deepest === null || depth > this.#deepest.depth;
    const isLongest = this.#longest === null || lengthMs > this.#longest.lengthMs;
    if (!isDeepest && !isLongest) return;
    const drawdown = { depth, loss: this.#peak - this.#trough, peakAt, troughAt: closeTime(candles, this.#troughCandle), recoveredAt, lengthMs };
    if (isDeepest) this.#deepest = drawdown;
    if (isLongest) this.#longest = drawdown;
  }

  /** Once, at the end. */
  figures(): DrawdownFigures {
    if (this.#isUnder) this.#ended(null);
    const { candles } = this.#blocks;
    const whole = closeTime(candles, candles.length - 1) - this.#from;
    return {
      deepest: this.#deepest,
      longest: this.#longest,
      maxDrawdown: this.#deepest?.depth ?? 0,
      underWaterMs: this.#underWaterMs,
      underWaterShare: whole > 0 ? this.#underWaterMs / whole : 0,
    };
  }
}
