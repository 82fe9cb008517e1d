/** The first state of a plan at the price it opens at. */
import { openedAt, smallestCapital } from '../domain/cycle.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { Instrument, Strategy } from '../domain/strategy.ts';
import { firstShortfall, walletParameters } from '../domain/wallet.ts';
import { startPlan } from './step.ts';
import type { PlanState } from './step.ts';

/** Throws STRATEGY_TOO_SMALL, with the capital that would do, when a fragment would be smaller than the exchange takes. */
export function openingState(strategy: Strategy, instrument: Instrument, price: DecimalString, atr: DecimalString | null): PlanState {
  for (const wallet of strategy.wallets) {
    const parameters = walletParameters(strategy, wallet, instrument);
    const shortfall = firstShortfall(openedAt(parameters, price, atr));
    if (shortfall === null) continue;
    throw new HedgerowError(
      'STRATEGY_TOO_SMALL',
      `plan ${strategy.name}, wallet ${wallet.name}: at ${price} a fragment would be ${shortfall.amount} (${shortfall.cost} quote), the exchange takes at least ` +
        `${instrument.minAmount} and ${instrument.minCost} quote; the smallest capital that works is ${smallestCapital(parameters, price, atr) ?? 'not to be found'}`,
    );
  }
  return startPlan(strategy, instrument, price, atr);
}
