// Candles at several resolutions: what is shown of a stretch of time has never many more bars than the screen has room for.

/** @typedef {{ length: number, at: Float64Array, span: Float64Array, open: Float64Array, high: Float64Array, low: Float64Array, close: Float64Array, timeframeMs: number, isMixed: boolean }} Slice */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** Weeks begin on Mondays; the first of January 1970 was a Thursday. */
const WEEK_BEGINS_MS = 4 * DAY_MS;
const LEVELS_MS = [5 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS, 12 * HOUR_MS, DAY_MS, 3 * DAY_MS, WEEK_MS];

/** First index whose value is not below `value`. @param {Float64Array} values @param {number} value @param {number} [length] */
function lowerBound(values, value, length = values.length) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueAt(values, middle) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** An element that is there. @param {ArrayLike<number>} values @param {number} i @returns {number} */
function valueAt(values, i) {
  return /** @type {number} */ (values[i]);
}

class CandleStack {
  /** @param {Bars} bars of the whole time */
  constructor(bars) {
    /** The finest first. @type {Bars[]} */
    this.levels = [bars];
    for (const timeframeMs of LEVELS_MS) {
      const finer = this.levels.findLast((level) => timeframeMs % level.timeframeMs === 0);
      if (finer !== undefined && timeframeMs > bars.timeframeMs) this.levels.push(coarser(finer, timeframeMs));
    }
    /** Finer candles where something happened. @type {Bars | null} */
    this.near = null;
  }

  /** Bars between two times, at the finest resolution that gives at most about `most`. @param {number} from @param {number} to @param {number} most @returns {Slice} */
  slice(from, to, most) {
    const fits = (/** @type {Bars} */ level) => (to - from) / level.timeframeMs <= most;
    if (this.near !== null && fits(this.near)) return mixed(this.near, /** @type {Bars} */ (this.levels[0]), from, to);
    return cut(this.levels.find(fits) ?? /** @type {Bars} */ (this.levels.at(-1)), from, to);
  }
}

/** @param {Bars} bars @param {number} timeframeMs @returns {Bars} */
function coarser(bars, timeframeMs) {
  const [begins, open, high, low, close] = [0, 1, 2, 3, 4].map(() => new Float64Array(bars.length));
  if (begins === undefined || open === undefined || high === undefined || low === undefined || close === undefined) throw new Error('five columns');
  const offset = timeframeMs === WEEK_MS ? WEEK_BEGINS_MS : 0;
  let length = 0;
  for (let i = 0; i < bars.length; i += 1) {
    const begin = Math.floor((valueAt(bars.at, i) - offset) / timeframeMs) * timeframeMs + offset;
    if (length === 0 || begins[length - 1] !== begin) {
      begins[length] = begin;
      open[length] = valueAt(bars.open, i);
      high[length] = valueAt(bars.high, i);
      low[length] = valueAt(bars.low, i);
      length += 1;
    }
    const bar = length - 1;
    if (valueAt(bars.high, i) > valueAt(high, bar)) high[bar] = valueAt(bars.high, i);
    if (valueAt(bars.low, i) < valueAt(low, bar)) low[bar] = valueAt(bars.low, i);
    close[bar] = valueAt(bars.close, i);
  }
  return { timeframeMs, length, at: begins.slice(0, length), open: open.slice(0, length), high: high.slice(0, length), low: low.slice(0, length), close: close.slice(0, length) };
}

/** @param {Bars} bars @param {number} from @param {number} to @param {boolean} [isPatchy] the bar before may be far away @returns {Slice} */
function cut(bars, from, to, isPatchy = false) {
  const first = isPatchy ? lowerBound(bars.at, from - bars.timeframeMs) : Math.max(0, lowerBound(bars.at, from) - 1);
  const end = lowerBound(bars.at, to + 1);
  const part = (/** @type {Float64Array} */ column) => column.subarray(first, end);
  const length = Math.max(0, end - first);
  return { length, at: part(bars.at), span: new Float64Array(length).fill(bars.timeframeMs), open: part(bars.open), high: part(bars.high), low: part(bars.low), close: part(bars.close), timeframeMs: bars.timeframeMs, isMixed: false };
}

/** Finer candles where there are any, bars elsewhere; a bar has all of its candles or none. @param {Bars} near @param {Bars} bars @param {number} from @param {number} to @returns {Slice} */
function mixed(near, bars, from, to) {
  const fine = cut(near, from, to, true);
  const coarse = cut(bars, from, to);
  /** @type {[Slice, number][]} */
  const rows = [];
  let next = 0;
  for (let i = 0; i < coarse.length; i += 1) {
    const begin = valueAt(coarse.at, i);
    const end = begin + bars.timeframeMs;
    while (next < fine.length && valueAt(fine.at, next) < begin) rows.push([fine, next++]);
    if (next >= fine.length || valueAt(fine.at, next) >= end) rows.push([coarse, i]);
    while (next < fine.length && valueAt(fine.at, next) < end) rows.push([fine, next++]);
  }
  while (next < fine.length) rows.push([fine, next++]);
  const column = (/** @type {'at' | 'span' | 'open' | 'high' | 'low' | 'close'} */ name) => Float64Array.from(rows, ([slice, i]) => valueAt(slice[name], i));
  return { length: rows.length, at: column('at'), span: column('span'), open: column('open'), high: column('high'), low: column('low'), close: column('close'), timeframeMs: near.timeframeMs, isMixed: rows.some(([slice]) => slice === coarse) };
}
