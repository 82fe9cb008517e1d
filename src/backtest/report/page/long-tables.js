// Tables too long to stand in the page as a whole: sorted, filtered and leafed through; and the sorting of those that do.

const PAGE_ROWS = 20;

/** @typedef {{ title: string, isWord?: boolean, text: (row: number) => string, order: (row: number) => number | string }} TableColumn */

/** Fills as rows: what tables, notes and the price chart read. */
class FillTable {
  /** @param {Columns} columns @param {import('../report-facts.ts').ReportFacts} facts */
  constructor(columns, facts) {
    this.facts = facts;
    const numbers = (/** @type {string} */ name) => columns.numbers(`fills.${name}`);
    const texts = (/** @type {string} */ name) => columns.texts(`fills.${name}`);
    this.at = numbers('at');
    this.length = this.at.length;
    this.wallet = numbers('wallet');
    this.cycle = numbers('cycle');
    this.role = numbers('role');
    this.sell = numbers('sell');
    this.taker = numbers('taker');
    this.leveled = numbers('leveled');
    this.level = numbers('level');
    this.leg = texts('leg');
    this.prices = texts('price');
    this.price = Float64Array.from(this.prices, Number);
    this.amounts = texts('amount');
    this.fees = texts('fee');
    this.slippages = texts('slippage');
  }

  /** @param {number} row */
  walletName(row) {
    return this.facts.wallets[valueAt(this.wallet, row)] ?? '';
  }

  /** @param {number} row */
  roleName(row) {
    return this.facts.fillRoles[valueAt(this.role, row)] ?? '';
  }

  /** @param {number} row */
  levelText(row) {
    if (valueAt(this.leveled, row) === 0) return '';
    const level = valueAt(this.level, row);
    return level > 0 ? `+${level}` : level < 0 ? `−${-level}` : '0';
  }

  /** @param {number} row */
  sentence(row) {
    const level = this.levelText(row);
    const { base, quote } = this.facts;
    return `${this.walletName(row)} ${this.roleName(row)}${level === '' ? '' : ` at level ${level}`}, ${this.leg[row]}: ${valueAt(this.sell, row) === 1 ? 'sold' : 'bought'} ${this.amounts[row]} ${base} at ${this.prices[row]}, fee ${shortened(this.fees[row] ?? '')} ${quote}`;
  }

  /** @returns {TableColumn[]} */
  tableColumns() {
    const number = (/** @type {string[]} */ texts) => (/** @type {number} */ row) => Number(texts[row]);
    return [
      { title: 'time', text: (row) => timeText(valueAt(this.at, row), true), order: (row) => valueAt(this.at, row) },
      { title: 'wallet', isWord: true, text: (row) => this.walletName(row), order: (row) => this.walletName(row) },
      { title: 'cycle', text: (row) => String(valueAt(this.cycle, row)), order: (row) => valueAt(this.cycle, row) },
      { title: 'order', isWord: true, text: (row) => this.roleName(row), order: (row) => this.roleName(row) },
      { title: 'level', text: (row) => this.levelText(row), order: (row) => valueAt(this.level, row) },
      { title: 'leg', isWord: true, text: (row) => this.leg[row] ?? '', order: (row) => this.leg[row] ?? '' },
      { title: 'price', text: (row) => this.prices[row] ?? '', order: (row) => valueAt(this.price, row) },
      { title: `amount ${this.facts.base}`, text: (row) => this.amounts[row] ?? '', order: number(this.amounts) },
      { title: 'fee', text: (row) => shortened(this.fees[row] ?? ''), order: number(this.fees) },
      { title: 'slippage', text: (row) => shortened(this.slippages[row] ?? ''), order: number(this.slippages) },
      { title: 'as', isWord: true, text: (row) => (valueAt(this.taker, row) === 1 ? 'taker' : 'maker'), order: (row) => valueAt(this.taker, row) },
    ];
  }
}

/** Money of a table cell: six decimals at most; all of them are in the CSV files. @param {string} money */
function shortened(money) {
  const [whole = '', rest = ''] = money.replace('-', '−').split('.');
  return rest.length > 6 ? `${whole}.${rest.slice(0, 6)}…` : rest === '' ? whole : `${whole}.${rest}`;
}

/** @param {Columns} columns @param {import('../report-facts.ts').ReportFacts} facts */
function cycleTable(columns, facts) {
  const numbers = (/** @type {string} */ name) => columns.numbers(`cycles.${name}`);
  const texts = (/** @type {string} */ name) => columns.texts(`cycles.${name}`);
  const [wallet, cycle, from, length, reason, whipsaw] = ['wallet', 'cycle', 'from', 'length', 'reason', 'whipsaw'].map(numbers);
  const [peak, valley, fills] = ['peak', 'valley', 'fills'].map(numbers);
  const [anchor, unit, result, share, fees, funding, slippage] = ['anchor', 'unit', 'result', 'share', 'fees', 'funding', 'slippage'].map(texts);
  const number = (/** @type {Float64Array | undefined} */ column, /** @type {number} */ row) => valueAt(column ?? [], row);
  const money = (/** @type {string} */ title, /** @type {string[] | undefined} */ column, isSigned = true) => ({
    title,
    text: (/** @type {number} */ row) => (isSigned ? signedText(Number(column?.[row])) : figureText(Number(column?.[row]), 2)),
    order: (/** @type {number} */ row) => Number(column?.[row]),
  });
  const figure = (/** @type {string} */ title, /** @type {Float64Array | undefined} */ column) => ({ title, text: (/** @type {number} */ row) => String(number(column, row)).replace('-', '−'), order: (/** @type {number} */ row) => number(column, row) });
  /** @type {TableColumn[]} */
  const tableColumns = [
    { title: 'from', text: (row) => timeText(number(from, row)), order: (row) => number(from, row) },
    { title: 'wallet', isWord: true, text: (row) => facts.wallets[number(wallet, row)] ?? '', order: (row) => number(wallet, row) },
    figure('cycle', cycle),
    { title: 'length', text: (row) => durationText(number(length, row)), order: (row) => number(length, row) },
    { title: 'ended by', isWord: true, text: (row) => `${facts.cycleReasons[number(reason, row)] ?? ''}${number(whipsaw, row) === 1 ? ', whipsaw' : ''}`, order: (row) => facts.cycleReasons[number(reason, row)] ?? '' },
    money('result', result),
    { title: 'of equity', text: (row) => (share?.[row] === '' ? '–' : percentText(Number(share?.[row]), 2)), order: (row) => (share?.[row] === '' ? -Infinity : Number(share?.[row])) },
    { title: 'anchor', text: (row) => anchor?.[row] ?? '', order: (row) => Number(anchor?.[row]) },
    { title: 'unit', text: (row) => unit?.[row] ?? '', order: (row) => Number(unit?.[row]) },
    figure('peak', peak),
    figure('valley', valley),
    figure('fills', fills),
    money('fees', fees, false),
    money('funding', funding),
    money('slippage', slippage, false),
  ];
  return { tableColumns, rows: from?.length ?? 0, wallet: wallet ?? new Float64Array(0), stretch: (/** @type {number} */ row) => ({ from: number(from, row), to: number(from, row) + number(length, row) }) };
}

class LongTable {
  /** @param {HTMLElement} place @param {string} caption @param {readonly TableColumn[]} columns @param {number} rows @param {{ name: string, values: readonly string[], of: (row: number) => string }} filter @param {(row: number) => void} onShow */
  constructor(place, caption, columns, rows, filter, onShow) {
    this.columns = columns;
    this.all = Array.from({ length: rows }, (_, row) => row);
    this.filter = filter;
    this.onShow = onShow;
    this.wanted = '';
    this.sorted = 0;
    this.isDown = false;
    this.page = 0;
    this.heads = columns.map(({ title, isWord }, i) => {
      const button = element('button', { type: 'button' }, [title]);
      button.addEventListener('click', () => this.sortBy(i));
      return element('th', { scope: 'col', ...(isWord === true ? { class: 'words' } : {}) }, [button]);
    });
    this.body = element('tbody');
    this.state = element('span', { role: 'status' });
    this.before = element('button', { type: 'button' }, ['‹ before']);
    this.next = element('button', { type: 'button' }, ['next ›']);
    this.before.addEventListener('click', () => this.leaf(-1));
    this.next.addEventListener('click', () => this.leaf(1));
    const select = /** @type {HTMLSelectElement} */ (element('select', {}, [element('option', { value: '' }, [`every ${filter.name}`]), ...filter.values.map((value) => element('option', { value }, [value]))]));
    select.addEventListener('change', () => {
      this.wanted = select.value;
      this.page = 0;
      this.fill();
    });
    const table = element('table', { class: 'figures' }, [element('caption', {}, [caption]), element('thead', {}, [element('tr', {}, [...this.heads, element('th')])]), this.body]);
    place.append(element('div', { class: 'leaf' }, [element('label', {}, [`${filter.name} `, select]), this.before, this.next, this.state]), element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption }, [table]));
    this.fill();
  }

  /** @param {number} column */
  sortBy(column) {
    this.isDown = this.sorted === column ? !this.isDown : false;
    this.sorted = column;
    this.page = 0;
    this.fill();
  }

  /** @param {number} by */
  leaf(by) {
    this.page += by;
    this.fill();
  }

  fill() {
    const { columns, sorted, isDown, filter, wanted } = this;
    const order = columns[sorted]?.order ?? (() => 0);
    const rows = this.all.filter((row) => wanted === '' || filter.of(row) === wanted).sort((a, b) => compared(order(a), order(b)) * (isDown ? -1 : 1) || a - b);
    const from = this.page * PAGE_ROWS;
    const until = Math.min(rows.length, from + PAGE_ROWS);
    for (const [i, head] of this.heads.entries()) head.setAttribute('aria-sort', i !== sorted ? 'none' : isDown ? 'descending' : 'ascending');
    this.body.replaceChildren(
      ...rows.slice(from, until).map((row) => {
        const show = element('button', { type: 'button', class: 'show' }, ['show']);
        show.addEventListener('click', () => this.onShow(row));
        return element('tr', {}, [...columns.map(({ text, isWord }, i) => element(i === 0 ? 'th' : 'td', { ...(i === 0 ? { scope: 'row' } : {}), ...(isWord === true ? { class: 'words' } : {}) }, [text(row)])), element('td', {}, [show])]);
      }),
    );
    this.state.textContent = rows.length === 0 ? 'none' : `${figureText(from + 1, 0)} to ${figureText(until, 0)} of ${figureText(rows.length, 0)}`;
    this.before.toggleAttribute('disabled', this.page === 0);
    this.next.toggleAttribute('disabled', until >= rows.length);
  }
}

/** @param {number | string} a @param {number | string} b */
function compared(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Makes the heads of tables that stand in the page sort them. */
function sortStandingTables() {
  for (const table of document.querySelectorAll('table[data-sortable]')) {
    const heads = [...table.querySelectorAll('thead th')];
    for (const [column, head] of heads.entries()) {
      head.querySelector('button')?.addEventListener('click', () => {
        const isDown = head.getAttribute('aria-sort') === 'ascending';
        for (const each of heads) each.setAttribute('aria-sort', each !== head ? 'none' : isDown ? 'descending' : 'ascending');
        const body = table.querySelector('tbody');
        const order = (/** @type {Element} */ row) => {
          const cell = row.children[column];
          const given = cell?.getAttribute('data-order') ?? null;
          return given === null ? (cell?.textContent ?? '') : Number(given);
        };
        const rows = [...(body?.children ?? [])].sort((a, b) => (typeof order(a) === typeof order(b) ? compared(order(a), order(b)) : typeof order(a) === 'string' ? 1 : -1) * (isDown ? -1 : 1));
        body?.append(...rows);
      });
    }
  }
}
