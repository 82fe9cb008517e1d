/** What a plan's owner should know before it runs, although the strategy file is valid. Pure. */
import { D, dec, maxOf, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { EXCHANGE_RULES } from '../domain/exchange-rules.ts';
import { gridFrom, levelPrice } from '../domain/grid.ts';
import type { Grid } from '../domain/grid.ts';
import { tickAt } from '../domain/price-grid.ts';
import type { ExchangeId, Role, Strategy, WalletSpec } from '../domain/strategy.ts';
import type { Extreme, PlanExtremes } from './plan-extremes.ts';
import { signedPercent } from './percent.ts';
import type { PreviewInputs, WalletPreview } from './plan-preview.ts';
import { stopPlacesByAccount, unprotectableText } from './stop-capacity.ts';

export const WARNINGS = {
  LIQUIDATION_BEFORE_STOP: 'a position is liquidated before the order that would shrink it',
  MARGIN_ABOVE_EQUITY: 'the initial margin of an extreme exceeds the equity there',
  UNIT_BELOW_COSTS: 'a unit is less than twice the costs of a round trip',
  RUNGS_UNPROTECTED: 'fewer protective orders rest than there are rungs',
  LEVELS_FALL_TOGETHER: 'neighbouring levels round to one price',
  LEVEL_NOT_POSITIVE: 'levels are not above zero',
  ORDER_BELOW_MINIMUM: 'an order of the ladder is below the smallest cost of the exchange',
  TOO_MANY_CONDITIONAL_ORDERS: 'more conditional orders than the exchange takes',
  STOPS_BEYOND_CAP: 'more stops than the exchange takes conditional orders: the plan is not started there',
  STOP_LIMIT_MAY_NOT_FILL: 'a stop-limit order can be jumped',
  RISK_LIMIT_WITHIN_PLAN: 'a risk limit is reached by the plan itself',
  NO_LIVE_TRADING: 'the exchange lacks something that live trading needs',
  TWO_PLACES: 'requests and streams go to different places',
} as const;
export type WarningCode = keyof typeof WARNINGS;

export interface PlanWarning {
  readonly code: WarningCode;
  readonly message: string;
}

/** Conditional orders the exchanges take at once. Sources: Bybit's and Binance's API limits (2025-12), Hyperliquid's order limits. */
export const CONDITIONAL_CAPS: Readonly<Partial<Record<ExchangeId, { readonly count: number; readonly per: 'symbol' | 'account' }>>> = {
  bybit: { count: 10, per: 'symbol' },
  binanceusdm: { count: 200, per: 'account' },
  hyperliquid: { count: 1_000, per: 'account' },
  okx: { count: 100, per: 'symbol' },
};

export function warningsOf(inputs: PreviewInputs, wallets: readonly WalletPreview[], extremes: PlanExtremes | null): PlanWarning[] {
  const { strategy } = inputs;
  return [
    ...liquidationWarnings(extremes),
    ...marginWarnings(strategy, extremes),
    ...costWarnings(inputs, wallets),
    ...restingWarnings(strategy),
    ...levelWarnings(inputs, wallets),
    ...minimumWarnings(inputs, wallets),
    ...capWarnings(strategy),
    ...stopWarnings(strategy),
    ...stopLimitWarnings(strategy),
    ...riskWarnings(strategy, extremes),
    ...exchangeWarnings(strategy),
  ];
}

function warning(code: WarningCode, message: string): PlanWarning {
  return { code, message };
}

// ---- money -------------------------------------------------------------------------------------------------------------

function liquidationWarnings(extremes: PlanExtremes | null): PlanWarning[] {
  return (extremes?.unprotected ?? []).map(({ wallet, side, from, liquidationPrice, orderPrice }) =>
    warning('LIQUIDATION_BEFORE_STOP', `the ${side} of wallet ${wallet} at ${from} is liquidated at ${liquidationPrice}, before its next order at ${orderPrice}; lower the leverage or the unit`),
  );
}

function marginWarnings({ leverage }: Strategy, extremes: PlanExtremes | null): PlanWarning[] {
  if (extremes === null) return [];
  return [extremes.start, extremes.decline].flatMap(({ name, price, wallets }) =>
    wallets
      .filter(({ initialMargin, equity }) => dec(initialMargin).greaterThan(equity))
      .map(({ wallet, initialMargin, equity }) =>
        warning('MARGIN_ABOVE_EQUITY', `${name}, wallet ${wallet} at ${price}: the initial margin at ${leverage}x is ${initialMargin}, the equity ${equity}; the last orders are refused unless the leverage set at the exchange is higher`),
      ),
  );
}

/** A unit should earn its fees twice over. */
const ROUND_TRIPS_PER_UNIT = 2;

function costWarnings({ strategy, instrument }: PreviewInputs, wallets: readonly WalletPreview[]): PlanWarning[] {
  if (instrument === null) return [];
  const slippage = strategy.exchange.market?.slippage ?? '0';
  const roundTrip = dec(instrument.takerFee).plus(slippage).times(2);
  const share = unitShare(strategy, wallets);
  if (share === null || share.size.greaterThanOrEqualTo(roundTrip.times(ROUND_TRIPS_PER_UNIT).times(share.of))) return [];
  return [
    warning(
      'UNIT_BELOW_COSTS',
      `a unit is ${signedPercent(share.size, share.of)}% of the price, a round trip costs ${plain(roundTrip.times(100))}% (taker fee and slippage, twice); fees eat the gains of a unit below ${plain(roundTrip.times(100 * ROUND_TRIPS_PER_UNIT))}%`,
    ),
  ];
}

/** A unit as a share of the price, without the quotient. */
function unitShare({ unit, leverage }: Strategy, wallets: readonly WalletPreview[]): { readonly size: D; readonly of: D } | null {
  const opening = wallets[0]?.opening;
  if (opening !== null && opening !== undefined && opening.unitSize !== null) return { size: dec(opening.unitSize), of: dec(opening.anchor) };
  if (unit.type === 'percent') return { size: dec(unit.fraction), of: new D(1) };
  if (unit.type === 'margin') return { size: dec(unit.fraction), of: dec(leverage) };
  return null;
}

function riskWarnings({ risk }: Strategy, extremes: PlanExtremes | null): PlanWarning[] {
  if (extremes === null) return [];
  const short = (extreme: Extreme): D => extreme.wallets.reduce((all, wallet) => all.plus(wallet.short), new D(0)).times(extreme.price);
  return risk.flatMap(({ name, limit, action }) => {
    const reached = name === 'maxNotional' ? maxOf(dec(extremes.start.notional), dec(extremes.decline.notional)) : name === 'maxShortExposure' ? short(extremes.decline) : null;
    if (reached === null || reached.lessThan(limit)) return [];
    return [warning('RISK_LIMIT_WITHIN_PLAN', `${name} ${limit} is reached by the plan's first cycle (${plain(reached)}), which then takes the action ${action}; raise the limit or lower capital or leverage`)];
  });
}

// ---- orders ------------------------------------------------------------------------------------------------------------

/** Roles whose orders shrink a position, per cycle, and those that only open. */
const PROTECTIVE_ROLES: Readonly<Record<WalletSpec['cycle'], readonly Role[]>> = {
  fragments: ['stop-loss'],
  rotation: ['cover'],
  scaling: ['flip-short', 'flip-long'],
};
export const ROLES_BY_CYCLE: Readonly<Record<WalletSpec['cycle'], readonly Role[]>> = {
  fragments: ['stop-loss', 'stop-entry-long'],
  rotation: ['stop-loss', 'stop-entry-short', 'cover'],
  scaling: ['flip-short', 'flip-long'],
};

function restingWarnings({ wallets, windows }: Strategy): PlanWarning[] {
  return wallets.flatMap(({ name, cycle, weights }) =>
    PROTECTIVE_ROLES[cycle]
      .filter((role) => windows[role].resting < weights.length)
      .map((role) =>
        warning('RUNGS_UNPROTECTED', `wallet ${name}: ${windows[role].resting} of ${weights.length} ${role} orders rest at once; a fast move or an outage leaves the other rungs without an order at the exchange`),
      ),
  );
}

function levelWarnings({ strategy, instrument }: PreviewInputs, wallets: readonly WalletPreview[]): PlanWarning[] {
  if (instrument === null) return [];
  return wallets.flatMap(({ wallet, ladder, opening }) => {
    if (opening === null || opening.unitSize === null) return [];
    const grid = gridFrom(opening.anchor, opening.unitSize, strategy.spacing, instrument);
    const levels = [...new Set(ladder.map(({ level }) => level))];
    const below = levels.filter((level) => levelPrice(grid, level).lessThanOrEqualTo(0));
    const together = levels.filter((level) => levelPrice(grid, level).greaterThan(0) && levelPrice(grid, level).equals(levelPrice(grid, level + 1)));
    return [
      ...(below.length === 0 ? [] : [warning('LEVEL_NOT_POSITIVE', `wallet ${wallet}: ${levelList(below)} would lie at or below zero; nothing rests there, so take a smaller unit, fewer fragments or geometric spacing`)]),
      ...(together.length === 0 ? [] : [warning('LEVELS_FALL_TOGETHER', `wallet ${wallet}: ${levelList(together)} round to the price of the level above (tick ${tickText(grid, together)}); take a larger unit`)]),
    ];
  });
}

/** The coarsest tick at the levels. */
function tickText(grid: Grid, levels: readonly number[]): DecimalString {
  return plain(levels.map((level) => tickAt(grid.prices, levelPrice(grid, level))).reduce(maxOf));
}

function levelList(levels: readonly number[]): string {
  return `level${levels.length === 1 ? '' : 's'} ${levels.map((level) => String(level).replace('-', '−')).join(', ')}`;
}

function minimumWarnings({ strategy, instrument }: PreviewInputs, wallets: readonly WalletPreview[]): PlanWarning[] {
  if (instrument === null) return [];
  return wallets.flatMap(({ wallet, ladder, opening }) => {
    if (opening === null || opening.unitSize === null || !opening.limits.isMet) return [];
    const grid = gridFrom(opening.anchor, opening.unitSize, strategy.spacing, instrument);
    return ladder.flatMap(({ role, level, amount, cost }) => {
      if (levelPrice(grid, level).lessThanOrEqualTo(0)) return [];
      const isEnough = amount !== null && cost !== null && dec(cost).greaterThanOrEqualTo(instrument.minCost) && dec(amount).greaterThanOrEqualTo(instrument.minAmount);
      if (isEnough) return [];
      const size = amount === null ? 'less than one amount step' : `${amount} (${cost ?? ''} quote)`;
      return [warning('ORDER_BELOW_MINIMUM', `wallet ${wallet}: ${role} at ${levelList([level])} is ${size}, the exchange takes at least ${instrument.minAmount} and ${instrument.minCost} quote; raise the capital`)];
    });
  });
}

/** Most conditional orders of a wallet that rest at once, over all numbers of rungs that are out. */
export function mostConditionalOrders({ windows, exchange }: Pick<Strategy, 'windows' | 'exchange'>, { cycle, weights }: Pick<WalletSpec, 'cycle' | 'weights'>): number {
  const count = weights.length;
  const most = (down: Role, up: Role): number =>
    Math.max(...Array.from({ length: count + 1 }, (_, out) => Math.min(count - out, windows[down].resting) + Math.min(out, windows[up].resting)));
  switch (cycle) {
    case 'fragments':
      return most('stop-loss', 'stop-entry-long');
    case 'rotation':
      // The full stop rests beside the entries until the long is closed.
      return Math.max(1 + Math.min(count, windows['stop-entry-short'].resting), most('stop-entry-short', 'cover'));
    case 'scaling':
      return most('flip-short', 'flip-long') * (exchange.positionMode === 'hedge' ? 2 : 1);
  }
}

/** Most conditional orders of the plan on each account. */
export function conditionalOrdersByAccount(strategy: Strategy): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const wallet of strategy.wallets) counts.set(wallet.account, (counts.get(wallet.account) ?? 0) + mostConditionalOrders(strategy, wallet));
  return counts;
}

function capWarnings(strategy: Strategy): PlanWarning[] {
  const { id } = strategy.exchange;
  const cap = CONDITIONAL_CAPS[id];
  if (cap === undefined) return [];
  return [...conditionalOrdersByAccount(strategy)]
    .filter(([, count]) => count > cap.count)
    .map(([account, count]) =>
      warning('TOO_MANY_CONDITIONAL_ORDERS', `up to ${count} conditional orders on account ${account}, ${id} takes ${cap.count} per ${cap.per}; the farthest rungs wait until there is room: lower resting or fragments, or give the wallets accounts of their own`),
    );
}

function exchangeWarnings({ exchange: { id, connection } }: Strategy): PlanWarning[] {
  const missing = id === 'simulated' ? [] : EXCHANGE_RULES[id].missingForLive;
  return [
    ...(missing.length === 0 ? [] : [warning('NO_LIVE_TRADING', `with real money ${id} is refused: ${missing.join('; ')}`)]),
    ...placeWarnings(id, connection?.restUrl ?? null, connection?.streamUrl ?? null),
  ];
}

function placeWarnings(id: ExchangeId, rest: string | null, stream: string | null): PlanWarning[] {
  if ((rest === null) === (stream === null)) return [];
  const [own, theirs, missing] = stream === null ? [`requests go to ${rest ?? ''}`, 'streams', 'stream'] : [`streams come from ${stream}`, 'requests', 'rest'];
  return [warning('TWO_PLACES', `${own}, ${theirs} to ${id}'s own address; give exchange.urls.${missing} too unless that is meant`)];
}

/** A start there ends with STRATEGY_UNPROTECTABLE. */
function stopWarnings(strategy: Strategy): PlanWarning[] {
  const cap = CONDITIONAL_CAPS[strategy.exchange.id];
  if (cap?.per !== 'symbol') return [];
  return [...stopPlacesByAccount(strategy)].filter(([, places]) => places > cap.count).map(([account, places]) => warning('STOPS_BEYOND_CAP', unprotectableText(strategy.name, account, places, cap.count)));
}

function stopLimitWarnings({ wallets, windows }: Strategy): PlanWarning[] {
  return wallets.flatMap(({ name, cycle }) =>
    ROLES_BY_CYCLE[cycle]
      .filter((role) => windows[role].order === 'stop-limit')
      .map((role) => warning('STOP_LIMIT_MAY_NOT_FILL', `wallet ${name}: ${role} is a stop-limit, ${stopLimitText(role, windows[role].limitOffset)}`)),
  );
}

function stopLimitText(role: Role, offset: DecimalString | null): string {
  const jumped = `and a jump of more than ${plain(dec(offset ?? '0').times(100))}% beyond the trigger leaves it unfilled`;
  const isEntry = role === 'stop-entry-short' || role === 'stop-entry-long';
  return isEntry ? `${jumped}, without the position` : `${jumped}, without protection; use stop-market where it protects`;
}
