/** Mistakes in what is booked, and on whom (I4, I5, I14). */
import type { PlantedBug } from './planted-bug.ts';

const RUNNER = 'src/engine/plan-runner.js';
const INTAKE = 'src/engine/plan-intake.js';
const MEMORY = 'src/engine/plan-memory.js';
const TRACKER = 'src/engine/order-tracker.js';
const FUNDING = 'src/engine/funding-share.js';
const LEDGER = 'src/domain/ledger.js';

export const BUGS_OF_BOOKING: readonly PlantedBug[] = [
  {
    name: 'no-trade-dedupe',
    story: 'a trade that is heard twice is booked twice',
    source: 'faults.md §3, N18',
    edits: [{ file: INTAKE, find: ' || memory.isBooked(trade.id))', replace: ')' }],
  },
  {
    name: 'fill-assumed-from-touch',
    story: 'the price has touched a level, so its order counts as filled',
    source: 'bots that assume fills from price; faults.md E39',
    edits: [
      {
        file: RUNNER,
        find: 'this.#passedSlots.clear();\n        this.#touch(price, point.at);',
        replace:
          "this.#passedSlots.clear();\n        this.#touch(price, point.at);\n        for (const { clientOrderId, account, symbol, side, positionSide, triggerPrice, amount, filled, status } of [...this.#orders.values()]) {\n            const isTouched = triggerPrice !== null && status === 'live' && filled === '0' && (side === 'sell' ? Number(price) <= Number(triggerPrice) : Number(price) >= Number(triggerPrice));\n            if (isTouched)\n                await this.#intake.takeTrade({ id: `touch-${clientOrderId}`, orderId: clientOrderId, clientOrderId, account, symbol, side, positionSide, price: triggerPrice, amount, fee: '0', takerOrMaker: 'taker', at: point.at });\n        }",
      },
    ],
  },
  {
    name: 'partial-fill-counted-complete',
    story: 'the first part of a fill completes its rung',
    source: 'faults.md E24',
    edits: [{ file: TRACKER, find: 'done.plus(part).greaterThanOrEqualTo(legAmount));', replace: 'true);' }],
  },
  {
    name: 'overfill-dropped',
    story: 'what the exchange executes beyond an order\'s amount is not booked',
    source: 'faults.md E37',
    edits: [{ file: TRACKER, find: 'const part = isLast ? rest : minOf(rest, legAmount.minus(done));', replace: 'const part = isLast ? minOf(rest, legAmount.minus(done)) : minOf(rest, legAmount.minus(done));' }],
  },
  {
    name: 'snapshot-without-its-trades',
    story: 'the machines are stored after a fill, the trade that made it is not',
    source: 'state and ledger written apart',
    edits: [{ file: INTAKE, find: 'record.trade(trade);\n        record.order(toStored(after, trade.at));', replace: 'record.order(toStored(after, trade.at));' }],
  },
  {
    name: 'fee-sign',
    story: 'fees are added to the balance',
    source: 'faults.md §3',
    edits: [{ file: LEDGER, find: 'const fees = plus(ledger.fees, fee);', replace: 'const fees = plus(ledger.fees, fee.negated());' }],
  },
  {
    name: 'funding-to-the-wrong-wallet',
    story: 'the first wallet of the account gets all the funding, whoever held the position',
    source: 'faults.md §3, E7',
    edits: [{ file: FUNDING, find: 'if (holders.length === 0)\n        return [];', replace: 'if (holders.length === 0)\n        return [];\n    return [{ wallet: state.wallets[0].name, amount: event.amount }];' }],
  },
  {
    name: 'funding-booked-twice',
    story: 'a funding payment that is streamed and read is booked both times',
    source: 'faults.md N18',
    edits: [{ file: MEMORY, find: 'return !this.#facts.accountEventIds.includes(id);', replace: 'return id !== null;' }],
  },
  {
    name: 'forced-close-ignored',
    story: 'a liquidation or deleveraging is not booked',
    source: 'faults.md X41, X42',
    edits: [{ file: INTAKE, find: "case 'liquidation':\n                this.#takeForcedClose(event);", replace: "case 'liquidation':\n                return;" }],
  },
];
