/** Rows of a file beside those that are stored: both are kept, and where they have the same time they have to be the same. */
import type { CandleColumns, FundingColumns, PriceColumn } from '../../../domain/candle-columns.ts';
import { columnPrice } from '../../../domain/candle-columns.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import { POWERS_OF_TEN } from './price-digits.ts';

/** A row whose time is stored with other values. */
export interface RowDifference {
  readonly at: number;
  readonly column: string;
  readonly stored: string;
  readonly given: string;
}

export interface Merged<Columns> {
  readonly columns: Columns;
  readonly added: number;
  readonly same: number;
  /** Of the rows that differ; the file's stand in the columns. */
  readonly differenceCount: number;
  /** The first ones. */
  readonly differences: readonly RowDifference[];
}

const DIFFERENCES_MAX = 20;
const INT32_MAX = 2 ** 31 - 1;
const PRICES = ['open', 'high', 'low', 'close'] as const;

/** Both have the same timeframe. Throws INPUT_INVALID when their prices cannot be kept exactly in one table. */
export function mergeCandles(stored: CandleColumns, given: CandleColumns): Merged<CandleColumns> {
  const isAppended = (stored.at[stored.length - 1] as number) < (given.at[0] as number);
  if (isAppended && stored.priceDecimals === given.priceDecimals && PRICES.every((name) => stored[name].constructor === given[name].constructor)) return appended(stored, given);
  const priceDecimals = Math.max(stored.priceDecimals, given.priceDecimals);
  const factors = [stored, given].map((table) => POWERS_OF_TEN[priceDecimals - table.priceDecimals] as number) as [number, number];
  const tables = [stored, given] as const;
  const order = mergeOrder(stored, given);
  const { rows } = order;
  const at = new Float64Array(rows);
  const volume = new Float64Array(rows);
  const prices = { open: new Float64Array(rows), high: new Float64Array(rows), low: new Float64Array(rows), close: new Float64Array(rows) };
  for (let row = 0; row < rows; row += 1) {
    const side = order.side[row] as 0 | 1;
    const table = tables[side];
    const index = order.index[row] as number;
    at[row] = table.at[index] as number;
    volume[row] = table.volume[index] as number;
    for (const name of PRICES) prices[name][row] = (table[name][index] as number) * factors[side];
  }
  // No price of a possible bar is above its high.
  const highest = prices.high.reduce((most, value) => Math.max(most, value), 0);
  if (highest > Number.MAX_SAFE_INTEGER) throw new HedgerowError('INPUT_INVALID', `prices as high as ${highest / (POWERS_OF_TEN[priceDecimals] as number)} and others with ${priceDecimals} decimals cannot be kept exactly in one table; import the file with another --source`);
  const column = (name: (typeof PRICES)[number]): PriceColumn => (highest <= INT32_MAX ? Int32Array.from(prices[name]) : prices[name]);
  const differences = new Differences();
  const [storedFactor, givenFactor] = factors;
  eachCommon(order, (storedRow, givenRow) => {
    const time = given.at[givenRow] as number;
    for (const name of PRICES) {
      const [before, now] = [stored[name][storedRow] as number, given[name][givenRow] as number];
      if (before * storedFactor !== now * givenFactor) differences.add({ at: time, column: name, stored: columnPrice(before, stored.priceDecimals), given: columnPrice(now, given.priceDecimals) });
    }
    if (stored.volume[storedRow] !== given.volume[givenRow]) differences.add({ at: time, column: 'volume', stored: String(stored.volume[storedRow]), given: String(given.volume[givenRow]) });
  });
  return {
    columns: { timeframeMs: stored.timeframeMs, length: rows, priceDecimals, at, open: column('open'), high: column('high'), low: column('low'), close: column('close'), volume },
    added: rows - stored.length,
    ...differences.result(order.common),
  };
}

/** Month after month: nothing is the same, nothing has to be looked at. */
function appended(stored: CandleColumns, given: CandleColumns): Merged<CandleColumns> {
  const length = stored.length + given.length;
  const joined = <Column extends PriceColumn>(before: Column, now: Column): Column => {
    const column = (before instanceof Int32Array ? new Int32Array(length) : new Float64Array(length)) as Column;
    column.set(before.subarray(0, stored.length));
    column.set(now.subarray(0, given.length), stored.length);
    return column;
  };
  const columns = {
    ...stored,
    length,
    at: joined(stored.at, given.at),
    open: joined(stored.open, given.open),
    high: joined(stored.high, given.high),
    low: joined(stored.low, given.low),
    close: joined(stored.close, given.close),
    volume: joined(stored.volume, given.volume),
  };
  return { columns, added: given.length, same: 0, differenceCount: 0, differences: [] };
}

export function mergeFunding(stored: FundingColumns, given: FundingColumns): Merged<FundingColumns> {
  const tables = [stored, given] as const;
  const order = mergeOrder(stored, given);
  const at = new Float64Array(order.rows);
  const rate: DecimalString[] = [];
  for (let row = 0; row < order.rows; row += 1) {
    const table = tables[order.side[row] as 0 | 1];
    at[row] = table.at[order.index[row] as number] as number;
    rate.push(table.rate[order.index[row] as number] as string);
  }
  const differences = new Differences();
  eachCommon(order, (storedRow, givenRow) => {
    const [before = '', now = ''] = [stored.rate[storedRow], given.rate[givenRow]];
    if (before !== now) differences.add({ at: given.at[givenRow] as number, column: 'rate', stored: before, given: now });
  });
  return { columns: { length: order.rows, at, rate }, added: order.rows - stored.length, ...differences.result(order.common) };
}

interface MergeOrder {
  readonly rows: number;
  /** Of each row: 0 stored, 1 given; of those that are both, given. */
  readonly side: Uint8Array;
  readonly index: Float64Array;
  /** Of a row that is both the row of the stored table, else -1. */
  readonly twin: Float64Array;
  readonly common: number;
}

type Times = Pick<CandleColumns, 'at' | 'length'>;

function mergeOrder(stored: Times, given: Times): MergeOrder {
  const side = new Uint8Array(stored.length + given.length);
  const index = new Float64Array(side.length);
  const twin = new Float64Array(side.length).fill(-1);
  let [a, b, rows, common] = [0, 0, 0, 0];
  while (a < stored.length || b < given.length) {
    const storedAt = a < stored.length ? (stored.at[a] as number) : Infinity;
    const givenAt = b < given.length ? (given.at[b] as number) : Infinity;
    if (storedAt === givenAt) {
      twin[rows] = a;
      common += 1;
    }
    const isGiven = givenAt <= storedAt;
    side[rows] = isGiven ? 1 : 0;
    index[rows] = isGiven ? b : a;
    rows += 1;
    if (storedAt <= givenAt) a += 1;
    if (isGiven) b += 1;
  }
  return { rows, side, index, twin, common };
}

function eachCommon({ rows, index, twin }: MergeOrder, use: (storedRow: number, givenRow: number) => void): void {
  for (let row = 0; row < rows; row += 1) if (twin[row] !== -1) use(twin[row] as number, index[row] as number);
}

class Differences {
  readonly #first: RowDifference[] = [];
  readonly #times = new Set<number>();

  add(difference: RowDifference): void {
    this.#times.add(difference.at);
    if (this.#first.length < DIFFERENCES_MAX) this.#first.push(difference);
  }

  result(common: number): Pick<Merged<unknown>, 'same' | 'differenceCount' | 'differences'> {
    return { same: common - this.#times.size, differenceCount: this.#times.size, differences: this.#first };
  }
}
