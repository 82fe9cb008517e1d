// How things look and read: colours of the style sheet as the canvas needs them, marks per kind of order, figures and times as text.

/** Colour, line and short name of each kind of order; line and mark differ too, so that nothing hangs on colour alone. */
const ROLE_LOOK = /** @type {Record<string, { colour: string, dash: number[] }>} */ ({
  'stop-loss': { colour: '--stop-loss', dash: [] },
  'stop-entry-short': { colour: '--entry-short', dash: [7, 4] },
  'stop-entry-long': { colour: '--entry-long', dash: [7, 4] },
  cover: { colour: '--cover', dash: [2, 3] },
  'flip-short': { colour: '--flip-short', dash: [10, 3, 2, 3] },
  'flip-long': { colour: '--flip-long', dash: [10, 3, 2, 3] },
});
const AT_MARKET = { colour: '--market', dash: [] };
const PHASE_COLOURS = /** @type {Record<string, string>} */ ({ ADVANCE: '--advance', RETRACEMENT: '--retracement', DECLINE: '--decline', RECOVERY: '--recovery', RESET: '--reset' });
const COLOURS = ['--ground', '--text', '--quiet', '--grid', '--candle', '--candle-up', '--plan', '--hold', '--cash', '--water', '--alarm', '--gap', '--wallet-0', '--wallet-1', ...Object.values(ROLE_LOOK).map(({ colour }) => colour), AT_MARKET.colour, ...Object.values(PHASE_COLOURS)];

/** @type {Map<string, string>} */
const colours = new Map();

/** Reads the colours again; to be called when the theme changes. */
function readColours() {
  const probe = document.createElement('span');
  document.body.append(probe);
  for (const name of COLOURS) {
    probe.style.color = `var(${name})`;
    colours.set(name, getComputedStyle(probe).color);
  }
  probe.remove();
}

/** @param {string} name */
function colour(name) {
  return colours.get(name) ?? 'gray';
}

/** @param {string} role */
function roleLook(role) {
  return ROLE_LOOK[role] ?? AT_MARKET;
}

/** @param {string} rgb as computed styles give it @param {number} alpha */
function translucent(rgb, alpha) {
  const [r = '0', g = '0', b = '0'] = rgb.match(/[\d.]+/g) ?? [];
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** @param {number} value @param {number} digits */
function figureText(value, digits) {
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return text.replace('-', '−');
}

/** @param {number} value */
function signedText(value) {
  const text = figureText(value, Math.abs(value) >= 1 || value === 0 ? 2 : 4);
  return value > 0 ? `+${text}` : text;
}

/** @param {number} fraction @param {number} [digits] */
function percentText(fraction, digits = 1) {
  return `${figureText(fraction * 100, digits)}\u00a0%`;
}

/** UTC. @param {number} time ms @param {boolean} [withSeconds] */
function timeText(time, withSeconds = false) {
  return new Date(time).toISOString().slice(0, withSeconds ? 19 : 16).replace('T', ' ');
}

/** @param {number} ms */
function durationText(ms) {
  if (ms < HOUR_MS) return ms < MINUTE_MS ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${(ms / HOUR_MS).toFixed(1)} h`;
  return `${(ms / DAY_MS).toFixed(ms < 100 * DAY_MS ? 1 : 0)} d`;
}

/** @param {number} ms */
function timeframeText(ms) {
  if (ms % DAY_MS === 0) return `${ms / DAY_MS}d`;
  return ms % HOUR_MS === 0 ? `${ms / HOUR_MS}h` : `${ms / MINUTE_MS}m`;
}

const MONTH_NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Labels of a time axis: each says what changes, the first and those at a turn also what it belongs to. @param {number[]} splits @param {number} step */
function timeLabels(splits, step) {
  let dayBefore = '';
  let yearBefore = 0;
  return splits.map((time) => {
    const date = new Date(time);
    const [year, month, day] = [date.getUTCFullYear(), MONTH_NAMES[date.getUTCMonth()] ?? '', date.getUTCDate()];
    const isNewYear = year !== yearBefore;
    const isNewDay = `${day} ${month}` !== dayBefore || isNewYear;
    yearBefore = year;
    dayBefore = `${day} ${month}`;
    if (step >= 360 * DAY_MS) return String(year);
    if (step >= 27 * DAY_MS) return isNewYear ? `${month}\n${year}` : month;
    if (step >= DAY_MS) return isNewYear ? `${day} ${month}\n${year}` : `${day} ${month}`;
    const clock = date.toISOString().slice(11, step < MINUTE_MS ? 19 : 16);
    return isNewDay ? `${clock}\n${day} ${month}${isNewYear ? ` ${year}` : ''}` : clock;
  });
}

/** @param {string} tag @param {Record<string, string>} [attributes] @param {(Node | string)[]} [children] */
function element(tag, attributes = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
