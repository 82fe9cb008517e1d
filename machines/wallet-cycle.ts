/**
 * The cycle every wallet runs (DOMAIN §3): ADVANCE → RETRACEMENT → DECLINE → RECOVERY → RESET → ADVANCE.
 *
 * The machine holds facts; what should rest on the exchange is derived from its snapshot. Fills and touches only change facts,
 * and eventless transitions read the phase off them, so N = 1 passes two phases at once and the order in which fills arrive
 * cannot matter (I12, I14). What differs between wallets is in the domain functions, by `parameters.cycle`.
 */
import { setup } from 'xstate';
import { beginReset, isLeftInCash, isResetOrderDone, requestReset, startCycle } from '../src/domain/cycle.ts';
import type { DecimalString } from '../src/domain/decimal.ts';
import { abandonResetOrder, bookExternalChange, bookFill, bookFundingShare, seePrice, touchPrice } from '../src/domain/ladder.ts';
import type { Fill, Touch } from '../src/domain/ladder.ts';
import { newWallet, rungsOut } from '../src/domain/wallet.ts';
import type { Leg, WalletFacts, WalletParameters } from '../src/domain/wallet.ts';

export const PHASES = ['ADVANCE', 'RETRACEMENT', 'DECLINE', 'RECOVERY', 'RESET'] as const;
export type Phase = (typeof PHASES)[number];

export interface WalletInput {
  readonly parameters: WalletParameters;
  readonly price: DecimalString;
  readonly atr: DecimalString | null;
}

export type WalletEvent =
  | ({ readonly type: 'price.touched' } & Touch)
  | { readonly type: 'fill.booked'; readonly fill: Fill }
  | { readonly type: 'funding.booked'; readonly amount: DecimalString }
  | { readonly type: 'position.taken'; readonly taken: Pick<Fill, 'leg' | 'amount' | 'price' | 'fee'> }
  | { readonly type: 'atr.measured'; readonly atr: DecimalString }
  | { readonly type: 'reset.requested'; readonly reason: 'joint' | 'operator'; readonly price: DecimalString }
  /** `legs`: those of the order; absent in journals of before, where it was all of them. */
  | { readonly type: 'reset-order.ended'; readonly legs?: readonly Leg[] };

/** Far above the two or three eventless steps a phase can take at once. */
const ITERATIONS_MAX = 20;

const cycle = setup({
  types: {} as { context: WalletFacts; events: WalletEvent; input: WalletInput },
  guards: {
    hasTraded: ({ context }) => context.hasTraded,
    allRungsOut: ({ context }) => context.rungs.length > 0 && rungsOut(context) === context.rungs.length,
    someRungIn: ({ context }) => rungsOut(context) < context.rungs.length,
    resetDue: ({ context }) => context.resetDue !== null,
    resetOrderDone: ({ context }) => isResetOrderDone(context),
    leftInCash: ({ context }) => isLeftInCash(context),
  },
});

const followPrice = cycle.assign(({ context, event }) => (event.type === 'price.touched' ? touchPrice(context, event) : context));
const rememberPrice = cycle.assign(({ context, event }) => (event.type === 'price.touched' ? seePrice(context, event.price) : context));
const book = cycle.assign(({ context, event }) => (event.type === 'fill.booked' ? bookFill(context, event.fill) : context));
const bookFunding = cycle.assign(({ context, event }) => (event.type === 'funding.booked' ? bookFundingShare(context, event.amount) : context));
const bookTaken = cycle.assign(({ context, event }) => (event.type === 'position.taken' ? bookExternalChange(context, event.taken) : context));
const keepAtr = cycle.assign(({ context, event }) => (event.type === 'atr.measured' ? { ...context, atr: event.atr } : context));
const askReset = cycle.assign(({ context, event }) =>
  event.type === 'reset.requested' ? requestReset({ ...context, price: event.price }, event.reason, event.price) : context,
);
const decideOrder = cycle.assign(({ context }) => beginReset(context));
const abandonOrder = cycle.assign(({ context, event }) => (event.type === 'reset-order.ended' ? abandonResetOrder(context, event.legs) : context));
const beginCycle = cycle.assign(({ context }) => startCycle(context));

/** A wallet machine under the given id; long and hedge wallets are separate machines so that their snapshots never mix. */
export function createWalletMachine<Id extends string>(id: Id) {
  return cycle.createMachine({
    id,
    context: ({ input }) => newWallet(input.parameters, input.price, input.atr),
    initial: 'RESET',
    options: { maxIterations: ITERATIONS_MAX },
    on: {
      'price.touched': { actions: followPrice },
      'fill.booked': { actions: book },
      'funding.booked': { actions: bookFunding },
      'position.taken': { actions: bookTaken },
      'atr.measured': { actions: keepAtr },
      'reset.requested': { actions: askReset },
    },
    states: {
      ADVANCE: {
        always: [
          { guard: 'resetDue', target: 'RESET' },
          { guard: 'hasTraded', target: 'RETRACEMENT' },
        ],
      },
      RETRACEMENT: {
        always: [
          { guard: 'resetDue', target: 'RESET' },
          { guard: 'allRungsOut', target: 'DECLINE' },
        ],
      },
      DECLINE: {
        always: [
          { guard: 'someRungIn', target: 'RECOVERY' },
          { guard: 'resetDue', target: 'RESET' },
        ],
      },
      RECOVERY: {
        always: [
          { guard: 'resetDue', target: 'RESET' },
          { guard: 'allRungsOut', target: 'DECLINE' },
        ],
      },
      RESET: {
        entry: decideOrder,
        on: {
          'price.touched': { actions: rememberPrice },
          'reset-order.ended': { actions: abandonOrder },
        },
        always: [
          { guard: 'leftInCash', target: 'RESET', reenter: true },
          { guard: 'resetOrderDone', target: 'ADVANCE', actions: beginCycle },
        ],
      },
    },
  });
}
