/** Regular orders: market and limit orders, and the children of conditional ones. Triggers are refused here (-4120). */
import type { OrderRequest } from '../../../ports/exchange.ts';
import type { AccountLedger, LedgerOrder, OrderTerms } from './binance-ledger.ts';
import { isRegular } from './binance-ledger.ts';
import { BinanceError } from './binance-error.ts';
import type { BinanceParams } from './binance-params.ts';
import { numberOfOrderId, orderIdOf, orderRow } from './binance-rows.ts';
import { bySymbol, signed } from './binance-route.ts';
import type { BinanceParts, BinanceRoutes, PrivateCall } from './binance-route.ts';
import { amountOf, clientIdOf, readForm, timeInForceOf } from './order-form.ts';
import { checkPrices, orderOf } from './refusals.ts';

const ALGO_TYPES = new Set(['STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET']);
/** Cancelled and expired orders without a fill are forgotten after three days. */
const UNFILLED_KEPT_MS = 3 * 86_400_000;
const RANGE_MAX_MS = 7 * 86_400_000;
const LIMIT_DEFAULT = 500;
const LIMIT_MAX = 1_000;

export function orderRoutes(parts: BinanceParts): BinanceRoutes {
  const { ledgers, markets } = parts;
  return {
    'POST /fapi/v1/order': signed(0, (call) => placeOrder(parts, call)),
    'GET /fapi/v1/order': signed(1, ({ account, params, at }) => {
      const order = namedOrder(ledgers.of(account.account), params);
      if (order === undefined || isForgotten(order, at) || !isOfSymbol(parts, order, params)) throw new BinanceError('-2013');
      return orderRow(order, markets);
    }),
    'GET /fapi/v1/openOrder': signed(1, ({ account, params }) => {
      const order = namedOrder(ledgers.of(account.account), params);
      if (order === undefined || order.record.status !== 'open' || !isOfSymbol(parts, order, params)) throw new BinanceError('-2013');
      return orderRow(order, markets);
    }),
    'DELETE /fapi/v1/order': signed(1, (call) => cancelNamed(parts, call)),
    'DELETE /fapi/v1/allOpenOrders': signed(1, async ({ account, params }) => {
      const { symbol } = markets.ofId(params.required('symbol'));
      for (const order of openRegular(ledgers.of(account.account), symbol)) await cancel(parts, order);
      return { code: 200, msg: 'The operation of cancel all open order is done.' };
    }),
    'GET /fapi/v1/openOrders': signed(bySymbol(1, 40), ({ account, params }) => {
      const id = params.text('symbol');
      return openRegular(ledgers.of(account.account), id === null ? null : markets.ofId(id).symbol).map((order) => orderRow(order, markets));
    }),
    'GET /fapi/v1/allOrders': signed(5, (call) => allOrders(parts, call)),
  };
}

async function placeOrder(parts: BinanceParts, { account, params }: PrivateCall): Promise<object> {
  const type = params.required('type');
  if (ALGO_TYPES.has(type)) throw new BinanceError('-4120');
  if (type !== 'MARKET' && type !== 'LIMIT') throw new BinanceError('-1116');
  const form = readForm(parts, account, params);
  const price = type === 'LIMIT' ? params.decimal('price') : null;
  if (type === 'LIMIT' && price === null) throw new BinanceError('-1102', "Mandatory parameter 'price' was not sent, was empty/null, or malformed.");
  if (type === 'LIMIT' && !params.has('timeInForce')) throw new BinanceError('-1102', "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.");
  if (type === 'MARKET' && params.has('timeInForce')) throw new BinanceError('-1106', "Parameter 'timeinforce' sent when not required.");
  if (type === 'MARKET' && params.has('price')) throw new BinanceError('-1106', "Parameter 'price' sent when not required.");
  checkPrices(form.market, price);
  const ledger = parts.ledgers.of(account.account);
  const clientId = clientIdOf(params, 'newClientOrderId', `auto${ledger.orders.size + 1}x${params.text('timestamp') ?? ''}`);
  if (ledger.regularByClientId(clientId)?.record.status === 'open') throw new BinanceError('-4116');
  const terms: OrderTerms = { clientId, timeInForce: timeInForceOf(params), closePosition: false, priceProtect: false };
  const { market, ...shape } = form;
  const order = await place(parts, ledger, terms, { ...shape, account: account.account, symbol: market.symbol, type: type === 'MARKET' ? 'market' : 'limit', amount: amountOf(params, market), price, triggerPrice: null, triggerBy: 'last' });
  return orderRow(order, parts.markets);
}

/** Sends it to the simulated exchange. Throws its refusal. */
export async function place({ world }: BinanceParts, ledger: AccountLedger, terms: OrderTerms, request: Omit<OrderRequest, 'clientOrderId'>): Promise<LedgerOrder> {
  const simulatedId = ledger.expect(terms);
  try {
    const { id } = orderOf(await world.exchange.placeOrder({ ...request, clientOrderId: simulatedId }));
    const order = ledger.orders.get(Number(id.slice(1)));
    if (order === undefined) throw new BinanceError('-1000');
    return order;
  } finally {
    ledger.forget(simulatedId);
  }
}

async function cancelNamed(parts: BinanceParts, { account, params }: PrivateCall): Promise<object> {
  const order = namedOrder(parts.ledgers.of(account.account), params);
  if (order === undefined || order.record.status !== 'open' || !isOfSymbol(parts, order, params)) throw new BinanceError('-2011');
  await cancel(parts, order);
  return orderRow(order, parts.markets);
}

export async function cancel({ world }: BinanceParts, { record: { account, symbol, clientOrderId } }: LedgerOrder): Promise<void> {
  orderOf(await world.exchange.cancelOrder({ account, symbol, clientOrderId }));
}

function namedOrder(ledger: AccountLedger, params: BinanceParams): LedgerOrder | undefined {
  const id = params.whole('orderId');
  if (id !== null) return ledger.regularById(numberOfOrderId(id));
  const clientId = params.text('origClientOrderId');
  if (clientId === null) throw new BinanceError('-1102', "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
  return ledger.regularByClientId(clientId);
}

function isOfSymbol({ markets }: BinanceParts, { record }: LedgerOrder, params: BinanceParams): boolean {
  return markets.ofId(params.required('symbol')).symbol === record.symbol;
}

function isForgotten({ record: { status, filled, createdAt } }: LedgerOrder, at: number): boolean {
  return (status === 'canceled' || status === 'expired') && filled === '0' && at - createdAt > UNFILLED_KEPT_MS;
}

/** `symbol`: null for all. */
function openRegular(ledger: AccountLedger, symbol: string | null): readonly LedgerOrder[] {
  return [...ledger.orders.values()].filter((order) => order.record.status === 'open' && isRegular(order) && (symbol === null || order.record.symbol === symbol));
}

/** By id upwards from `orderId`, or by time. */
function allOrders({ ledgers, markets }: BinanceParts, { account, params, at }: PrivateCall): object {
  const { symbol } = markets.ofId(params.required('symbol'));
  const limit = Math.min(params.whole('limit') ?? LIMIT_DEFAULT, LIMIT_MAX);
  const fromId = params.whole('orderId');
  const { from, to } = timeRange(params, at);
  const rows = [...ledgers.of(account.account).orders.values()].filter((order) => {
    if (order.record.symbol !== symbol || !isRegular(order) || isForgotten(order, at)) return false;
    return fromId !== null ? orderIdOf(order) >= fromId : order.record.createdAt >= from && order.record.createdAt <= to;
  });
  const kept = fromId !== null || params.has('startTime') ? rows.slice(0, limit) : rows.slice(-limit);
  return kept.map((order) => orderRow(order, markets));
}

/** A window of at most seven days; the last seven days when none is asked for. */
export function timeRange(params: BinanceParams, at: number): { readonly from: number; readonly to: number } {
  const start = params.whole('startTime');
  const end = params.whole('endTime');
  if (start !== null && end !== null && end - start > RANGE_MAX_MS) throw new BinanceError('-1127', 'More than 7 days between startTime and endTime.');
  const to = end ?? (start === null ? at : start + RANGE_MAX_MS);
  return { from: start ?? to - RANGE_MAX_MS, to };
}
