/** What happened to an account: trades, income, forced orders. Windows of seven days, pages by id or by number. */
import { BinanceError } from './binance-error.ts';
import { signed } from './binance-route.ts';
import type { BinanceParts, BinanceRoutes, PrivateCall } from './binance-route.ts';
import { incomeOfEvent, incomeOfTrade, orderIdOf, orderRow, tradeIdOf, tradeRow } from './binance-rows.ts';
import type { IncomeRow } from './binance-rows.ts';
import { timeRange } from './order-routes.ts';

const TRADES_DEFAULT = 500;
const INCOME_DEFAULT = 100;
const FORCED_DEFAULT = 50;
const LIMIT_MAX = 1_000;
const FORCED_MAX = 100;

export function historyRoutes(parts: BinanceParts): BinanceRoutes {
  return {
    'GET /fapi/v1/userTrades': signed(5, (call) => userTrades(parts, call)),
    'GET /fapi/v1/income': signed(30, (call) => income(parts, call)),
    'GET /fapi/v1/forceOrders': signed((params) => (params.has('symbol') ? 20 : 50), (call) => forceOrders(parts, call)),
  };
}

function userTrades({ ledgers, markets }: BinanceParts, { account, params, at }: PrivateCall): object {
  const { symbol } = markets.ofId(params.required('symbol'));
  const fromId = params.whole('fromId');
  const orderId = params.whole('orderId');
  if (fromId !== null && (params.has('startTime') || params.has('endTime'))) throw new BinanceError('-1106', "Parameter 'fromId' sent when not required.");
  const limit = params.whole('limit') ?? TRADES_DEFAULT;
  if (limit > LIMIT_MAX) throw new BinanceError('-1130', "Data sent for parameter 'limit' is not valid.");
  const { from, to } = timeRange(params, at);
  const rows = ledgers.of(account.account).trades.filter((entry) => {
    if (entry.trade.symbol !== symbol || (orderId !== null && orderIdOf(entry.order) !== orderId)) return false;
    return fromId !== null ? tradeIdOf(entry) >= fromId : entry.trade.at >= from && entry.trade.at <= to;
  });
  const kept = fromId !== null || params.has('startTime') ? rows.slice(0, limit) : rows.slice(-limit);
  return kept.map((entry) => tradeRow(entry, markets));
}

function income({ ledgers, markets, world }: BinanceParts, { account, params, at }: PrivateCall): object {
  const symbol = params.text('symbol');
  const type = params.text('incomeType');
  const limit = Math.min(params.whole('limit') ?? INCOME_DEFAULT, LIMIT_MAX);
  const page = params.whole('page') ?? 1;
  const start = params.whole('startTime');
  const to = params.whole('endTime') ?? at;
  const from = start ?? to - 7 * 86_400_000;
  const ledger = ledgers.of(account.account);
  const { currency } = world.exchange.accountTruth(account.account);
  const rows: IncomeRow[] = [
    ...ledger.trades.flatMap((entry) => incomeOfTrade(entry, markets)),
    ...ledger.events.flatMap((event) => incomeOfEvent(event, markets, currency) ?? []),
  ]
    .filter((row) => row.time >= from && row.time <= to && (symbol === null || row.symbol === symbol) && (type === null || row.incomeType === type))
    .sort((a, b) => a.time - b.time);
  if (page < 1) throw new BinanceError('-1130', "Data sent for parameter 'page' is not valid.");
  if (start === null && !params.has('page')) return rows.slice(-limit);
  return rows.slice((page - 1) * limit, page * limit);
}

function forceOrders({ ledgers, markets }: BinanceParts, { account, params, at }: PrivateCall): object {
  const id = params.text('symbol');
  const type = params.choice('autoCloseType', ['LIQUIDATION', 'ADL']);
  const limit = Math.min(params.whole('limit') ?? FORCED_DEFAULT, FORCED_MAX);
  const { from, to } = timeRange(params, at);
  return [...ledgers.of(account.account).orders.values()]
    .filter(({ forced, record }) => forced !== null && (type === null || forced === type) && (id === null || markets.ofId(id).symbol === record.symbol) && record.createdAt >= from && record.createdAt <= to)
    .slice(-limit)
    .map((order) => orderRow(order, markets));
}
