// Strips of phases, one for each wallet and one for the plan. Where several phases fall into one pixel, it shows their shares.

const STRIP_HEIGHT = 17;
const NAMED_FROM_PIXELS = 62;

class PhaseChart {
  /** @param {HTMLElement} place @param {Timeline} timeline @param {Columns} columns @param {import('../report-facts.ts').ReportFacts} facts @param {(chart: Chart) => void} onCursor */
  constructor(place, timeline, columns, facts, onCursor) {
    this.timeline = timeline;
    this.facts = facts;
    this.names = [...facts.wallets, 'plan'];
    this.strips = stripsOf(columns, this.names.length);
    const count = this.names.length;
    this.chart = chartIn(place, timeline, {
      height: count * STRIP_HEIGHT + 14,
      hasTimes: false,
      scales: { y: { range: () => [0, count] } },
      axes: [valueAxis(() => [...this.names].reverse(), { splits: () => this.names.map((_, i) => i + 0.5), grid: { show: false } })],
      series: [{ scale: 'y', paths: () => null, points: { show: false } }],
      draw: () => this.paint(),
      onCursor,
    });
  }

  update() {
    const { from, to } = this.timeline.shown;
    showData(this.chart, [[from, to], [0, 0]]);
  }

  /** Phase of a strip at a time; null before its first. @param {number} strip @param {number} time */
  phaseAt(strip, time) {
    const { at, phase } = this.strips[strip] ?? { at: new Float64Array(0), phase: new Float64Array(0) };
    const row = lowerBound(at, time + 1) - 1;
    return row < 0 ? null : (this.facts.phases[valueAt(phase, row)] ?? null);
  }

  paint() {
    const place = placing(this.chart, this.timeline);
    const { ctx } = this.chart;
    const height = place.height / this.names.length;
    ctx.save();
    for (const [i, strip] of this.strips.entries()) this.paintStrip(ctx, place, strip, place.top + i * height + place.pixel, height - 2 * place.pixel);
    ctx.restore();
  }

  /** @param {CanvasRenderingContext2D} ctx @param {ReturnType<typeof placing>} place @param {{ at: Float64Array, phase: Float64Array }} strip @param {number} top @param {number} height */
  paintStrip(ctx, { x, left, right, width, pixel }, { at, phase }, top, height) {
    const { from, to } = this.timeline.shown;
    const phases = this.facts.phases.length;
    const columns = Math.ceil(width);
    const shares = new Float32Array(columns * phases);
    const begin = Math.max(0, lowerBound(at, from) - 1);
    const end = lowerBound(at, to);
    for (let row = begin; row < end; row += 1) {
      const [x0, x1] = [Math.max(0, x(valueAt(at, row)) - left), Math.min(columns, row + 1 < at.length ? x(valueAt(at, row + 1)) - left : x(this.facts.to) - left)];
      const which = valueAt(phase, row);
      for (let column = Math.floor(x0); column < x1; column += 1) {
        const cell = column * phases + which;
        shares[cell] = valueAt(shares, cell) + Math.min(x1, column + 1) - Math.max(x0, column);
      }
    }
    for (let which = 0; which < phases; which += 1) {
      ctx.fillStyle = colour(PHASE_COLOURS[this.facts.phases[which] ?? ''] ?? '--quiet');
      ctx.beginPath();
      for (let column = 0; column < columns; column += 1) {
        const share = valueAt(shares, column * phases + which);
        if (share <= 0) continue;
        let below = 0;
        let all = 0;
        for (let each = 0; each < phases; each += 1) {
          if (each < which) below += valueAt(shares, column * phases + each);
          all += valueAt(shares, column * phases + each);
        }
        ctx.rect(left + column, top + (below / all) * height, 1.02, (share / all) * height);
      }
      ctx.fill();
    }
    ctx.font = `600 ${9.5 * pixel}px system-ui, sans-serif`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    for (let row = begin; row < end; row += 1) {
      const x0 = Math.max(left, x(valueAt(at, row)));
      const x1 = Math.min(right, row + 1 < at.length ? x(valueAt(at, row + 1)) : x(this.facts.to));
      const name = this.facts.phases[valueAt(phase, row)] ?? '';
      if (x1 - x0 < NAMED_FROM_PIXELS * pixel || ctx.measureText(name).width > x1 - x0 - 8 * pixel) continue;
      ctx.fillStyle = DARK_PHASES.has(name) ? '#fff' : '#111';
      ctx.fillText(name, x0 + 4 * pixel, top + height / 2 + pixel);
    }
  }
}

/** Phases whose colour needs light letters. */
const DARK_PHASES = new Set(['DECLINE', 'RESET']);

/** @param {Columns} columns @param {number} count */
function stripsOf(columns, count) {
  const [at, of, phase] = [columns.numbers('phases.at'), columns.numbers('phases.of'), columns.numbers('phases.phase')];
  return Array.from({ length: count }, (_, strip) => {
    const rows = [...at.keys()].filter((row) => valueAt(of, row) === strip);
    return { at: Float64Array.from(rows, (row) => valueAt(at, row)), phase: Float64Array.from(rows, (row) => valueAt(phase, row)) };
  });
}
