/** One Bitget account: requests that change something, complete reads over all order namespaces, and the private stream. */
import { dec, plain } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarginMode, PositionMode } from '../../../domain/strategy.ts';
import type { AccountSettings, AmendRequest, BalanceRecord, CancelRequest, OrderRecord, OrderRequest, PositionRecord, PositionSide, Side, TradeRecord, WriteOutcome } from '../../../ports/exchange.ts';
import type { KeyPermissions, SetupOutcome } from '../../../ports/exchange-setup.ts';
import type { AccountDialect, AccountParts, CancelOutcome, Frame, StreamSpec, Verdict, VenueMarket } from '../dialect.ts';
import { decimalOf, nonZeroDecimal, optionalDecimal, optionalText, orUnknown, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { acceptedRecord, feeIn } from '../order-records.ts';
import type { Priority } from '../rate-budget.ts';
import type { Call } from '../rest-client.ts';
import { fetchAccountEvents } from './account-events.ts';
import { streamUrl } from './bitget-public.ts';
import type { BitgetStreaming } from './bitget-public.ts';
import { childIdOf, closes, feePaid, forcedCauseOf, isFromPlan, PLAN_LISTS, planRecord, positionSideOf, regularParams, regularRecord, sideOf, stopLossParams, triggerParams, withChild } from './order-rows.ts';
import type { PlanType } from './order-rows.ts';
import { listIn, marketParams, pagesOf, productOf } from './product.ts';

const LIST = 'entrustedList';
/** One answer's span of trades; the exchange allows 90 days. */
const TRADES_SPAN_MS = 80 * 86_400_000;
/** Trades of this moment may carry a time a little ahead of ours. */
const AHEAD_MS = 60_000;
/** Orders remembered by id, for trades, which name neither leg nor client id. */
const ORIGINS_MAX = 20_000;

/** What a trade does not tell about its order. */
interface Origin {
  /** Null for orders of the exchange itself. */
  readonly clientOrderId: string | null;
  readonly side: Side;
  readonly positionSide: PositionSide | null;
}

export class BitgetAccount implements AccountDialect {
  readonly #parts: AccountParts;
  readonly #origins = new Map<string, Origin>();
  /** Client ids of conditional orders by the id of the order each became. */
  readonly #planIds = new Map<string, string>();
  /** Every order names the margin mode of its symbol; learnt from the settings. */
  readonly #marginModes = new Map<string, MarginMode>();

  constructor(parts: AccountParts) {
    this.#parts = parts;
  }

  // --- writes ------------------------------------------------------------------------------------------------------------------

  async place(market: VenueMarket, request: OrderRequest, priority: Priority): Promise<WriteOutcome<OrderRecord>> {
    let call: Call;
    try {
      call = await this.#placing(market, request);
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
      return { type: 'refused', code: 'MARKET_HALTED', message: `not sent: the margin mode is not known; ${error.message}` };
    }
    const verdict = await this.#parts.caller.write(call, priority);
    if (verdict.type !== 'ok') return verdict;
    // Of a reduce-only order that pushed out another one the answer names no id: then it is looked up.
    return orUnknown<WriteOutcome<OrderRecord>>(() => ({ type: 'done', value: acceptedRecord(request, textOf(rowOf(rowOf(verdict.json)['data']), 'orderId'), this.#parts.now()) }));
  }

  async #placing(market: VenueMarket, request: OrderRequest): Promise<Call> {
    if (request.triggerPrice === null) return post('order/place-order', regularParams(request, market, await this.#marginModeOf(market)));
    if (closes(request)) return post('order/place-tpsl-order', stopLossParams(request, market));
    return post('order/place-plan-order', triggerParams(request, market, await this.#marginModeOf(market)));
  }

  async #marginModeOf(market: VenueMarket): Promise<MarginMode> {
    return this.#marginModes.get(market.id) ?? (await this.fetchSettings(market)).marginMode;
  }

  amend(_market: VenueMarket, _request: AmendRequest): Promise<WriteOutcome<OrderRecord | null>> {
    return Promise.resolve({ type: 'refused', code: 'ORDER_NOT_AMENDABLE', message: 'conditional orders are not amended here' });
  }

  /** Among stop-losses, then triggers, then, where it may have gone by firing, among the regular orders. */
  async cancel(market: VenueMarket, { clientOrderId }: CancelRequest): Promise<CancelOutcome> {
    let isOpenQuestion = false;
    for (const planType of ['loss_plan', 'normal_plan'] as const) {
      const outcome = await this.#cancelPlan(market, clientOrderId, planType);
      if (outcome.type === 'done') return outcome;
      if (outcome.type === 'refused' && outcome.code !== 'ORDER_NOT_FOUND') return outcome;
      isOpenQuestion ||= outcome.type === 'unknown';
    }
    const plan = await this.#planOrNothing(market, clientOrderId);
    const childId = plan === null ? null : childIdOf(plan);
    const name = childId === null ? { clientOid: clientOrderId } : { orderId: childId };
    const verdict = await this.#parts.caller.write(post('order/cancel-order', { ...marketParams(market), marginCoin: market.quote, ...name }), 'protect');
    if (verdict.type === 'ok') return { type: 'done', value: null };
    return isOpenQuestion && verdict.type === 'refused' ? { type: 'unknown', message: 'the conditional orders of this id were neither cancelled nor said to be gone' } : verdict;
  }

  /** An answer without our row says nothing: it has been seen for orders that were there. */
  async #cancelPlan(market: VenueMarket, clientOid: string, planType: PlanType): Promise<CancelOutcome> {
    const params = { ...marketParams(market), marginCoin: market.quote, planType, orderIdList: [{ clientOid }] };
    const verdict = await this.#parts.caller.write(post('order/cancel-plan-order', params), 'protect');
    if (verdict.type !== 'ok') return verdict;
    return orUnknown<CancelOutcome>(() => {
      const isOurs = (row: Row): boolean => row['clientOid'] === clientOid;
      if (listIn(verdict.json, 'successList').some(isOurs)) return { type: 'done', value: null };
      const failure = listIn(verdict.json, 'failureList').find(isOurs);
      const why = failure === undefined ? null : optionalText(failure, 'errorMsg');
      if (why !== null && GONE.test(why)) return { type: 'refused', code: 'ORDER_NOT_FOUND', message: why };
      return { type: 'unknown', message: why ?? 'accepted, but the answer does not name the order' };
    });
  }

  async #planOrNothing(market: VenueMarket, clientOrderId: string): Promise<Row | null> {
    try {
      return await this.#findPlan(market, clientOrderId);
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
      return null;
    }
  }

  // --- reads -------------------------------------------------------------------------------------------------------------------

  #read(path: string, params: Record<string, Json>, weight = 1): Promise<Json> {
    return this.#parts.caller.read(get(path, params, weight));
  }

  async fetchOrder(market: VenueMarket, clientOrderId: string): Promise<OrderRecord | null> {
    const { account } = this.#parts;
    const plan = await this.#findPlan(market, clientOrderId);
    if (plan === null) {
      const regular = await this.#findRegular(market, { clientOid: clientOrderId });
      return regular === null ? null : regularRecord(regular, account, market);
    }
    const record = planRecord(plan, account, market);
    this.#learnPlan(plan);
    const childId = childIdOf(plan);
    const child = childId === null ? null : await this.#findRegular(market, { orderId: childId });
    return child === null ? record : withChild(record, regularRecord(child, account, market));
  }

  /** Waiting ones before those that are over: what fires in between is then found in the second list. */
  async #findPlan(market: VenueMarket, clientOid: string): Promise<Row | null> {
    for (const list of ['orders-plan-pending', 'orders-plan-history']) {
      for (const planType of PLAN_LISTS) {
        const rows = listIn(await this.#read(`order/${list}`, { ...marketParams(market), planType, clientOid }), LIST);
        const found = rows.find((row) => row['clientOid'] === clientOid);
        if (found !== undefined) return found;
      }
    }
    return null;
  }

  /** Null when the exchange says that there is no such order; rejects when it does not say. */
  async #findRegular(market: VenueMarket, name: { readonly orderId: string } | { readonly clientOid: string }): Promise<Row | null> {
    const call = get('order/detail', { ...marketParams(market), ...name }, 1);
    const verdict = await this.#parts.caller.ask(call);
    if (verdict.type === 'refused' && verdict.code === 'ORDER_NOT_FOUND') return null;
    return rowOf(rowOf(verdict.type === 'ok' ? verdict.json : await this.#parts.caller.read(call))['data'], 'an order');
  }

  /** Regular first: what fires between the two reads is then in neither list rather than twice, and is looked up. */
  async fetchOpenOrders(): Promise<readonly OrderRecord[]> {
    const { markets, account, currency } = this.#parts;
    const productType = productOf(currency);
    const regular = await pagesOf((before) => this.#read('order/orders-pending', { productType, limit: '100', ...before }), LIST);
    const records = new Map<string, OrderRecord>();
    for (const planType of [...PLAN_LISTS, 'track_plan']) {
      for (const row of await pagesOf((before) => this.#read('order/orders-plan-pending', { productType, planType, limit: '100', ...before }), LIST)) {
        const market = markets.byId(textOf(row, 'symbol').toUpperCase());
        if (market === null) continue;
        const record = planRecord(row, account, market);
        records.set(record.clientOrderId, record);
      }
    }
    for (const row of regular) {
      const market = markets.byId(textOf(row, 'symbol').toUpperCase());
      if (market === null || forcedCauseOf(row) !== null) continue;
      const record = regularRecord(row, account, market);
      const clientOrderId = (await this.#originOf(record.id, market, row)).clientOrderId ?? record.clientOrderId;
      const whole = isFromPlan(row) ? await this.fetchOrder(market, clientOrderId) : null;
      records.set(clientOrderId, whole ?? { ...record, clientOrderId, triggered: isFromPlan(row) });
    }
    return [...records.values()];
  }

  async fetchPositions(): Promise<readonly PositionRecord[]> {
    const { markets, account, currency } = this.#parts;
    const rows = rowsOf(rowOf(await this.#read('position/all-position', { productType: productOf(currency), marginCoin: currency }, 2))['data'], 'positions');
    return rows.flatMap((row) => {
      const market = markets.byId(textOf(row, 'symbol').toUpperCase());
      if (market === null) return [];
      const leg = textOf(row, 'holdSide') === 'long' ? ('long' as const) : ('short' as const);
      const isHedge = isHedgeMode(row);
      const amount = dec(decimalOf(row, 'total'));
      const liquidationPrice = nonZeroDecimal(row, 'liquidationPrice');
      return [
        {
          account,
          symbol: market.symbol,
          positionSide: isHedge ? leg : ('both' as const),
          amount: plain(isHedge || leg === 'long' ? amount : amount.negated()),
          entryPrice: decimalOf(row, 'openPriceAvg'),
          leverage: decimalOf(row, 'leverage'),
          marginMode: marginModeIn(row),
          liquidationPrice: liquidationPrice !== null && dec(liquidationPrice).isNegative() ? null : liquidationPrice,
        },
      ];
    });
  }

  async fetchBalance(): Promise<BalanceRecord> {
    const { account, currency } = this.#parts;
    const rows = rowsOf(rowOf(await this.#read('account/accounts', { productType: productOf(currency) }))['data'], 'balances');
    const row = rowOf(rows.find((each) => each['marginCoin'] === currency), 'the balance');
    const equity = decimalOf(row, 'accountEquity');
    const unrealized = dec(optionalDecimal(row, 'crossedUnrealizedPL') ?? '0').plus(optionalDecimal(row, 'isolatedUnrealizedPL') ?? '0');
    return { account, currency, total: plain(dec(equity).minus(unrealized)), equity, free: decimalOf(row, 'crossedMaxAvailable'), marginRatio: nonZeroDecimal(row, 'crossedRiskRate') };
  }

  async fetchTrades(market: VenueMarket, since: number): Promise<readonly TradeRecord[]> {
    const rows = new Map<string, Row>();
    const end = this.#parts.now() + AHEAD_MS;
    for (let from = since; from < end; from += TRADES_SPAN_MS) {
      const params = { ...marketParams(market), startTime: String(from), endTime: String(Math.min(from + TRADES_SPAN_MS, end)), limit: '100' };
      for (const row of await pagesOf((before) => this.#read('order/fills', { ...params, ...before }), 'fillList')) rows.set(textOf(row, 'tradeId'), row);
    }
    const trades: TradeRecord[] = [];
    for (const row of rows.values()) if (timeOf(row, 'cTime') >= since) trades.push(await this.#trade(row, market));
    return trades.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  async #trade(row: Row, market: VenueMarket): Promise<TradeRecord> {
    const orderId = textOf(row, 'orderId');
    const price = decimalOf(row, 'price');
    const amount = decimalOf(row, 'baseVolume');
    const isMaker = textOf(row, 'tradeScope') === 'maker';
    const details = rowsOf(row['feeDetail'], 'fees');
    const paid = feePaid(details, market.quote);
    return {
      id: textOf(row, 'tradeId'),
      orderId,
      ...(await this.#originOf(orderId, market, null)),
      account: this.#parts.account,
      symbol: market.symbol,
      price,
      amount,
      fee: feeIn(market, paid, paid === null ? 'another' : market.quote, price, amount, isMaker),
      takerOrMaker: isMaker ? 'maker' : 'taker',
      at: timeOf(row, 'cTime'),
      info: row,
    };
  }

  /** `known`: the order's row, where it was told already. Rejects while the conditional order it came from is not shown. */
  async #originOf(orderId: string, market: VenueMarket, known: Row | null): Promise<Origin> {
    const before = this.#origins.get(orderId);
    if (before !== undefined) return before;
    const row = known ?? rowOf((await this.#findRegular(market, { orderId })) ?? undefined, `order ${orderId}`);
    const clientOrderId = forcedCauseOf(row) !== null ? null : isFromPlan(row) ? await this.#planIdOf(orderId, market) : (optionalText(row, 'clientOid') ?? orderId);
    const origin: Origin = { clientOrderId, side: sideOf(row), positionSide: positionSideOf(row) };
    if (this.#origins.size >= ORIGINS_MAX) this.#origins.clear();
    this.#origins.set(orderId, origin);
    return origin;
  }

  /** The client id of the conditional order that became this one. What the lists tell of others is kept. */
  async #planIdOf(orderId: string, market: VenueMarket): Promise<string> {
    for (const planType of this.#planIds.has(orderId) ? [] : PLAN_LISTS) {
      const rows = await pagesOf((before) => this.#read('order/orders-plan-history', { ...marketParams(market), planType, planStatus: 'executed', limit: '100', ...before }), LIST);
      for (const row of rows) this.#learnPlan(row);
    }
    const planId = this.#planIds.get(orderId);
    if (planId === undefined) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bitget does not show the conditional order that became ${orderId}`);
    return planId;
  }

  #learnPlan(row: Row): void {
    const childId = childIdOf(row);
    if (childId === null) return;
    if (this.#planIds.size >= ORIGINS_MAX) this.#planIds.clear();
    this.#planIds.set(childId, optionalText(row, 'clientOid') ?? textOf(row, 'orderId'));
  }

  fetchAccountEvents(since: number): ReturnType<AccountDialect['fetchAccountEvents']> {
    const { account, currency, caller, markets, now } = this.#parts;
    // The mode is the account's: the first market that is asked for tells it of all.
    let mode: Promise<AccountSettings> | null = null;
    const isHedge = async (market: VenueMarket): Promise<boolean> => (await (mode ??= this.fetchSettings(market))).positionMode === 'hedge';
    return fetchAccountEvents({ account, currency, reader: caller, markets, now, isHedge }, since);
  }

  async fetchSettings(market: VenueMarket): Promise<AccountSettings> {
    const row = rowOf(rowOf(await this.#read('account/account', { ...marketParams(market), marginCoin: market.quote }))['data'], 'settings');
    const marginMode = marginModeIn(row);
    this.#marginModes.set(market.id, marginMode);
    return { positionMode: isHedgeMode(row) ? 'hedge' : 'one-way', marginMode, leverage: decimalOf(row, marginMode === 'isolated' ? 'isolatedLongLever' : 'crossedMarginLeverage') };
  }

  // --- set-up ------------------------------------------------------------------------------------------------------------------

  async fetchKeyPermissions(): Promise<KeyPermissions> {
    const info = rowOf(rowOf(await this.#parts.caller.read({ api: ['private', 'spot'], method: 'GET', path: 'v2/spot/account/info', params: {}, weight: 10 }))['data'], 'permissions');
    const authorities = info['authorities'];
    const has = (...names: readonly string[]): boolean | null => (Array.isArray(authorities) ? names.some((name) => (authorities as readonly Json[]).includes(name)) : null);
    const { currency } = this.#parts;
    const accounts = rowsOf(rowOf(await this.#read('account/accounts', { productType: productOf(currency) }))['data'], 'balances');
    const isUnion = accounts.some((row) => row['marginCoin'] === currency && row['assetMode'] === 'union');
    return {
      canTrade: has('coow', 'trade'),
      canWithdraw: has('wwow', 'wtow', 'withdraw', 'transfer'),
      isIpRestricted: optionalText(info, 'ips') !== null,
      accountType: isUnion ? 'multi-assets mode' : 'single-asset mode',
      unsupported: isUnion ? 'in multi-assets mode other coins are margin too, so liquidation cannot be told from this symbol alone; switch to single-asset mode' : null,
    };
  }

  async fetchFees(market: VenueMarket): Promise<{ readonly takerFee: string; readonly makerFee: string }> {
    const call: Call = { api: ['private', 'common'], method: 'GET', path: 'v2/common/trade-rate', params: { symbol: market.id, businessType: 'mix' }, weight: 1 };
    const row = rowOf(rowOf(await this.#parts.caller.read(call))['data'], 'fees');
    return { takerFee: decimalOf(row, 'takerFeeRate'), makerFee: decimalOf(row, 'makerFeeRate') };
  }

  setPositionMode(market: VenueMarket, mode: PositionMode): Promise<SetupOutcome> {
    return this.#set('account/set-position-mode', { productType: productOf(market.quote), posMode: mode === 'hedge' ? 'hedge_mode' : 'one_way_mode' });
  }

  setMarginMode(market: VenueMarket, mode: MarginMode, _leverage: string): Promise<SetupOutcome> {
    this.#marginModes.delete(market.id);
    return this.#set('account/set-margin-mode', { ...marketParams(market), marginCoin: market.quote, marginMode: mode === 'isolated' ? 'isolated' : 'crossed' });
  }

  setLeverage(market: VenueMarket, leverage: string): Promise<SetupOutcome> {
    return this.#set('account/set-leverage', { ...marketParams(market), marginCoin: market.quote, leverage });
  }

  async #set(path: string, params: Record<string, Json>): Promise<SetupOutcome> {
    const verdict: Verdict = await this.#parts.caller.write(post(path, params, 2), 'write');
    return verdict.type === 'ok' ? { type: 'done' } : { type: 'failed', message: verdict.message };
  }

  // --- stream ------------------------------------------------------------------------------------------------------------------

  streams(): readonly StreamSpec[] {
    const stream = this.#parts.stream as unknown as BitgetStreaming;
    const instType = productOf(this.#parts.currency);
    const args = ['orders', 'orders-algo', 'fill', 'positions'].map((channel) => ({ instType, channel, instId: 'default' }));
    const open = async (): Promise<unknown> => {
      const url = streamUrl(stream, 'private');
      await stream.authenticate({ url });
      return stream.watch(url, 'orders', { op: 'subscribe', args }, 'orders');
    };
    return [{ name: 'orders', silenceMs: null, open }];
  }

  /** Every push says that something is to be read; what it was is read by REST. */
  frames(message: Json): readonly Frame[] | null {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
    const { arg, data } = rowOf(message);
    return arg === undefined || data === undefined ? null : [{ type: 'hint' }];
  }
}

/** How the exchange says of a row that it has no such order. */
const GONE = /not ?exist/i;

function isHedgeMode(row: Row): boolean {
  return textOf(row, 'posMode') === 'hedge_mode';
}

function marginModeIn(row: Row): MarginMode {
  return textOf(row, 'marginMode') === 'isolated' ? 'isolated' : 'cross';
}

function get(path: string, params: Record<string, Json>, weight: number): Call {
  return { api: ['private', 'mix'], method: 'GET', path: `v2/mix/${path}`, params, weight };
}

function post(path: string, params: Record<string, Json>, weight = 1): Call {
  return { api: ['private', 'mix'], method: 'POST', path: `v2/mix/${path}`, params, weight };
}
