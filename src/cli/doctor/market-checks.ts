/** `doctor`: what concerns everybody who trades the symbol: clock, market, limits, triggers, caps. */
import { dec } from '../../domain/decimal.ts';
import { EXCHANGE_RULES } from '../../domain/exchange-rules.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { mostConditionalOrders, ROLES_BY_CYCLE } from '../../engine/plan-warnings.ts';
import { previewPlan } from '../../engine/plan-preview.ts';
import { averageTrueRange } from '../../domain/atr.ts';
import { parseTimeframe } from '../../domain/timeframe.ts';
import type { Exchange } from '../../ports/exchange.ts';
import type { ExchangeSetup } from '../../ports/exchange-setup.ts';
import { priceRulesText } from '../price-rules-text.ts';
import { fail, pass, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Requests are stamped by the exchange's clock, so an offset is harmless until the computer's clock is plainly wrong. */
const OFFSET_WARN_MS = 1_000;
const OFFSET_FAIL_MS = 60_000;
/** Stops are placed and moved in round trips; slower than this the market runs ahead. */
const ROUND_TRIP_WARN_MS = 1_000;

/** Warnings of `check` that are about money here, not about the file. */
const PREVIEW_WARNINGS = ['LIQUIDATION_BEFORE_STOP', 'MARGIN_ABOVE_EQUITY', 'UNIT_BELOW_COSTS', 'LEVELS_FALL_TOGETHER', 'LEVEL_NOT_POSITIVE', 'ORDER_BELOW_MINIMUM', 'RUNGS_UNPROTECTED'];

export async function checkClock(setup: ExchangeSetup): Promise<Finding[]> {
  const { offsetMs, roundTripMs } = await setup.measureClock();
  const offset = `this computer's clock is ${Math.abs(offsetMs)} ms ${offsetMs < 0 ? 'behind' : 'ahead of'} the exchange's`;
  const remedy = 'let the system set its clock (NTP)';
  const clock =
    Math.abs(offsetMs) > OFFSET_FAIL_MS ? fail('clock', null, offset, remedy) : Math.abs(offsetMs) > OFFSET_WARN_MS ? warn('clock', null, `${offset}; requests are stamped by the exchange's`, remedy) : pass('clock', null, offset);
  const isSlow = roundTripMs > ROUND_TRIP_WARN_MS;
  const trip = `an answer takes ${roundTripMs} ms`;
  return [clock, isSlow ? warn('round-trip', null, trip, 'run nearer to the exchange, or on a better line') : pass('round-trip', null, trip)];
}

export async function checkMarket(strategy: Strategy, exchange: Exchange, setup: ExchangeSetup): Promise<Finding[]> {
  const { symbol } = strategy;
  const facts = await setup.fetchMarketFacts(symbol);
  const instrument = await exchange.fetchInstrument(symbol);
  const { amountStep, minAmount, minCost } = instrument;
  const findings = [
    facts.isActive ? pass('market', null, `${symbol} trades (${facts.status})`) : fail('market', null, `${symbol} does not trade now (${facts.status})`, 'wait until it does, or trade another symbol'),
    pass('limits', null, `${priceRulesText(instrument)}, amount step ${amountStep}, at least ${minAmount} and ${minCost} quote`),
  ];
  if (facts.maxLeverage !== null && dec(strategy.leverage).greaterThan(facts.maxLeverage)) {
    findings.push(fail('max-leverage', null, `the strategy's leverage of ${strategy.leverage} is above the market's ${facts.maxLeverage}`, 'lower leverage in the strategy file'));
  }
  if (facts.fundingIntervalMs !== null) {
    const rate = facts.fundingRate === null ? '' : `, now ${facts.fundingRate}`;
    findings.push(pass('funding', null, `funding every ${facts.fundingIntervalMs / 3_600_000} h${rate}`));
  }
  return findings;
}

/** The plan's ladder at the present price against the real limits. */
export async function checkPlan(strategy: Strategy, exchange: Exchange): Promise<Finding[]> {
  const instrument = await exchange.fetchInstrument(strategy.symbol);
  const price = await exchange.fetchPrice(strategy.symbol);
  if (price === null) return [fail('price', null, `${strategy.symbol} has no price now`, 'try again when it trades')];
  const atr = await presentAtr(strategy, exchange);
  if (strategy.unit.type === 'atr' && atr === null) return [fail('candles', null, `the exchange gives fewer than the ${strategy.unit.length} candles of ${strategy.unit.timeframe} the unit needs`, 'take a shorter length or timeframe')];
  const preview = previewPlan({ strategy, instrument, price: price[strategy.exchange.triggerBy], atr });
  const tooSmall = preview.wallets.flatMap(({ wallet, capital, opening }) => (opening === null || opening.limits.isMet ? [] : [{ wallet, capital, smallest: opening.smallestCapital }]));
  const findings: Finding[] = tooSmall.map(({ wallet, capital, smallest }) =>
    fail('capital', null, `wallet ${wallet}: ${capital} is too little for the exchange's smallest orders at ${price.last}`, smallest === null ? 'no capital would do: take fewer fragments' : `give it at least ${smallest}, or fewer fragments`),
  );
  if (tooSmall.length === 0) findings.push(pass('capital', null, `every order of the ladder is above the exchange's minimum at ${price.last}`));
  for (const { code, message } of preview.warnings) if (PREVIEW_WARNINGS.includes(code)) findings.push(warn('plan', null, message, 'see hedgerow check for the whole ladder'));
  return findings;
}

async function presentAtr({ unit, symbol }: Strategy, exchange: Exchange): Promise<string | null> {
  if (unit.type !== 'atr') return null;
  const candles = await exchange.fetchCandles(symbol, parseTimeframe(unit.timeframe), unit.length + 1);
  return averageTrueRange(candles, unit.length);
}

/** Windows against what the exchange can do. */
export function checkCapabilities(strategy: Strategy, { capabilities }: Pick<Exchange, 'capabilities'>): Finding[] {
  const { id, positionMode } = strategy.exchange;
  const findings: Finding[] = [];
  const gaps = id === 'simulated' ? [] : EXCHANGE_RULES[id].missingForLive;
  for (const gap of gaps) findings.push(fail('live-trading', null, `${id}: ${gap}`, 'trade it on paper only'));
  const modes = capabilities.positionModes ?? ['hedge', 'one-way'];
  if (!modes.includes(positionMode)) findings.push(fail('position-mode', null, `${id} knows no ${positionMode} position mode`, `set exchange.positionMode to ${modes.join(' or ')}`));
  for (const role of new Set(strategy.wallets.flatMap(({ cycle }) => ROLES_BY_CYCLE[cycle]))) {
    const { triggerBy } = strategy.windows[role];
    if (!capabilities.triggerSources.includes(triggerBy)) findings.push(fail('trigger', null, `${id} does not trigger by ${triggerBy}, as windows.${role} asks`, `set triggerBy to ${capabilities.triggerSources.join(' or ')}`));
  }
  if (findings.length === 0) findings.push(pass('windows', null, `position mode and triggers are known to ${id}`));
  return [...findings, ...capFindings(strategy, capabilities)];
}

function capFindings(strategy: Strategy, { maxConditionalPerSymbol, maxConditionalPerAccount = null }: Exchange['capabilities']): Finding[] {
  const accounts = new Map<string, number>();
  for (const wallet of strategy.wallets) accounts.set(wallet.account, (accounts.get(wallet.account) ?? 0) + mostConditionalOrders(strategy, wallet));
  return [...accounts].flatMap(([account, most]) => {
    const cap = Math.min(maxConditionalPerSymbol ?? Infinity, maxConditionalPerAccount ?? Infinity);
    const kind = cap === maxConditionalPerAccount ? 'account' : 'symbol';
    if (cap === Infinity) return [];
    const text = `up to ${most} conditional orders, the exchange takes ${cap} per ${kind}`;
    if (most <= cap) return [pass('conditional-orders', account, text)];
    return [warn('conditional-orders', account, `${text}; the farthest rungs wait until there is room`, 'lower resting or fragments, or give the wallets accounts of their own')];
  });
}
