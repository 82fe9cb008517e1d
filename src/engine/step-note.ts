/**
 * What a step changed that the ledger's views in SQL cannot work out from the events before it, in as few bytes as possible: units
 * moved, rungs changed, results realised, and why a cycle ended (I14: these add up to the machine's own figures).
 */
import { dec, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { WalletName } from '../domain/strategy.ts';
import { rungsOut } from '../domain/wallet.ts';
import type { ResetReason } from '../domain/wallet.ts';
import { factsOf } from './step.ts';
import type { PlanInputEvent, PlanState, WalletState } from './step.ts';

/** Part of a journal entry's payload; what did not change is absent. */
export interface StepNote {
  /** The unit each wallet is at now, of wallets whose unit moved within their cycle. */
  readonly units?: Readonly<Partial<Record<WalletName, number>>>;
  /** How many rungs of the wallet are out now. */
  readonly out?: number;
  /** What the wallet's realised result changed by, quote. */
  readonly realised?: DecimalString;
}

/** What `input` did to the plan. Wallets that did not change are the same objects before and after. */
export function noteOf(input: PlanInputEvent, before: PlanState, after: PlanState): StepNote {
  switch (input.to) {
    case 'plan':
      return {};
    case 'wallets':
      return input.event.type === 'price.touched' ? unitsMoved(before, after) : {};
    case 'wallet': {
      const earlier = before.wallets.find(({ name }) => name === input.wallet);
      const wallet = after.wallets.find(({ name }) => name === input.wallet);
      return earlier === undefined || wallet === undefined || earlier === wallet ? {} : walletNote(earlier, wallet);
    }
  }
}

function unitsMoved(before: PlanState, after: PlanState): StepNote {
  let units: Partial<Record<WalletName, number>> | null = null;
  after.wallets.forEach((wallet, index) => {
    const earlier = before.wallets[index];
    if (earlier === undefined || earlier === wallet) return;
    const { unit, cycle } = factsOf(wallet);
    if (cycle === factsOf(earlier).cycle && unit !== factsOf(earlier).unit) units = { ...units, [wallet.name]: unit };
  });
  return units === null ? {} : { units };
}

function walletNote(earlier: WalletState, wallet: WalletState): StepNote {
  const from = factsOf(earlier);
  const to = factsOf(wallet);
  const out = rungsOut(to);
  return {
    ...(out === rungsOut(from) ? {} : { out }),
    ...(to.ledger.realised === from.ledger.realised ? {} : { realised: plain(dec(to.ledger.realised).minus(dec(from.ledger.realised))) }),
  };
}

/** Why the cycle of `earlier` ended with `input`: a reset that needed no order is due and done in one step. */
export function resetReason(earlier: WalletState, input: PlanInputEvent): ResetReason {
  const { resetDue, hasTraded } = factsOf(earlier);
  if (resetDue !== null) return resetDue;
  switch (input.event.type) {
    case 'reset.requested':
      return input.event.reason;
    case 'price.touched':
      return hasTraded ? 'recovered-in-cash' : 'advanced';
    default:
      return 'ladder-complete';
  }
}
