/** What a plan that was never started would do at a price: the opening orders, and what rests once they are filled. Pure. */
import { dec, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { Instrument, Strategy } from '../domain/strategy.ts';
import type { ExchangeCapabilities } from '../ports/exchange.ts';
import { exchangeOrders } from '../window/exchange-orders.ts';
import type { ExchangeContext } from '../window/exchange-orders.ts';
import { planActions } from '../window/plan.ts';
import type { Plan } from '../window/plan.ts';
import { planDesire } from './plan-desire.ts';
import { startPlan, stepPlan } from './step.ts';
import type { PlanState } from './step.ts';

export interface OpeningPreview {
  readonly opening: Plan;
  /** After the opening orders filled at the price, without slippage. */
  readonly opened: Plan;
  readonly state: PlanState;
}

export function openingPreview(
  strategy: Strategy,
  instrument: Instrument,
  price: DecimalString,
  atr: DecimalString | null,
  capabilities: Pick<ExchangeCapabilities, 'amendsConditional' | 'maxConditionalPerSymbol' | 'reduceOnlyInHedgeMode'>,
): OpeningPreview {
  const context: ExchangeContext = { strategy, instrument, positionMode: strategy.exchange.positionMode, reduceOnlyInHedgeMode: capabilities.reduceOnlyInHedgeMode };
  const planOf = (state: PlanState): Plan =>
    planActions(exchangeOrders(planDesire(state, strategy), context), [], {
      prices: { last: price, mark: price, index: price },
      amendsConditional: capabilities.amendsConditional,
      maxConditionalPerSymbol: capabilities.maxConditionalPerSymbol,
      blockedSlots: new Map(),
      passedSlots: new Set(),
      mayOpen: true,
      mayCancelEntries: true,
      cycles: new Map(),
      uncancellable: new Set(),
    });
  const start = startPlan(strategy, instrument, price, atr);
  const state = planDesire(start, strategy)
    .flatMap((wallet) => wallet.orders.map((order) => ({ wallet: wallet.name, order })))
    .reduce((before, { wallet, order }) => {
      return order.legs.reduce((inner, { leg, amount }) => {
        const fee = plain(dec(price).times(amount).times(instrument.takerFee));
        const fill = { role: order.role, level: null, leg, cycle: order.cycle, price, amount, fee, isComplete: true, at: 0 };
        return stepPlan(inner, { to: 'wallet', wallet, event: { type: 'fill.booked', fill } }).state;
      }, before);
    }, start);
  return { opening: planOf(start), opened: planOf(state), state };
}
