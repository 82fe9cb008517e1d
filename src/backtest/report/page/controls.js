// What stands above the charts: stretches to choose, times to type, what is shown, and steps from fill to fill.

const STRETCHES = /** @type {const} */ ([
  ['All', Infinity],
  ['1 y', 365 * DAY_MS],
  ['3 mo', 91 * DAY_MS],
  ['1 mo', 30 * DAY_MS],
  ['1 w', WEEK_MS],
  ['1 d', DAY_MS],
  ['6 h', 6 * HOUR_MS],
  ['1 h', HOUR_MS],
]);

/**
 * @param {HTMLElement} place @param {Timeline} timeline @param {import('../report-facts.ts').ReportFacts} facts @param {Layers} layers
 * @param {{ onLayers: () => void, onScale: () => void, onStep: (direction: 1 | -1) => void }} acts
 */
function buildControls(place, timeline, facts, layers, acts) {
  const button = (/** @type {string} */ text, /** @type {string} */ hint, /** @type {() => void} */ act) => {
    const made = element('button', { type: 'button', title: hint, 'aria-label': hint }, [text]);
    made.addEventListener('click', act);
    return made;
  };
  const whole = timeline.whole.to - timeline.whole.from;
  const stretches = STRETCHES.filter(([, length]) => length === Infinity || (length < whole && length >= timeline.least)).map(([name, length]) =>
    button(name, length === Infinity ? 'Show everything' : `Show ${name}`, () => {
      const middle = (timeline.shown.from + timeline.shown.to) / 2;
      if (length === Infinity) timeline.showAll();
      else timeline.show(middle - length / 2, middle + length / 2);
    }),
  );
  const moves = [
    button('←', 'Move back', () => timeline.move(-0.5)),
    button('→', 'Move on', () => timeline.move(0.5)),
    button('+', 'Zoom in', () => timeline.zoom(0.5)),
    button('−', 'Zoom out', () => timeline.zoom(2)),
    button('‹ fill', 'Previous fill', () => acts.onStep(-1)),
    button('fill ›', 'Next fill', () => acts.onStep(1)),
  ];
  const [from, to] = ['from', 'to'].map((name) => /** @type {HTMLInputElement} */ (element('input', { type: 'datetime-local', 'aria-label': `Show ${name}, UTC`, step: '60' })));
  if (from === undefined || to === undefined) throw new Error('two inputs');
  for (const input of [from, to]) {
    input.addEventListener('change', () => {
      const [begin, end] = [Date.parse(`${from.value}Z`), Date.parse(`${to.value}Z`)];
      if (Number.isFinite(begin) && Number.isFinite(end) && end > begin) timeline.show(begin, end);
    });
  }
  timeline.watchers.push(() => {
    for (const [input, time] of /** @type {const} */ ([[from, timeline.shown.from], [to, timeline.shown.to]])) if (document.activeElement !== input) input.value = new Date(time).toISOString().slice(0, 16);
  });
  place.append(element('div', { class: 'row' }, [group('Stretch', stretches), group('Move', moves), group('Times', [from, ' to ', to, ' UTC'])]), element('div', { class: 'row layers' }, layerChoices(facts, layers, acts)));
}

/** @param {string} name @param {(Node | string)[]} children */
function group(name, children) {
  return element('div', { class: 'group', role: 'group', 'aria-label': name }, children);
}

/** @param {import('../report-facts.ts').ReportFacts} facts @param {Layers} layers @param {{ onLayers: () => void, onScale: () => void }} acts */
function layerChoices(facts, layers, acts) {
  const used = facts.fillRoles.filter((role) => ROLE_LOOK[role] !== undefined);
  const roles = used.map((role) => choice(role, true, swatch(role), (isOn) => toggle(layers.hiddenRoles, role, !isOn, acts.onLayers)));
  const wallets = facts.wallets.length < 2 ? [] : facts.wallets.map((wallet) => choice(wallet, true, null, (isOn) => toggle(layers.hiddenWallets, wallet, !isOn, acts.onLayers)));
  const shown = [
    choice('orders', true, null, (isOn) => {
      layers.orders = isOn;
      acts.onLayers();
    }),
    choice('fills', true, null, (isOn) => {
      layers.fills = isOn;
      acts.onLayers();
    }),
    choice('resets', true, null, (isOn) => {
      layers.resets = isOn;
      acts.onLayers();
    }),
    choice('logarithmic', false, null, (isOn) => {
      layers.isLogarithmic = isOn;
      acts.onScale();
    }),
  ];
  return [group('Layers', shown), group('Kinds of order', roles), ...(wallets.length === 0 ? [] : [group('Wallets', wallets)])];
}

/** Beside the title of the equity chart: which line is what, and which are drawn. @param {import('../report-facts.ts').ReportFacts} facts @param {(what: 'hold' | 'cash' | number, isShown: boolean) => void} onMoney */
function moneyLegend(facts, onMoney) {
  return element('span', { class: 'legend' }, [
    element('span', {}, [lineSwatch('--plan', ''), ' plan']),
    choice('holding', true, lineSwatch('--hold', '4 2'), (isOn) => onMoney('hold', isOn)),
    choice('cash', true, lineSwatch('--cash', '2 2'), (isOn) => onMoney('cash', isOn)),
    ...(facts.wallets.length < 2 ? [] : facts.wallets.map((wallet, i) => choice(wallet, false, lineSwatch(`--wallet-${i % 2}`, i === 0 ? '8 2 2 2' : '4 2'), (isOn) => onMoney(i, isOn)))),
  ]);
}

/** @param {import('../report-facts.ts').ReportFacts} facts */
function phaseLegend(facts) {
  return element('span', { class: 'legend' }, facts.phases.map((phase) => element('span', {}, [element('i', { class: `phase ${phase.toLowerCase()}` }), phase])));
}

/** @param {Set<string>} set @param {string} name @param {boolean} isIn @param {() => void} then */
function toggle(set, name, isIn, then) {
  if (isIn) set.add(name);
  else set.delete(name);
  then();
}

/** @param {string} name @param {boolean} isOn @param {Node | null} sign @param {(isOn: boolean) => void} act */
function choice(name, isOn, sign, act) {
  const box = /** @type {HTMLInputElement} */ (element('input', { type: 'checkbox', ...(isOn ? { checked: '' } : {}) }));
  box.addEventListener('change', () => act(box.checked));
  return element('label', {}, [box, ...(sign === null ? [] : [sign]), name]);
}

/** The line of a kind of order as it is drawn. @param {string} role */
function swatch(role) {
  const look = roleLook(role);
  return lineSwatch(look.colour, look.dash.join(' '));
}

/** @param {string} name of a colour @param {string} dash */
function lineSwatch(name, dash) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  for (const [attribute, value] of Object.entries({ width: '24', height: '8', 'aria-hidden': 'true' })) made.setAttribute(attribute, value);
  for (const [attribute, value] of Object.entries({ x1: '0', x2: '24', y1: '4', y2: '4', 'stroke-width': '2.5', 'stroke-dasharray': dash })) line.setAttribute(attribute, value);
  line.style.stroke = `var(${name})`;
  made.append(line);
  return made;
}

/** Keys while the charts have the focus. @param {HTMLElement} area @param {Timeline} timeline @param {(direction: 1 | -1) => void} onStep @param {() => void} onEscape */
function followKeys(area, timeline, onStep, onEscape) {
  /** @type {Record<string, () => void>} */
  const acts = {
    ArrowLeft: () => timeline.move(-0.15),
    ArrowRight: () => timeline.move(0.15),
    PageUp: () => timeline.move(-0.9),
    PageDown: () => timeline.move(0.9),
    '+': () => timeline.zoom(0.6),
    '=': () => timeline.zoom(0.6),
    '-': () => timeline.zoom(1 / 0.6),
    Home: () => timeline.showAll(),
    n: () => onStep(1),
    p: () => onStep(-1),
    Escape: onEscape,
  };
  area.addEventListener('keydown', (event) => {
    const act = acts[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
}
