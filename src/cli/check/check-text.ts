/** What `check` prints for people: the resolved strategy, then per wallet its ladder, then margins, limits and warnings. */
import { dec, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { ConnectionSpec, Role, Strategy, UnitSpec, WalletSpec, Weight, WindowSpec } from '../../domain/strategy.ts';
import type { Extreme, PlanExtremes } from '../../engine/plan-extremes.ts';
import type { LadderRow, OpeningPreview, PlanPreview, WalletPreview } from '../../engine/plan-preview.ts';
import { CONDITIONAL_CAPS, ROLES_BY_CYCLE, conditionalOrdersByAccount } from '../../engine/plan-warnings.ts';
import { priceRulesText } from '../price-rules-text.ts';
import type { Style } from '../style.ts';
import { columns, signed, wrappedText } from '../text-layout.ts';
import type { CheckedPlan } from './check-action.ts';
import type { PlanConflict } from './plan-conflicts.ts';

export function checkText(plan: CheckedPlan, style: Style): string {
  const { file, strategy, preview } = plan;
  const verdict = preview.isLimitsMet ? style.green('valid') : style.red('valid, but too small for the limits of the exchange [STRATEGY_TOO_SMALL]');
  return [
    `${style.bold(`${strategy.name}  ${strategy.symbol}`)}  ${file}: ${verdict}`,
    '',
    ...strategyLines(strategy),
    ...priceLines(plan),
    ...preview.wallets.flatMap((wallet, index) => walletLines(strategy, strategy.wallets[index] as WalletSpec, wallet, style)),
    ...extremesLines(strategy, preview.extremes, style),
    ...orderCountLines(strategy),
    ...warningLines(preview, style),
    '',
    '',
  ].join('\n');
}

export function conflictText({ message }: PlanConflict, style: Style): string {
  return `${wrappedText('conflict: ', message).map(style.red).join('\n')}\n`;
}

function field(label: string, text: string): string[] {
  return wrappedText(`  ${label.padEnd(12)}`, text);
}

export function percent(fraction: DecimalString): string {
  return `${plain(dec(fraction).times(100))}%`;
}

// ---- the strategy, every default visible -------------------------------------------------------------------------------

function strategyLines(strategy: Strategy): string[] {
  const { exchange, leverage, spacing, reset, rebalanceThreshold } = strategy;
  const advance = reset.onAdvance === null ? 'never on advance' : `also after ${reset.onAdvance} units of advance`;
  return [
    ...field('exchange', `${exchange.id}, account ${exchange.account}, position mode ${exchange.positionMode}, margin mode ${exchange.marginMode}, triggers by ${exchange.triggerBy}`),
    ...field('market', marketText(exchange)),
    ...(exchange.connection === null ? [] : field('connection', connectionText(exchange.connection))),
    ...field('leverage', leverage),
    ...field('unit', `${unitText(strategy.unit)}, spacing ${spacing}`),
    ...field('reset', `${reset.policy}, ${advance}; rebalances from ${percent(rebalanceThreshold)} of the target`),
    ...rolesOf(strategy).flatMap((role, index) => field(index === 0 ? 'windows' : '', windowText(role, strategy.windows[role]))),
    ...riskTexts(strategy).flatMap((text, index) => field(index === 0 ? 'risk' : '', text)),
  ];
}

function marketText({ id, market }: Strategy['exchange']): string {
  if (market === null) return `steps, limits and fees come from ${id} when the plan runs; amounts and limits are not shown`;
  return (
    `${priceRulesText(market)}, amount step ${market.amountStep}, at least ${market.minAmount} and ${market.minCost} quote, ` +
    `taker fee ${percent(market.takerFee)}, maker fee ${percent(market.makerFee)}, slippage ${percent(market.slippage)}`
  );
}

function connectionText({ environment, restUrl, streamUrl, proxies, options }: ConnectionSpec): string {
  return [
    environment,
    restUrl === null ? null : `requests to ${restUrl}`,
    streamUrl === null ? null : `streams from ${streamUrl}`,
    ...Object.entries(proxies).map(([name, url]) => `${name} ${url}`),
    Object.keys(options).length === 0 ? null : `options ${JSON.stringify(options)}`,
  ].filter((text) => text !== null).join(', ');
}

export function unitText(unit: UnitSpec): string {
  switch (unit.type) {
    case 'price':
      return `${unit.price} quote`;
    case 'percent':
      return `${percent(unit.fraction)} of the anchor`;
    case 'margin':
      return `gains ${percent(unit.fraction)} of the margin`;
    case 'atr':
      return `${unit.multiple} × ATR of ${unit.length} candles of ${unit.timeframe}`;
  }
}

function rolesOf({ wallets }: Strategy): Role[] {
  return [...new Set(wallets.flatMap(({ cycle }) => ROLES_BY_CYCLE[cycle]))];
}

function windowText(role: Role, { order, limitOffset, triggerBy, onGap, resting }: WindowSpec): string {
  const offset = limitOffset === null ? '' : ` with offset ${percent(limitOffset)}`;
  return `${role}: ${order}${offset}, triggered by ${triggerBy}, on gap ${onGap}, ${resting} at once`;
}

function riskTexts({ risk }: Strategy): string[] {
  if (risk.length === 0) return ['no limits'];
  return risk.map(({ name, limit, unit, action }) => `${name} ${unit === 'fraction' ? percent(limit) : limit}: ${action}`);
}

function priceLines({ market, preview }: CheckedPlan): string[] {
  return [
    ...field('price', preview.price === null ? market.priceFrom : `${preview.price} (${market.priceFrom})`),
    ...(market.atrFrom === null ? [] : field('ATR', market.atr === null ? market.atrFrom : `${rounded(market.atr)} (${market.atrFrom})`)),
    ...field('capital', preview.capitalNeeded.map(({ account, capital }) => `${capital} on account ${account}`).join(', ')),
  ];
}

const SHOWN_DECIMALS = 4;

function rounded(value: DecimalString): string {
  return plain(dec(value).toDecimalPlaces(SHOWN_DECIMALS));
}

function money(value: DecimalString): string {
  return plain(dec(value).toDecimalPlaces(2));
}

// ---- wallets -----------------------------------------------------------------------------------------------------------

function walletLines(strategy: Strategy, spec: WalletSpec, { opening, ladder }: WalletPreview, style: Style): string[] {
  const weights = spec.weights.map(weightText).join(' ');
  return [
    '',
    ...wrappedText('  ', `wallet ${spec.name}: ${spec.cycle}, capital ${spec.capital} on account ${spec.account}, fragments ${weights}, confirmation ${spec.confirmation}`).map(style.bold),
    ...(opening === null ? [] : openingLines(opening, strategy, style)),
    ...ladderLines(ladder).map((line) => `    ${line}`),
  ];
}

function weightText({ numerator, denominator }: Weight): string {
  return denominator === '100' ? `${numerator}%` : `${numerator}/${denominator}`;
}

function openingLines(opening: OpeningPreview, { leverage }: Strategy, style: Style): string[] {
  const { limits, unitSize, smallestCapital } = opening;
  const needed = smallestCapital === null ? 'no capital would do with these weights and steps' : `smallest capital that works ${smallestCapital}`;
  const smallest = `smallest fragment ${limits.smallestAmount} (at least ${limits.minAmount}) costing ${money(limits.smallestCost)} (at least ${limits.minCost})`;
  return [
    ...wrappedText('    ', `opens long ${opening.amount} at ${opening.anchor} = ${money(opening.cost)} quote at ${leverage}x, fee ${money(opening.fee)}; ${needed}`),
    ...wrappedText('    ', unitSize === null ? 'the unit is not known without candles' : `unit ${unitSize} = ${limits.ticksPerUnit ?? ''} ticks of ${limits.tickSize}`),
    ...wrappedText('    limits ', `${limits.isMet ? 'met' : 'NOT MET'}: ${smallest}, amounts in steps of ${limits.amountStep}`).map(limits.isMet ? (line) => line : style.red),
  ];
}

function ladderLines(ladder: readonly LadderRow[]): string[] {
  const rows = ladder.map(({ role, rung, side, level, distancePercent, price, amount, cost, rests }) => [
    role,
    rung === null ? 'all' : String(rung),
    side,
    signed(level),
    distancePercent === null ? '–' : `${distancePercent.replace('-', '−')}%`,
    price ?? '–',
    amount ?? '–',
    cost === null ? '–' : money(cost),
    rests ? 'now' : 'later',
  ]);
  return columns([['order', 'rung', 'side', 'level', 'distance', 'price', 'amount', 'cost', 'rests'], ...rows], ['left', 'right', 'left', 'right', 'right', 'right', 'right', 'right', 'left']);
}

// ---- margins and warnings ----------------------------------------------------------------------------------------------

export function extremesLines({ leverage }: Strategy, extremes: PlanExtremes | null, style: Style): string[] {
  if (extremes === null) return [];
  const head = ['', 'wallet', 'long', 'short', 'notional', `margin ${leverage}x`, 'maint.', 'equity', 'liquidated at'];
  const rows = [extremes.start, extremes.decline].flatMap(extremeRows);
  return [
    '',
    style.bold('  if everything fills'),
    ...columns([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'left']).map((line) => `    ${line}`),
    ...wrappedText('    ', `Assumed: ${extremes.assumptions}.`).map(style.dim),
  ];
}

function extremeRows(extreme: Extreme): string[][] {
  const rows = extreme.wallets.map(({ wallet, long, short, notional, initialMargin, maintenanceMargin, equity, liquidation }, index) => [
    index === 0 ? `${extreme.name} ${extreme.price}` : '',
    wallet,
    long,
    short,
    money(notional),
    initialMargin,
    money(maintenanceMargin),
    money(equity),
    liquidation === null ? 'never' : `${liquidation.price} (${liquidation.distancePercent.replace('-', '−')}%)`,
  ]);
  if (extreme.wallets.length < 2) return rows;
  return [...rows, ['', 'all', '', '', money(extreme.notional), extreme.initialMargin, money(extreme.maintenanceMargin), money(extreme.equity), '']];
}

function orderCountLines(strategy: Strategy): string[] {
  const counts = [...conditionalOrdersByAccount(strategy)].map(([account, count]) => `${count} on account ${account}`).join(', ');
  return ['', ...wrappedText('  conditional orders at once: ', `up to ${counts} (${capsText(strategy.exchange.id)})`)];
}

/** Of a real exchange its own cap; of the simulated one, which has none, those of the others. */
function capsText(id: Strategy['exchange']['id']): string {
  const caps = Object.entries(CONDITIONAL_CAPS).filter(([each]) => id === 'simulated' || each === id);
  return caps.length === 0 ? `no cap of ${id} is known` : `caps: ${caps.map(([each, { count, per }]) => `${each} ${count} per ${per}`).join(', ')}`;
}

function warningLines({ warnings }: PlanPreview, style: Style): string[] {
  return warnings.flatMap(({ code, message }, index) => [...(index === 0 ? [''] : []), ...wrappedText('  warning: ', `${message} [${code}]`).map(style.yellow)]);
}
