/**
 * /v5/order/realtime, /v5/order/history and /v5/execution/list: reading, in pages, newest first. Realtime has what is open and the last
 * 500 that ended; history has cancelled and rejected orders without a fill for a day only. What is open comes from the exchange's reads,
 * with their lag and their failures; what is over from the ledger. Source: bybit-exchange.github.io/docs/v5/order/open-order, order-list, execution.
 */
import { dec } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { AccountSnapshot } from '../../../ports/exchange.ts';
import type { WireWorld } from '../wire-world.ts';
import type { BybitParts, PrivateCall, PrivateEndpoints } from './bybit-endpoint.ts';
import { checkCategory } from './bybit-endpoint.ts';
import type { AccountLedger, Execution, LedgerOrder } from './bybit-ledger.ts';
import { CATEGORY } from './bybit-names.ts';
import { BybitFailure, badParameter } from './bybit-reply.ts';
import { executionRow } from './execution-row.ts';
import { feeRateOf } from './fee-rate.ts';
import { isConditionalOrder, orderRow, orderStatus } from './order-row.ts';
import { pageOf, windowOf } from './pages.ts';

const ORDERS_PAGE = { max: 50, standard: 20 };
const EXECUTIONS_PAGE = { max: 100, standard: 50 };
const RECENT_ENDED = 500;
export const DAY_MS = 86_400_000;
export const WEEK_MS = 7 * DAY_MS;

export function orderEndpoints({ world, ledger, markets }: BybitParts): PrivateEndpoints {
  return {
    'GET /v5/order/realtime': async (call) => {
      checkCategory(call.query.get('category'));
      const account = ledger.account(call.who.account);
      return orderPage(await realtime(call, account), call);
    },
    'GET /v5/order/history': (call) => {
      checkCategory(call.query.get('category'));
      const account = ledger.account(call.who.account);
      return orderPage(history(call, account), call);
    },
    'GET /v5/execution/list': async ({ who, query, at }) => {
      checkCategory(query.get('category'));
      const rows = await executions(who.account, query, at);
      const page = pageOf(rows, (row) => row.sequence, query, EXECUTIONS_PAGE);
      return { category: CATEGORY, list: page.rows.map((row) => executionRow(row, feeRateOf(world, row))), nextPageCursor: page.nextPageCursor };
    },
  };

  async function realtime({ who, query }: PrivateCall, account: AccountLedger): Promise<readonly LedgerOrder[]> {
    const named = namedOrder(query, account);
    if (named !== undefined) return named === null ? [] : asRead(named);
    if (!query.has('symbol') && !query.has('settleCoin') && !query.has('baseCoin')) {
      throw badParameter('params error: Missing some parameters that must be filled in, symbol or settleCoin or baseCoin');
    }
    const wanted = symbolFilter(query);
    if (query.get('openOnly') === '1') return recentlyEnded(account).filter(wanted);
    const { openOrders } = await wholeSnapshot(world, who.account);
    return openOrders.flatMap((record) => versionOf(account.orders.get(record.clientOrderId), record)).filter(wanted);
  }

  /** One order as the exchange's read shows it now, which may be older than the ledger. Only the last ones that ended are known. */
  async function asRead(order: LedgerOrder): Promise<readonly LedgerOrder[]> {
    const { account, symbol, clientOrderId } = order.record;
    const record = (await world.exchange.fetchOrder(account, symbol, clientOrderId)) ?? (order.isStillborn ? order.record : null);
    if (record === null) return [];
    if (record.status !== 'open' && !recentlyEnded(ledger.account(account)).includes(order)) return [];
    return [{ ...order, record }];
  }

  function history({ query, at }: PrivateCall, account: AccountLedger): readonly LedgerOrder[] {
    const isKept = ({ record }: LedgerOrder): boolean => record.status !== 'open' && (!dec(record.filled).isZero() || record.updatedAt >= at - DAY_MS);
    const named = namedOrder(query, account);
    if (named !== undefined) return named === null ? [] : [named].filter(isKept);
    const { from, until } = windowOf(query, at, WEEK_MS, WEEK_MS);
    const status = query.get('orderStatus');
    return [...account.orders.values()]
      .filter((order) => isKept(order) && order.record.createdAt >= from && order.record.createdAt <= until)
      .filter((order) => status === undefined || orderStatus(order.record) === status)
      .filter(symbolFilter(query));
  }

  async function executions(name: string, query: ReadonlyMap<string, string>, at: number): Promise<readonly Execution[]> {
    const account = ledger.account(name);
    const { from, until } = windowOf(query, at, WEEK_MS, WEEK_MS);
    const isVisible = await visibility(name, from);
    const orderId = query.get('orderId');
    const linkId = query.get('orderLinkId');
    const symbols = new Set(markets.named(query).map(({ symbol }) => symbol));
    const type = query.get('execType');
    return account.executions.filter(isVisible).filter((row) => {
      if (orderId !== undefined) return row.orderId === orderId;
      if (linkId !== undefined) return row.order?.record.clientOrderId === linkId;
      return symbols.has(row.symbol) && row.at >= from && row.at <= until && (type === undefined || row.type === type);
    }).reverse();
  }

  /** Whether the exchange's own reads show a trade or an event already: they may lag, and they may fail. */
  async function visibility(name: string, since: number): Promise<(row: Execution) => boolean> {
    const shown = new Set<string>();
    for (const { symbol } of markets.all) for (const trade of await world.exchange.fetchTrades(name, symbol, since)) shown.add(trade.id);
    for (const event of await world.exchange.fetchAccountEvents(name, since)) if (event.type === 'funding') shown.add(event.id);
    return (row) => row.at < since || shown.has(row.id);
  }

  function symbolFilter(query: ReadonlyMap<string, string>): (order: LedgerOrder) => boolean {
    const symbols = new Set(markets.named(query).map(({ symbol }) => symbol));
    const filter = query.get('orderFilter');
    return ({ record }) => symbols.has(record.symbol) && (filter === undefined || (filter === 'StopOrder') === isConditionalOrder(record));
  }

}

/** What the exchange reads of an account. A read with holes is no answer at Bybit but an error. */
export async function wholeSnapshot(world: WireWorld, account: string): Promise<AccountSnapshot> {
  const snapshot = await world.exchange.fetchSnapshot(account);
  if (!snapshot.complete) throw new BybitFailure(10016, 'Server error.');
  return snapshot;
}

function orderPage(orders: readonly LedgerOrder[], { query }: PrivateCall): Json {
  const newestFirst = [...orders].sort((a, b) => b.sequence - a.sequence);
  const page = pageOf(newestFirst, (order) => order.sequence, query, ORDERS_PAGE);
  return { category: CATEGORY, list: page.rows.map((order) => orderRow(order)), nextPageCursor: page.nextPageCursor };
}

/** Null: no such order; undefined: the query names none. The exchange's id goes before the client's. */
function namedOrder(query: ReadonlyMap<string, string>, account: AccountLedger): LedgerOrder | null | undefined {
  const orderId = query.get('orderId');
  if (orderId !== undefined) return account.byOrderId.get(orderId) ?? null;
  const linkId = query.get('orderLinkId');
  return linkId === undefined ? undefined : (account.orders.get(linkId) ?? null);
}

function versionOf(order: LedgerOrder | undefined, record: LedgerOrder['record']): readonly LedgerOrder[] {
  return order === undefined ? [] : [{ ...order, record }];
}

function recentlyEnded(account: AccountLedger): readonly LedgerOrder[] {
  return account.ended.slice(-RECENT_ENDED).flatMap((id) => account.orders.get(id) ?? []);
}
