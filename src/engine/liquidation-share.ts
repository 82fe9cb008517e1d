/**
 * A liquidation of the exchange as events of the wallets that held the position (I5, I14): each loses what it held on the liquidated
 * side, at the price of the liquidation; the fee is the first holder's. An amount of zero takes nothing: there the exchange's insurance
 * pays a debt, as a negative fee.
 */
import { dec, plain } from '../domain/decimal.ts';
import type { Strategy } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { ExchangeEvent } from '../ports/exchange.ts';
import { factsOf } from './step.ts';
import type { PlanInputEvent, PlanState } from './step.ts';

export function liquidationInputs(event: Extract<ExchangeEvent, { type: 'liquidation' }>, state: PlanState, strategy: Strategy): PlanInputEvent[] {
  const holders = state.wallets.filter(({ name }) => strategy.wallets.find((wallet) => wallet.name === name)?.account === event.account);
  const [first] = holders;
  if (first === undefined) return [];
  if (dec(event.amount).isZero()) return [taken(first.name, 'close-long', '0', event.price, event.fee)];
  const losses = holders.flatMap(({ name, snapshot }) => {
    const facts = factsOf({ name, snapshot });
    return [
      { name, leg: 'close-long' as const, held: event.positionSide === 'short' ? dec('0') : longOf(facts) },
      { name, leg: 'close-short' as const, held: event.positionSide === 'long' ? dec('0') : shortOf(facts) },
    ].filter(({ held }) => held.greaterThan(0));
  });
  return losses.map(({ name, leg, held }, index) => taken(name, leg, plain(held), event.price, index === 0 ? event.fee : '0'));
}

function taken(wallet: PlanState['wallets'][number]['name'], leg: 'close-long' | 'close-short', amount: string, price: string, fee: string): PlanInputEvent {
  return { to: 'wallet', wallet, event: { type: 'position.taken', taken: { leg, amount, price, fee } } };
}
