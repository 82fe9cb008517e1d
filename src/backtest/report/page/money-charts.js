// Equity against holding and cash, and how far each is below its peak.

class MoneyCharts {
  /** @param {HTMLElement} equityPlace @param {HTMLElement} waterPlace @param {Timeline} timeline @param {EquitySeries} series @param {import('../report-facts.ts').ReportFacts} facts @param {(chart: Chart) => void} onCursor */
  constructor(equityPlace, waterPlace, timeline, series, facts, onCursor) {
    this.timeline = timeline;
    this.series = series;
    this.facts = facts;
    this.money = emptyMoney(0, facts.wallets.length);
    this.title = /** @type {HTMLElement} */ (equityPlace.querySelector('h3 span'));
    this.equity = chartIn(equityPlace, timeline, {
      height: 220,
      hasTimes: false,
      scales: { y: {} },
      axes: [valueAxis((splits) => splits.map((value) => (value === null ? '' : priceText(value, splits))))],
      series: [
        { scale: 'y', stroke: 'transparent', points: { show: false } },
        { scale: 'y', stroke: 'transparent', points: { show: false } },
        { scale: 'y', stroke: () => colour('--cash'), width: 1, dash: [2, 3], points: { show: false } },
        { scale: 'y', stroke: () => colour('--hold'), width: 1.3, dash: [7, 4], points: { show: false } },
        { scale: 'y', stroke: () => colour('--plan'), width: 1.8, points: { show: false } },
        ...facts.wallets.map((_, i) => ({ scale: 'y', stroke: () => colour(`--wallet-${i % 2}`), width: 1.2, dash: i === 0 ? [10, 2, 2, 2] : [4, 2], show: false, points: { show: false } })),
      ],
      bands: [{ series: [1, 2], fill: () => translucent(colour('--plan'), 0.25) }],
      onCursor,
    });
    this.water = chartIn(waterPlace, timeline, {
      height: 150,
      hasTimes: true,
      scales: { y: { range: (_, min) => [Math.min(min ?? 0, -0.001) * 1.06, 0] } },
      axes: [valueAxis((splits) => splits.map((value) => (value === null ? '' : percentText(value, Math.abs((splits[1] ?? 1) - (splits[0] ?? 0)) < 0.01 ? 1 : 0))))],
      series: [
        { scale: 'y', stroke: () => colour('--hold'), width: 1.2, dash: [7, 4], points: { show: false } },
        { scale: 'y', stroke: () => colour('--water'), width: 1.3, fill: () => translucent(colour('--water'), 0.3), fillTo: 0, points: { show: false } },
      ],
      onCursor,
    });
  }

  /** Draws a line or leaves it out. @param {'hold' | 'cash' | number} what a number is a wallet's @param {boolean} isShown */
  show(what, isShown) {
    this.equity.setSeries(what === 'cash' ? 3 : what === 'hold' ? 4 : 6 + what, { show: isShown });
    if (what === 'hold') this.water.setSeries(1, { show: isShown });
  }

  /** @param {Slice} slice the candles shown */
  update(slice) {
    const { from, to } = this.timeline.shown;
    const most = Math.max(100, Math.floor(this.equity.bbox.width / devicePixelRatio));
    const { money, cash: start, isFromEdge } = fromLeftEdge(this.series.between(from, to, most, slice), this.facts.capital);
    this.money = money;
    this.title.textContent = `Equity, ${this.facts.quote}${isFromEdge ? ' (holding and cash from the left edge on)' : ''}`;
    const cash = new Float64Array(money.length).fill(start);
    showData(this.equity, [money.at, money.high, money.low, cash, money.hold, money.equity, ...money.wallets]);
    showData(this.water, [money.at, money.holdDrawdown, money.drawdown]);
  }
}

/** Less than this share of the capital is nothing to hold with. */
const LEFT_LEAST = 0.001;

/** Holding and cash as if all equity of the left edge had gone there: what the plan did since, beside them. @param {Money} money @param {number} capital */
function fromLeftEdge(money, capital) {
  const [equity, hold] = [money.equity[0] ?? capital, money.hold[0] ?? capital];
  if (equity === capital || equity < LEFT_LEAST * capital) return { money, cash: capital, isFromEdge: false };
  return { money: { ...money, hold: money.hold.map((value) => (value / hold) * equity) }, cash: equity, isFromEdge: true };
}
