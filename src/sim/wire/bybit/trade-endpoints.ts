/**
 * /v5/order/*: writing. Every order is acknowledged with its two ids only; what became of it is read or streamed. Unknown fields are
 * ignored, as Bybit does: a client that misspells `orderLinkId` is not told. Source: bybit-exchange.github.io/docs/v5/order/create-order.
 */
import { dec, isPlainDecimal } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { AmendRequest, OrderRecord, OrderRequest, OrderType, PositionSide } from '../../../ports/exchange.ts';
import type { BybitParts, PrivateCall, PrivateEndpoints } from './bybit-endpoint.ts';
import { booleanOf, checkCategory, integerOf, neededText, textOf } from './bybit-endpoint.ts';
import type { LedgerOrder } from './bybit-ledger.ts';
import { hiddenId, orderLinkIdOf, triggerSourceOf } from './bybit-names.ts';
import { BybitFailure, badParameter, failureOf } from './bybit-reply.ts';
import { isConditionalOrder } from './order-row.ts';

const LINK_ID = /^[A-Za-z0-9_-]{1,36}$/;
/** Attached stops and the like: the simulated exchange has none, and silence would be a lie. */
const NOT_SIMULATED = ['takeProfit', 'stopLoss', 'tpLimitPrice', 'slLimitPrice', 'bboSideType', 'slippageTolerance', 'trailingStop'];

/** `tellStillborn`: tells the order stream of an order that is in no book. */
export function tradeEndpoints({ world, ledger, markets }: BybitParts, tellStillborn: (order: LedgerOrder) => void): PrivateEndpoints {
  return {
    'POST /v5/order/create': async (call) => {
      const request = orderRequest(call);
      if (ledger.account(request.account).orders.has(request.clientOrderId)) throw new BybitFailure(110072, 'OrderLinkedID is duplicate');
      const outcome = await world.exchange.placeOrder(request);
      if (outcome.type === 'refused' && outcome.code === 'POST_ONLY_WOULD_TAKE') {
        const order = ledger.addStillborn(request, outcome.code, world.now());
        tellStillborn(order);
        return ids(order);
      }
      throwIfFailed(failureOf(outcome, request));
      return ids(orderOf(call.who.account, request.clientOrderId));
    },
    'POST /v5/order/amend': async ({ who, body }) => {
      const order = openOrder(who.account, body, 'replace');
      const { record } = order;
      const request = {
        account: who.account,
        symbol: record.symbol,
        clientOrderId: record.clientOrderId,
        amount: textOf(body, 'qty') ?? record.amount,
        price: textOf(body, 'price') ?? null,
        triggerPrice: textOf(body, 'triggerPrice') ?? null,
      };
      const triggerBy = textOf(body, 'triggerBy');
      if (triggerBy !== undefined && triggerSourceOf(triggerBy) !== record.triggerBy) throw badParameter('params error: the simulated exchange cannot change triggerBy');
      if (isUnchanged(record, request)) throw badParameter('The order remains unchanged as the parameters entered match the existing ones.');
      throwIfFailed(failureOf(await world.exchange.amendOrder(request), { ...request, side: record.side }));
      return ids(order);
    },
    'POST /v5/order/cancel': async ({ who, body }) => {
      const order = openOrder(who.account, body, 'cancel');
      const { symbol, clientOrderId } = order.record;
      throwIfFailed(failureOf(await world.exchange.cancelOrder({ account: who.account, symbol, clientOrderId }), null));
      return ids(order);
    },
    'POST /v5/order/cancel-all': async ({ who, body }) => {
      checkCategory(body['category']);
      const id = textOf(body, 'symbol');
      if (id === undefined && textOf(body, 'settleCoin') === undefined && textOf(body, 'baseCoin') === undefined) {
        throw badParameter('params error: Missing some parameters that must be filled in, symbol or settleCoin or baseCoin');
      }
      const symbol = id === undefined ? null : markets.ofId(id).symbol;
      const filter = textOf(body, 'orderFilter') ?? null;
      const list: Json[] = [];
      for (const order of [...ledger.account(who.account).orders.values()]) {
        const { record } = order;
        if (record.status !== 'open' || (symbol !== null && record.symbol !== symbol)) continue;
        if (filter !== null && (filter === 'StopOrder') !== isWaiting(order)) continue;
        const outcome = await world.exchange.cancelOrder({ account: who.account, symbol: record.symbol, clientOrderId: record.clientOrderId });
        if (outcome.type === 'done') list.push(ids(order));
      }
      return { list, success: '1' };
    },
  };

  function orderRequest({ who, body }: PrivateCall): OrderRequest {
    checkCategory(body['category']);
    const market = markets.ofId(neededText(body, 'symbol'));
    const unknown = NOT_SIMULATED.find((name) => (textOf(body, name) ?? '0') !== '0');
    if (unknown !== undefined) throw badParameter(`params error: the simulated exchange has no ${unknown}`);
    const side = sideOf(neededText(body, 'side'));
    const triggerPrice = textOf(body, 'triggerPrice') ?? null;
    const type = typeOf(neededText(body, 'orderType'), triggerPrice !== null);
    const isLimit = type === 'limit' || type === 'stop-limit';
    if (triggerPrice !== null) checkDirection(integerOf(body, 'triggerDirection'), side);
    const timeInForce = textOf(body, 'timeInForce') ?? 'GTC';
    if (isLimit && timeInForce !== 'GTC' && timeInForce !== 'PostOnly') throw badParameter(`params error: the simulated exchange has no limit orders with timeInForce ${timeInForce}`);
    const triggerBy = triggerSourceOf(textOf(body, 'triggerBy') ?? 'LastPrice');
    if (triggerBy === null) throw badParameter('params error: triggerBy');
    return {
      account: who.account,
      symbol: market.symbol,
      clientOrderId: linkId(who.account, textOf(body, 'orderLinkId')),
      side,
      type,
      amount: neededText(body, 'qty'),
      price: isLimit ? neededText(body, 'price') : null,
      triggerPrice,
      triggerBy,
      positionSide: legOf(integerOf(body, 'positionIdx') ?? 0),
      reduceOnly: booleanOf(body, 'reduceOnly'),
      postOnly: isLimit && timeInForce === 'PostOnly',
    };
  }

  function linkId(account: string, given: string | undefined): string {
    if (given === undefined) return hiddenId(world.now(), ledger.account(account).orders.size + 1);
    if (!LINK_ID.test(given)) throw badParameter(`params error: orderLinkId ${given}`);
    return given;
  }

  /** The open order a request names, by its own id first. Throws 110001 for one that is not there or over. */
  function openOrder(account: string, body: Readonly<Record<string, Json>>, to: 'cancel' | 'replace'): LedgerOrder {
    checkCategory(body['category']);
    const market = markets.ofId(neededText(body, 'symbol'));
    const orderId = textOf(body, 'orderId');
    const orderLinkId = textOf(body, 'orderLinkId');
    if (orderId === undefined && orderLinkId === undefined) throw badParameter('params error: Missing some parameters that must be filled in, orderId or orderLinkId');
    const { orders, byOrderId } = ledger.account(account);
    const order = orderId !== undefined ? byOrderId.get(orderId) : orders.get(orderLinkId ?? '');
    if (order === undefined || order.record.status !== 'open' || order.record.symbol !== market.symbol) throw new BybitFailure(110001, `order not exists or too late to ${to}`);
    return order;
  }

  function orderOf(account: string, clientOrderId: string): LedgerOrder {
    const order = ledger.account(account).orders.get(clientOrderId);
    if (order === undefined) throw new BybitFailure(10016, 'Server error.');
    return order;
  }
}

function ids(order: LedgerOrder): { readonly orderId: string; readonly orderLinkId: string } {
  return { orderId: order.orderId, orderLinkId: orderLinkIdOf(order.record) };
}

function throwIfFailed(failure: ReturnType<typeof failureOf>): void {
  if (failure !== null) throw new BybitFailure(failure.code, failure.message, failure.retryAfterMs);
}

function isUnchanged(record: OrderRecord, { amount, price, triggerPrice }: AmendRequest): boolean {
  const same = (a: string | null, b: string | null): boolean => a === null || (b !== null && isPlainDecimal(a) && dec(a).equals(b));
  return same(amount, record.amount) && same(price, record.price) && same(triggerPrice, record.triggerPrice);
}

function isWaiting({ record }: LedgerOrder): boolean {
  return isConditionalOrder(record) && !record.triggered;
}

function sideOf(text: string): OrderRequest['side'] {
  if (text === 'Buy') return 'buy';
  if (text === 'Sell') return 'sell';
  throw badParameter('params error: side invalid');
}

function typeOf(text: string, isConditional: boolean): OrderType {
  if (text === 'Market') return isConditional ? 'stop-market' : 'market';
  if (text === 'Limit') return isConditional ? 'stop-limit' : 'limit';
  throw badParameter('params error: orderType invalid');
}

/** Bybit has conditional orders of both directions on both sides; the simulated exchange has stops only. */
function checkDirection(direction: number | undefined, side: OrderRequest['side']): void {
  if (direction !== 1 && direction !== 2) throw badParameter('params error: TriggerDirection invalid');
  if ((direction === 1) !== (side === 'buy')) throw badParameter('params error: the simulated exchange has buys that trigger on a rise and sells that trigger on a fall, nothing else');
}

function legOf(positionIdx: number): PositionSide | null {
  if (positionIdx === 0) return null;
  if (positionIdx === 1) return 'long';
  if (positionIdx === 2) return 'short';
  throw badParameter(`params error: positionIdx ${positionIdx}`);
}
