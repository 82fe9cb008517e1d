// The whole time as one small strip: which part of it is shown, with ends to drag.

const OVERVIEW_HEIGHT = 46;
const OVERVIEW_LEFT = AXIS_WIDTH;
const OVERVIEW_RIGHT = 10;
const KEY_STEP = 0.02;

class Overview {
  /** @param {HTMLElement} place @param {Timeline} timeline @param {CandleStack} stack */
  constructor(place, timeline, stack) {
    this.place = place;
    this.timeline = timeline;
    this.stack = stack;
    this.canvas = /** @type {HTMLCanvasElement} */ (element('canvas', { 'aria-hidden': 'true' }));
    this.brush = element('div', { class: 'brush' });
    this.ends = [this.end('from'), this.end('to')];
    this.brush.append(...this.ends);
    place.append(this.canvas, this.brush);
    this.brush.addEventListener('pointerdown', (event) => this.drag(event, 'both'));
    this.canvas.addEventListener('pointerdown', (event) => {
      const { from, to } = timeline.shown;
      const time = this.timeAt(event.clientX);
      timeline.show(time - (to - from) / 2, time + (to - from) / 2);
      this.drag(event, 'both');
    });
  }

  /** @param {'from' | 'to'} which */
  end(which) {
    const handle = element('div', { class: `end ${which}`, role: 'slider', tabindex: '0', 'aria-label': which === 'from' ? 'Begin of what is shown' : 'End of what is shown', 'aria-orientation': 'horizontal' });
    handle.addEventListener('pointerdown', (event) => {
      event.stopPropagation();
      this.drag(event, which);
    });
    handle.addEventListener('keydown', (event) => {
      const direction = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
      if (direction === 0) return;
      event.preventDefault();
      event.stopPropagation();
      this.pull(which, direction * KEY_STEP * (this.timeline.shown.to - this.timeline.shown.from), this.timeline.shown);
    });
    return handle;
  }

  get width() {
    return Math.max(50, this.place.clientWidth - OVERVIEW_LEFT - OVERVIEW_RIGHT);
  }

  /** @param {number} clientX */
  timeAt(clientX) {
    const { from, to } = this.timeline.whole;
    return from + ((clientX - this.place.getBoundingClientRect().left - OVERVIEW_LEFT) / this.width) * (to - from);
  }

  /** @param {'from' | 'to' | 'both'} which @param {number} by ms @param {Stretch} start */
  pull(which, by, { from, to }) {
    const { least } = this.timeline;
    if (which === 'both') this.timeline.show(from + by, to + by);
    if (which === 'from') this.timeline.show(Math.max(this.timeline.whole.from, Math.min(from + by, to - least)), to);
    if (which === 'to') this.timeline.show(from, Math.min(this.timeline.whole.to, Math.max(to + by, from + least)));
  }

  /** @param {PointerEvent} event @param {'from' | 'to' | 'both'} which */
  drag(event, which) {
    const target = /** @type {HTMLElement} */ (event.currentTarget);
    const begun = { at: this.timeAt(event.clientX), shown: this.timeline.shown };
    target.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ moved) => this.pull(which, this.timeAt(moved.clientX) - begun.at, begun.shown);
    const stop = () => {
      target.removeEventListener('pointermove', move);
      target.removeEventListener('pointerup', stop);
      target.removeEventListener('pointercancel', stop);
    };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', stop);
    target.addEventListener('pointercancel', stop);
  }

  /** Draws the strip anew: after a change of size or theme. */
  redraw() {
    const { canvas, width } = this;
    const pixel = devicePixelRatio;
    canvas.width = Math.round(width * pixel);
    canvas.height = OVERVIEW_HEIGHT * pixel;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${OVERVIEW_HEIGHT}px`;
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const { from, to } = this.timeline.whole;
    const slice = this.stack.slice(from, to, width);
    const low = slice.low.reduce((least, value) => Math.min(least, value), Infinity);
    const high = slice.high.reduce((most, value) => Math.max(most, value), -Infinity);
    const y = (/** @type {number} */ price) => canvas.height - 3 * pixel - ((price - low) / (high - low || 1)) * (canvas.height - 6 * pixel);
    ctx.beginPath();
    ctx.moveTo(0, canvas.height);
    for (let i = 0; i < slice.length; i += 1) ctx.lineTo(((valueAt(slice.at, i) - from) / (to - from)) * canvas.width, y(valueAt(slice.close, i)));
    ctx.lineTo(canvas.width, canvas.height);
    ctx.fillStyle = translucent(colour('--quiet'), 0.28);
    ctx.fill();
    this.update();
  }

  update() {
    const { whole, shown } = this.timeline;
    const perMs = this.width / (whole.to - whole.from);
    this.brush.style.left = `${OVERVIEW_LEFT + (shown.from - whole.from) * perMs}px`;
    this.brush.style.width = `${Math.max(4, (shown.to - shown.from) * perMs)}px`;
    for (const [i, time] of [shown.from, shown.to].entries()) {
      const handle = /** @type {HTMLElement} */ (this.ends[i]);
      handle.setAttribute('aria-valuemin', String(whole.from));
      handle.setAttribute('aria-valuemax', String(whole.to));
      handle.setAttribute('aria-valuenow', String(Math.round(time)));
      handle.setAttribute('aria-valuetext', `${timeText(time)} UTC`);
    }
  }
}
