// What all charts share: the stretch of time they show, their axes, and how hands and wheels move it. `uPlot` is the charting
// library, which its own script leaves as a global.

/** @typedef {{ from: number, to: number }} Stretch */
/** @typedef {uPlot} Chart */
/** @typedef {uPlot.Options} ChartOptions */
/** @typedef {uPlot.AlignedData} ChartData */
/** @typedef {uPlot.Axis} ChartAxis */
/** @typedef {uPlot.Series} ChartSeries */
/** @typedef {uPlot.Scales} ChartScales */
/** @typedef {uPlot.Band} ChartBand */

/** No stretch is shorter: ten candles, or ten minutes. */
const SHOWN_LEAST_MS = 10 * MINUTE_MS;
const AXIS_WIDTH = 74;
const WHEEL_SPEED = 0.0015;
const SELECTED_LEAST_PIXELS = 4;
const FONT = '11px system-ui, sans-serif';

class Timeline {
  /** @param {number} from @param {number} to @param {number} timeframeMs */
  constructor(from, to, timeframeMs) {
    this.whole = { from, to };
    this.least = Math.min(Math.max(SHOWN_LEAST_MS, 10 * timeframeMs), to - from);
    /** @type {Stretch} */
    this.shown = { from, to };
    /** @type {(() => void)[]} */
    this.watchers = [];
    this.isDue = false;
  }

  /** Shows another stretch; it is kept inside the whole and not too short. @param {number} from @param {number} to */
  show(from, to) {
    const length = Math.min(Math.max(to - from, this.least), this.whole.to - this.whole.from);
    const middle = (from + to) / 2;
    const begin = Math.min(Math.max(to - from < length ? middle - length / 2 : from, this.whole.from), this.whole.to - length);
    this.shown = { from: begin, to: begin + length };
    this.draw();
  }

  showAll() {
    this.show(this.whole.from, this.whole.to);
  }

  /** @param {number} factor below 1 zooms in @param {number} [around] the time that stays where it is */
  zoom(factor, around = (this.shown.from + this.shown.to) / 2) {
    const { from, to } = this.shown;
    const length = Math.min(Math.max((to - from) * factor, this.least), this.whole.to - this.whole.from);
    const share = (around - from) / (to - from);
    this.show(around - share * length, around + (1 - share) * length);
  }

  /** @param {number} share of what is shown */
  move(share) {
    const length = this.shown.to - this.shown.from;
    this.show(this.shown.from + share * length, this.shown.to + share * length);
  }

  /** Draws with the next frame, once for all changes before it. */
  draw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => this.drawNow());
  }

  drawNow() {
    this.isDue = false;
    for (const watcher of this.watchers) watcher();
  }
}

/**
 * A chart over the timeline. `scales`, `axes` and `series` beside the time are the caller's.
 * @param {HTMLElement} place @param {Timeline} timeline
 * @param {{ height: number, hasTimes: boolean, hasHeights?: boolean, scales: ChartScales, axes: ChartAxis[], series: ChartSeries[], bands?: ChartBand[], draw?: (chart: Chart) => void, drawBelow?: (chart: Chart) => void, onCursor?: (chart: Chart) => void }} wish
 */
function chartIn(place, timeline, wish) {
  /** @type {ChartAxis} */
  const times = {
    stroke: () => colour('--quiet'),
    grid: { stroke: () => colour('--grid'), width: 1 },
    ticks: { show: wish.hasTimes, stroke: () => colour('--grid'), width: 1, size: 4 },
    font: FONT,
    size: wish.hasTimes ? 38 : 0,
    space: 80,
    values: wish.hasTimes ? (_, splits, __, ___, step) => timeLabels(splits, step) : (_, splits) => splits.map(() => ''),
  };
  /** @type {ChartOptions} */
  const options = {
    width: Math.max(200, place.clientWidth),
    height: wish.height,
    ms: 1,
    tzDate: (time) => uPlot.tzDate(new Date(time), 'UTC'),
    padding: [8, 10, wish.hasTimes ? 0 : 4, 0],
    legend: { show: false },
    cursor: { sync: { key: 'report', setSeries: false, scales: ['x', null] }, y: wish.hasHeights === true, drag: { x: false, y: false, setScale: false }, points: { show: false }, bind: { dblclick: () => () => null } },
    scales: { x: { time: true, range: () => [timeline.shown.from, timeline.shown.to] }, ...wish.scales },
    axes: [times, ...wish.axes],
    series: [{}, ...wish.series],
    hooks: {
      ...(wish.drawBelow === undefined ? {} : { drawClear: [wish.drawBelow] }),
      ...(wish.draw === undefined ? {} : { draw: [wish.draw] }),
      ...(wish.onCursor === undefined ? {} : { setCursor: [wish.onCursor] }),
    },
    ...(wish.bands === undefined ? {} : { bands: wish.bands }),
  };
  const chart = new uPlot(options, /** @type {ChartData} */ ([[], ...wish.series.map(() => [])]), place);
  followHands(chart, timeline);
  return chart;
}

/** Draws at once, not with the next microtask. @param {Chart} chart @param {readonly ArrayLike<number>[]} columns times first */
function showData(chart, columns) {
  chart.batch(() => chart.setData(/** @type {ChartData} */ (/** @type {unknown} */ (columns))));
}

/** @param {(values: number[]) => string[]} texts @param {Partial<ChartAxis>} [more] @returns {ChartAxis} */
function valueAxis(texts, more = {}) {
  return {
    scale: 'y',
    stroke: () => colour('--quiet'),
    grid: { stroke: () => colour('--grid'), width: 1 },
    ticks: { show: false },
    font: FONT,
    size: AXIS_WIDTH,
    values: (_, splits) => texts(splits),
    ...more,
  };
}

/** Positions on the canvas, in its own pixels. @param {Chart} chart @param {Timeline} timeline */
function placing(chart, timeline) {
  const { left, top, width, height } = chart.bbox;
  const { from, to } = timeline.shown;
  const perMs = width / (to - from);
  return { left, top, width, height, right: left + width, bottom: top + height, perMs, x: (/** @type {number} */ time) => left + (time - from) * perMs, pixel: devicePixelRatio };
}

/** Drag moves, Shift and drag zooms to a stretch, the wheel zooms, two fingers pinch. @param {Chart} chart @param {Timeline} timeline */
function followHands(chart, timeline) {
  const { over } = chart;
  const chosen = element('div', { class: 'chosen' });
  over.append(chosen);
  /** @type {Map<number, PointerEvent>} */
  const down = new Map();
  /** @type {{ x: number, shown: Stretch, selects: boolean } | null} */
  let grip = null;
  const timeAt = (/** @type {number} */ clientX) => {
    const box = over.getBoundingClientRect();
    return timeline.shown.from + ((clientX - box.left) / box.width) * (timeline.shown.to - timeline.shown.from);
  };
  over.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    down.set(event.pointerId, event);
    over.setPointerCapture(event.pointerId);
    grip = { x: event.clientX, shown: timeline.shown, selects: event.shiftKey };
    over.classList.toggle('moving', !event.shiftKey);
  });
  over.addEventListener('pointermove', (event) => {
    const before = down.get(event.pointerId);
    if (before === undefined || grip === null) return;
    if (down.size === 2) {
      const other = /** @type {PointerEvent} */ ([...down.values()].find(({ pointerId }) => pointerId !== event.pointerId));
      const [was, is] = [Math.abs(before.clientX - other.clientX), Math.abs(event.clientX - other.clientX)];
      if (was > 4 && is > 4) timeline.zoom(was / is, timeAt((event.clientX + other.clientX) / 2));
      grip = { x: event.clientX, shown: timeline.shown, selects: false };
    } else if (grip.selects) {
      const box = over.getBoundingClientRect();
      const [a, b] = [grip.x - box.left, Math.min(Math.max(event.clientX - box.left, 0), box.width)];
      chosen.style.left = `${Math.min(a, b)}px`;
      chosen.style.width = `${Math.abs(b - a)}px`;
    } else {
      const perPixel = (grip.shown.to - grip.shown.from) / over.clientWidth;
      const by = (grip.x - event.clientX) * perPixel;
      timeline.show(grip.shown.from + by, grip.shown.to + by);
    }
    down.set(event.pointerId, event);
  });
  const release = (/** @type {PointerEvent} */ event) => {
    if (grip?.selects === true && down.size === 1 && Math.abs(event.clientX - grip.x) > SELECTED_LEAST_PIXELS) timeline.show(timeAt(Math.min(grip.x, event.clientX)), timeAt(Math.max(grip.x, event.clientX)));
    chosen.style.width = '0';
    down.delete(event.pointerId);
    if (down.size === 0) {
      grip = null;
      over.classList.remove('moving');
    }
  };
  over.addEventListener('pointerup', release);
  over.addEventListener('pointercancel', release);
  over.addEventListener('dblclick', () => timeline.showAll());
  over.addEventListener(
    'wheel',
    (event) => {
      const hasFocus = over.closest('#chart-area')?.contains(document.activeElement) === true;
      if (!hasFocus && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) timeline.move(event.deltaX / over.clientWidth);
      else timeline.zoom(Math.exp(event.deltaY * WHEEL_SPEED * (event.deltaMode === 1 ? 20 : 1)), timeAt(event.clientX));
    },
    { passive: false },
  );
}
