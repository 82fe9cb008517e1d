/** One Gate account: requests that change something, complete reads over both order namespaces, and the private stream. */
import { dec, plain } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarginMode, PositionMode } from '../../../domain/strategy.ts';
import type { AccountSettings, AmendRequest, BalanceRecord, CancelRequest, OrderRecord, OrderRequest, PositionRecord, PositionSide, TradeRecord, WriteOutcome } from '../../../ports/exchange.ts';
import type { KeyPermissions, SetupOutcome } from '../../../ports/exchange-setup.ts';
import { baseAmountOf } from '../contract-amounts.ts';
import type { AccountDialect, AccountParts, CancelOutcome, Frame, StreamSpec, VenueMarket } from '../dialect.ts';
import { decimalOf, nonZeroDecimal, optionalDecimal, optionalText, orUnknown, rowOf, rowsOf, textOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { acceptedRecord, marginRatioOf } from '../order-records.ts';
import type { Priority } from '../rate-budget.ts';
import type { Call } from '../rest-client.ts';
import { fetchAccountEvents } from './account-events.ts';
import type { GateStreaming } from './gate-public.ts';
import { pagesOf, secondsOf } from './lists.ts';
import { childIdOf, clientIdIn, forcedCauseOf, idOf, planParams, planRecord, regularParams, regularRecord, textFor, withChild } from './order-rows.ts';

/** Client order ids remembered by order id; each is two short texts. */
const LINKS_MAX = 20_000;
/** Trades of this moment may carry a time a little ahead of ours. */
const AHEAD_S = 60;
const CHANNELS = ['futures.orders', 'futures.autoorders', 'futures.positions'] as const;

export class GateAccount implements AccountDialect {
  readonly #parts: AccountParts;
  readonly #settle: string;
  /** Client order id by order id; null for orders of the exchange itself. */
  readonly #links = new Map<string, string | null>();

  constructor(parts: AccountParts) {
    this.#parts = parts;
    this.#settle = parts.currency.toLowerCase();
  }

  // --- writes ------------------------------------------------------------------------------------------------------------------

  async place(market: VenueMarket, request: OrderRequest, priority: Priority): Promise<WriteOutcome<OrderRecord>> {
    const isConditional = request.triggerPrice !== null;
    const params = isConditional ? planParams(request, market) : regularParams(request, market);
    if (params === null) return { type: 'refused', code: 'MIN_AMOUNT', message: `not sent: ${request.amount} is less than one contract of ${market.contractSize}` };
    const verdict = await this.#parts.caller.write(this.#call('POST', isConditional ? 'price_orders' : 'orders', params), priority);
    if (verdict.type !== 'ok') return verdict;
    return orUnknown<WriteOutcome<OrderRecord>>(() => {
      const row = rowOf(verdict.json);
      const accepted = acceptedRecord(request, idOf(row), this.#parts.now());
      if (isConditional) return { type: 'done', value: accepted };
      this.#link(accepted.id, request.clientOrderId);
      const { status, filled, reason } = regularRecord(row, request.account, market, request.positionSide !== null);
      return { type: 'done', value: { ...accepted, status, filled, reason } };
    });
  }

  amend(_market: VenueMarket, _request: AmendRequest): Promise<WriteOutcome<OrderRecord | null>> {
    return Promise.resolve({ type: 'refused', code: 'ORDER_NOT_AMENDABLE', message: 'conditional orders are not amended here' });
  }

  /** A conditional order is cancelled by the exchange's id, which is looked up first; what has fired, as what it became. */
  async cancel(market: VenueMarket, { clientOrderId }: CancelRequest): Promise<CancelOutcome> {
    let plan: Row | null;
    try {
      plan = await this.#findPlan(market, clientOrderId);
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
      return { type: 'unknown', message: `not sent: the order's id is not known; ${error.message}` };
    }
    if (plan !== null && childIdOf(plan) === null) {
      const outcome = await this.#cancelCall('price_orders', idOf(plan));
      if (outcome.type !== 'refused' || outcome.code !== 'ORDER_NOT_FOUND') return outcome;
    }
    return this.#cancelCall('orders', (plan === null ? null : childIdOf(plan)) ?? textFor(clientOrderId));
  }

  async #cancelCall(path: 'price_orders' | 'orders', orderId: string): Promise<CancelOutcome> {
    const verdict = await this.#parts.caller.write(this.#call('DELETE', `${path}/{order_id}`, { order_id: orderId }), 'protect');
    return verdict.type === 'ok' ? { type: 'done', value: null } : verdict;
  }

  #call(method: Call['method'], path: string, params: Record<string, Json>): Call {
    return { api: ['private', 'futures'], method, path: `{settle}/${path}`, params: { settle: this.#settle, ...params }, weight: 1 };
  }

  // --- reads -------------------------------------------------------------------------------------------------------------------

  #read(path: string, params: Record<string, Json>): Promise<Json> {
    return this.#parts.caller.read(this.#call('GET', path, params));
  }

  #pages(path: string, params: Record<string, Json>, id = idOf): Promise<readonly Row[]> {
    return pagesOf(async (range) => rowsOf(await this.#read(path, { ...params, ...range }), path), id);
  }

  async #account(): Promise<Row> {
    return rowOf(await this.#read('accounts', {}), 'the account');
  }

  async #isDual(): Promise<boolean> {
    return isDual(await this.#account());
  }

  async fetchOrder(market: VenueMarket, clientOrderId: string): Promise<OrderRecord | null> {
    const { account } = this.#parts;
    const dual = await this.#isDual();
    const plan = await this.#findPlan(market, clientOrderId);
    if (plan === null) {
      const regular = await this.#findRegular(textFor(clientOrderId));
      return regular === null ? null : regularRecord(regular, account, market, dual);
    }
    const record = planRecord(plan, account, market, dual);
    const childId = childIdOf(plan);
    if (childId === null) return record;
    this.#link(childId, clientOrderId);
    const child = await this.#findRegular(childId);
    return child === null ? record : withChild(record, regularRecord(child, account, market, dual));
  }

  /** Waiting ones before those that are over: what fires in between is then found in the second list. */
  async #findPlan(market: VenueMarket, clientOrderId: string): Promise<Row | null> {
    const text = textFor(clientOrderId);
    for (const status of ['open', 'finished']) {
      const rows = await this.#pages('price_orders', { contract: market.id, status });
      const found = rows.find((row) => optionalText(rowOf(row['initial']), 'text') === text);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** By its id or text. Null when the exchange says that there is no such order; rejects when it does not say. */
  async #findRegular(orderId: string): Promise<Row | null> {
    const call = this.#call('GET', 'orders/{order_id}', { order_id: orderId });
    const verdict = await this.#parts.caller.ask(call);
    if (verdict.type === 'refused' && verdict.code === 'ORDER_NOT_FOUND') return null;
    return rowOf(verdict.type === 'ok' ? verdict.json : await this.#parts.caller.read(call), 'an order');
  }

  /** Regular first: what fires between the two reads is then in neither list rather than twice, and is looked up. */
  async fetchOpenOrders(): Promise<readonly OrderRecord[]> {
    const { markets, account } = this.#parts;
    const dual = await this.#isDual();
    const regular = await this.#pages('orders', { status: 'open' });
    const records = new Map<string, OrderRecord>();
    for (const row of await this.#pages('price_orders', { status: 'open' })) {
      const market = markets.byId(textOf(rowOf(row['initial']), 'contract'));
      if (market === null) continue;
      const record = planRecord(row, account, market, dual);
      records.set(record.clientOrderId, record);
    }
    for (const row of regular) {
      const market = markets.byId(textOf(row, 'contract'));
      const text = optionalText(row, 'text');
      if (market === null || forcedCauseOf(text) !== null) continue;
      const record = regularRecord(row, account, market, dual);
      const clientOrderId = clientIdIn(text) ?? (await this.#planIdOf(record.id, market)) ?? record.clientOrderId;
      const whole = clientOrderId === record.clientOrderId ? null : await this.fetchOrder(market, clientOrderId);
      records.set(clientOrderId, whole ?? record);
    }
    return [...records.values()];
  }

  async fetchPositions(): Promise<readonly PositionRecord[]> {
    const { markets, account } = this.#parts;
    const rows = rowsOf(await this.#read('positions', {}), 'positions');
    return rows.flatMap((row) => {
      const market = markets.byId(textOf(row, 'contract'));
      if (market === null) return [];
      const mode = textOf(row, 'mode');
      const size = dec(decimalOf(row, 'size'));
      const positionSide = mode === 'dual_long' ? ('long' as const) : mode === 'dual_short' ? ('short' as const) : ('both' as const);
      return [
        {
          account,
          symbol: market.symbol,
          positionSide,
          amount: baseAmountOf(market, plain(positionSide === 'both' ? size : size.abs())),
          entryPrice: decimalOf(row, 'entry_price'),
          leverage: leverageIn(row),
          marginMode: marginModeIn(row),
          liquidationPrice: nonZeroDecimal(row, 'liq_price'),
        },
      ];
    });
  }

  async fetchBalance(): Promise<BalanceRecord> {
    const { account, currency } = this.#parts;
    const row = await this.#account();
    const total = decimalOf(row, 'total');
    const equity = plain(dec(total).plus(decimalOf(row, 'unrealised_pnl')));
    const maintenance = optionalDecimal(row, 'cross_maintenance_margin') ?? optionalDecimal(row, 'maintenance_margin') ?? '0';
    return { account, currency, total, equity, free: decimalOf(row, 'available'), marginRatio: marginRatioOf(maintenance, equity) };
  }

  async fetchTrades(market: VenueMarket, since: number): Promise<readonly TradeRecord[]> {
    const dual = await this.#isDual();
    const range = { contract: market.id, from: Math.floor(since / 1_000), to: Math.ceil(this.#parts.now() / 1_000) + AHEAD_S };
    const rows = await this.#pages('my_trades_timerange', range, tradeIdOf);
    const trades: TradeRecord[] = [];
    for (const row of rows) if (secondsOf(row, 'create_time') >= since) trades.push(await this.#trade(row, market, dual));
    return trades.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  async #trade(row: Row, market: VenueMarket, dual: boolean): Promise<TradeRecord> {
    const orderId = textOf(row, 'order_id');
    const size = dec(decimalOf(row, 'size'));
    const side = size.isNegative() ? ('sell' as const) : ('buy' as const);
    return {
      id: tradeIdOf(row),
      orderId,
      clientOrderId: await this.#clientIdOf(orderId, optionalText(row, 'text'), market),
      account: this.#parts.account,
      symbol: market.symbol,
      side,
      positionSide: dual ? tradedLeg(side, decimalOf(row, 'close_size')) : null,
      price: decimalOf(row, 'price'),
      amount: baseAmountOf(market, plain(size.abs())),
      fee: decimalOf(row, 'fee'),
      takerOrMaker: textOf(row, 'role') === 'maker' ? 'maker' : 'taker',
      at: secondsOf(row, 'create_time'),
      info: row,
    };
  }

  /** The id the conditional order had where there was one, else the order's own; null for the exchange's own orders. */
  async #clientIdOf(orderId: string, text: string | null, market: VenueMarket): Promise<string | null> {
    const known = this.#links.get(orderId);
    if (known !== undefined) return known;
    const clientOrderId = forcedCauseOf(text) !== null ? null : (clientIdIn(text) ?? (await this.#planIdOf(orderId, market)) ?? orderId);
    this.#link(orderId, clientOrderId);
    return clientOrderId;
  }

  /** Null when no conditional order became this one. What the list tells of others is kept. */
  async #planIdOf(orderId: string, market: VenueMarket): Promise<string | null> {
    let own: string | null = null;
    for (const row of await this.#pages('price_orders', { contract: market.id, status: 'finished' })) {
      const childId = childIdOf(row);
      if (childId === null) continue;
      const clientOrderId = clientIdIn(optionalText(rowOf(row['initial']), 'text')) ?? idOf(row);
      this.#link(childId, clientOrderId);
      if (childId === orderId) own = clientOrderId;
    }
    return own;
  }

  #link(orderId: string, clientOrderId: string | null): void {
    if (this.#links.size >= LINKS_MAX) this.#links.clear();
    this.#links.set(orderId, clientOrderId);
  }

  fetchAccountEvents(since: number): ReturnType<AccountDialect['fetchAccountEvents']> {
    const { account, currency, caller, markets, now } = this.#parts;
    return fetchAccountEvents({ account, currency, settle: this.#settle, reader: caller, markets, now, isDual: () => this.#isDual() }, since);
  }

  async fetchSettings(market: VenueMarket): Promise<AccountSettings> {
    const dual = await this.#isDual();
    const row = await this.#position(market, dual);
    return { positionMode: dual ? 'hedge' : 'one-way', marginMode: marginModeIn(row), leverage: leverageIn(row) };
  }

  async #position(market: VenueMarket, dual: boolean): Promise<Row> {
    if (!dual) return rowOf(await this.#read('positions/{contract}', { contract: market.id }), 'a position');
    const rows = rowsOf(await this.#read('dual_comp/positions/{contract}', { contract: market.id }), 'positions');
    return rowOf(rows[0], 'a position');
  }

  // --- set-up ------------------------------------------------------------------------------------------------------------------

  /** What a key may do is not told. */
  async fetchKeyPermissions(): Promise<KeyPermissions> {
    const detail = await this.#detail();
    const addresses = detail['ip_whitelist'];
    const isUnified = optionalText(rowOf(detail['key'], 'a key'), 'mode') === '2';
    const mode = textOf(await this.#account(), 'margin_mode');
    const isClassic = !isUnified && mode === '0';
    return {
      canTrade: null,
      canWithdraw: null,
      isIpRestricted: Array.isArray(addresses) ? addresses.length > 0 : null,
      accountType: isUnified ? 'unified account' : isClassic ? 'classic account' : `margin mode ${mode}`,
      unsupported: isClassic ? null : 'other coins are margin too, so liquidation cannot be told from this symbol alone; switch to a classic account',
    };
  }

  async #detail(): Promise<Row> {
    return rowOf(await this.#parts.caller.read({ api: ['private', 'account'], method: 'GET', path: 'detail', params: {}, weight: 1 }), 'the account');
  }

  async fetchFees(market: VenueMarket): Promise<{ readonly takerFee: string; readonly makerFee: string }> {
    const row = rowOf(rowOf(await this.#read('fee', { contract: market.id }), 'fees')[market.id], 'fees');
    return { takerFee: decimalOf(row, 'taker_fee'), makerFee: decimalOf(row, 'maker_fee') };
  }

  setPositionMode(_market: VenueMarket, mode: PositionMode): Promise<SetupOutcome> {
    return this.#set('dual_mode', { dual_mode: mode === 'hedge' ? 'true' : 'false' });
  }

  /** A leverage of zero is how cross margin is written; its leverage is then a limit beside it. */
  async setMarginMode(market: VenueMarket, mode: MarginMode, leverage: string): Promise<SetupOutcome> {
    const path = (await this.#isDual()) ? 'dual_comp/positions/{contract}/leverage' : 'positions/{contract}/leverage';
    const how: Record<string, Json> = mode === 'cross' ? { leverage: '0', cross_leverage_limit: leverage } : { leverage };
    return this.#set(path, { contract: market.id, ...how });
  }

  async setLeverage(market: VenueMarket, leverage: string): Promise<SetupOutcome> {
    return this.setMarginMode(market, (await this.fetchSettings(market)).marginMode, leverage);
  }

  async #set(path: string, params: Record<string, Json>): Promise<SetupOutcome> {
    const verdict = await this.#parts.caller.write(this.#call('POST', path, params), 'write');
    if (verdict.type === 'ok') return { type: 'done' };
    return verdict.message.startsWith(UNCHANGED) ? { type: 'unchanged' } : { type: 'failed', message: verdict.message };
  }

  // --- stream ------------------------------------------------------------------------------------------------------------------

  /** Each channel names the user, whose number is asked for when it is opened. */
  streams(): readonly StreamSpec[] {
    const stream = this.#parts.stream as unknown as GateStreaming;
    return CHANNELS.map((channel) => ({
      name: channel,
      silenceMs: null,
      open: async () => stream.subscribePrivate(stream.urls.api.swap.usdt, channel, [textOf(await this.#detail(), 'user_id'), '!all'], channel, {}),
    }));
  }

  /** Every push says that something is to be read; what it was is read by REST. */
  frames(message: Json): readonly Frame[] | null {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
    const row = rowOf(message);
    return row['event'] === 'update' && CHANNELS.some((channel) => channel === row['channel']) ? [{ type: 'hint' }] : null;
  }
}

const UNCHANGED = 'NO_CHANGE';

function isDual(account: Row): boolean {
  return account['position_mode'] === undefined ? account['in_dual_mode'] === true : textOf(account, 'position_mode') === 'dual';
}

function tradeIdOf(row: Row): string {
  return textOf(row, 'trade_id');
}

/** In hedge mode a trade closes or opens, never both. */
function tradedLeg(side: 'buy' | 'sell', closed: string): PositionSide {
  return (side === 'buy') === (closed !== '0') ? 'short' : 'long';
}

/** A leverage of zero is how cross margin is written. */
function marginModeIn(row: Row): MarginMode {
  return decimalOf(row, 'leverage') === '0' ? 'cross' : 'isolated';
}

function leverageIn(row: Row): string {
  return decimalOf(row, marginModeIn(row) === 'cross' ? 'cross_leverage_limit' : 'leverage');
}
