/** Mistakes about restarts, several processes, clocks and the kill switch (I12, I16, I17, I24). */
import type { PlantedBug } from './planted-bug.ts';

const OUTBOX = 'src/engine/outbox.js';
const RUNNER = 'src/engine/plan-runner.js';
const RECOVERY = 'src/engine/recovery.js';
const DESK = 'src/engine/operator-desk.js';
const DESIRE = 'src/engine/plan-desire.js';
const RECORD = 'src/engine/pass-record.js';
const INTAKE = 'src/engine/plan-intake.js';

export const BUGS_OF_PROCESSES: readonly PlantedBug[] = [
  {
    name: 'deadline-not-restored',
    story: 'an order whose fate was unknown when the process ended is never looked up again',
    source: 'faults.md §3 "after-timer not restored": XState does not fire a pending `after` again',
    edits: [{ file: RUNNER, find: 'this.#outbox.doubt(order, this.#orders);', replace: 'this.#orders.set(order.clientOrderId, order);' }],
  },
  {
    name: 'restart-sends-pending-again',
    story: 'a restart sends every request without an answer again, each under a fresh id',
    source: 'faults.md §3 "snapshot-invoked send": XState runs a pending invoke again',
    edits: [
      {
        file: RECOVERY,
        find: 'const pending = await store.loadPendingIntents(plan.planId);',
        replace: "const pending = await store.loadPendingIntents(plan.planId);\n    for (const { kind, request } of pending)\n        if (kind === 'place')\n            await exchange.placeOrder({ ...request, clientOrderId: request.clientOrderId.slice(0, -3) + 'zzz' });",
      },
    ],
  },
  {
    name: 'restart-drops-pending',
    story: 'a restart forgets the requests without an answer, and what they placed: the slots get new orders',
    source: 'state kept in the process only; freqtrade does not record a stop that timed out',
    edits: [
      { file: RUNNER, find: 'this.#outbox.doubt(order, this.#orders);', replace: "if (order.status === 'live')\n                this.#outbox.doubt(order, this.#orders);" },
      { file: INTAKE, find: 'return this.#takeUpAgain(record, identity);', replace: 'return;' },
    ],
  },
  {
    name: 'dedupe-forgotten-at-restart',
    story: 'which trades are booked is known to the process only',
    source: 'NautilusTrader #3046: fills replayed at a restart',
    edits: [
      { file: RECOVERY, find: 'const bookedTrades = await store.loadTrades(plan.planId, memory.tradesAt - TRADES_OVERLAP_MS);', replace: 'const bookedTrades = [];' },
      { file: INTAKE, find: 'if (memory.mayBeForgotten(trade.at) && ', replace: 'if (memory.isBooked(trade.id) && ' },
    ],
  },
  {
    name: 'own-orphans-ignored',
    story: 'an open order of ours that the store has lost is left alone, and its slot gets a second one',
    source: 'faults.md §2 client id: a lost store can still adopt orders',
    edits: [{ file: INTAKE, find: 'return this.#takeUpAgain(record, identity);', replace: 'return;' }],
  },
  {
    name: 'generations-forgotten-at-restart',
    story: 'a restart counts the orders of a slot from the beginning, and their ids come again',
    source: 'faults.md N6; ids that depend on the process',
    edits: [{ file: RECOVERY, find: 'const generations = await store.loadGenerations(plan.planId, sinceCycle);', replace: 'const generations = new Map(sinceCycle < 0 ? [[plan.planId, 0]] : []);' }],
  },
  {
    name: 'two-writers',
    story: 'a process goes on sending and committing although another has taken over',
    source: 'faults.md §3; I16',
    edits: [
      { file: OUTBOX, find: 'if (!isWriter())', replace: 'if (isWriter === null)' },
      { file: RECORD, find: 'fences: this.#fences(),', replace: 'fences: [],' },
    ],
  },
  {
    name: 'kill-not-latched',
    story: 'a plan that was halted runs again after a restart',
    source: 'faults.md §3; hummingbot\'s kill switch',
    edits: [
      { file: DESK, find: 'this.#latched = await this.#readLatch();', replace: '' },
      { file: RUNNER, find: 'this.#machines = machines;', replace: "this.#machines = machines;\n        if (restored !== null && operationOf(restored.state) === 'halted')\n            machines.apply({ to: 'plan', event: { type: 'resume' } }, deps.clock.now(), {});" },
    ],
  },
  {
    name: 'halt-keeps-entries',
    story: 'a halt stops new decisions, but the entries that rest stay and fill',
    source: 'I17: 0 risk-increasing orders after a halt',
    edits: [{ file: DESIRE, find: "case 'halted':\n            return [];", replace: "case 'halted':\n            return desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), strategy.windows);" }],
  },
  {
    name: 'flatten-done-when-asked',
    story: 'flatten is reported as done when it was asked for, not when the exchange shows it',
    source: 'faults.md stop order: prove by a fresh snapshot',
    edits: [{ file: DESK, find: "this.#open.set(action.actionId, { ...action, action: action.action });\n                command({ type: action.action, reason });", replace: "command({ type: action.action, reason });\n                this.#answer(action, true, 'asked');" }],
  },
  {
    name: 'clock-step-deadline',
    story: 'deadlines are taken from the wall clock: when it steps, they come too early or too late',
    source: 'faults.md §3; I24',
    edits: [
      {
        file: RUNNER,
        find: 'this.#deps = deps;\n        const { exchange, store, log, clock, lease } = deps;',
        replace: 'const { clock: steady } = deps;\n        const openedAt = steady.now() - steady.elapsed();\n        deps = { ...deps, clock: { now: () => steady.now(), elapsed: () => steady.now() - openedAt } };\n        this.#deps = deps;\n        const { exchange, store, log, clock, lease } = deps;',
      },
    ],
  },
];
