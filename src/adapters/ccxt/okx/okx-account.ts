/** One OKX account: requests that change something, complete reads over both order namespaces, and the private streams. */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarginMode, PositionMode } from '../../../domain/strategy.ts';
import type { AccountSettings, AmendRequest, BalanceRecord, CancelRequest, OrderRecord, OrderRequest, PositionRecord, TradeRecord, WriteOutcome } from '../../../ports/exchange.ts';
import type { KeyPermissions, SetupOutcome } from '../../../ports/exchange-setup.ts';
import { baseAmountOf } from '../contract-amounts.ts';
import type { AccountDialect, AccountParts, CancelOutcome, Frame, StreamSpec, Verdict, VenueMarket } from '../dialect.ts';
import { decimalOf, nonZeroDecimal, optionalDecimal, optionalText, orUnknown, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { acceptedRecord, feeIn, marginRatioOf } from '../order-records.ts';
import type { Priority } from '../rate-budget.ts';
import type { Call } from '../rest-client.ts';
import { SharedRead } from '../shared-read.ts';
import { FORCED_SUBTYPES, fetchAccountEvents } from './account-events.ts';
import { algoRecord, childIdsOf, isForced, MARGIN_MODE, orderParams, positionSideOf, regularRecord, sideOf, withChildren } from './order-rows.ts';
import { pagesOf } from './pages.ts';

/** Kinds of conditional orders, each a list of its own. */
const ALGO_LISTS = ['conditional,oco', 'trigger', 'move_order_stop'] as const;
/** The list of recent trades reaches back three days; older ones are at an endpoint that is behind. */
const RECENT_TRADES_MS = 3 * 86_400_000 - 3_600_000;
/** Modes are asked for once in this time however many plans ask. */
const CONFIG_REST_MS = 2_000;
/** Client order ids remembered by order id; each is two short texts. */
const LINKS_MAX = 20_000;

/** What of ccxt's stream client is used here; its own types have none of it. */
interface Streaming {
  authenticate(params: Record<string, unknown>): Promise<unknown>;
  getUrl(channel: string, access: string): string;
  watch(url: string, hash: string, message: unknown, subscribeHash: string): Promise<unknown>;
}

export class OkxAccount implements AccountDialect {
  readonly #parts: AccountParts;
  readonly #config: SharedRead<Row>;
  /** Client order id by order id; null for orders of the exchange itself. */
  readonly #links = new Map<string, string | null>();

  constructor(parts: AccountParts) {
    this.#parts = parts;
    this.#config = new SharedRead(() => this.#row('account/config', {}, 4), CONFIG_REST_MS);
  }

  // --- writes ------------------------------------------------------------------------------------------------------------------

  async place(market: VenueMarket, request: OrderRequest, priority: Priority): Promise<WriteOutcome<OrderRecord>> {
    const params = orderParams(request, market);
    if (params === null) return { type: 'refused', code: 'MIN_AMOUNT', message: `not sent: ${request.amount} is less than one lot of ${market.instrument.amountStep}` };
    const isConditional = request.triggerPrice !== null;
    const verdict = await this.#parts.caller.write(namelessPost(isConditional ? 'order-algo' : 'order', params), priority);
    if (verdict.type !== 'ok') return verdict;
    return orUnknown<WriteOutcome<OrderRecord>>(() => {
      const id = textOf(onlyRow(verdict.json), isConditional ? 'algoId' : 'ordId');
      if (!isConditional) this.#link(id, request.clientOrderId);
      return { type: 'done', value: acceptedRecord(request, id, this.#parts.now()) };
    });
  }

  amend(_market: VenueMarket, _request: AmendRequest): Promise<WriteOutcome<OrderRecord | null>> {
    return Promise.resolve({ type: 'refused', code: 'ORDER_NOT_AMENDABLE', message: 'conditional orders are not amended here' });
  }

  /** In the conditional namespace, then, when it is not there any more, in the regular one, where it may have gone by firing. */
  async cancel(market: VenueMarket, { clientOrderId }: CancelRequest): Promise<CancelOutcome> {
    const algo = await this.#cancelCall('trade/cancel-algos', [{ instId: market.id, algoClOrdId: clientOrderId }]);
    if (algo.type === 'ok') return { type: 'done', value: null };
    if (algo.type === 'unknown' || algo.code !== 'ORDER_NOT_FOUND') return algo;
    const children = await this.#childrenOf(clientOrderId);
    const names = children.length === 0 ? [{ clOrdId: clientOrderId }] : children.map((ordId) => ({ ordId }));
    const outcomes: CancelOutcome[] = [];
    for (const name of names) outcomes.push(await this.#cancelRegular(market, name));
    return outcomes.find(({ type }) => type === 'unknown') ?? outcomes.find(({ type }) => type === 'done') ?? algo;
  }

  async #cancelRegular(market: VenueMarket, name: { readonly ordId: string } | { readonly clOrdId: string }): Promise<CancelOutcome> {
    const verdict = await this.#cancelCall('trade/cancel-order', { instId: market.id, ...name });
    return verdict.type === 'ok' ? { type: 'done', value: null } : verdict;
  }

  #cancelCall(path: string, params: Call['params']): Promise<Verdict> {
    return this.#parts.caller.write({ api: 'private', method: 'POST', path, params, weight: 1 }, 'protect');
  }

  /** Empty when it has not fired, as far as the exchange says. */
  async #childrenOf(clientOrderId: string): Promise<readonly string[]> {
    const found = await this.#parts.caller.ask(get('trade/order-algo', { algoClOrdId: clientOrderId }, 1));
    return found.type === 'ok' ? childIdsOf(onlyRow(found.json)) : [];
  }

  // --- reads -------------------------------------------------------------------------------------------------------------------

  async #rows(path: string, params: Record<string, Json>, weight: number): Promise<readonly Row[]> {
    return rowsOf(rowOf(await this.#parts.caller.read(get(path, params, weight)))['data'], path);
  }

  async #row(path: string, params: Record<string, Json>, weight: number): Promise<Row> {
    return rowOf((await this.#rows(path, params, weight))[0], path);
  }

  async fetchOrder(market: VenueMarket, clientOrderId: string): Promise<OrderRecord | null> {
    const { account } = this.#parts;
    const algo = await this.#find(get('trade/order-algo', { algoClOrdId: clientOrderId }, 1));
    if (algo === null) {
      const regular = await this.#find(get('trade/order', { instId: market.id, clOrdId: clientOrderId }, 1));
      return regular === null ? null : regularRecord(regular, account, market);
    }
    const record = algoRecord(algo, account, market);
    const ids = childIdsOf(algo);
    if (ids.length === 0) return record;
    const children: OrderRecord[] = [];
    for (const ordId of ids) {
      this.#link(ordId, clientOrderId);
      // One that is not told any more was cancelled without a fill: all others are kept.
      const child = await this.#find(get('trade/order', { instId: market.id, ordId }, 1));
      if (child !== null) children.push(regularRecord(child, account, market));
    }
    return withChildren(record, children);
  }

  /** Null when the exchange says that there is no such order; rejects when it does not say. */
  async #find(call: Call): Promise<Row | null> {
    const verdict = await this.#parts.caller.ask(call);
    if (verdict.type === 'ok') return onlyRow(verdict.json);
    if (verdict.type === 'refused' && verdict.code === 'ORDER_NOT_FOUND') return null;
    return onlyRow(await this.#parts.caller.read(call));
  }

  /** Regular first: what fires between the two reads is then in neither list rather than twice, and is looked up. */
  async fetchOpenOrders(): Promise<readonly OrderRecord[]> {
    const { markets, account } = this.#parts;
    const regular = await pagesOf((after) => this.#rows('trade/orders-pending', { instType: 'SWAP', limit: '100', ...after }, 1), 'ordId');
    const records = new Map<string, OrderRecord>();
    for (const ordType of ALGO_LISTS) {
      for (const row of await pagesOf((after) => this.#rows('trade/orders-algo-pending', { instType: 'SWAP', ordType, limit: '100', ...after }, 1), 'algoId')) {
        const market = markets.byId(textOf(row, 'instId'));
        if (market === null) continue;
        const record = algoRecord(row, account, market);
        records.set(record.clientOrderId, record);
      }
    }
    for (const row of regular) {
      const market = markets.byId(textOf(row, 'instId'));
      if (market === null || isForced(row)) continue;
      const record = regularRecord(row, account, market);
      this.#link(record.id, record.clientOrderId);
      // Of a conditional order that has fired the whole record is its own.
      const whole = optionalText(row, 'algoClOrdId') === null ? null : await this.fetchOrder(market, record.clientOrderId);
      records.set(record.clientOrderId, whole ?? record);
    }
    return [...records.values()];
  }

  async fetchPositions(): Promise<readonly PositionRecord[]> {
    const { markets, account } = this.#parts;
    const rows = await this.#rows('account/positions', { instType: 'SWAP' }, 2);
    return rows.flatMap((row) => {
      const market = markets.byId(textOf(row, 'instId'));
      if (market === null) return [];
      const positionSide = positionSideOf(row);
      const contracts = dec(decimalOf(row, 'pos'));
      return [
        {
          account,
          symbol: market.symbol,
          positionSide: positionSide ?? ('both' as const),
          amount: baseAmountOf(market, plain(positionSide === null ? contracts : contracts.abs())),
          entryPrice: contracts.isZero() ? (optionalDecimal(row, 'avgPx') ?? '0') : decimalOf(row, 'avgPx'),
          leverage: decimalOf(row, 'lever'),
          marginMode: textOf(row, 'mgnMode') === 'isolated' ? ('isolated' as const) : ('cross' as const),
          liquidationPrice: nonZeroDecimal(row, 'liqPx'),
        },
      ];
    });
  }

  /** A currency that was never held is not in the answer. */
  async fetchBalance(): Promise<BalanceRecord> {
    const { account, currency } = this.#parts;
    const details = rowsOf((await this.#row('account/balance', { ccy: currency }, 2))['details'], 'balances');
    const row = details.find((each) => each['ccy'] === currency);
    if (row === undefined) return { account, currency, total: '0', equity: '0', free: '0', marginRatio: null };
    const equity = decimalOf(row, 'eq');
    return { account, currency, total: decimalOf(row, 'cashBal'), equity, free: decimalOf(row, 'availEq'), marginRatio: marginRatioOf(optionalDecimal(row, 'mmr') ?? '0', equity) };
  }

  async fetchTrades(market: VenueMarket, since: number): Promise<readonly TradeRecord[]> {
    const rows = new Map<string, Row>();
    const paths = since < this.#parts.now() - RECENT_TRADES_MS ? ['trade/fills-history', 'trade/fills'] : ['trade/fills'];
    for (const path of paths) {
      const params = { instType: 'SWAP', instId: market.id, begin: String(since), limit: '100' };
      for (const row of await pagesOf((after) => this.#rows(path, { ...params, ...after }, 2), 'billId')) rows.set(textOf(row, 'billId'), row);
    }
    const trades: TradeRecord[] = [];
    for (const row of rows.values()) if (timeOf(row, 'ts') >= since) trades.push(await this.#trade(row, market));
    return trades.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  async #trade(row: Row, market: VenueMarket): Promise<TradeRecord> {
    const orderId = textOf(row, 'ordId');
    const price = decimalOf(row, 'fillPx');
    const amount = baseAmountOf(market, decimalOf(row, 'fillSz'));
    const isMaker = optionalText(row, 'execType') === 'M';
    // A charge is negative there.
    const commission = optionalDecimal(row, 'fee');
    const paid = commission === null ? null : plain(dec(commission).negated());
    return {
      id: textOf(row, 'tradeId'),
      orderId,
      clientOrderId: FORCED_SUBTYPES.has(textOf(row, 'subType')) ? null : await this.#clientIdOf(orderId, market),
      account: this.#parts.account,
      symbol: market.symbol,
      side: sideOf(row),
      positionSide: positionSideOf(row),
      price,
      amount,
      fee: feeIn(market, paid, optionalText(row, 'feeCcy'), price, amount, isMaker),
      takerOrMaker: isMaker ? 'maker' : 'taker',
      at: timeOf(row, 'ts'),
      info: row,
    };
  }

  /** The id the conditional order had where there was one, else the order's own; null for the exchange's own orders. */
  async #clientIdOf(orderId: string, market: VenueMarket): Promise<string | null> {
    const known = this.#links.get(orderId);
    if (known !== undefined) return known;
    const row = await this.#find(get('trade/order', { instId: market.id, ordId: orderId }, 1));
    const clientId = row === null ? orderId : isForced(row) ? null : regularRecord(row, this.#parts.account, market).clientOrderId;
    this.#link(orderId, clientId);
    return clientId;
  }

  #link(orderId: string, clientOrderId: string | null): void {
    if (this.#links.size >= LINKS_MAX) this.#links.clear();
    this.#links.set(orderId, clientOrderId);
  }

  fetchAccountEvents(since: number): ReturnType<AccountDialect['fetchAccountEvents']> {
    const { account, caller, markets, now } = this.#parts;
    return fetchAccountEvents({ account, reader: caller, markets, now, isHedgeMode: async () => isHedge(await this.#config.get()) }, since);
  }

  async fetchSettings(market: VenueMarket): Promise<AccountSettings> {
    const config = await this.#config.get();
    const leverage = await this.#row('account/leverage-info', { instId: market.id, mgnMode: MARGIN_MODE }, 1);
    return { positionMode: isHedge(config) ? 'hedge' : 'one-way', marginMode: MARGIN_MODE, leverage: decimalOf(leverage, 'lever') };
  }

  // --- set-up ------------------------------------------------------------------------------------------------------------------

  async fetchKeyPermissions(): Promise<KeyPermissions> {
    const config = await this.#config.get();
    const level = textOf(config, 'acctLv');
    const permissions = textOf(config, 'perm').split(',');
    return {
      canTrade: permissions.includes('trade'),
      canWithdraw: permissions.includes('withdraw'),
      isIpRestricted: optionalText(config, 'ip') !== null,
      accountType: ACCOUNT_LEVELS[level] ?? `account level ${level}`,
      unsupported: level === '2' ? null : level === '1' ? 'in spot mode swaps cannot be traded; switch to futures mode' : 'other coins are margin too, so liquidation cannot be told from this symbol alone; switch to futures mode',
    };
  }

  /** Charges are negative there. */
  async fetchFees(market: VenueMarket): Promise<{ readonly takerFee: string; readonly makerFee: string }> {
    const info = rowOf(market.info);
    const row = await this.#row('account/trade-fee', { instType: 'SWAP', instFamily: textOf(info, 'instFamily') }, 4);
    const groups = row['feeGroup'] === undefined ? [] : rowsOf(row['feeGroup'], 'fee groups');
    const own = groups.find((group) => group['groupId'] === info['groupId']);
    const [rates, suffix] = own === undefined ? [row, market.quote === 'USDC' ? 'USDC' : 'U'] : [own, ''];
    return { takerFee: plain(dec(decimalOf(rates, `taker${suffix}`)).negated()), makerFee: plain(dec(decimalOf(rates, `maker${suffix}`)).negated()) };
  }

  setPositionMode(_market: VenueMarket, mode: PositionMode): Promise<SetupOutcome> {
    return this.#set('account/set-position-mode', { posMode: mode === 'hedge' ? 'long_short_mode' : 'net_mode' }, 4);
  }

  setMarginMode(_market: VenueMarket, mode: MarginMode, _leverage: string): Promise<SetupOutcome> {
    if (mode === MARGIN_MODE) return Promise.resolve({ type: 'unchanged' });
    return Promise.resolve({ type: 'failed', message: 'on OKX every order names its margin mode, and hedgerow trades with cross margin there' });
  }

  setLeverage(market: VenueMarket, leverage: string): Promise<SetupOutcome> {
    return this.#set('account/set-leverage', { instId: market.id, lever: leverage, mgnMode: MARGIN_MODE }, 1);
  }

  async #set(path: string, params: Record<string, Json>, weight: number): Promise<SetupOutcome> {
    const verdict = await this.#parts.caller.write({ api: 'private', method: 'POST', path, params, weight }, 'write');
    return verdict.type === 'ok' ? { type: 'done' } : { type: 'failed', message: verdict.message };
  }

  // --- streams -----------------------------------------------------------------------------------------------------------------

  /** Regular and conditional orders are told at two addresses. */
  streams(): readonly StreamSpec[] {
    const stream = this.#parts.stream as unknown as Streaming;
    const spec = (name: string, access: string, args: readonly Record<string, string>[]): StreamSpec => ({
      name,
      silenceMs: null,
      open: async () => {
        await stream.authenticate({ access });
        return stream.watch(stream.getUrl('users', access), name, { op: 'subscribe', args }, name);
      },
    });
    return [
      spec('orders', 'private', [{ channel: 'orders', instType: 'SWAP' }, { channel: 'balance_and_position' }]),
      spec('conditional orders', 'business', [{ channel: 'orders-algo', instType: 'SWAP' }]),
    ];
  }

  /** Every push says that something is to be read; what it was is read by REST. */
  frames(message: Json): readonly Frame[] | null {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
    const { arg, data } = rowOf(message);
    return arg === undefined || data === undefined ? null : [{ type: 'hint' }];
  }
}

const ACCOUNT_LEVELS: Readonly<Record<string, string>> = { '1': 'spot mode', '2': 'futures mode', '3': 'multi-currency margin', '4': 'portfolio margin' };

function isHedge(config: Row): boolean {
  return textOf(config, 'posMode') === 'long_short_mode';
}

function get(path: string, params: Record<string, Json>, weight: number): Call {
  return { api: 'private', method: 'GET', path, params, weight };
}

/** ccxt adds a client id and a tag of its own to orders sent to the paths it knows; a path with a place for the name is none of them. */
function namelessPost(name: string, params: Record<string, Json>): Call {
  return { api: 'private', method: 'POST', path: 'trade/{name}', params: { name, ...params }, weight: 1 };
}

/** Requests for one order are answered with a list of one. */
function onlyRow(json: Json): Row {
  const [row] = rowsOf(rowOf(json)['data'], 'one order');
  return rowOf(row, 'one order');
}
