/** Mistakes that leave a position without the order that protects it, or protect more than is held (I6, I7, I8, I15). */
import type { PlantedBug } from './planted-bug.ts';

const RUNNER = 'src/engine/plan-runner.js';
const GUARD = 'src/engine/slot-guard.js';
const PLANNER = 'src/window/plan.js';
const DESIRED = 'src/window/desired-orders.js';
const EXCHANGE_ORDERS = 'src/window/exchange-orders.js';
const WALLET = 'src/domain/wallet.js';

export const BUGS_OF_PROTECTION: readonly PlantedBug[] = [
  {
    name: 'protection-on-transition-only',
    story: 'stops are placed when a fill is booked, not because a position is uncovered: what a restart finds stays naked',
    source: 'faults.md §3; banbot #163',
    edits: [
      { file: RUNNER, find: 'this.#machines = machines;', replace: 'this.#machines = machines;\n        this.wasRestored = restored !== null;' },
      {
        file: RUNNER,
        find: 'return plan.stages[0] ?? [];',
        replace: "return (plan.stages[0] ?? []).filter(({ type, order }) => type !== 'place' || !this.wasRestored || this.#intake.fills > 0 || !order.legs.every(({ leg }) => leg.startsWith('close-')));",
      },
    ],
  },
  {
    name: 'protection-tried-once',
    story: 'a stop that the exchange refused or dropped is not tried again until the ladder moves',
    source: 'faults.md E23; freqtrade #12610',
    edits: [{ file: GUARD, find: 'const isGivenUp = !attempts.isProtective && attempts.count >= ENTRY_ATTEMPTS_MAX;', replace: 'const isGivenUp = attempts.isProtective || attempts.count >= ENTRY_ATTEMPTS_MAX;' }],
  },
  {
    name: 'cancel-then-create-without-guard',
    story: 'the old stop is cancelled whether or not the new one rests',
    source: 'faults.md §3, E31; freqtrade #9629',
    edits: [{ file: PLANNER, find: 'if (!left.every(isSpare))\n                return false;', replace: '' }],
  },
  {
    name: 'cancel-all-when-blind',
    story: 'a dead-man\'s switch: when the account cannot be read, everything is cancelled, the stops of open positions too',
    source: 'faults.md §3 "DMS armed with position", finding 7',
    edits: [{ file: RUNNER, find: 'const desired = this.desired();\n        const { capabilities } = this.#deps.exchange;', replace: 'const { capabilities } = this.#deps.exchange;\n        const desired = capabilities.hasLosslessEvents || this.#reader.isFresh(this.#deps.clock.elapsed()) ? this.desired() : [];' }],
  },
  {
    name: 'entries-before-protection',
    story: 'under a cap on conditional orders entries come first, and stops get what is left',
    source: 'entries placed before protection; faults.md E26',
    edits: [
      { file: PLANNER, find: 'Number(protects(b)) - Number(protects(a)) ||', replace: 'Number(protects(a)) - Number(protects(b)) ||' },
    ],
  },
  {
    name: 'stop-left-after-close',
    story: 'the stop of a position that is closed stays and opens the other side',
    source: 'faults.md E30; freqtrade #11608',
    edits: [{ file: PLANNER, find: "this.#cancelProtection.push({ type: 'cancel', target, reason: `${legsText(target.legs)} is no longer wanted` });", replace: 'return;' }],
  },
  {
    name: 'entry-replaced-without-waiting',
    story: 'the successor of an entry is placed while the old one may still rest',
    source: 'faults.md §2 rung rule; E33',
    edits: [{ file: PLANNER, find: 'if (isPureMove)\n            this.place(order, reason);', replace: 'this.place(order, reason);' }],
  },
  {
    name: 'round-up-close',
    story: 'the amount to close is rounded up',
    source: 'faults.md §3, E28: half of the failed closes of MetaMask',
    edits: [{ file: DESIRED, find: 'return isSome(holds) ? { leg, amount: holds } : null;', replace: 'return isSome(holds) ? { leg, amount: plain(dec(holds).times(100).ceil().div(100)) } : null;' }],
  },
  {
    name: 'float-sizes',
    story: 'amounts are added up and subtracted as floating-point numbers',
    source: 'faults.md §3, §5: floats lose lots',
    edits: [
      { file: WALLET, find: 'rest = rest.minus(share);', replace: 'rest = dec(String(Number(rest) - Number(share)));' },
      { file: EXCHANGE_ORDERS, find: 'amount: plain(sum(legs.map((leg) => dec(leg.amount)))),\n        reduceOnly', replace: 'amount: String(legs.reduce((total, leg) => total + Number(leg.amount), 0)),\n        reduceOnly' },
    ],
  },
  {
    name: 'per-rung-floor-loses-a-lot',
    story: 'every rung is floored, so the rungs add up to less than is held',
    source: 'faults.md §3',
    edits: [{ file: WALLET, find: 'index === weights.length - 1 ? rest : floorShare(', replace: 'floorShare(' }],
  },
  {
    name: 'entry-rounded-up',
    story: 'the amount of an entry is rounded up and the cycle spends more than it has',
    source: 'faults.md §5: entry size is floored',
    edits: [{ file: WALLET, find: 'const amount = floorShare(dec(facts.notional), weight, levelPrice(grid, level), dec(instrument.amountStep));', replace: 'const amount = floorShare(dec(facts.notional), weight, levelPrice(grid, level), dec(instrument.amountStep)).plus(dec(instrument.amountStep));' }],
  },
];
