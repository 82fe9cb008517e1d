/**
 * Start and reset of a cycle (DOMAIN §3.4, §3.5): how much to hold, which market order leads there, and the new ladder.
 */
import { D, ONE, ZERO, dec, floorQuotientToStep, isPlainDecimal, maxOf, plain } from './decimal.ts';
import type { DecimalString } from './decimal.ts';
import { unitSizeOf } from './grid.ts';
import { invariant } from './invariant.ts';
import { equityOf } from './ledger.ts';
import { nearestPrice, priceGridOf } from './price-grid.ts';
import type { Instrument } from './strategy.ts';
import { firstShortfall, longOf, newWallet, positionOf, shortOf, splitAmount } from './wallet.ts';
import type { ResetLeg, ResetOrder, ResetReason, Rung, WalletFacts, WalletParameters } from './wallet.ts';

/** `floor_lot( equity·leverage / (price·(1 + leverage·takerFee)) )`: what the money buys, its fee included; zero without money. */
export function affordableAmount(equity: D, price: D, leverage: D, instrument: Pick<Instrument, 'amountStep' | 'takerFee'>): D {
  if (equity.lessThanOrEqualTo(0)) return ZERO;
  const costPerUnit = price.times(ONE.plus(leverage.times(dec(instrument.takerFee))));
  return floorQuotientToStep(equity.times(leverage), costPerUnit, dec(instrument.amountStep));
}

/** Marks a reset as due; the first reason stays. */
export function requestReset(facts: WalletFacts, reason: ResetReason, price: DecimalString): WalletFacts {
  return facts.resetDue === null ? { ...facts, resetDue: reason, resetPrice: price } : facts;
}

/** Decides the reset's market order at the current price, or that none is needed. */
export function beginReset(facts: WalletFacts): WalletFacts {
  const price = dec(facts.price);
  const { leverage, instrument } = facts.parameters;
  const target = affordableAmount(equityOf(facts.ledger, positionOf(facts), price), price, dec(leverage), instrument);
  return { ...facts, resetOrder: resetOrderTo(facts, target, price) };
}

function resetOrderTo(facts: WalletFacts, target: D, price: D): ResetOrder | null {
  const long = longOf(facts);
  const short = shortOf(facts);
  const holdsNothing = long.isZero() && short.isZero();
  const legs: ResetLeg[] = [];
  if (!short.isZero()) legs.push({ leg: 'close-short', amount: plain(short) });
  const difference = target.minus(long);
  const isWorthwhile = holdsNothing || difference.abs().greaterThanOrEqualTo(target.times(dec(facts.parameters.rebalanceThreshold)));
  if (isWorthwhile && isTradable(difference.abs(), price, facts.parameters.instrument)) {
    legs.push({ leg: difference.isPositive() ? 'open-long' : 'close-long', amount: plain(difference.abs()) });
  }
  if (legs.length === 0) return null;
  return { role: holdsNothing ? 'market-buy' : 'rebalance', legs, filled: '0', cost: '0' };
}

/** The exchange takes an order of this amount. */
function isTradable(amount: D, price: D, { minAmount, minCost }: Instrument): boolean {
  return !amount.isZero() && amount.greaterThanOrEqualTo(dec(minAmount)) && amount.times(price).greaterThanOrEqualTo(dec(minCost));
}

/** The reset waits for no order (any more). What something else closed meanwhile, a cover or a stop, needs none. */
export function isResetOrderDone(facts: WalletFacts): boolean {
  return facts.resetOrder === null || facts.resetOrder.legs.every(({ leg }) => (leg === 'close-short' && shortOf(facts).isZero()) || (leg === 'close-long' && longOf(facts).isZero()));
}

/** The reset's order is done and the wallet is not long, though its money buys something: its stop filled while it was being reset. */
export function isLeftInCash(facts: WalletFacts): boolean {
  return isResetOrderDone(facts) && longOf(facts).isZero() && beginReset(facts).resetOrder !== null;
}

/** New cycle: anchor at the reset order's average price, or at the price that made the reset due; fragments anew. */
export function startCycle(facts: WalletFacts): WalletFacts {
  const { parameters } = facts;
  const { amountStep } = parameters.instrument;
  const prices = priceGridOf(parameters.instrument);
  const order = facts.resetOrder;
  const anchor =
    order === null || dec(order.filled).isZero()
      ? nearestPrice(prices, dec(facts.resetPrice))
      : nearestPrice(prices, dec(order.cost), dec(order.filled));
  invariant(anchor.isPositive() && !anchor.isZero(), 'I15 an anchor is a positive price', { anchor: plain(anchor) });
  const unitSize = unitSizeOf(parameters.unit, { anchor, leverage: dec(parameters.leverage), prices, atr: facts.atr });
  const long = longOf(facts);
  const started: WalletFacts = {
    ...facts,
    cycle: facts.isOpened ? facts.cycle + 1 : 0,
    isOpened: true,
    anchor: plain(anchor),
    unitSize: plain(unitSize),
    notional: plain(long.times(anchor)),
    unit: 0,
    peakUnit: 0,
    valleyUnit: 0,
    top: -parameters.confirmation,
    rungs: newRungs(parameters, long, dec(amountStep)),
    coreLong: parameters.cycle === 'rotation' ? plain(long) : '0',
    longClosedAt: null,
    strayShort: plain(shortOf(facts)),
    hasTraded: false,
    resetDue: null,
    resetOrder: null,
  };
  return { ...started, entriesAllowed: firstShortfall(started) === null };
}

function newRungs({ cycle, weights }: WalletParameters, long: D, amountStep: D): Rung[] {
  const shares = cycle === 'rotation' ? weights.map(() => ZERO) : splitAmount(long, weights, amountStep);
  return shares.map((share) => {
    const amount = plain(share);
    return { out: false, fragment: amount, long: amount, short: '0', closeDone: false, openDone: false };
  });
}

/** The wallet as it stands after opening at `price` without slippage: for validation, `check` and sizing. */
export function openedAt(parameters: WalletParameters, price: DecimalString, atr: DecimalString | null): WalletFacts {
  const facts = beginReset(newWallet(parameters, price, atr));
  const amount = affordableAmount(dec(parameters.capital), dec(price), dec(parameters.leverage), parameters.instrument);
  return startCycle({ ...facts, resetOrder: null, coreLong: plain(amount) });
}

/** Largest number of lots the search for the smallest capital looks at. */
const LOTS_MAX = 2 ** 46;
/** Capital is recommended in whole cents of the quote currency. */
const CAPITAL_STEP = new D('0.01');

/** Smallest capital (quote, rounded up to a cent) whose fragments the exchange would all take at `price`; null if none would. */
export function smallestCapital(parameters: WalletParameters, price: DecimalString, atr: DecimalString | null): DecimalString | null {
  invariant(isPlainDecimal(price), 'I15 a price is a plain decimal', { price });
  const step = dec(parameters.instrument.amountStep);
  const works = (lots: number): boolean => {
    const facts = startCycle({ ...newWallet(parameters, price, atr), coreLong: plain(step.times(lots)) });
    return facts.entriesAllowed;
  };
  if (!works(LOTS_MAX)) return null;
  let low = 0;
  let high = LOTS_MAX;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (works(middle)) high = middle;
    else low = middle;
  }
  const leverage = dec(parameters.leverage);
  const cost = step.times(high).times(price).times(ONE.plus(leverage.times(parameters.instrument.takerFee)));
  const cents = floorQuotientToStep(cost, leverage, CAPITAL_STEP);
  return plain(maxOf(cents.times(leverage).lessThan(cost) ? cents.plus(CAPITAL_STEP) : cents, CAPITAL_STEP));
}
