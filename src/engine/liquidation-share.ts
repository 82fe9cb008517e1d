/**
 * What the exchange took from a position by force as events of the wallets that held it (I5, I14), in file order, at the price of the
 * event; the fee is the first holder's. A liquidation takes the whole side, ADL the stated part; insurance takes nothing: the exchange
 * pays a debt, as a negative fee.
 */
import { ZERO, dec, minOf, plain } from '../domain/decimal.ts';
import type { D } from '../domain/decimal.ts';
import type { Strategy } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { ExchangeEvent } from '../ports/exchange.ts';
import { factsOf } from './step.ts';
import type { PlanInputEvent, PlanState } from './step.ts';

/** `outside`: what of the netted position of one-way mode is somebody else's, signed; it may decide which side the exchange closes. */
export function liquidationInputs(event: Extract<ExchangeEvent, { type: 'liquidation' }>, state: PlanState, strategy: Strategy, outside: D): PlanInputEvent[] {
  const holders = state.wallets.filter(({ name }) => strategy.wallets.find((wallet) => wallet.name === name)?.account === event.account);
  const [first] = holders;
  if (first === undefined) return [];
  if (dec(event.amount).isZero()) return [taken(first.name, 'close-long', '0', event.price, event.fee)];
  const held = holders.flatMap(({ name, snapshot }) => {
    const facts = factsOf({ name, snapshot });
    return [
      { name, leg: 'close-long' as const, amount: event.positionSide === 'short' ? ZERO : longOf(facts) },
      { name, leg: 'close-short' as const, amount: event.positionSide === 'long' ? ZERO : shortOf(facts) },
    ].filter(({ amount }) => amount.greaterThan(0));
  });
  const losses = event.cause === 'adl' ? partOf(held, dec(event.amount), event.positionSide, outside) : held;
  return losses.map(({ name, leg, amount }, index) => taken(name, leg, plain(amount), event.price, index === 0 ? event.fee : '0'));
}

interface Holding {
  readonly name: PlanState['wallets'][number]['name'];
  readonly leg: 'close-long' | 'close-short';
  readonly amount: D;
}

/** In one-way mode only what makes up the net position can be taken. */
function partOf(held: readonly Holding[], amount: D, side: 'long' | 'short' | 'both', outside: D): Holding[] {
  const total = (leg: Holding['leg']): D => held.filter((each) => each.leg === leg).reduce<D>((sum, each) => sum.plus(each.amount), ZERO);
  const larger = total('close-long').plus(outside).greaterThanOrEqualTo(total('close-short')) ? 'close-long' : 'close-short';
  let rest = amount;
  return held.flatMap((holding) => {
    if (side === 'both' && holding.leg !== larger) return [];
    const part = minOf(holding.amount, rest);
    rest = rest.minus(part);
    return part.greaterThan(0) ? [{ ...holding, amount: part }] : [];
  });
}

function taken(wallet: PlanState['wallets'][number]['name'], leg: 'close-long' | 'close-short', amount: string, price: string, fee: string): PlanInputEvent {
  return { to: 'wallet', wallet, event: { type: 'position.taken', taken: { leg, amount, price, fee } } };
}
