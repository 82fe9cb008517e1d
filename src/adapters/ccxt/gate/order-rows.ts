/**
 * Gate's order rows as our records, and requests in its words. Sizes are contracts, negative to sell. In hedge mode ("dual") a row does not
 * name the leg: what only reduces closes the leg of the other side.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { TriggerSource } from '../../../domain/strategy.ts';
import type { OrderRecord, OrderRequest, OrderStatus, PositionSide, Side } from '../../../ports/exchange.ts';
import { baseAmountOf, contractsOf } from '../contract-amounts.ts';
import type { VenueMarket } from '../dialect.ts';
import { decimalOf, flagOf, optionalText, rowOf, textOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { CANCELED_BY_USER } from '../order-records.ts';
import { secondsOf } from './lists.ts';

/** Before an id of ours in a text; without it texts are the exchange's own. */
const PREFIX = 't-';
const PRICE_TYPES: readonly TriggerSource[] = ['last', 'mark', 'index'];
/** The rules of a trigger: at or above, at or below. */
const AT_OR_ABOVE = 1;
const AT_OR_BELOW = 2;
const FORCED = /^(?:liq-|hedge-liq-|liquidation|pm_liquidate|comb_margin_liquidate|scm_liquidate|auto_deleverag|insurance|clear)/;

export function textFor(clientOrderId: string): string {
  return `${PREFIX}${clientOrderId}`;
}

/** Null for texts that are not ours to choose. */
export function clientIdIn(text: string | null): string | null {
  return text?.startsWith(PREFIX) === true ? text.slice(PREFIX.length) : null;
}

/** Whether, and how, the exchange closed it by force, from the text of an order or trade. */
export function forcedCauseOf(text: string | null): 'liquidation' | 'adl' | null {
  if (text === null || !FORCED.test(text)) return null;
  return text.startsWith('auto_deleverag') ? 'adl' : 'liquidation';
}

/** The id as text, which newer answers have beside the number that may be too large for one. */
export function idOf(row: Row): string {
  return optionalText(row, 'id_string') ?? textOf(row, 'id');
}

function legOf(side: Side, isClosing: boolean, isDual: boolean): PositionSide | null {
  if (!isDual) return null;
  return (side === 'buy') === isClosing ? 'short' : 'long';
}

/** A regular order. `isDual`: the account is in hedge mode. */
export function regularRecord(row: Row, account: string, market: VenueMarket, isDual: boolean): OrderRecord {
  const size = dec(decimalOf(row, 'size'));
  const left = dec(decimalOf(row, 'left'));
  const isReducing = flagOf(row, 'is_reduce_only') || flagOf(row, 'is_close');
  const side: Side = size.isNegative() ? 'sell' : 'buy';
  const price = decimalOf(row, 'price');
  const status = regularStatus(row);
  const id = idOf(row);
  return {
    account,
    symbol: market.symbol,
    id,
    clientOrderId: clientIdIn(optionalText(row, 'text')) ?? id,
    side,
    type: price === '0' ? 'market' : 'limit',
    amount: baseAmountOf(market, plain(size.abs())),
    price: price === '0' ? null : price,
    triggerPrice: null,
    triggerBy: 'last',
    positionSide: legOf(side, isReducing, isDual),
    reduceOnly: isReducing && !isDual,
    postOnly: textOf(row, 'tif') === 'poc',
    status,
    triggered: false,
    filled: baseAmountOf(market, plain(size.minus(left).abs())),
    reason: status === 'canceled' ? reasonOf(textOf(row, 'finish_as')) : null,
    createdAt: secondsOf(row, 'create_time'),
    updatedAt: secondsOf(row, latestTime(row)),
  };
}

function latestTime(row: Row): string {
  return ['finish_time', 'update_time'].find((name) => (optionalText(row, name) ?? '0') !== '0') ?? 'create_time';
}

function regularStatus(row: Row): OrderStatus {
  if (textOf(row, 'status') !== 'finished') return 'open';
  return textOf(row, 'finish_as') === 'filled' ? 'closed' : 'canceled';
}

function reasonOf(finishedAs: string): string {
  return finishedAs === 'cancelled' ? CANCELED_BY_USER : finishedAs;
}

const PLAN_ENDS: Readonly<Record<string, OrderStatus>> = { cancelled: 'canceled', failed: 'rejected', expired: 'expired' };

/** A conditional order as its own namespace shows it; after it has fired `withChild` completes it. Of strangers' whole closes the amount is told as zero. */
export function planRecord(row: Row, account: string, market: VenueMarket, isDual: boolean): OrderRecord {
  const initial = rowOf(row['initial'], 'an order');
  const trigger = rowOf(row['trigger'], 'a trigger');
  const size = dec(decimalOf(initial, 'size'));
  const kind = optionalText(row, 'order_type') ?? '';
  const isClosing = kind.includes('close-') || initial['is_reduce_only'] === true || initial['is_close'] === true || initial['reduce_only'] === true;
  // A trigger at or above buys, as a stop does, where the size does not say it.
  const side: Side = size.isZero() ? (Number(textOf(trigger, 'rule')) === AT_OR_ABOVE ? 'buy' : 'sell') : size.isNegative() ? 'sell' : 'buy';
  const price = decimalOf(initial, 'price');
  const hasFired = optionalText(row, 'finish_as') === 'succeeded';
  const status = planStatus(row, hasFired);
  const id = idOf(row);
  return {
    account,
    symbol: market.symbol,
    id,
    clientOrderId: clientIdIn(optionalText(initial, 'text')) ?? id,
    side,
    type: price === '0' ? 'stop-market' : 'stop-limit',
    amount: baseAmountOf(market, plain(size.abs())),
    price: price === '0' ? null : price,
    triggerPrice: decimalOf(trigger, 'price'),
    triggerBy: PRICE_TYPES[Number(optionalText(trigger, 'price_type') ?? '0')] ?? 'last',
    positionSide: legOf(side, isClosing, isDual),
    reduceOnly: isClosing && !isDual,
    postOnly: false,
    status,
    triggered: hasFired,
    filled: '0',
    reason: status === 'canceled' ? CANCELED_BY_USER : status === 'open' ? null : (optionalText(row, 'reason') ?? textOf(row, 'finish_as')),
    createdAt: secondsOf(row, 'create_time'),
    updatedAt: secondsOf(row, latestTime(row)),
  };
}

/** Having fired counts as open here: how it ended is the regular order's word. */
function planStatus(row: Row, hasFired: boolean): OrderStatus {
  if (hasFired || textOf(row, 'status') === 'open') return 'open';
  return PLAN_ENDS[optionalText(row, 'finish_as') ?? ''] ?? 'rejected';
}

/** The id of the regular order it has become; null before. */
export function childIdOf(row: Row): string | null {
  const id = optionalText(row, 'trade_id');
  return id === '0' ? null : id;
}

/** A conditional order that has fired, with the fate of the regular order it became. */
export function withChild(plan: OrderRecord, child: OrderRecord): OrderRecord {
  const { status, filled, reason, updatedAt } = child;
  return { ...plan, status, filled, reason, triggered: true, updatedAt: Math.max(updatedAt, plan.updatedAt) };
}

/** Contracts with the sign of the side; null for less than one. */
function signedSize({ side, amount }: OrderRequest, market: VenueMarket): number | null {
  const contracts = Number(contractsOf(market, amount));
  return contracts === 0 ? null : side === 'sell' ? -contracts : contracts;
}

function closes({ positionSide, reduceOnly, side }: OrderRequest): boolean {
  return positionSide === null ? reduceOnly : (positionSide === 'long') === (side === 'sell');
}

/** The wire's words for a regular order; null for an amount of less than one contract. */
export function regularParams(request: OrderRequest, market: VenueMarket): Record<string, Json> | null {
  const size = signedSize(request, market);
  if (size === null) return null;
  const { price, postOnly, clientOrderId } = request;
  return {
    contract: market.id,
    size,
    price: price ?? '0',
    tif: price === null ? 'ioc' : postOnly ? 'poc' : 'gtc',
    text: textFor(clientOrderId),
    ...(closes(request) ? { reduce_only: true } : {}),
  };
}

/** The wire's words for a conditional order; null for an amount of less than one contract. In hedge mode what closes names its leg. */
export function planParams(request: OrderRequest, market: VenueMarket): Record<string, Json> | null {
  const size = signedSize(request, market);
  if (size === null) return null;
  const { price, triggerPrice, triggerBy, side, positionSide, clientOrderId } = request;
  const isClosing = closes(request);
  return {
    initial: { contract: market.id, size, price: price ?? '0', tif: price === null ? 'ioc' : 'gtc', text: textFor(clientOrderId), ...(isClosing ? { reduce_only: true } : {}) },
    trigger: { strategy_type: 0, price_type: PRICE_TYPES.indexOf(triggerBy), price: triggerPrice, rule: side === 'buy' ? AT_OR_ABOVE : AT_OR_BELOW },
    ...(isClosing && positionSide !== null ? { order_type: `plan-close-${positionSide}-position` } : {}),
  };
}
