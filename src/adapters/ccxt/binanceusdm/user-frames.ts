/**
 * Frames of Binance's private stream. Fills are read from executions of regular orders alone (`x` = TRADE); a frame about a conditional
 * order tells when it fired, was cancelled or refused, never that something was filled.
 */
import type { Json } from '../../../domain/json.ts';
import type { TradeRecord } from '../../../ports/exchange.ts';
import type { Frame, VenueMarket, VenueMarkets } from '../dialect.ts';
import { decimalOf, optionalDecimal, optionalText, rowOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { feeIn } from '../order-records.ts';
import type { ChildOrders } from './child-orders.ts';
import { OURS, isForced } from './child-orders.ts';
import { algoRecord, positionSideOf, regularRecord, sideOf, withChild } from './order-rows.ts';

export interface UserFrameParts {
  readonly account: string;
  readonly markets: VenueMarkets;
  readonly children: ChildOrders;
  /** The listen key is of no use any more. */
  readonly forgetListenKey: () => void;
}

/** Null for what is not about orders. */
export function userFrames(message: Json, parts: UserFrameParts): readonly Frame[] | null {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
  const event = rowOf(message);
  switch (event['e']) {
    case 'ORDER_TRADE_UPDATE':
      return orderFrames(rowOf(event['o']), timeOf(event, 'T'), parts);
    case 'ALGO_UPDATE':
      return algoFrames(rowOf(event['o']), timeOf(event, 'E'), parts);
    case 'listenKeyExpired':
      parts.forgetListenKey();
      return [{ type: 'lost', reason: 'the listen key has expired' }];
    case 'ACCOUNT_UPDATE':
      // Positions and balances are read by REST; what moved money without an order is read at once.
      return accountReason(event) === 'ORDER' ? [] : [{ type: 'hint' }];
    case 'MARGIN_CALL':
    case 'ACCOUNT_CONFIG_UPDATE':
      return [{ type: 'hint' }];
    default:
      return typeof event['e'] === 'string' ? [] : null;
  }
}

function accountReason(event: Row): string | null {
  return optionalText(rowOf(event['a']), 'm');
}

/** An order whose conditional ancestor is not known yet cannot be told apart from a stranger's: it is read. */
function orderFrames(order: Row, at: number, { account, markets, children }: UserFrameParts): readonly Frame[] {
  const market = markets.byId(textOf(order, 's'));
  if (market === null) return [];
  const orderId = textOf(order, 'i');
  const own = textOf(order, 'c');
  if (isForced(own)) return [{ type: 'hint' }];
  if (OURS.test(own)) children.learn(orderId, own);
  const clientOrderId = children.known(orderId);
  if (clientOrderId === undefined || clientOrderId === null) return [{ type: 'hint', about: 'orders' }];
  const record = { ...regularRecord(asRestRow(order, at), account, market.symbol), clientOrderId };
  const trade: readonly Frame[] = order['x'] === 'TRADE' ? [{ type: 'trade', trade: tradeOf(order, clientOrderId, account, market), at }] : [];
  const origin = children.knownOrigin(clientOrderId);
  // What it was placed as is not in the frame: it may be the child of a conditional order.
  if (origin === undefined) return [...trade, { type: 'hint' }];
  return [...trade, { type: 'order', order: origin === null ? record : withChild(origin, record), at }];
}

/** Stream names → the names of the REST answer. */
function asRestRow(order: Row, at: number): Row {
  return {
    orderId: order['i'] ?? null,
    clientOrderId: order['c'] ?? null,
    side: order['S'] ?? null,
    origType: order['ot'] ?? order['o'] ?? null,
    origQty: order['q'] ?? null,
    price: order['p'] ?? null,
    stopPrice: order['sp'] ?? null,
    workingType: order['wt'] ?? null,
    positionSide: order['ps'] ?? null,
    reduceOnly: order['R'] ?? false,
    timeInForce: order['f'] ?? null,
    status: order['X'] ?? null,
    executedQty: order['z'] ?? null,
    updateTime: order['T'] ?? at,
    time: order['T'] ?? at,
  };
}

function tradeOf(order: Row, clientOrderId: string, account: string, market: VenueMarket): TradeRecord {
  return {
    id: textOf(order, 't'),
    orderId: textOf(order, 'i'),
    clientOrderId,
    account,
    symbol: market.symbol,
    side: sideOf(textOf(order, 'S')),
    positionSide: positionSideOf(optionalText(order, 'ps')),
    price: decimalOf(order, 'L'),
    amount: decimalOf(order, 'l'),
    fee: feeIn(market, optionalDecimal(order, 'n'), optionalText(order, 'N'), decimalOf(order, 'L'), decimalOf(order, 'l'), order['m'] === true),
    takerOrMaker: order['m'] === true ? 'maker' : 'taker',
    at: timeOf(order, 'T'),
    info: order,
  };
}

function algoFrames(order: Row, at: number, { account, markets, children }: UserFrameParts): readonly Frame[] {
  const market = markets.byId(textOf(order, 's'));
  if (market === null) return [];
  const clientOrderId = textOf(order, 'caid');
  const child = optionalText(order, 'ai');
  if (child !== null && child !== '0') children.learn(child, clientOrderId);
  // How it ended after it fired is the regular order's word.
  if (order['X'] === 'FINISHED') return [];
  const row: Row = {
    algoId: order['aid'] ?? null,
    clientAlgoId: clientOrderId,
    orderType: order['o'] ?? null,
    side: order['S'] ?? null,
    quantity: order['q'] ?? null,
    price: order['p'] ?? null,
    triggerPrice: order['tp'] ?? null,
    workingType: order['wt'] ?? null,
    positionSide: order['ps'] ?? null,
    reduceOnly: order['R'] ?? false,
    timeInForce: order['f'] ?? null,
    algoStatus: order['X'] ?? null,
    failedReason: order['rm'] ?? null,
    createTime: at,
    updateTime: at,
  };
  const record = algoRecord(row, account, market.symbol);
  children.learnOrigin(clientOrderId, record);
  return [{ type: 'order', order: record, at }];
}
