/** One Hyperliquid account: actions with a single row each, complete reads by address, and the channels of its events. */
import { performance } from 'node:perf_hooks';
import { D, ZERO, dec, floorQuotientToStep, maxOf, plain } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarginMode, PositionMode } from '../../../domain/strategy.ts';
import type { AccountSettings, AmendRequest, BalanceRecord, CancelRequest, OrderRecord, OrderRequest, PositionRecord, TradeRecord, WriteOutcome } from '../../../ports/exchange.ts';
import type { KeyPermissions, SetupOutcome } from '../../../ports/exchange-setup.ts';
import type { AccountDialect, AccountParts, CancelOutcome, Frame, StreamSpec, VenueMarket } from '../dialect.ts';
import { decimalOf, optionalDecimal, optionalText, orUnknown, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import type { Priority } from '../rate-budget.ts';
import { accountEventsSince, fillsSince } from './account-history.ts';
import type { HistoryParts } from './account-history.ts';
import { forcedCauseOf, tradeOf } from './account-rows.ts';
import { openChannel } from './channels.ts';
import { infoCall } from './hyperliquid-public.ts';
import { KnownOrders } from './known-orders.ts';
import { L1Sender } from './l1-sender.ts';
import { acceptedRecord, assetIndexOf, clientIdFor, malformation, numberIn, orderRow, recordOf } from './order-rows.ts';
import { userFrames } from './user-frames.ts';

const USER_CHANNELS = ['orderUpdates', 'userFills', 'userFundings', 'userNonFundingLedgerUpdates'] as const;
/** Decimals of the maintenance margin over the equity. */
const RATIO_STEP = new D('0.00000001');
/** They change by hand only. */
const SETTINGS_YOUNG_MS = 3_000;
/** What `userRole` weighs. */
const ROLE_WEIGHT = 60;

type Refused = Extract<WriteOutcome<never>, { type: 'refused' }>;

export class HyperliquidAccount implements AccountDialect {
  readonly #parts: AccountParts;
  readonly #sender: L1Sender;
  readonly #known = new KnownOrders();
  /** By coin, and when they were read (`performance.now()`). */
  readonly #settings = new Map<string, { readonly at: number; readonly settings: AccountSettings }>();

  constructor(parts: AccountParts) {
    this.#parts = parts;
    this.#sender = new L1Sender(parts.caller, parts.signer, parts.now);
  }

  get #user(): string {
    return this.#sender.address;
  }

  // --- writes ------------------------------------------------------------------------------------------------------------------

  async place(market: VenueMarket, request: OrderRequest, priority: Priority): Promise<WriteOutcome<OrderRecord>> {
    const impossible = impossibleHere(request);
    if (impossible !== null) return impossible;
    // It is not documented what the exchange does with an id that was used before: it gets none twice.
    if (this.#known.get(request.clientOrderId) !== null) return { type: 'refused', code: 'DUPLICATE_CLIENT_ORDER_ID', message: 'not sent: an order with this id was' };
    const before = this.#known.learn(acceptedRecord(request, '', this.#parts.now()));
    const outcome = await this.#send(market, before, priority);
    if (outcome.type === 'refused') this.#known.forget(request.clientOrderId);
    return outcome;
  }

  async #send(market: VenueMarket, request: OrderRecord, priority: Priority): Promise<WriteOutcome<OrderRecord>> {
    const mid = request.type === 'market' ? await this.#mid(market) : null;
    if (mid !== null && typeof mid !== 'string') return mid;
    const verdict = await this.#sender.send({ type: 'order', orders: [orderRow(request, market, mid)], grouping: 'na' }, priority);
    if (verdict.type !== 'ok') return verdict;
    const placed = orUnknown<WriteOutcome<OrderRecord | null>>(() => this.#placed(verdict.json, request));
    if (placed.type !== 'done' || placed.value !== null) return placed as WriteOutcome<OrderRecord>;
    return this.#lookedUp(market, request.clientOrderId);
  }

  /** The middle of the book, or why nothing is sent: a market order needs a bound. */
  async #mid({ id }: VenueMarket): Promise<string | Refused> {
    const unsent: Refused = { type: 'refused', code: 'MARKET_HALTED', message: 'not sent: there is no price to bound a market order by' };
    try {
      const verdict = await this.#parts.caller.ask(infoCall({ type: 'allMids' }, 2));
      if (verdict.type === 'refused') return verdict;
      return verdict.type === 'ok' ? (optionalDecimal(rowOf(verdict.json), id) ?? unsent) : unsent;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      return unsent;
    }
  }

  /** Null where the answer does not tell how the order stands: filled in part, and whether the rest lives. */
  #placed(json: Json, request: OrderRecord): WriteOutcome<OrderRecord | null> {
    const row = rowOf(onlyStatus(json));
    const resting = row['resting'] === undefined ? null : rowOf(row['resting']);
    // The stream may have told more already.
    const known = this.#known.get(request.clientOrderId) ?? request;
    if (resting !== null) return { type: 'done', value: this.#known.learn({ ...known, id: textOf(resting, 'oid') }) };
    const filled = rowOf(row['filled'], 'the order');
    if (!dec(decimalOf(filled, 'totalSz')).equals(request.amount)) return { type: 'done', value: null };
    return { type: 'done', value: this.#known.learn({ ...known, id: textOf(filled, 'oid'), status: 'closed', filled: request.amount }) };
  }

  async #lookedUp(market: VenueMarket, clientOrderId: string): Promise<WriteOutcome<OrderRecord>> {
    try {
      const value = await this.fetchOrder(market, clientOrderId);
      return value === null ? { type: 'unknown', message: 'accepted, but the exchange does not show the order' } : { type: 'done', value };
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      return { type: 'unknown', message: `accepted; ${(error as Error).message}` };
    }
  }

  amend(_market: VenueMarket, _request: AmendRequest): Promise<WriteOutcome<OrderRecord | null>> {
    return Promise.resolve({ type: 'refused', code: 'ORDER_NOT_AMENDABLE', message: 'orders are replaced here, never amended' });
  }

  async cancel(market: VenueMarket, { clientOrderId }: CancelRequest): Promise<CancelOutcome> {
    const asset = assetIndexOf(market);
    const oid = numberIn(clientOrderId);
    const action = oid === null ? { type: 'cancelByCloid', cancels: [{ asset, cloid: clientOrderId }] } : { type: 'cancel', cancels: [{ a: asset, o: oid }] };
    const verdict = await this.#sender.send(action, 'protect');
    if (verdict.type !== 'ok') return verdict;
    return orUnknown<CancelOutcome>(() => (onlyStatus(verdict.json) === 'success' ? { type: 'done', value: null } : { type: 'unknown', message: 'an answer that says neither success nor error' }));
  }

  // --- reads -------------------------------------------------------------------------------------------------------------------

  async fetchOrder(market: VenueMarket, clientOrderId: string): Promise<OrderRecord | null> {
    const answer = rowOf(await this.#parts.caller.read(infoCall({ type: 'orderStatus', user: this.#user, oid: numberIn(clientOrderId) ?? clientOrderId }, 2)));
    if (answer['status'] === 'unknownOid') return null;
    const found = rowOf(answer['order'], 'the order');
    const order = rowOf(found['order'], 'the order');
    if (textOf(order, 'coin') !== market.id) return null;
    return this.#known.learn(recordOf(order, this.#parts.account, market, textOf(found, 'status'), timeOf(found, 'statusTimestamp')));
  }

  async fetchOpenOrders(): Promise<readonly OrderRecord[]> {
    const rows = rowsOf(await this.#parts.caller.read(infoCall({ type: 'frontendOpenOrders', user: this.#user })), 'open orders');
    return rows.flatMap((row) => {
      const market = this.#parts.markets.byId(textOf(row, 'coin'));
      return market === null ? [] : [this.#known.learn(recordOf(row, this.#parts.account, market))];
    });
  }

  async #state(): Promise<Row> {
    const state = rowOf(await this.#parts.caller.read(infoCall({ type: 'clearinghouseState', user: this.#user }, 2)));
    for (const position of positionRows(state)) this.#noteSettings(textOf(position, 'coin'), rowOf(position['leverage']));
    return state;
  }

  async fetchPositions(): Promise<readonly PositionRecord[]> {
    return positionRows(await this.#state()).flatMap((position) => {
      const market = this.#parts.markets.byId(textOf(position, 'coin'));
      return market === null ? [] : [positionOf(position, this.#parts.account, market)];
    });
  }

  async fetchBalance(): Promise<BalanceRecord> {
    const state = await this.#state();
    const summary = rowOf(state['marginSummary']);
    const positions = positionRows(state);
    const equity = dec(decimalOf(summary, 'accountValue'));
    const unrealised = positions.reduce((total, position) => total.plus(decimalOf(position, 'unrealizedPnl')), ZERO);
    const maintenance = dec(decimalOf(state, 'crossMaintenanceMarginUsed'));
    return {
      account: this.#parts.account,
      currency: this.#parts.currency,
      total: plain(equity.minus(unrealised)),
      equity: plain(equity),
      free: plain(maxOf(ZERO, equity.minus(decimalOf(summary, 'totalMarginUsed')))),
      marginRatio: positions.length === 0 ? null : equity.greaterThan(0) ? plain(floorQuotientToStep(maintenance, equity, RATIO_STEP)) : '1',
    };
  }

  async fetchTrades(market: VenueMarket, since: number): Promise<readonly TradeRecord[]> {
    const trades: TradeRecord[] = [];
    for (const fill of await fillsSince(this.#history, since)) {
      if (textOf(fill, 'coin') === market.id) trades.push(tradeOf(fill, this.#parts.account, market, await this.#clientIdOf(fill)));
    }
    return trades;
  }

  /** Null for forced closes. A fill that names no id is asked for by its order's number. */
  async #clientIdOf(fill: Row): Promise<string | null> {
    if (forcedCauseOf(fill, this.#user) !== null) return null;
    const oid = textOf(fill, 'oid');
    const known = optionalText(fill, 'cloid') ?? this.#known.clientIdOf(oid);
    if (known !== null) return known;
    const answer = rowOf(await this.#parts.caller.read(infoCall({ type: 'orderStatus', user: this.#user, oid: Number(oid) }, 2)));
    const order = answer['status'] === 'order' ? rowOf(rowOf(answer['order'])['order']) : {};
    return clientIdFor(oid, optionalText(order, 'cloid'));
  }

  get #history(): HistoryParts {
    const { account, caller, markets } = this.#parts;
    return { account, address: this.#user, reader: caller, markets };
  }

  fetchAccountEvents(since: number): ReturnType<AccountDialect['fetchAccountEvents']> {
    return accountEventsSince(this.#history, since);
  }

  /** Positions tell theirs, so that a reading asks for those of flat symbols only: one question weighs as much as all orders. */
  async fetchSettings({ id }: VenueMarket): Promise<AccountSettings> {
    const noted = this.#settings.get(id);
    if (noted !== undefined && performance.now() - noted.at < SETTINGS_YOUNG_MS) return noted.settings;
    const data = rowOf(await this.#parts.caller.read(infoCall({ type: 'activeAssetData', user: this.#user, coin: id })));
    return this.#noteSettings(id, rowOf(data['leverage']));
  }

  #noteSettings(coin: string, leverage: Row): AccountSettings {
    const settings: AccountSettings = { positionMode: 'one-way', marginMode: marginModeOf(leverage), leverage: decimalOf(leverage, 'value') };
    this.#settings.set(coin, { at: performance.now(), settings });
    return settings;
  }

  // --- set-up ------------------------------------------------------------------------------------------------------------------

  async fetchKeyPermissions(): Promise<KeyPermissions> {
    const { signerAddress, ownerAddress, address } = this.#sender;
    const isOwner = signerAddress === ownerAddress;
    const signsForOwner = isOwner || (await this.#relationOf(signerAddress, 'agent', 'user')) === ownerAddress;
    const owns = address === ownerAddress || (await this.#relationOf(address, 'subAccount', 'master')) === ownerAddress;
    const abstraction = await this.#parts.caller.read(infoCall({ type: 'userAbstraction', user: address }));
    const accountType = typeof abstraction === 'string' ? abstraction : 'unknown';
    const isPooled = accountType === 'unifiedAccount' || accountType === 'portfolioMargin';
    const unsupported = isPooled ? 'spot balances are margin too, so liquidation cannot be told from the perpetuals alone; switch the account to separate balances' : null;
    return { canTrade: signsForOwner && owns, canWithdraw: isOwner, isIpRestricted: null, accountType, unsupported };
  }

  /** The address another one stands in this role to; null when it does not. */
  async #relationOf(user: string, role: string, field: string): Promise<string | null> {
    const answer = rowOf(await this.#parts.caller.read(infoCall({ type: 'userRole', user }, ROLE_WEIGHT)));
    return answer['role'] === role ? textOf(rowOf(answer['data']), field).toLowerCase() : null;
  }

  async fetchFees(_market: VenueMarket): Promise<{ readonly takerFee: string; readonly makerFee: string }> {
    const fees = rowOf(await this.#parts.caller.read(infoCall({ type: 'userFees', user: this.#user })));
    return { takerFee: decimalOf(fees, 'userCrossRate'), makerFee: decimalOf(fees, 'userAddRate') };
  }

  setPositionMode(_market: VenueMarket, mode: PositionMode): Promise<SetupOutcome> {
    return Promise.resolve(mode === 'one-way' ? { type: 'unchanged' } : { type: 'failed', message: 'Hyperliquid has one-way positions only' });
  }

  async setMarginMode(market: VenueMarket, mode: MarginMode, leverage: string): Promise<SetupOutcome> {
    const value = Number(leverage);
    if (!Number.isInteger(value)) return { type: 'failed', message: `leverage ${leverage} must be a whole number on Hyperliquid` };
    const before = await this.fetchSettings(market);
    this.#settings.delete(market.id);
    if (before.marginMode === mode && before.leverage === leverage) return { type: 'unchanged' };
    const verdict = await this.#sender.send({ type: 'updateLeverage', asset: assetIndexOf(market), isCross: mode === 'cross', leverage: value }, 'write');
    return verdict.type === 'ok' ? { type: 'done' } : { type: 'failed', message: verdict.message };
  }

  async setLeverage(market: VenueMarket, leverage: string): Promise<SetupOutcome> {
    return this.setMarginMode(market, (await this.fetchSettings(market)).marginMode, leverage);
  }

  // --- stream ------------------------------------------------------------------------------------------------------------------

  streams(): readonly StreamSpec[] {
    return USER_CHANNELS.map((type) => openChannel(this.#parts.stream, { type, user: this.#user }, SILENCE_MS));
  }

  frames(message: Json): readonly Frame[] | null {
    const { account, markets, now } = this.#parts;
    return userFrames(message, { account, address: this.#user, markets, known: this.#known, now });
  }
}

/** An account may be quiet, but a pong comes every ten seconds. */
const SILENCE_MS = 15_000;

function isUnavailable(error: unknown): boolean {
  return error instanceof HedgerowError && error.code === 'EXCHANGE_UNAVAILABLE';
}

/** What no order here can be; nothing is sent. */
function impossibleHere(request: OrderRequest): Refused | null {
  const { positionSide, triggerPrice, triggerBy } = request;
  if (positionSide !== null) return { type: 'refused', code: 'POSITION_SIDE_MISMATCH', message: 'not sent: Hyperliquid has one-way positions only' };
  const malformed = malformation(request) ?? (triggerPrice !== null && triggerBy !== 'mark' ? `triggerBy ${triggerBy}: Hyperliquid triggers by the mark price only` : null);
  return malformed === null ? null : { type: 'refused', code: 'BAD_REQUEST', message: `not sent: ${malformed}` };
}

function onlyStatus(json: Json): Json {
  const data = rowOf(rowOf(rowOf(json)['response'], 'the answer')['data'], 'the answer');
  const statuses = data['statuses'];
  const [only = null] = Array.isArray(statuses) ? (statuses as readonly Json[]) : [];
  return only;
}

function positionRows(state: Row): readonly Row[] {
  return rowsOf(state['assetPositions'], 'positions').map((row) => rowOf(row['position'], 'a position'));
}

function marginModeOf(leverage: Row): MarginMode {
  return textOf(leverage, 'type') === 'isolated' ? 'isolated' : 'cross';
}

function positionOf(position: Row, account: string, market: VenueMarket): PositionRecord {
  const leverage = rowOf(position['leverage']);
  return {
    account,
    symbol: market.symbol,
    positionSide: 'both',
    amount: decimalOf(position, 'szi'),
    entryPrice: optionalDecimal(position, 'entryPx') ?? '0',
    leverage: decimalOf(leverage, 'value'),
    marginMode: marginModeOf(leverage),
    liquidationPrice: optionalDecimal(position, 'liquidationPx'),
  };
}
