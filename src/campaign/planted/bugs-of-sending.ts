/** Mistakes in sending requests and in reading their answers (I1, I2, I3, I11, I18). */
import type { PlantedBug } from './planted-bug.ts';

const OUTBOX = 'src/engine/outbox.js';
const RUNNER = 'src/engine/plan-runner.js';
const COMMITS = 'src/engine/commit-line.js';

export const BUGS_OF_SENDING: readonly PlantedBug[] = [
  {
    name: 'send-before-commit',
    story: 'requests are sent first and written down afterwards',
    source: 'faults.md §3',
    edits: [{ file: RUNNER, find: 'try {\n            await this.#commits.commit();\n        }', replace: 'try {\n        }' }],
  },
  {
    name: 'new-id-on-retry',
    story: 'an order that got no answer is sent again under a freshly minted id',
    source: 'faults.md §3; ccxt mints an id per call',
    edits: [
      {
        file: OUTBOX,
        find: 'return exchange.placeOrder(command.request);',
        replace: "return exchange.placeOrder(command.request).then((first) => (first.type === 'unknown' ? exchange.placeOrder({ ...command.request, clientOrderId: command.request.clientOrderId.slice(0, -3) + 'zzz' }) : first));",
      },
    ],
  },
  {
    name: 'generation-not-raised',
    story: 'the next order of a slot has the id of the one before',
    source: 'faults.md N6: an id is never used again',
    edits: [{ file: OUTBOX, find: '(this.#generations.get(identity) ?? -1) + 1', replace: '(this.#generations.get(identity) ?? 0)' }],
  },
  {
    name: 'unlisted-error-means-refused',
    story: 'whatever is not a success counts as a refusal: a timeout frees the slot',
    source: 'faults.md §3 "ExchangeError ⇒ refused"; hummingbot #493',
    edits: [
      {
        file: OUTBOX,
        find: 'const outcome = await this.#call(command);',
        replace: "const answer = await this.#call(command);\n        const outcome = answer.type === 'unknown' ? { type: 'refused', code: 'UNLISTED', message: answer.message } : answer;",
      },
    ],
  },
  {
    name: 'duplicate-id-means-refused',
    story: '"this id exists already" is read as a refusal, and the slot gets another order',
    source: 'faults.md §3, N5',
    edits: [{ file: OUTBOX, find: "if (command.type === 'place' && code !== 'DUPLICATE_CLIENT_ORDER_ID') {", replace: "if (command.type === 'place') {" }],
  },
  {
    name: 'not-found-means-cancelled',
    story: 'an order whose fate is unknown is given up at the first look-up that does not find it',
    source: 'faults.md §3',
    edits: [{ file: OUTBOX, find: 'if (unknown === undefined || from < unknown.since + this.#patienceMs)\n                return;', replace: 'if (unknown === undefined)\n                return;\n            break;' }],
  },
  {
    name: 'lost-after-three-not-found',
    story: 'an order is lost when three look-ups did not find it, however short the time',
    source: 'hummingbot client_order_tracker; #7294, #3374',
    edits: [
      {
        file: OUTBOX,
        find: 'if (unknown === undefined || from < unknown.since + this.#patienceMs)\n                return;',
        replace: 'if (unknown !== undefined && unknown.attempts >= 3)\n                break;\n            if (unknown === undefined || from < unknown.since + this.#patienceMs)\n                return;',
      },
    ],
  },
  {
    name: 'not-found-at-start-means-cancelled',
    story: 'an order of the process before that one look-up does not find is booked as cancelled and placed anew',
    source: 'freqtrade startup_update_open_orders',
    edits: [{ file: OUTBOX, find: '{ kinds, since: now, before, attempts: 0, nextAt: now, negatives: 0 }', replace: '{ kinds, since: -Infinity, before, attempts: 0, nextAt: now, negatives: 2 }' }],
  },
  {
    name: 'unanswered-cancel-means-cancelled',
    story: 'a cancellation without an answer counts as done',
    source: 'faults.md N8',
    edits: [
      {
        file: OUTBOX,
        find: "case 'unknown':\n                this.#loseSight(command, order, orders, record, at);\n                return outcome;",
        replace: "case 'unknown':\n                if (command.type === 'cancel')\n                    keep(orders, record, { ...order, finalStatus: 'canceled', reason: 'CANCELED_BY_CLIENT' }, at);\n                else\n                    this.#loseSight(command, order, orders, record, at);\n                return outcome;",
      },
    ],
  },
  {
    name: 'unanswered-amendment-means-amended',
    story: 'an amendment without an answer counts as done, although it never arrived or is still on its way',
    source: 'faults.md §2 rules: an error text is proof only if listed',
    edits: [
      {
        file: OUTBOX,
        find: "case 'unknown':\n                this.#loseSight(command, order, orders, record, at);\n                return outcome;",
        replace: "case 'unknown':\n                if (command.type === 'amend')\n                    keep(orders, record, { ...order, status: 'live' }, at);\n                else\n                    this.#loseSight(command, order, orders, record, at);\n                return outcome;",
      },
    ],
  },
  {
    name: 'unknown-slot-not-blocked',
    story: 'a slot whose order may or may not rest counts as empty, and gets another one',
    source: 'I1; passivbot confirms ambiguous outcomes before it tries again',
    edits: [{ file: RUNNER, find: 'const plan = planActions(desired, [...this.#orders.values()], {', replace: "const plan = planActions(desired, [...this.#orders.values()].filter(({ status }) => status !== 'unknown'), {" }],
  },
  {
    name: 'rate-limit-ignored',
    story: 'requests go on although the exchange asked for a pause',
    source: 'faults.md N11',
    edits: [{ file: RUNNER, find: ' && this.#deps.clock.elapsed() >= this.#outbox.holdUntil;', replace: ';' }],
  },
  {
    name: 'store-outage-ignored',
    story: 'a commit that failed is taken for done, and the requests are sent',
    source: 'catch every exception and trade on',
    edits: [{ file: COMMITS, find: "resting orders stay');\n            throw new StoreAway();", replace: "resting orders stay');\n            return undefined;" }],
  },
];
