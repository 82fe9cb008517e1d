// Equity, drawdown and holding for a stretch of time: from the curve where it is fine enough, else worked out from candles and holdings.

/** @typedef {{ length: number, at: Float64Array, equity: Float64Array, low: Float64Array, high: Float64Array, hold: Float64Array, drawdown: Float64Array, holdDrawdown: Float64Array, wallets: Float64Array[] }} Money */

class EquitySeries {
  /** @param {Columns} columns @param {import('../report-facts.ts').ReportFacts} facts */
  constructor(columns, facts) {
    this.capital = facts.capital;
    this.firstPrice = facts.firstPrice;
    this.at = columns.numbers('curve.at');
    this.price = columns.numbers('curve.price');
    this.equity = columns.numbers('curve.equity');
    this.wallets = facts.wallets.map((_, i) => columns.numbers(`curve.equity.${i}`));
    this.peak = runningMost(this.equity);
    this.pricePeak = runningMost(this.price);
    this.holdingAt = columns.numbers('holdings.at');
    this.balances = facts.wallets.map((_, i) => columns.numbers(`holdings.balance.${i}`));
    this.positions = facts.wallets.map((_, i) => columns.numbers(`holdings.position.${i}`));
  }

  /** @param {number} from @param {number} to @param {number} most rows @param {Slice} slice candles of the same stretch @returns {Money} */
  between(from, to, most, slice) {
    const first = Math.max(0, lowerBound(this.at, from) - 1);
    const end = Math.min(this.at.length, lowerBound(this.at, to) + 1);
    return end - first >= most ? this.bucketed(first, end, most) : this.fromCandles(slice);
  }

  /** @param {number} first @param {number} end @param {number} most @returns {Money} */
  bucketed(first, end, most) {
    const from = valueAt(this.at, first);
    const width = Math.max(1, (valueAt(this.at, end - 1) - from) / most);
    const money = emptyMoney(Math.min(most + 1, end - first), this.wallets.length);
    let rows = 0;
    let bucket = -1;
    for (let i = first; i < end; i += 1) {
      const next = Math.floor((valueAt(this.at, i) - from) / width);
      const equity = valueAt(this.equity, i);
      const drawdown = fall(equity, valueAt(this.peak, i));
      const holdDrawdown = fall(valueAt(this.price, i), valueAt(this.pricePeak, i));
      if (next !== bucket) {
        bucket = next;
        money.low[rows] = money.high[rows] = equity;
        money.drawdown[rows] = drawdown;
        money.holdDrawdown[rows] = holdDrawdown;
        rows += 1;
      }
      const row = rows - 1;
      money.at[row] = valueAt(this.at, i);
      money.equity[row] = equity;
      money.hold[row] = (this.capital * valueAt(this.price, i)) / this.firstPrice;
      if (equity < valueAt(money.low, row)) money.low[row] = equity;
      if (equity > valueAt(money.high, row)) money.high[row] = equity;
      if (drawdown < valueAt(money.drawdown, row)) money.drawdown[row] = drawdown;
      if (holdDrawdown < valueAt(money.holdDrawdown, row)) money.holdDrawdown[row] = holdDrawdown;
      for (const [w, wallet] of this.wallets.entries()) /** @type {Float64Array} */ (money.wallets[w])[row] = valueAt(wallet, i);
    }
    return cutMoney(money, rows);
  }

  /** At the closes of candles. @param {Slice} slice @returns {Money} */
  fromCandles(slice) {
    const money = emptyMoney(slice.length, this.wallets.length);
    const known = Math.max(0, lowerBound(this.at, valueAt(slice.at, 0)) - 1);
    let peak = valueAt(this.peak, known);
    let pricePeak = valueAt(this.pricePeak, known);
    let row = 0;
    for (let i = 0; i < slice.length; i += 1) {
      const closed = valueAt(slice.at, i) + valueAt(slice.span, i) - 1;
      const price = valueAt(slice.close, i);
      while (row + 1 < this.holdingAt.length && valueAt(this.holdingAt, row + 1) <= closed) row += 1;
      let equity = 0;
      for (const [w, wallet] of money.wallets.entries()) {
        wallet[i] = valueAt(/** @type {Float64Array} */ (this.balances[w]), row) + valueAt(/** @type {Float64Array} */ (this.positions[w]), row) * price;
        equity += valueAt(wallet, i);
      }
      peak = Math.max(peak, equity);
      pricePeak = Math.max(pricePeak, price);
      money.at[i] = closed;
      money.equity[i] = money.low[i] = money.high[i] = equity;
      money.hold[i] = (this.capital * price) / this.firstPrice;
      money.drawdown[i] = fall(equity, peak);
      money.holdDrawdown[i] = fall(price, pricePeak);
    }
    return money;
  }
}

/** @param {Float64Array} values @returns {Float64Array} */
function runningMost(values) {
  let most = -Infinity;
  return values.map((value) => (most = Math.max(most, value)));
}

/** @param {number} value @param {number} peak */
function fall(value, peak) {
  return peak > 0 ? Math.min(0, value / peak - 1) : 0;
}

/** @param {number} length @param {number} wallets @returns {Money} */
function emptyMoney(length, wallets) {
  const column = () => new Float64Array(length);
  return { length, at: column(), equity: column(), low: column(), high: column(), hold: column(), drawdown: column(), holdDrawdown: column(), wallets: Array.from({ length: wallets }, column) };
}

/** @param {Money} money @param {number} length @returns {Money} */
function cutMoney(money, length) {
  const part = (/** @type {Float64Array} */ column) => column.subarray(0, length);
  return { length, at: part(money.at), equity: part(money.equity), low: part(money.low), high: part(money.high), hold: part(money.hold), drawdown: part(money.drawdown), holdDrawdown: part(money.holdDrawdown), wallets: money.wallets.map(part) };
}
