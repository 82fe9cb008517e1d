// The chart of the price: candles, and over them everything of price-marks.js; a note beside the fill the pointer is on.

/** Orders further away than this many times the height of the candles do not squeeze them. */
const ORDERS_REACH = 1.6;
const BAR_WIDTH = 2;
/** Pixels around a fill that count as on it. */
const NEAR_PIXELS = 14;
const NOTED_MOST = 6;

/** What is shown beside the candles; the checkboxes of controls.js change it. */
class Layers {
  constructor() {
    /** @type {Set<string>} */
    this.hiddenRoles = new Set();
    /** @type {Set<string>} */
    this.hiddenWallets = new Set();
    this.orders = true;
    this.fills = true;
    this.resets = true;
    this.isLogarithmic = false;
  }
}

class PriceChart {
  /** @param {HTMLElement} place @param {Timeline} timeline @param {{ facts: import('../report-facts.ts').ReportFacts, stack: CandleStack, orders: Orders, fills: FillTable, resets: Float64Array, resetWallets: Float64Array, layers: Layers }} parts @param {(chart: Chart) => void} onCursor */
  constructor(place, timeline, parts, onCursor) {
    this.place = place;
    this.timeline = timeline;
    this.parts = parts;
    this.onCursor = onCursor;
    /** @type {Slice} */
    this.slice = parts.stack.slice(timeline.shown.from, timeline.shown.to, 500);
    /** @type {number[]} */
    this.orderRows = [];
    /** @type {number[]} */
    this.fillRows = [];
    this.range = [0, 1];
    /** @type {number | null} */
    this.chosen = null;
    this.note = element('div', { class: 'fill-note', role: 'tooltip', hidden: '' });
    this.chart = this.made();
    place.append(this.note);
  }

  made() {
    const chart = chartIn(this.place, this.timeline, {
      height: Math.max(300, Math.min(560, Math.round(innerHeight * 0.5))),
      hasTimes: true,
      hasHeights: true,
      scales: { y: { range: () => [this.range[0] ?? 0, this.range[1] ?? 1], distr: this.parts.layers.isLogarithmic ? 3 : 1 } },
      axes: [valueAxis((splits) => splits.map((price) => (price === null ? '' : priceText(price, splits))))],
      series: [{ scale: 'y', show: true, paths: () => null, points: { show: false } }],
      draw: () => this.paint(),
      drawBelow: () => this.paintBelow(),
      onCursor: (each) => {
        this.noteAt(each);
        this.onCursor(each);
      },
    });
    chart.over.addEventListener('pointerleave', () => this.hideNote());
    return chart;
  }

  /** Anew, for what a chart cannot change later: the kind of its scale. */
  remake() {
    this.chart.destroy();
    this.chart = this.made();
    this.place.append(this.note);
    this.update();
  }

  get most() {
    return Math.max(50, Math.floor(this.chart.bbox.width / devicePixelRatio / BAR_WIDTH));
  }

  update() {
    const { shown } = this.timeline;
    const { stack, orders, fills, layers, facts } = this.parts;
    this.slice = stack.slice(shown.from, shown.to, this.most);
    const isShown = (/** @type {number} */ wallet, /** @type {string} */ role) => !layers.hiddenWallets.has(facts.wallets[wallet] ?? '') && !layers.hiddenRoles.has(role);
    this.orderRows = layers.orders ? ordersIn(orders, shown, (row) => isShown(valueAt(orders.wallet, row), facts.windowRoles[valueAt(orders.role, row)] ?? '')) : [];
    this.fillRows = [];
    if (layers.fills) {
      const end = lowerBound(fills.at, shown.to + 1);
      for (let row = lowerBound(fills.at, shown.from); row < end; row += 1) if (isShown(valueAt(fills.wallet, row), facts.fillRoles[valueAt(fills.role, row)] ?? '')) this.fillRows.push(row);
    }
    this.range = this.rangeOf();
    const middles = this.slice.at.map((time, i) => time + valueAt(this.slice.span, i) / 2);
    showData(this.chart, [middles, this.slice.close]);
  }

  /** All candles shown, and the orders as far as they leave the candles room. */
  rangeOf() {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < this.slice.length; i += 1) {
      low = Math.min(low, valueAt(this.slice.low, i));
      high = Math.max(high, valueAt(this.slice.high, i));
    }
    if (low > high) return [0, 1];
    const reach = Math.max(high - low, high * 0.001) * ORDERS_REACH;
    let [lowest, highest] = [low, high];
    for (const row of this.orderRows) {
      const price = valueAt(this.parts.orders.price, row);
      if (price < lowest) lowest = price;
      if (price > highest) highest = price;
    }
    low = Math.max(lowest, low - reach);
    high = Math.min(highest, high + reach);
    if (this.parts.layers.isLogarithmic) return [low * (low / high) ** 0.04, high * (high / low) ** 0.05];
    const room = Math.max((high - low) * 0.05, high * 1e-5);
    return [low - room, high + room];
  }

  /** @returns {Paper} */
  paper() {
    const { chart } = this;
    const place = placing(chart, this.timeline);
    const [low = 0, high = 1] = this.range;
    const isLogarithmic = this.parts.layers.isLogarithmic;
    const [from, to] = isLogarithmic ? [Math.log(low), Math.log(high)] : [low, high];
    const y = (/** @type {number} */ price) => place.bottom - (((isLogarithmic ? Math.log(price) : price) - from) / (to - from)) * place.height;
    return { ...place, y, chart, ctx: chart.ctx };
  }

  /** @param {(paper: Paper) => void} paint */
  clipped(paint) {
    const paper = this.paper();
    const { ctx, left, top, width, height } = paper;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    paint(paper);
    ctx.restore();
  }

  paintBelow() {
    const { facts } = this.parts;
    const { shown } = this.timeline;
    this.clipped((paper) => {
      drawGaps(paper, facts.gaps, shown);
      drawStops(paper, stopsIn(facts.operations, facts.to, shown));
    });
  }

  paint() {
    const { facts, orders, fills, layers, resets, resetWallets } = this.parts;
    const { shown } = this.timeline;
    this.clipped((paper) => {
      if (layers.resets) {
        const times = [];
        for (let i = 0; i < resets.length; i += 1) {
          const time = valueAt(resets, i);
          if (time >= shown.from && time <= shown.to && !layers.hiddenWallets.has(facts.wallets[valueAt(resetWallets, i)] ?? '')) times.push(time);
        }
        drawResets(paper, times);
      }
      const [hasLines, hasTriangles] = [this.orderRows.length <= LINES_MOST, this.fillRows.length <= TRIANGLES_MOST];
      if (!hasLines) drawOrderBands(paper, orders, this.orderRows, facts.windowRoles);
      if (!hasTriangles) drawFillDots(paper, fills, this.fillRows, facts.fillRoles);
      drawCandles(paper, this.slice);
      if (hasLines) drawOrderLines(paper, orders, this.orderRows, facts.windowRoles);
      if (hasTriangles) for (const row of this.fillRows) drawFillMark(paper, fills, row, facts.fillRoles, false);
      if (this.chosen !== null) drawFillMark(paper, fills, this.chosen, facts.fillRoles, true);
      drawLiquidations(paper, facts.liquidations, shown);
      nameStops(paper, stopsIn(facts.operations, facts.to, shown));
      if (hasLines) nameOrders(paper, orders, this.orderRows, facts.windowRoles, shown, facts.wallets);
    });
  }

  /** @param {Chart} chart */
  noteAt(chart) {
    const { left = -1, top = -1 } = chart.cursor;
    if (left < 0 || top < 0 || this.fillRows.length === 0) return this.hideNote();
    const paper = this.paper();
    const [across, up] = [paper.left + left * paper.pixel, paper.top + top * paper.pixel];
    const reach = NEAR_PIXELS * paper.pixel;
    let nearest = null;
    let distance = reach * reach;
    for (const row of this.fillRows) {
      const beside = paper.x(valueAt(this.parts.fills.at, row)) - across;
      if (beside < -reach) continue;
      if (beside > reach) break;
      const apart = beside ** 2 + (paper.y(valueAt(this.parts.fills.price, row)) - up) ** 2;
      if (apart < distance) [nearest, distance] = [row, apart];
    }
    if (nearest === null) return this.hideNote();
    this.noteOf(nearest);
  }

  /** @param {number} row */
  noteOf(row) {
    const { fills } = this.parts;
    const together = this.fillRows.filter((each) => valueAt(fills.at, each) === valueAt(fills.at, row) && valueAt(fills.price, each) === valueAt(fills.price, row));
    const rows = together.includes(row) ? together : [row];
    const lines = rows.slice(0, NOTED_MOST).map((each) => element('p', {}, [fills.sentence(each)]));
    if (rows.length > NOTED_MOST) lines.push(element('p', {}, [`and ${rows.length - NOTED_MOST} more`]));
    this.note.replaceChildren(element('p', { class: 'time' }, [`${timeText(valueAt(fills.at, row), true)} UTC`]), ...lines);
    this.note.hidden = false;
    const paper = this.paper();
    const [across, up] = [paper.x(valueAt(fills.at, row)) / paper.pixel, paper.y(valueAt(fills.price, row)) / paper.pixel];
    const isRight = across > this.place.clientWidth * 0.6;
    this.note.style.left = `${isRight ? across - this.note.offsetWidth - 14 : across + 14}px`;
    this.note.style.top = `${Math.max(4, Math.min(up - this.note.offsetHeight / 2, this.place.clientHeight - this.note.offsetHeight - 8))}px`;
  }

  hideNote() {
    if (this.chosen === null) this.note.hidden = true;
  }

  /** Goes to a fill and keeps its note open. @param {number | null} row */
  choose(row) {
    this.chosen = row;
    if (row === null) this.note.hidden = true;
  }
}

/** @param {Paper} paper @param {Slice} slice */
function drawCandles({ ctx, x, y, perMs, pixel }, slice) {
  const [lines, bodies, hollow] = [new Path2D(), new Path2D(), new Path2D()];
  for (let i = 0; i < slice.length; i += 1) {
    const span = valueAt(slice.span, i) * perMs;
    const middle = x(valueAt(slice.at, i) + valueAt(slice.span, i) / 2);
    const [open, close] = [y(valueAt(slice.open, i)), y(valueAt(slice.close, i))];
    const [high, low] = [y(valueAt(slice.high, i)), y(valueAt(slice.low, i))];
    const width = Math.max(pixel, Math.min(span * 0.7, 18 * pixel));
    if (width < 2 * pixel) {
      lines.moveTo(middle, high);
      lines.lineTo(middle, Math.max(low, high + pixel));
      continue;
    }
    const [top, bottom] = [Math.min(open, close), Math.max(open, close)];
    lines.moveTo(middle, high);
    lines.lineTo(middle, top);
    lines.moveTo(middle, bottom);
    lines.lineTo(middle, low);
    (close <= open ? hollow : bodies).rect(middle - width / 2, top, width, Math.max(pixel, bottom - top));
  }
  ctx.lineWidth = pixel;
  ctx.strokeStyle = colour('--candle');
  ctx.stroke(lines);
  ctx.fillStyle = colour('--candle');
  ctx.fill(bodies);
  ctx.fillStyle = colour('--candle-up');
  ctx.fill(hollow);
  ctx.stroke(hollow);
}

/** As many decimals as the steps of the axis need. @param {number} price @param {number[]} splits */
function priceText(price, splits) {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0)) || 1;
  return figureText(price, Math.max(0, Math.min(8, Math.ceil(-Math.log10(step) - 1e-9))));
}
