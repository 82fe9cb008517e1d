/** One Binance USDⓈ-M account: requests that change something, complete reads over both order namespaces, and the private stream. */
import { dec, isOnStep } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarginMode, PositionMode } from '../../../domain/strategy.ts';
import type { AccountSettings, AmendRequest, BalanceRecord, CancelRequest, OrderRecord, OrderRequest, PositionRecord, RefusalCode, TradeRecord, WriteOutcome } from '../../../ports/exchange.ts';
import type { KeyPermissions, SetupOutcome } from '../../../ports/exchange-setup.ts';
import type { AccountDialect, AccountParts, CancelOutcome, Frame, StreamSpec, Verdict, VenueMarket } from '../dialect.ts';
import { decimalOf, flagOf, nonZeroDecimal, optionalDecimal, optionalText, orUnknown, rowOf, rowOrNull, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { acceptedRecord, feeIn, marginRatioOf } from '../order-records.ts';
import { CANCELED_BY_USER } from '../order-records.ts';
import type { Priority } from '../rate-budget.ts';
import type { Call } from '../rest-client.ts';
import { SharedRead } from '../shared-read.ts';
import { fetchAccountEvents } from './account-events.ts';
import { ChildOrders, OURS, isForced } from './child-orders.ts';
import { algoRecord, childIdOf, orderParams, positionAmount, positionSideOf, regularRecord, sideOf, withChild } from './order-rows.ts';
import { userFrames } from './user-frames.ts';

const TRADES_PAGE = 1_000;
const PAGES_MAX = 100;
/** Above, open orders of all symbols at once weigh less. */
const SYMBOLS_ONE_BY_ONE = 20;
/** Modes and leverages are believed for this long, ms: for the parts of one reading. */
const SETTINGS_MS = 2_000;
/** Trades are given for a week at a time. */
const TRADES_SPAN_MS = 7 * 86_400_000 - 1;

interface Settings {
  readonly isHedgeMode: boolean;
  readonly bySymbolId: ReadonlyMap<string, { readonly marginMode: MarginMode; readonly leverage: string }>;
}

/** What of ccxt's stream client is used here; its own types have none of it. */
interface Streaming {
  authenticate(params: Record<string, unknown>): Promise<unknown>;
  getPrivateWsUrl(type: string, listenKey: string): string;
  watch(url: string, hash: string, message: undefined, subscribeHash: string): Promise<unknown>;
  readonly options: Record<string, { listenKey?: string; lastAuthenticatedTime?: number } | undefined>;
}

export class BinanceAccount implements AccountDialect {
  readonly #parts: AccountParts;
  readonly #children: ChildOrders;
  readonly #sharedSettings: SharedRead<Settings>;
  #knownSettings: { readonly settings: Settings; readonly at: number } | null = null;

  constructor(parts: AccountParts) {
    this.#parts = parts;
    this.#children = new ChildOrders(parts.caller, parts.account);
    this.#sharedSettings = new SharedRead(() => this.#readSettings(), parts.spacingMs);
  }

  // --- writes ------------------------------------------------------------------------------------------------------------------

  async place(market: VenueMarket, request: OrderRequest, priority: Priority): Promise<WriteOutcome<OrderRecord>> {
    const isConditional = request.triggerPrice !== null;
    const path = isConditional ? 'algoOrder' : 'order';
    const verdict = await this.#parts.caller.write({ api: 'fapiPrivate', method: 'POST', path, params: orderParams(request, market.id), weight: 1 }, priority);
    if (verdict.type === 'refused') return { ...verdict, code: preciseCode(verdict.code, request, market) };
    if (verdict.type !== 'ok') return verdict;
    return orUnknown<WriteOutcome<OrderRecord>>(() => {
      const row = rowOf(verdict.json);
      const id = textOf(row, isConditional ? 'algoId' : 'orderId');
      if (isConditional) {
        const accepted = acceptedRecord(request, id, this.#parts.now());
        this.#children.learnOrigin(request.clientOrderId, accepted);
        return { type: 'done', value: accepted };
      }
      this.#children.learnOrigin(request.clientOrderId, null);
      this.#children.learn(id, request.clientOrderId);
      return { type: 'done', value: { ...regularRecord(row, request.account, market.symbol), clientOrderId: request.clientOrderId } };
    });
  }

  amend(_market: VenueMarket, _request: AmendRequest): Promise<WriteOutcome<OrderRecord | null>> {
    return Promise.resolve({ type: 'refused', code: 'ORDER_NOT_AMENDABLE', message: 'conditional orders cannot be amended here' });
  }

  /** In the conditional namespace, then, when it is not there any more, in the regular one, where it may have gone by firing. */
  async cancel(market: VenueMarket, { clientOrderId }: CancelRequest): Promise<CancelOutcome> {
    const algo = await this.#cancelCall('algoOrder', { symbol: market.id, clientAlgoId: clientOrderId });
    if (algo.type === 'ok') return { type: 'done', value: this.#cancelled(clientOrderId) };
    if (algo.type === 'unknown' || algo.code !== 'ORDER_NOT_FOUND') return algo;
    const child = await this.#childOf(market, clientOrderId);
    const regular = await this.#cancelCall('order', { symbol: market.id, ...(child === null ? { origClientOrderId: clientOrderId } : { orderId: child }) });
    return regular.type === 'ok' ? { type: 'done', value: null } : regular;
  }

  /** What was cancelled before it fired has filled nothing. Null where the order itself is not known: it is looked up. */
  #cancelled(clientOrderId: string): OrderRecord | null {
    const origin = this.#children.knownOrigin(clientOrderId) ?? null;
    return origin === null ? null : { ...origin, status: 'canceled', reason: CANCELED_BY_USER, updatedAt: this.#parts.now() };
  }

  #cancelCall(path: string, params: Record<string, string>): Promise<Verdict> {
    return this.#parts.caller.write({ api: 'fapiPrivate', method: 'DELETE', path, params, weight: 1 }, 'protect');
  }

  /** Null when it has not fired, as far as the exchange says. */
  async #childOf(market: VenueMarket, clientOrderId: string): Promise<string | null> {
    const found = await this.#parts.caller.ask(this.#get('algoOrder', { symbol: market.id, clientAlgoId: clientOrderId }, 1));
    return found.type === 'ok' ? childIdOf(rowOf(found.json)) : null;
  }

  // --- reads -------------------------------------------------------------------------------------------------------------------

  #get(path: string, params: Record<string, Json>, weight: number, api = 'fapiPrivate'): Call {
    return { api, method: 'GET', path, params, weight };
  }

  async fetchOrder(market: VenueMarket, clientOrderId: string): Promise<OrderRecord | null> {
    const { account } = this.#parts;
    const algo = await this.#find(this.#get('algoOrder', { symbol: market.id, clientAlgoId: clientOrderId }, 1));
    if (algo === null) {
      const regular = await this.#find(this.#get('order', { symbol: market.id, origClientOrderId: clientOrderId }, 1));
      return regular === null ? null : regularRecord(regular, account, market.symbol);
    }
    this.#children.learnAlgo(algo);
    const record = algoRecord(algo, account, market.symbol);
    const childId = childIdOf(algo);
    if (childId === null) return record;
    const child = await this.#find(this.#get('order', { symbol: market.id, orderId: childId }, 1));
    return child === null ? record : withChild(record, regularRecord(child, account, market.symbol));
  }

  /** Null when the exchange says that there is no such order; rejects when it does not say. */
  async #find(call: Call): Promise<Row | null> {
    const verdict = await this.#parts.caller.ask(call);
    if (verdict.type === 'ok') return rowOf(verdict.json);
    if (verdict.type === 'refused' && verdict.code === 'ORDER_NOT_FOUND') return null;
    return rowOf(await this.#parts.caller.read(call));
  }

  /** Regular first: what fires between the two reads is then in neither list rather than twice, and is looked up. */
  async fetchOpenOrders(scope: 'traded' | 'all'): Promise<readonly OrderRecord[]> {
    const { markets, account } = this.#parts;
    const regular = await this.#openRows('openOrders', scope);
    const algo = await this.#openRows('openAlgoOrders', scope);
    const records = new Map<string, OrderRecord>();
    for (const row of algo) {
      const market = markets.byId(textOf(row, 'symbol'));
      this.#children.learnAlgo(row);
      if (market === null) continue;
      const record = algoRecord(row, account, market.symbol);
      this.#children.learnOrigin(record.clientOrderId, record);
      records.set(record.clientOrderId, record);
    }
    // The newest first: one search then answers for all that are older.
    for (const row of [...regular].sort((a, b) => timeOf(b, 'time') - timeOf(a, 'time'))) {
      const market = markets.byId(textOf(row, 'symbol'));
      if (market === null || isForced(textOf(row, 'clientOrderId'))) continue;
      const own = regularRecord(row, account, market.symbol);
      const clientOrderId = (await this.#children.clientIdOf(own.id, market, own.createdAt, own.clientOrderId)) ?? own.clientOrderId;
      const origin = OURS.test(clientOrderId) ? await this.#children.originOf(clientOrderId, market) : null;
      records.set(clientOrderId, origin === null ? { ...own, clientOrderId } : withChild(origin, own));
    }
    return [...records.values()];
  }

  /** One symbol weighs 1, all of them 40. */
  async #openRows(path: string, scope: 'traded' | 'all'): Promise<readonly Row[]> {
    const { caller, symbols, markets } = this.#parts;
    if (scope === 'all' || symbols.length > SYMBOLS_ONE_BY_ONE) return rowsOf(await caller.read(this.#get(path, {}, 40)), path);
    const ids = symbols.flatMap((symbol) => markets.bySymbol(symbol)?.id ?? []);
    return (await Promise.all(ids.map(async (symbol) => rowsOf(await caller.read(this.#get(path, { symbol }, 1)), path)))).flat();
  }

  async fetchPositions(): Promise<readonly PositionRecord[]> {
    const { caller, markets, account } = this.#parts;
    const rows = rowsOf(await caller.read(this.#get('positionRisk', {}, 5, 'fapiPrivateV3')), 'positions');
    const settings = await this.#settings();
    return rows.flatMap((row) => {
      const market = markets.byId(textOf(row, 'symbol'));
      if (market === null) return [];
      const own = settings.bySymbolId.get(market.id);
      return [
        {
          account,
          symbol: market.symbol,
          positionSide: positionSideOf(optionalText(row, 'positionSide')) ?? ('both' as const),
          amount: positionAmount(row),
          entryPrice: decimalOf(row, 'entryPrice'),
          leverage: own?.leverage ?? '1',
          marginMode: own?.marginMode ?? 'cross',
          liquidationPrice: nonZeroDecimal(row, 'liquidationPrice'),
        },
      ];
    });
  }

  async fetchBalance(): Promise<BalanceRecord> {
    const { caller, account, currency } = this.#parts;
    const assets = rowsOf(rowOf(await caller.read(this.#get('account', {}, 5, 'fapiPrivateV3')))['assets'], 'assets');
    const row = assets.find((each) => each['asset'] === currency);
    if (row === undefined) return { account, currency, total: '0', equity: '0', free: '0', marginRatio: null };
    const equity = decimalOf(row, 'marginBalance');
    const marginRatio = marginRatioOf(decimalOf(row, 'maintMargin'), equity);
    return { account, currency, total: decimalOf(row, 'walletBalance'), equity, free: decimalOf(row, 'availableBalance'), marginRatio };
  }

  /** From `since` on in spans of a week, each by its pages. */
  async fetchTrades(market: VenueMarket, since: number): Promise<readonly TradeRecord[]> {
    const rows = new Map<string, Row>();
    const now = this.#parts.now();
    for (let from = since; from <= now; from += TRADES_SPAN_MS + 1) await this.#tradesOfSpan(market, from, from + TRADES_SPAN_MS, rows);
    const trades: TradeRecord[] = [];
    const times = [...rows.values()].map((row) => timeOf(row, 'time'));
    if (times.length > 0) await this.#children.learnMany([...rows.values()].map((row) => textOf(row, 'orderId')), market, Math.min(...times), Math.max(...times));
    for (const row of rows.values()) trades.push(await this.#trade(row, market));
    return trades.sort((a, b) => a.at - b.at || Number(a.id) - Number(b.id));
  }

  async #tradesOfSpan(market: VenueMarket, from: number, to: number, rows: Map<string, Row>): Promise<void> {
    let range: Record<string, Json> = { startTime: from, endTime: to };
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const next = rowsOf(await this.#parts.caller.read(this.#get('userTrades', { symbol: market.id, limit: TRADES_PAGE, ...range }, 5)), 'trades');
      const inside = next.filter((row) => timeOf(row, 'time') >= from && timeOf(row, 'time') <= to);
      for (const row of inside) rows.set(textOf(row, 'id'), row);
      if (next.length < TRADES_PAGE || inside.length === 0) return;
      range = { fromId: Math.max(...next.map((row) => Number(textOf(row, 'id')))) + 1 };
    }
  }

  async #trade(row: Row, market: VenueMarket): Promise<TradeRecord> {
    const at = timeOf(row, 'time');
    const orderId = textOf(row, 'orderId');
    const isMaker = flagOf(row, 'maker');
    const price = decimalOf(row, 'price');
    const amount = decimalOf(row, 'qty');
    return {
      id: textOf(row, 'id'),
      orderId,
      clientOrderId: await this.#children.clientIdOf(orderId, market, at),
      account: this.#parts.account,
      symbol: market.symbol,
      side: sideOf(textOf(row, 'side')),
      positionSide: positionSideOf(optionalText(row, 'positionSide')),
      price,
      amount,
      fee: feeIn(market, optionalDecimal(row, 'commission'), optionalText(row, 'commissionAsset'), price, amount, isMaker),
      takerOrMaker: isMaker ? 'maker' : 'taker',
      at,
      info: row,
    };
  }

  fetchAccountEvents(since: number): ReturnType<AccountDialect['fetchAccountEvents']> {
    const { account, caller, markets } = this.#parts;
    return fetchAccountEvents({ account, reader: caller, markets, isHedgeMode: async () => (await this.#settings()).isHedgeMode }, since);
  }

  async fetchSettings(market: VenueMarket): Promise<AccountSettings> {
    const settings = await this.#settings();
    const own = settings.bySymbolId.get(market.id);
    return { positionMode: settings.isHedgeMode ? 'hedge' : 'one-way', marginMode: own?.marginMode ?? 'cross', leverage: own?.leverage ?? '1' };
  }

  async #settings(): Promise<Settings> {
    const known = this.#knownSettings;
    return known !== null && performance.now() - known.at < SETTINGS_MS ? known.settings : this.#sharedSettings.get();
  }

  async #readSettings(): Promise<Settings> {
    const at = performance.now();
    const { caller } = this.#parts;
    const account = rowOf(await caller.read(this.#get('accountConfig', {}, 5)));
    const symbols = rowsOf(await caller.read(this.#get('symbolConfig', {}, 5)), 'symbol settings');
    const bySymbolId = new Map(symbols.map((row) => [textOf(row, 'symbol'), { marginMode: row['marginType'] === 'ISOLATED' ? ('isolated' as const) : ('cross' as const), leverage: decimalOf(row, 'leverage') }]));
    const settings = { isHedgeMode: flagOf(account, 'dualSidePosition'), bySymbolId };
    this.#knownSettings = { settings, at };
    return settings;
  }

  // --- set-up ------------------------------------------------------------------------------------------------------------------

  async fetchKeyPermissions(): Promise<KeyPermissions> {
    const { caller } = this.#parts;
    const config = rowOf(await caller.read(this.#get('accountConfig', {}, 5)));
    const canTrade = flagOf(config, 'canTrade');
    const isMultiAssets = config['multiAssetsMargin'] === true;
    const accountType = isMultiAssets ? 'multi-assets mode' : 'single-asset mode';
    const unsupported = isMultiAssets ? 'in multi-assets mode other coins are margin too, so liquidation cannot be told from this symbol alone; switch to single-asset mode' : null;
    // Demo environments have no such endpoint, and ccxt no address for it.
    const verdict = this.#hasWalletApi ? await caller.ask(this.#get('account/apiRestrictions', {}, 1, 'sapi')) : null;
    if (verdict?.type !== 'ok') return { canTrade, canWithdraw: null, isIpRestricted: null, accountType, unsupported };
    const row = rowOf(verdict.json);
    const canWithdraw = flagOf(row, 'enableWithdrawals') || row['enableInternalTransfer'] === true || row['permitsUniversalTransfer'] === true;
    return { canTrade: canTrade && flagOf(row, 'enableFutures'), canWithdraw, isIpRestricted: flagOf(row, 'ipRestrict'), accountType, unsupported };
  }

  get #hasWalletApi(): boolean {
    return 'sapi' in (this.#parts.signer.urls as unknown as { readonly api: Readonly<Record<string, string>> }).api;
  }

  async fetchFees(market: VenueMarket): Promise<{ readonly takerFee: string; readonly makerFee: string }> {
    const row = rowOf(await this.#parts.caller.read(this.#get('commissionRate', { symbol: market.id }, 20)));
    return { takerFee: decimalOf(row, 'takerCommissionRate'), makerFee: decimalOf(row, 'makerCommissionRate') };
  }

  setPositionMode(_market: VenueMarket, mode: PositionMode): Promise<SetupOutcome> {
    return this.#set('positionSide/dual', { dualSidePosition: mode === 'hedge' ? 'true' : 'false' }, '-4059');
  }

  setMarginMode(market: VenueMarket, mode: MarginMode, _leverage: string): Promise<SetupOutcome> {
    return this.#set('marginType', { symbol: market.id, marginType: mode === 'isolated' ? 'ISOLATED' : 'CROSSED' }, '-4046');
  }

  setLeverage(market: VenueMarket, leverage: string): Promise<SetupOutcome> {
    return this.#set('leverage', { symbol: market.id, leverage }, null);
  }

  async #set(path: string, params: Record<string, string>, unchangedCode: string | null): Promise<SetupOutcome> {
    const verdict = await this.#parts.caller.write({ api: 'fapiPrivate', method: 'POST', path, params, weight: 1 }, 'write');
    this.#knownSettings = null;
    if (verdict.type === 'ok') return { type: 'done' };
    return unchangedCode !== null && verdict.message.startsWith(unchangedCode) ? { type: 'unchanged' } : { type: 'failed', message: verdict.message };
  }

  // --- stream ------------------------------------------------------------------------------------------------------------------

  streams(): readonly StreamSpec[] {
    const stream = this.#parts.stream as unknown as Streaming;
    return [
      {
        name: 'orders',
        silenceMs: null,
        open: async () => {
          await stream.authenticate({ type: 'future' });
          const listenKey = stream.options['future']?.listenKey ?? '';
          return stream.watch(stream.getPrivateWsUrl('future', listenKey), 'orders', undefined, 'future');
        },
      },
    ];
  }

  frames(message: Json): readonly Frame[] | null {
    const { account, markets, stream } = this.#parts;
    if (rowOrNull(message)?.['e'] === 'ACCOUNT_CONFIG_UPDATE') this.#knownSettings = null;
    return userFrames(message, { account, markets, children: this.#children, forgetListenKey: () => forgetListenKey(stream as unknown as Streaming) });
  }
}

/** Binance has one code for too many decimals of a price and of an amount. */
function preciseCode(code: RefusalCode, { amount }: OrderRequest, { instrument }: VenueMarket): RefusalCode {
  return code === 'AMOUNT_OFF_STEP' && isOnStep(dec(amount), dec(instrument.amountStep)) ? 'PRICE_OFF_TICK' : code;
}

/** Else ccxt would open the next stream with the expired key. */
function forgetListenKey({ options }: Streaming): void {
  options['future'] = { ...options['future'], lastAuthenticatedTime: 0 };
}
