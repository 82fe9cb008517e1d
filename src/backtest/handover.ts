/**
 * A run in the middle of its tape, as one implementation of a backtest hands it to another: the machines, what the exchange holds, and
 * what the engine remembers. Taken only where everything is regular: every desired order rests and nothing is under way, so orders need
 * not be told.
 */
import { ZERO, dec, plain, sum } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { balanceOf } from '../domain/ledger.ts';
import type { Strategy } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { RiskMemory } from '../engine/risk.ts';
import { factsOf } from '../engine/step.ts';
import type { PlanState } from '../engine/step.ts';
import type { LegDelta } from '../sim/exchange/delta.ts';
import type { TapePosition } from './tape.ts';

export interface Handover {
  readonly plan: PlanState;
  /** Null: nothing is measured against it, the strategy has no such limit. */
  readonly risk: RiskMemory | null;
  readonly accounts: readonly AccountBook[];
  /** The price visited last, where the machines have seen everything there was to see. */
  readonly position: TapePosition;
}

export interface AccountBook {
  readonly account: string;
  /** deposits − Σ buys + Σ sells − fees + funding, quote. */
  readonly cash: DecimalString;
  readonly fees: DecimalString;
  readonly funding: DecimalString;
  /** Signed amounts; a short is negative also in hedge mode. Flat legs are left out. */
  readonly legs: readonly Pick<LegDelta, 'positionSide' | 'amount' | 'cost' | 'margin'>[];
}

/**
 * What the accounts of a plan hold by its ledgers alone. With cross margin that is all that counts: what the open amounts cost only splits
 * equity for display. With isolated margin cost and margin of a leg follow from the order of its trades, so those must be known.
 */
export function accountsOf(strategy: Strategy, state: PlanState): AccountBook[] {
  return [...new Set(strategy.wallets.map(({ account }) => account))].map((account) => {
    const names = strategy.wallets.filter((wallet) => wallet.account === account).map(({ name }) => name);
    const facts = state.wallets.filter(({ name }) => names.includes(name)).map(factsOf);
    const long = sum(facts.map(longOf));
    const short = sum(facts.map(shortOf));
    const longCost = sum(facts.map(({ ledger }) => dec(ledger.longCost)));
    const shortCost = sum(facts.map(({ ledger }) => dec(ledger.shortCost)));
    const legs =
      strategy.exchange.positionMode === 'hedge'
        ? [legOf('long', long, longCost), legOf('short', short.negated(), shortCost.negated())]
        : [legOf('both', long.minus(short), longCost.minus(shortCost))];
    return {
      account,
      cash: plain(sum(facts.map(({ ledger }) => balanceOf(ledger)))),
      fees: plain(sum(facts.map(({ ledger }) => dec(ledger.fees)))),
      funding: plain(sum(facts.map(({ ledger }) => dec(ledger.funding)))),
      legs: legs.filter(({ amount }) => amount !== '0'),
    };
  });
}

function legOf(positionSide: LegDelta['positionSide'], amount: typeof ZERO, cost: typeof ZERO): AccountBook['legs'][number] {
  return { positionSide, amount: plain(amount), cost: plain(cost), margin: '0' };
}
