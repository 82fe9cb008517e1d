/** Mistakes about what a reading of the exchange, or its absence, proves (I3, I5, I9, I13). */
import type { PlantedBug } from './planted-bug.ts';

const OUTBOX = 'src/engine/outbox.js';
const RUNNER = 'src/engine/plan-runner.js';
const READER = 'src/engine/plan-reader.js';
const READING = 'src/engine/account-reading.js';
const INTAKE = 'src/engine/plan-intake.js';
const MEMORY = 'src/engine/plan-memory.js';
const POSITIONS = 'src/engine/position-check.js';
const TRACKER = 'src/engine/order-tracker.js';

export const BUGS_OF_READING: readonly PlantedBug[] = [
  {
    name: 'trigger-namespace-ignored',
    story: 'only plain orders are listed and looked up; stops live in another namespace and seem to be gone',
    source: 'faults.md §3; ccxt `trigger: true`, Binance after December 2025',
    edits: [
      { file: READING, find: 'return { account, snapshot, trades, events, settings };', replace: 'return { account, snapshot: { ...snapshot, openOrders: snapshot.openOrders.filter(({ triggerPrice, triggered }) => triggerPrice === null || triggered) }, trades, events, settings };' },
      { file: OUTBOX, find: 'if (found !== null)\n                this.judge(', replace: "if (found !== null && (found.triggerPrice === null || found.status !== 'open'))\n                this.judge(" },
      { file: OUTBOX, find: 'snapshot.openOrders.some(({ clientOrderId }) => clientOrderId === order.clientOrderId)', replace: 'snapshot.openOrders.some(({ clientOrderId, triggerPrice }) => triggerPrice === null && clientOrderId === order.clientOrderId)' },
    ],
  },
  {
    name: 'replaced-on-absent-read',
    story: 'an order that a list of open orders does not show is gone, however soon after our own write the list was read',
    source: 'faults.md §3, N13: "not in open orders" proves nothing',
    edits: [
      { file: READER, find: 'outbox.doubt(order, orders);', replace: "orders.set(order.clientOrderId, { ...order, finalStatus: 'expired', reason: 'not listed' });" },
      { file: READER, find: 'if (reading.from < settledFrom || this.#parts.isBusy()) {', replace: 'if (this.#parts.isBusy()) {' },
    ],
  },
  {
    name: 'partial-snapshot-trusted',
    story: 'a snapshot with a page missing is taken for all there is',
    source: 'faults.md N14',
    edits: [
      { file: READING, find: 'isComplete: accounts.every(({ snapshot }) => snapshot.complete)', replace: 'isComplete: true' },
      { file: OUTBOX, find: '!snapshot.complete || ', replace: '' },
      { file: POSITIONS, find: 'if (!snapshot.complete)', replace: 'if (snapshot.openOrders === null)' },
      { file: READER, find: 'outbox.doubt(order, orders);', replace: "orders.set(order.clientOrderId, { ...order, finalStatus: 'expired', reason: 'not listed' });" },
    ],
  },
  {
    name: 'stale-book-used',
    story: 'new risk is taken on whatever was read last, however old it is',
    source: 'faults.md §3; I9',
    edits: [{ file: RUNNER, find: 'return this.#isPriced() && this.#reader.isFresh(now);', replace: 'return this.#isPriced() || this.#reader.isFresh(now);' }],
  },
  {
    name: 'stale-price-used',
    story: 'entries are placed by a price that has not moved for minutes',
    source: 'faults.md N15: a stream that is silently dead',
    edits: [{ file: RUNNER, find: 'return this.#isPriced() && this.#reader.isFresh(now);', replace: 'return this.#reader.isFresh(now);' }],
  },
  {
    name: 'gap-event-ignored',
    story: 'a stream that was away goes on as if nothing had been missed',
    source: 'faults.md N16, N17',
    edits: [{ file: RUNNER, find: "case 'gap':\n                this.#reader.require();", replace: "case 'gap':\n                return;" }],
  },
  {
    name: 'never-reads-again',
    story: 'the account is read at the start only; afterwards the streams are believed',
    source: 'faults.md N17: streams are hints',
    edits: [{ file: READER, find: 'this.#watch.succeeded(reading.from, clock.elapsed());', replace: 'this.#watch.succeeded(reading.from, Infinity);\n        this.#watch.soon = this.#watch.require = () => { };\n        this.#watch.isFresh = () => true;' }],
  },
  {
    name: 'watermark-moved-by-stream',
    story: 'a streamed trade moves the mark from which trades are read; those before it that were missed stay missed',
    source: 'faults.md N17: catch up from the mark, with overlap',
    edits: [
      { file: MEMORY, find: 'this.#booked.set(trade.id, trade.at);\n        for', replace: 'this.#booked.set(trade.id, trade.at);\n        this.#facts = { ...this.#facts, tradesAt: Math.max(this.#facts.tradesAt, trade.at + 1) };\n        for' },
      { file: MEMORY, find: 'return Math.max(startedAt, this.#facts.tradesAt - TRADES_OVERLAP_MS);', replace: 'return Math.max(startedAt, this.#facts.tradesAt);' },
    ],
  },
  {
    name: 'late-fill-ignored',
    story: 'an order leaves the book with its last status, and fills that are heard after it are nobody\'s',
    source: 'faults.md N9; hummingbot waits 5 s for the fills of a filled order',
    edits: [
      { file: TRACKER, find: 'return order.finalStatus !== null && dec(order.filled).greaterThanOrEqualTo(order.reportedFilled);', replace: 'return order.finalStatus !== null;' },
      { file: INTAKE, find: 'if (order !== null)\n            this.#book(trade, order);', replace: 'if (order !== null && !orders.has(order.clientOrderId))\n            return;\n        if (order !== null)\n            this.#book(trade, order);' },
    ],
  },
  {
    name: 'triggered-means-filled',
    story: 'a stop that has fired is done: nobody waits for what its child does',
    source: 'faults.md §3, finding 8',
    edits: [{ file: TRACKER, find: "finalStatus: record.status === 'open' ? null : record.status,", replace: "finalStatus: record.triggered ? 'closed' : record.status === 'open' ? null : record.status," }],
  },
  {
    name: 'rejected-child-ignored',
    story: 'a stop that fired and whose child was refused stays at work for ever',
    source: 'faults.md §3, E23',
    edits: [{ file: TRACKER, find: "finalStatus: record.status === 'open' ? null : record.status,", replace: "finalStatus: record.status === 'open' || (record.status === 'rejected' && record.triggered) ? null : record.status," }],
  },
  {
    name: 'older-news-wins',
    story: 'an update that arrives late, or a list that is behind, takes an order back to what it was, also when it had ended',
    source: 'faults.md N19; I13',
    edits: [
      { file: TRACKER, find: 'if (order.finalStatus !== null)\n        return order;', replace: '' },
      { file: INTAKE, find: 'if (stored !== null && stored.reason !== NEVER_ARRIVED)\n            return;', replace: '' },
    ],
  },
  {
    name: 'positions-compared-net',
    story: 'long and short of an account are compared, and adopted, as one number',
    source: 'positions compared net instead of per side; NautilusTrader keeps one net position',
    edits: [
      { file: POSITIONS, find: "strategy.exchange.positionMode === 'one-way'\n        ?", replace: 'strategy !== null\n        ?' },
      {
        file: POSITIONS,
        find: 'const record = snapshot.positions.find((position) => position.symbol === symbol && position.positionSide === side);',
        replace: "const net = snapshot.positions.filter((position) => position.symbol === symbol).reduce((total, { amount, positionSide }) => (positionSide === 'short' ? total.minus(amount) : total.plus(amount)), ZERO);\n    const record = { amount: net };",
      },
    ],
  },
  {
    name: 'foreign-order-cancelled',
    story: 'an order that somebody else placed on the account is taken for a leftover and cancelled',
    source: 'faults.md §3',
    edits: [
      {
        file: INTAKE,
        find: 'if (memory.isAccepted(record.id))\n            return;',
        replace: "const leftover = { ...reconstructed(record, { wallet: strategy.wallets[0].name, role: 'cover', level: 1_000_000, cycle: 0, leg: record.side === 'sell' ? 'open-short' : 'open-long', generation: 0 }, record.amount), type: 'stop-limit' };\n        orders.set(leftover.clientOrderId, leftover);\n        this.#parts.record.order(toStored(leftover, record.updatedAt));\n        return;",
      },
    ],
  },
];
