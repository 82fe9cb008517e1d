// Puts the page together: unpacks the data, builds the charts, and keeps them, the tables and the theme in step.

/** What is shown around a fill that was gone to. */
const AROUND_FILL_MS = 3 * HOUR_MS;
const AROUND_CYCLE = 0.08;
/** Of price, phases, equity and drawdown: so that they come with the headline on one page. */
const PRINTED_HEIGHTS = [0.5, 1, 0.6, 0.7];

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the report lacks its element ${id}`);
  return found;
}

async function start() {
  followTheme();
  const facts = /** @type {import('../report-facts.ts').ReportFacts} */ (JSON.parse(byId('facts').textContent ?? ''));
  sortStandingTables();
  const columns = new Columns(await inflated(byId('columns').textContent ?? ''), facts.columns);
  const page = buildPage(facts, columns);
  byId('waiting').remove();
  page.timeline.drawNow();
  document.documentElement.dataset['drawn'] = 'bars';
  if (facts.near !== null) {
    const near = new Columns(await inflated(byId('near-columns').textContent ?? ''), facts.nearColumns);
    page.stack.near = near.bars('near', facts.near.timeframeMs, facts.priceDecimals);
    page.timeline.draw();
  }
  document.documentElement.dataset['drawn'] = 'all';
}

/** @param {import('../report-facts.ts').ReportFacts} facts @param {Columns} columns */
function buildPage(facts, columns) {
  const area = byId('chart-area');
  const timeline = new Timeline(facts.from, facts.to, facts.near?.timeframeMs ?? facts.bars.timeframeMs);
  const stack = new CandleStack(columns.bars('bars', facts.bars.timeframeMs, facts.priceDecimals));
  const fills = new FillTable(columns, facts);
  const layers = new Layers();
  const cycles = cycleTable(columns, facts);
  const places = Object.fromEntries(
    [
      ['price', `Price, ${facts.quote}`],
      ['phase', 'Phases'],
      ['equity', `Equity, ${facts.quote}`],
      ['water', 'Below the peak'],
      ['overview', ''],
    ].map(([name = '', title = '']) => [name, element('div', { class: `chart ${name}` }, title === '' ? [] : [element('h3', {}, [element('span', {}, [title])])])]),
  );
  const place = (/** @type {string} */ name) => /** @type {HTMLElement} */ (places[name]);
  area.append(...Object.values(places));
  readColours();
  const readout = () => tell(byId('readout'), price, phase, money, facts);
  const onCursor = () => readout();
  const price = new PriceChart(place('price'), timeline, { facts, stack, orders: ordersOf(columns), fills, ...resetsOf(columns), layers }, onCursor);
  const phase = new PhaseChart(place('phase'), timeline, columns, facts, onCursor);
  const money = new MoneyCharts(place('equity'), place('water'), timeline, new EquitySeries(columns, facts), facts, onCursor);
  const overview = new Overview(place('overview'), timeline, stack);
  timeline.watchers.push(() => {
    performance.clearMeasures('redraw');
    performance.mark('redraw begins');
    price.update();
    phase.update();
    money.update(price.slice);
    overview.update();
    if (price.chosen === null) price.note.hidden = true;
    readout();
    performance.measure('redraw', 'redraw begins');
  });
  const step = (/** @type {1 | -1} */ direction) => stepToFill(price, fills, timeline, direction);
  buildControls(byId('controls'), timeline, facts, layers, {
    onLayers: () => timeline.draw(),
    onScale: () => price.remake(),
    onStep: step,
  });
  place('phase').querySelector('h3')?.append(phaseLegend(facts));
  place('equity').querySelector('h3')?.append(moneyLegend(facts, (what, isShown) => money.show(what, isShown)));
  followKeys(area, timeline, step, () => price.choose(null));
  const show = (/** @type {number} */ from, /** @type {number} */ to) => {
    timeline.show(from, to);
    byId('charts').scrollIntoView({ behavior: 'instant', block: 'start' });
  };
  buildLongTables(facts, fills, cycles, show, (row) => {
    goToFill(price, fills, timeline, row);
    byId('charts').scrollIntoView({ behavior: 'instant', block: 'start' });
  });
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target.closest('button.show[data-from]') : null;
    if (target !== null) show(Number(target.getAttribute('data-from')), Number(target.getAttribute('data-until')));
  });
  const heights = [price.chart.height, phase.chart.height, money.equity.height, money.water.height];
  const resize = () => {
    const isPrinted = matchMedia('print').matches;
    for (const [i, chart] of [price.chart, phase.chart, money.equity, money.water].entries()) {
      const width = /** @type {HTMLElement} */ (chart.root.parentElement).clientWidth;
      if (width > 0) chart.setSize({ width, height: Math.round((heights[i] ?? chart.height) * (isPrinted ? (PRINTED_HEIGHTS[i] ?? 1) : 1)) });
    }
    overview.redraw();
    timeline.drawNow();
  };
  new ResizeObserver(resize).observe(area);
  redrawWithTheme(() => {
    readColours();
    resize();
  });
  overview.redraw();
  return { timeline, stack };
}

/** @param {Columns} columns @returns {Orders} */
function ordersOf(columns) {
  const numbers = (/** @type {string} */ name) => columns.numbers(`windows.${name}`);
  const from = numbers('from');
  const rested = numbers('rested');
  return { length: from.length, wallet: numbers('wallet'), role: numbers('role'), price: numbers('price'), from, until: from.map((time, i) => time + valueAt(rested, i)) };
}

/** Cycles after the first of a wallet began with a reset. @param {Columns} columns */
function resetsOf(columns) {
  const [from, cycle, wallet] = [columns.numbers('cycles.from'), columns.numbers('cycles.cycle'), columns.numbers('cycles.wallet')];
  const rows = [...from.keys()].filter((row) => valueAt(cycle, row) > 0);
  return { resets: Float64Array.from(rows, (row) => valueAt(from, row)), resetWallets: Float64Array.from(rows, (row) => valueAt(wallet, row)) };
}

/** @param {import('../report-facts.ts').ReportFacts} facts @param {FillTable} fills @param {ReturnType<typeof cycleTable>} cycles @param {(from: number, to: number) => void} show @param {(row: number) => void} showFill */
function buildLongTables(facts, fills, cycles, show, showFill) {
  const place = (/** @type {string} */ name) => /** @type {HTMLElement} */ (document.querySelector(`[data-table="${name}"]`));
  const byWallet = { name: 'wallet', values: facts.wallets };
  new LongTable(place('cycles'), `Cycles, in ${facts.quote}`, cycles.tableColumns, cycles.rows, { ...byWallet, of: (row) => facts.wallets[valueAt(cycles.wallet, row)] ?? '' }, (row) => {
    const { from, to } = cycles.stretch(row);
    show(from - AROUND_CYCLE * (to - from), to + AROUND_CYCLE * (to - from));
  });
  new LongTable(place('fills'), `Fills, in ${facts.quote}`, fills.tableColumns(), fills.length, { ...byWallet, of: (row) => fills.walletName(row) }, showFill);
}

/** @param {PriceChart} price @param {FillTable} fills @param {Timeline} timeline @param {1 | -1} direction */
function stepToFill(price, fills, timeline, direction) {
  if (fills.length === 0) return;
  const middle = (timeline.shown.from + timeline.shown.to) / 2;
  const next = price.chosen === null ? lowerBound(fills.at, middle) - (direction === 1 ? 0 : 1) : price.chosen + direction;
  goToFill(price, fills, timeline, Math.min(Math.max(next, 0), fills.length - 1));
}

/** @param {PriceChart} price @param {FillTable} fills @param {Timeline} timeline @param {number} row */
function goToFill(price, fills, timeline, row) {
  const length = Math.min(timeline.shown.to - timeline.shown.from, 2 * AROUND_FILL_MS);
  const at = valueAt(fills.at, row);
  price.choose(row);
  timeline.show(at - length / 2, at + length / 2);
  timeline.drawNow();
  price.noteOf(row);
  byId('spoken').textContent = `Fill ${row + 1} of ${fills.length}, ${timeText(at, true)} UTC: ${fills.sentence(row)}`;
}

/** The line under the charts: everything at the pointer, or what is shown where there is none. @param {HTMLElement} place @param {PriceChart} price @param {PhaseChart} phase @param {MoneyCharts} money @param {import('../report-facts.ts').ReportFacts} facts */
function tell(place, price, phase, money, facts) {
  const { slice, timeline } = price;
  const i = price.chart.cursor.idx;
  if (i === null || i === undefined || i >= slice.length) {
    const fills = price.fillRows.length;
    place.textContent = `${timeText(timeline.shown.from)} to ${timeText(timeline.shown.to)} UTC · bars of ${timeframeText(slice.timeframeMs)}${slice.isMixed ? ', coarser where nothing happened' : ''} · ${counted(fills, 'fill')} · ${counted(price.orderRows.length, 'order')}`;
    return;
  }
  const time = valueAt(slice.at, i);
  const figures = [slice.open, slice.high, slice.low, slice.close].map((column) => figureText(valueAt(column, i), facts.priceDecimals));
  const row = Math.min(money.money.length - 1, lowerBound(money.money.at, time));
  const worth = row < 0 ? '' : ` · equity ${figureText(valueAt(money.money.equity, row), 2)}, ${percentText(-valueAt(money.money.drawdown, row))} below its peak · holding ${figureText(valueAt(money.money.hold, row), 2)}`;
  const phases = phase.names.map((name, strip) => `${name} ${phase.phaseAt(strip, time + valueAt(slice.span, i) - 1) ?? '–'}`);
  place.textContent = `${timeText(time)} UTC, ${timeframeText(valueAt(slice.span, i))} · O ${figures[0]} H ${figures[1]} L ${figures[2]} C ${figures[3]}${worth} · ${phases.join(', ')}`;
}

/** @param {number} count @param {string} what */
function counted(count, what) {
  return `${figureText(count, 0)} ${what}${count === 1 ? '' : 's'}`;
}

/** The button goes against what the system wants; paper is always light. */
function followTheme() {
  const button = byId('theme');
  const system = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (document.documentElement.dataset['theme'] ?? (system.matches ? 'dark' : 'light')) === 'dark';
  const say = () => button.setAttribute('aria-pressed', String(isDark()));
  button.hidden = false;
  button.addEventListener('click', () => {
    document.documentElement.dataset['theme'] = isDark() ? 'light' : 'dark';
    say();
    document.dispatchEvent(new Event('themechange'));
  });
  system.addEventListener('change', () => {
    say();
    document.dispatchEvent(new Event('themechange'));
  });
  say();
}

/** @param {() => void} redraw */
function redrawWithTheme(redraw) {
  document.addEventListener('themechange', redraw);
  matchMedia('print').addEventListener('change', redraw);
  addEventListener('beforeprint', redraw);
  addEventListener('afterprint', redraw);
}

start().catch((/** @type {unknown} */ error) => {
  const waiting = document.getElementById('waiting');
  const reason = error instanceof Error ? error.message : String(error);
  if (waiting !== null) waiting.textContent = `The charts could not be drawn (${reason}). They need a browser of 2024 or newer; the tables do not.`;
  throw error;
});
