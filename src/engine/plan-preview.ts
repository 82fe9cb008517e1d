/**
 * A plan before it runs: the ladder at its start, capital, limits of the exchange, margins and warnings. Pure; every amount of money is
 * exact, and what is a quotient (liquidation prices, initial margins, percentages) is rounded at once.
 */
import { openedAt, smallestCapital } from '../domain/cycle.ts';
import { D, dec, minOf, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { levelPrice } from '../domain/grid.ts';
import { priceGridOf, tickAt } from '../domain/price-grid.ts';
import type { Instrument, Role, Strategy, WalletName, WalletSpec } from '../domain/strategy.ts';
import { firstShortfall, gridOf, longOf, splitAmount, walletParameters } from '../domain/wallet.ts';
import type { Shortfall, WalletFacts, WalletParameters } from '../domain/wallet.ts';
import { desiredOrders } from '../window/desired-orders.ts';
import type { DesiredOrder } from '../window/desired-orders.ts';
import { extremesOf } from './plan-extremes.ts';
import type { PlanExtremes } from './plan-extremes.ts';
import { signedPercent } from './percent.ts';
import { warningsOf } from './plan-warnings.ts';
import type { PlanWarning } from './plan-warnings.ts';

export interface PreviewInputs {
  readonly strategy: Strategy;
  /** Null: the limits and fees of the exchange are not known. */
  readonly instrument: Instrument | null;
  /** Price of the start; null: only what needs no price. */
  readonly price: DecimalString | null;
  /** For units of ATR; null otherwise or when there are no candles. */
  readonly atr: DecimalString | null;
}

/** One order of the ladder at the start of the first cycle. */
export interface LadderRow {
  readonly role: Role;
  /** Null for the rotation's full stop. */
  readonly rung: number | null;
  readonly side: 'buy' | 'sell';
  readonly level: number;
  /** Distance from the anchor, two decimals; null while it depends on the price. */
  readonly distancePercent: DecimalString | null;
  /** Null when not known, or when the level is not above zero: then nothing rests there. */
  readonly price: DecimalString | null;
  readonly amount: DecimalString | null;
  readonly cost: DecimalString | null;
  /** It rests on the exchange from the start; others follow as these fill (`resting`). */
  readonly rests: boolean;
}

export interface LimitCheck {
  readonly isMet: boolean;
  readonly shortfall: Shortfall | null;
  /** Smallest fragment at the anchor. */
  readonly smallestAmount: DecimalString;
  readonly smallestCost: DecimalString;
  readonly minAmount: DecimalString;
  readonly minCost: DecimalString;
  readonly amountStep: DecimalString;
  /** Step between prices at the anchor. */
  readonly tickSize: DecimalString;
  /** Whole ticks in a unit; null while the unit is not known. */
  readonly ticksPerUnit: DecimalString | null;
}

export interface OpeningPreview {
  readonly anchor: DecimalString;
  readonly amount: DecimalString;
  readonly cost: DecimalString;
  readonly fee: DecimalString;
  /** Null while the unit's ATR is not known. */
  readonly unitSize: DecimalString | null;
  /** Quote; null: no capital would do. */
  readonly smallestCapital: DecimalString | null;
  readonly limits: LimitCheck;
}

export interface WalletPreview {
  readonly wallet: WalletName;
  readonly account: string;
  readonly capital: DecimalString;
  readonly ladder: readonly LadderRow[];
  /** Null without a price or the exchange's limits. */
  readonly opening: OpeningPreview | null;
}

export interface PlanPreview {
  readonly price: DecimalString | null;
  readonly atr: DecimalString | null;
  /** Sum of the wallets' capital per account, quote. */
  readonly capitalNeeded: readonly { readonly account: string; readonly capital: DecimalString }[];
  readonly wallets: readonly WalletPreview[];
  readonly extremes: PlanExtremes | null;
  readonly isLimitsMet: boolean;
  readonly warnings: readonly PlanWarning[];
}

export function previewPlan(inputs: PreviewInputs): PlanPreview {
  const { strategy, price, atr } = inputs;
  const wallets = strategy.wallets.map((wallet) => previewWallet(inputs, wallet));
  const isLimitsMet = wallets.every(({ opening }) => opening === null || opening.limits.isMet);
  const extremes = isLimitsMet ? extremesOf(inputs, wallets) : null;
  return { price, atr, capitalNeeded: capitalPerAccount(strategy), wallets, extremes, isLimitsMet, warnings: warningsOf(inputs, wallets, extremes) };
}

function capitalPerAccount({ wallets }: Strategy): PlanPreview['capitalNeeded'] {
  const accounts = new Map<string, D>();
  for (const { account, capital } of wallets) accounts.set(account, (accounts.get(account) ?? new D(0)).plus(capital));
  return [...accounts].map(([account, capital]) => ({ account, capital: plain(capital) }));
}

/** Stands in for an unknown ATR where the result does not depend on the unit: amounts held, fragments, capital. */
const ANY_ATR: DecimalString = '1';

function previewWallet({ strategy, instrument, price, atr }: PreviewInputs, spec: WalletSpec): WalletPreview {
  const { name: wallet, account, capital } = spec;
  const isUnitKnown = strategy.unit.type !== 'atr' || atr !== null;
  if (instrument === null || price === null) return { wallet, account, capital, ladder: startRows(strategy, spec, null), opening: null };
  const parameters = walletParameters(strategy, spec, instrument);
  const facts = openedAt(parameters, price, atr ?? ANY_ATR);
  return {
    wallet,
    account,
    capital,
    ladder: startRows(strategy, spec, isUnitKnown ? facts : null),
    opening: openingOf(parameters, facts, price, isUnitKnown),
  };
}

function openingOf(parameters: WalletParameters, facts: WalletFacts, price: DecimalString, isUnitKnown: boolean): OpeningPreview {
  const { takerFee } = parameters.instrument;
  const amount = longOf(facts);
  const cost = amount.times(price);
  return {
    anchor: facts.anchor,
    amount: plain(amount),
    cost: plain(cost),
    fee: plain(cost.times(takerFee)),
    unitSize: isUnitKnown ? facts.unitSize : null,
    smallestCapital: smallestCapital(parameters, price, facts.atr),
    limits: limitsOf(facts, isUnitKnown),
  };
}

function limitsOf(facts: WalletFacts, isUnitKnown: boolean): LimitCheck {
  const { instrument, weights } = facts.parameters;
  const { minAmount, minCost, amountStep } = instrument;
  const tickSize = tickAt(priceGridOf(instrument), dec(facts.anchor));
  const fragments = splitAmount(longOf(facts), weights, dec(amountStep));
  const smallest = fragments.reduce(minOf);
  const shortfall = firstShortfall(facts);
  return {
    isMet: shortfall === null,
    shortfall,
    smallestAmount: plain(smallest),
    smallestCost: plain(smallest.times(facts.anchor)),
    minAmount,
    minCost,
    amountStep,
    tickSize: plain(tickSize),
    ticksPerUnit: isUnitKnown ? plain(dec(facts.unitSize).divToInt(tickSize)) : null,
  };
}

// ---- the ladder at the start -------------------------------------------------------------------------------------------

interface StartLevel {
  readonly role: Role;
  readonly rung: number | null;
  readonly level: number;
}

/** All rungs are in: what DOMAIN §3 places at `T − j`. */
export function startLevels({ cycle, confirmation, weights }: Pick<WalletSpec, 'cycle' | 'confirmation' | 'weights'>): readonly StartLevel[] {
  const top = -confirmation;
  const rungs = (role: Role): StartLevel[] => weights.map((_, rung) => ({ role, rung, level: top - rung }));
  switch (cycle) {
    case 'rotation':
      return [{ role: 'stop-loss', rung: null, level: top }, ...rungs('stop-entry-short')];
    case 'fragments':
      return rungs('stop-loss');
    case 'scaling':
      return rungs('flip-short');
  }
}

function startRows(strategy: Strategy, spec: WalletSpec, facts: WalletFacts | null): LadderRow[] {
  const orders = facts === null ? [] : desiredOrders(spec.name, 'ADVANCE', facts, unlimited(strategy.windows));
  const resting = (role: Role, rung: number | null): boolean => (rung ?? 0) < strategy.windows[role].resting;
  return startLevels(spec).map(({ role, rung, level }): LadderRow => {
    const order = orders.find((each) => each.role === role && each.level === level);
    return {
      role,
      rung,
      side: 'sell',
      level,
      distancePercent: facts === null ? distanceWithoutPrice(strategy, level) : signedPercent(levelPrice(gridOf(facts), level).minus(facts.anchor), dec(facts.anchor)),
      ...pricesOf(order),
      rests: resting(role, rung) && (facts === null || order !== undefined),
    };
  });
}

function pricesOf(order: DesiredOrder | undefined): Pick<LadderRow, 'price' | 'amount' | 'cost'> {
  if (order === undefined || order.triggerPrice === null) return { price: null, amount: null, cost: null };
  return { price: order.triggerPrice, amount: order.amount, cost: plain(dec(order.triggerPrice).times(order.amount)) };
}

/** Every rung, whether or not its window lets it rest at once. */
function unlimited(windows: Strategy['windows']): Strategy['windows'] {
  const entries = Object.entries(windows).map(([role, window]) => [role, { ...window, resting: Number.MAX_SAFE_INTEGER }]);
  return Object.fromEntries(entries) as Strategy['windows'];
}

/** Arithmetic units that are a share of the anchor lie at the same percentages whatever the price. */
function distanceWithoutPrice({ unit, spacing, leverage }: Strategy, level: number): DecimalString | null {
  if (spacing !== 'arithmetic') return null;
  if (unit.type === 'percent') return signedPercent(dec(unit.fraction).times(level), new D(1));
  if (unit.type === 'margin') return signedPercent(dec(unit.fraction).times(level), dec(leverage));
  return null;
}
