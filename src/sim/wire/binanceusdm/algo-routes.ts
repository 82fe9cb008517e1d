/** Conditional orders live in a namespace of their own: placed, queried and cancelled here until they trigger, and told of afterwards. */
import type { AccountLedger, LedgerOrder } from './binance-ledger.ts';
import { BinanceError } from './binance-error.ts';
import { MAX_ALGO_ORDERS, MAX_AMOUNT } from './binance-market.ts';
import type { BinanceParams } from './binance-params.ts';
import { bySymbol, signed } from './binance-route.ts';
import type { BinanceParts, BinanceRoutes, PrivateCall } from './binance-route.ts';
import { algoIdOf, algoRow, numberOfAlgoId } from './binance-rows.ts';
import { amountOf, clientIdOf, readForm, timeInForceOf } from './order-form.ts';
import { cancel, place, timeRange } from './order-routes.ts';
import { checkPrices } from './refusals.ts';

const LIMIT_DEFAULT = 500;
const LIMIT_MAX = 1_000;

export function algoRoutes(parts: BinanceParts): BinanceRoutes {
  const { ledgers, markets } = parts;
  return {
    'POST /fapi/v1/algoOrder': signed(0, (call) => placeAlgo(parts, call)),
    'GET /fapi/v1/algoOrder': signed(1, ({ account, params }) => {
      const order = namedAlgo(ledgers.of(account.account), params);
      if (order === undefined) throw new BinanceError('-2013');
      return algoRow(order, markets);
    }),
    'DELETE /fapi/v1/algoOrder': signed(1, async ({ account, params }) => {
      const order = namedAlgo(ledgers.of(account.account), params);
      if (order === undefined || !isWaiting(order)) throw new BinanceError('-2011');
      await cancel(parts, order);
      return { algoId: algoIdOf(order), clientAlgoId: order.terms.clientId, code: '200', msg: 'success' };
    }),
    'DELETE /fapi/v1/algoOpenOrders': signed(1, async ({ account, params }) => {
      const { symbol } = markets.ofId(params.required('symbol'));
      for (const order of waitingAlgos(ledgers.of(account.account), symbol)) await cancel(parts, order);
      return { code: 200, msg: 'The operation of cancel all open order is done.' };
    }),
    'GET /fapi/v1/openAlgoOrders': signed(bySymbol(1, 40), ({ account, params }) => {
      const id = params.text('symbol');
      const algoId = params.whole('algoId');
      return waitingAlgos(ledgers.of(account.account), id === null ? null : markets.ofId(id).symbol)
        .filter((order) => algoId === null || algoIdOf(order) === algoId)
        .map((order) => algoRow(order, markets));
    }),
    'GET /fapi/v1/allAlgoOrders': signed(5, (call) => allAlgos(parts, call)),
  };
}

async function placeAlgo(parts: BinanceParts, { account, params }: PrivateCall): Promise<object> {
  if (params.required('algoType') !== 'CONDITIONAL') throw new BinanceError('-1130', "Data sent for parameter 'algoType' is not valid.");
  const type = params.required('type');
  // The other conditional types trigger in the other direction, or trail: the exchange behind this server has none.
  if (type !== 'STOP_MARKET' && type !== 'STOP') throw new BinanceError('-1116');
  const form = readForm(parts, account, params);
  const { market, ...shape } = form;
  const triggerPrice = params.decimal('triggerPrice');
  if (triggerPrice === null) throw new BinanceError('-1102', "Mandatory parameter 'triggerPrice' was not sent, was empty/null, or malformed.");
  const price = type === 'STOP' ? params.decimal('price') : null;
  if (type === 'STOP' && price === null) throw new BinanceError('-1102', "Mandatory parameter 'price' was not sent, was empty/null, or malformed.");
  checkPrices(market, triggerPrice, price);
  const closePosition = params.flag('closePosition') ?? false;
  if (closePosition && params.has('quantity')) throw new BinanceError('-1106', "Parameter 'quantity' sent when not required.");
  if (closePosition && params.has('reduceOnly')) throw new BinanceError('-1106', "Parameter 'reduceonly' sent when not required.");
  const ledger = parts.ledgers.of(account.account);
  const clientId = clientIdOf(params, 'clientAlgoId', `auto${ledger.orders.size + 1}x${params.text('timestamp') ?? ''}`);
  const namesake = ledger.algoByClientId(clientId);
  if (namesake !== undefined && namesake.record.status === 'open') throw new BinanceError('-20132');
  if (waitingAlgos(ledger, null).length >= MAX_ALGO_ORDERS) throw new BinanceError('-4045');
  const workingType = params.choice('workingType', ['MARK_PRICE', 'CONTRACT_PRICE']) ?? 'CONTRACT_PRICE';
  const terms = { clientId, timeInForce: timeInForceOf(params), closePosition, priceProtect: params.flag('priceProtect') ?? false };
  const order = await place(parts, ledger, terms, {
    ...shape,
    // A close-all order takes what its leg holds when it triggers: closing orders are cut to it.
    reduceOnly: shape.reduceOnly || (closePosition && shape.positionSide === null),
    account: account.account,
    symbol: market.symbol,
    type: price === null ? 'stop-market' : 'stop-limit',
    amount: closePosition ? MAX_AMOUNT : amountOf(params, market),
    price,
    triggerPrice,
    triggerBy: workingType === 'MARK_PRICE' ? 'mark' : 'last',
  });
  return algoRow(order, parts.markets);
}

function namedAlgo(ledger: AccountLedger, params: BinanceParams): LedgerOrder | undefined {
  const id = params.whole('algoId');
  if (id !== null) return ledger.algoById(numberOfAlgoId(id));
  const clientId = params.text('clientAlgoId');
  if (clientId === null) throw new BinanceError('-1102', "Param 'clientAlgoId' or 'algoId' must be sent, but both were empty/null!");
  return ledger.algoByClientId(clientId);
}

function isWaiting({ isAlgo, record }: LedgerOrder): boolean {
  return isAlgo && record.status === 'open' && !record.triggered;
}

/** `symbol`: null for all. */
function waitingAlgos(ledger: AccountLedger, symbol: string | null): readonly LedgerOrder[] {
  return [...ledger.orders.values()].filter((order) => isWaiting(order) && (symbol === null || order.record.symbol === symbol));
}

function allAlgos({ ledgers, markets }: BinanceParts, { account, params, at }: PrivateCall): object {
  const { symbol } = markets.ofId(params.required('symbol'));
  const limit = Math.min(params.whole('limit') ?? LIMIT_DEFAULT, LIMIT_MAX);
  const fromId = params.whole('algoId');
  const { from, to } = timeRange(params, at);
  const rows = [...ledgers.of(account.account).orders.values()].filter((order) => {
    if (!order.isAlgo || order.record.symbol !== symbol) return false;
    return fromId !== null ? algoIdOf(order) >= fromId : order.record.createdAt >= from && order.record.createdAt <= to;
  });
  const kept = fromId !== null || params.has('startTime') ? rows.slice(0, limit) : rows.slice(-limit);
  return kept.map((order) => algoRow(order, markets));
}
