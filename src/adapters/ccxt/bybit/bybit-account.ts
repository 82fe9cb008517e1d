/**
 * One Bybit unified account: requests that change something, complete reads, and the private stream. Conditional orders are ordinary ones
 * here: one endpoint, one list, one id for all their life. An acknowledgement says only that a request was taken.
 */
import { ZERO, ceilToStep, dec, floorQuotientToStep, maxOf, minOf, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarginMode, PositionMode } from '../../../domain/strategy.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { AccountSettings, AmendRequest, BalanceRecord, CancelRequest, OrderRecord, OrderRequest, PositionRecord, TradeRecord, WriteOutcome } from '../../../ports/exchange.ts';
import type { KeyPermissions, SetupOutcome } from '../../../ports/exchange-setup.ts';
import type { AccountDialect, AccountParts, CancelOutcome, Frame, StreamSpec, Verdict, VenueMarket } from '../dialect.ts';
import { decimalOf, nonZeroDecimal, optionalDecimal, orUnknown, rowOf, rowsOf, textOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import type { Priority } from '../rate-budget.ts';
import type { Call } from '../rest-client.ts';
import { SharedRead } from '../shared-read.ts';
import { fetchAccountEvents } from './account-events.ts';
import { READ_WEIGHT, allPages, allSince, resultOf } from './bybit-pages.ts';
import { EndpointPace } from './endpoint-pace.ts';
import { byTime, isTrade, tradeRecord } from './execution-rows.ts';
import { OrderLegs } from './order-legs.ts';
import { CATEGORY, acceptedRecord, clientOrderIdOf, isForcedOrder, orderName, orderParams, orderRecord, positionSideOf, sideOf } from './order-rows.ts';
import { privateStream } from './private-stream.ts';
import { UNCHANGED } from './refusals.ts';
import { userFrames } from './user-frames.ts';

const ORDERS_PAGE = 50;
const EXECUTIONS_PAGE = 100;
const POSITIONS_PAGE = 200;
const WRITE_WEIGHT = READ_WEIGHT;
const PACE_PAUSE_MS = 500;
const RATIO_STEP = dec('0.00000001');
const MARGIN_MODES: Readonly<Record<string, MarginMode>> = { REGULAR_MARGIN: 'cross', ISOLATED_MARGIN: 'isolated' };
const MARGIN_NAMES: Readonly<Record<MarginMode, string>> = { cross: 'REGULAR_MARGIN', isolated: 'ISOLATED_MARGIN' };
const MODE_NUMBERS: Readonly<Record<PositionMode, number>> = { 'one-way': 0, hedge: 3 };
/** Rights to move money away, within the owner's accounts or out of them. */
const MOVES_MONEY: readonly string[] = ['Withdraw', 'AccountTransfer', 'SubMemberTransfer', 'SubMemberTransferList'];
/** The code of endpoints that demo accounts do not have. */
const DEMO_LACKS_IT = '10032';
/** Codes with which Bybit says that it was so already. */
const UNCHANGED_CODES = { positionMode: '110025', marginMode: '110026', leverage: '110043' } as const;

export class BybitAccount implements AccountDialect {
  readonly #parts: AccountParts;
  readonly #legs: OrderLegs;
  readonly #pace = new EndpointPace();
  /** The account's margin mode in Bybit's words, asked for once however many plans ask at a time. */
  readonly #marginMode: SharedRead<string>;
  /** By market id: position mode is a symbol's at Bybit. */
  readonly #hedgeModes = new Map<string, SharedRead<boolean>>();

  constructor(parts: AccountParts) {
    this.#parts = parts;
    this.#marginMode = new SharedRead(async () => textOf(resultOf(await parts.caller.read(get('v5/account/info', {}))), 'marginMode'), 0);
    this.#legs = new OrderLegs(parts.caller, (id) => this.#isHedgeMode(id));
  }

  // --- writes ------------------------------------------------------------------------------------------------------------------

  async place(market: VenueMarket, request: OrderRequest, priority: Priority): Promise<WriteOutcome<OrderRecord>> {
    const verdict = await this.#write(post('v5/order/create', orderParams(request, market.id)), priority);
    if (verdict.type !== 'ok') return verdict;
    const accepted = orUnknown<WriteOutcome<OrderRecord>>(() => {
      const id = textOf(resultOf(verdict.json), 'orderId');
      this.#legs.learnLeg(id, request.positionSide);
      return { type: 'done', value: acceptedRecord(request, id, this.#parts.now()) };
    });
    return accepted.type !== 'done' || request.triggerPrice !== null ? accepted : { type: 'done', value: await this.#asItStands(market, accepted.value) };
  }

  /** What executes at once is looked at once more; where that fails, what was acknowledged stands. */
  async #asItStands(market: VenueMarket, accepted: OrderRecord): Promise<OrderRecord> {
    try {
      return (await this.#find('v5/order/realtime', market, accepted.clientOrderId)) ?? accepted;
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
      return accepted;
    }
  }

  async amend(market: VenueMarket, { clientOrderId, amount, price, triggerPrice }: AmendRequest): Promise<WriteOutcome<OrderRecord | null>> {
    const verdict = await this.#write(
      post('v5/order/amend', {
        category: CATEGORY,
        symbol: market.id,
        ...orderName(clientOrderId),
        qty: plain(dec(amount)),
        ...(price !== null && { price: plain(dec(price)) }),
        ...(triggerPrice !== null && { triggerPrice: plain(dec(triggerPrice)) }),
      }),
      'protect',
    );
    if (verdict.type === 'refused' && UNCHANGED.test(verdict.message)) return { type: 'done', value: null };
    return verdict.type === 'ok' ? { type: 'done', value: null } : verdict;
  }

  async cancel(market: VenueMarket, { clientOrderId }: CancelRequest): Promise<CancelOutcome> {
    const verdict = await this.#write(post('v5/order/cancel', { category: CATEGORY, symbol: market.id, ...orderName(clientOrderId) }), 'protect');
    return verdict.type === 'ok' ? { type: 'done', value: null } : verdict;
  }

  async #write(call: Call, priority: Priority): Promise<Verdict> {
    if (await this.#pace.turn(call.path, priority)) return this.#parts.caller.write(call, priority);
    return { type: 'refused', code: 'RATE_LIMITED', message: 'not sent: too much waits for this endpoint', retryAfterMs: PACE_PAUSE_MS };
  }

  // --- reads -------------------------------------------------------------------------------------------------------------------

  /** Realtime has what is open and the newest that ended, history the rest; cancelled ones without a fill only for a day. */
  async fetchOrder(market: VenueMarket, clientOrderId: string): Promise<OrderRecord | null> {
    return (await this.#find('v5/order/realtime', market, clientOrderId)) ?? (await this.#find('v5/order/history', market, clientOrderId));
  }

  async #find(path: string, market: VenueMarket, clientOrderId: string): Promise<OrderRecord | null> {
    const rows = rowsOf(resultOf(await this.#parts.caller.read(get(path, { category: CATEGORY, symbol: market.id, ...orderName(clientOrderId) })))['list'], path);
    const row = rows.find((each) => clientOrderIdOf(each) === clientOrderId && each['symbol'] === market.id);
    if (row === undefined) return null;
    this.#legs.learn(row);
    return orderRecord(row, this.#parts.account, market.symbol);
  }

  async fetchOpenOrders(): Promise<readonly OrderRecord[]> {
    const { caller, markets, account, currency } = this.#parts;
    const rows = await allPages(caller, 'v5/order/realtime', { category: CATEGORY, settleCoin: currency, openOnly: 0, limit: ORDERS_PAGE });
    const records = new Map<string, OrderRecord>();
    for (const row of rows) {
      const market = markets.byId(textOf(row, 'symbol'));
      if (market === null || isForcedOrder(row)) continue;
      this.#legs.learn(row);
      const record = orderRecord(row, account, market.symbol);
      if (record.status === 'open') records.set(record.clientOrderId, record);
    }
    return [...records.values()];
  }

  async fetchPositions(): Promise<readonly PositionRecord[]> {
    const { caller, markets, currency } = this.#parts;
    const marginMode = MARGIN_MODES[await this.#marginMode.get()] ?? 'cross';
    const rows = await allPages(caller, 'v5/position/list', { category: CATEGORY, settleCoin: currency, limit: POSITIONS_PAGE });
    return rows.flatMap((row) => {
      const market = markets.byId(textOf(row, 'symbol'));
      return market === null || decimalOf(row, 'size') === '0' ? [] : [this.#position(row, market, marginMode)];
    });
  }

  #position(row: Row, { symbol }: VenueMarket, marginMode: MarginMode): PositionRecord {
    const positionSide = positionSideOf(Number(textOf(row, 'positionIdx')));
    const size = dec(decimalOf(row, 'size'));
    return {
      account: this.#parts.account,
      symbol,
      positionSide: positionSide ?? 'both',
      amount: plain(positionSide === null && sideOf(row) === 'sell' ? size.negated() : size),
      entryPrice: decimalOf(row, 'avgPrice'),
      leverage: optionalDecimal(row, 'leverage') ?? '1',
      marginMode,
      liquidationPrice: nonZeroDecimal(row, 'liqPrice'),
    };
  }

  /** Of the currency alone. Where other coins are owed, what the whole account has left is less than that. */
  async fetchBalance(): Promise<BalanceRecord> {
    const { caller, account, currency } = this.#parts;
    const wallet = rowsOf(resultOf(await caller.read(get('v5/account/wallet-balance', { accountType: 'UNIFIED' })))['list'], 'wallets')[0];
    const row = wallet === undefined ? undefined : rowsOf(wallet['coin'], 'coins').find((each) => each['coin'] === currency);
    if (wallet === undefined || row === undefined) return { account, currency, total: '0', equity: '0', free: '0', marginRatio: null };
    const equity = dec(decimalOf(row, 'equity'));
    const bound = dec(optionalDecimal(row, 'totalPositionIM') ?? '0').plus(optionalDecimal(row, 'totalOrderIM') ?? '0');
    const own = maxOf(ZERO, equity.minus(bound));
    const whole = optionalDecimal(wallet, 'totalAvailableBalance');
    return {
      account,
      currency,
      total: decimalOf(row, 'walletBalance'),
      equity: plain(equity),
      free: plain(whole === null ? own : maxOf(ZERO, minOf(own, dec(whole)))),
      marginRatio: marginRatioOf(wallet, row),
    };
  }

  async fetchTrades(market: VenueMarket, since: number): Promise<readonly TradeRecord[]> {
    const { caller, account } = this.#parts;
    const rows = await allSince(caller, 'v5/execution/list', { category: CATEGORY, symbol: market.id, limit: EXECUTIONS_PAGE }, since, this.#parts.now());
    const unique = new Map(rows.filter(isTrade).map((row) => [textOf(row, 'execId'), row]));
    const trades: TradeRecord[] = [];
    for (const row of [...unique.values()].sort(byTime)) trades.push(tradeRecord(row, account, market, await this.#legs.legOf(row)));
    return trades;
  }

  fetchAccountEvents(since: number): ReturnType<AccountDialect['fetchAccountEvents']> {
    const { account, currency, caller, markets, now } = this.#parts;
    return fetchAccountEvents({ account, currency, reader: caller, markets, legs: this.#legs, isHedgeMode: (id) => this.#isHedgeMode(id) }, since, now());
  }

  async fetchSettings(market: VenueMarket): Promise<AccountSettings> {
    const marginMode = MARGIN_MODES[await this.#marginMode.get()] ?? 'cross';
    const rows = await this.#legsOf(market.id);
    const leverages = rows.map((row) => dec(optionalDecimal(row, 'leverage') ?? '1'));
    // The legs of isolated hedge mode may differ: the smaller one bounds what both can hold.
    return { positionMode: isHedged(rows) ? 'hedge' : 'one-way', marginMode, leverage: plain(leverages.reduce(minOf)) };
  }

  /** Flat legs too: a symbol that is named is always shown. */
  async #legsOf(id: string): Promise<readonly Row[]> {
    const rows = rowsOf(resultOf(await this.#parts.caller.read(get('v5/position/list', { category: CATEGORY, symbol: id })))['list'], 'positions');
    if (rows.length === 0) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bybit shows no position row of ${id}`);
    return rows;
  }

  #isHedgeMode(id: string): Promise<boolean> {
    let mode = this.#hedgeModes.get(id);
    if (mode === undefined) {
      mode = new SharedRead(async () => isHedged(await this.#legsOf(id)), 0);
      this.#hedgeModes.set(id, mode);
    }
    return mode.get();
  }

  // --- set-up ------------------------------------------------------------------------------------------------------------------

  async fetchKeyPermissions(): Promise<KeyPermissions> {
    const { caller } = this.#parts;
    const verdict = await caller.ask(get('v5/user/query-api', {}));
    const marginMode = await this.#marginMode.get();
    if (verdict.type !== 'ok') {
      if (!verdict.message.startsWith(DEMO_LACKS_IT)) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bybit does not tell of the key: ${verdict.message}`);
      // Demo accounts are unified ones.
      return { canTrade: null, canWithdraw: null, isIpRestricted: null, accountType: `UNIFIED ${marginMode}`, unsupported: unsupported(true, marginMode) };
    }
    const key = resultOf(verdict.json);
    const permissions = rowOf(key['permissions'], 'permissions');
    const trading = wordsOf(permissions['ContractTrade']);
    const isUnified = Number(textOf(key, 'uta')) === 1;
    return {
      canTrade: Number(textOf(key, 'readOnly')) === 0 && trading.includes('Order') && trading.includes('Position'),
      canWithdraw: wordsOf(permissions['Wallet']).some((right) => MOVES_MONEY.includes(right)),
      isIpRestricted: !wordsOf(key['ips']).includes('*'),
      accountType: isUnified ? `UNIFIED ${marginMode}` : 'classic',
      unsupported: unsupported(isUnified, marginMode),
    };
  }

  async fetchFees(market: VenueMarket): Promise<{ readonly takerFee: string; readonly makerFee: string }> {
    const rows = rowsOf(resultOf(await this.#parts.caller.read(get('v5/account/fee-rate', { category: CATEGORY, symbol: market.id })))['list'], 'fee rates');
    const row = rows.find((each) => each['symbol'] === market.id);
    if (row === undefined) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bybit shows no fee rate of ${market.id}`);
    return { takerFee: decimalOf(row, 'takerFeeRate'), makerFee: decimalOf(row, 'makerFeeRate') };
  }

  setPositionMode(market: VenueMarket, mode: PositionMode): Promise<SetupOutcome> {
    return this.#set('v5/position/switch-mode', { category: CATEGORY, symbol: market.id, mode: MODE_NUMBERS[mode] }, UNCHANGED_CODES.positionMode);
  }

  /** Of the whole account. */
  async setMarginMode(_market: VenueMarket, mode: MarginMode, _leverage: string): Promise<SetupOutcome> {
    if ((await this.#marginMode.get()) === MARGIN_NAMES[mode]) return { type: 'unchanged' };
    return this.#set('v5/account/set-margin-mode', { setMarginMode: MARGIN_NAMES[mode] }, UNCHANGED_CODES.marginMode);
  }

  setLeverage(market: VenueMarket, leverage: string): Promise<SetupOutcome> {
    const text = plain(dec(leverage));
    return this.#set('v5/position/set-leverage', { category: CATEGORY, symbol: market.id, buyLeverage: text, sellLeverage: text }, UNCHANGED_CODES.leverage);
  }

  async #set(path: string, params: Record<string, Json>, unchangedCode: string): Promise<SetupOutcome> {
    const verdict = await this.#parts.caller.write(post(path, params), 'write');
    if (verdict.type !== 'ok') return verdict.message.startsWith(unchangedCode) ? { type: 'unchanged' } : { type: 'failed', message: verdict.message };
    // A change of the margin mode that was taken and not made says why.
    const reasons = resultOf(verdict.json)['reasons'];
    return Array.isArray(reasons) && reasons.length > 0 ? { type: 'failed', message: JSON.stringify(reasons) } : { type: 'done' };
  }

  // --- stream ------------------------------------------------------------------------------------------------------------------

  streams(): readonly StreamSpec[] {
    return [privateStream(this.#parts.stream, this.#parts.now)];
  }

  frames(message: Json): readonly Frame[] | null {
    const { account, markets } = this.#parts;
    return userFrames(message, { account, markets, legs: this.#legs });
  }
}

function get(path: string, params: Record<string, Json>): Call {
  return { api: 'private', method: 'GET', path, params, weight: READ_WEIGHT };
}

function post(path: string, params: Record<string, Json>): Call {
  return { api: 'private', method: 'POST', path, params, weight: WRITE_WEIGHT };
}

function isHedged(rows: readonly Row[]): boolean {
  return rows.some((row) => textOf(row, 'positionIdx') !== '0');
}

/** The account's in cross mode; in isolated mode the account has none, and it is the maintenance margin of the positions over the equity. */
function marginRatioOf(wallet: Row, coin: Row): string | null {
  const whole = optionalDecimal(wallet, 'accountMMRate');
  if (whole !== null) return whole === '0' ? null : whole;
  const maintenance = dec(optionalDecimal(coin, 'totalPositionMM') ?? '0');
  const equity = dec(decimalOf(coin, 'equity'));
  if (maintenance.isZero() || !equity.greaterThan(0)) return null;
  return plain(floorQuotientToStep(ceilToStep(maintenance, RATIO_STEP), equity, RATIO_STEP));
}

function unsupported(isUnified: boolean, marginMode: string): string | null {
  if (!isUnified) return 'a classic account has other endpoints and margins; upgrade it to a unified trading account';
  if (MARGIN_MODES[marginMode] === undefined) return `margin mode ${marginMode} has neither leverage nor liquidation prices per position; choose cross or isolated margin`;
  return null;
}

function wordsOf(json: Json | undefined): readonly string[] {
  return Array.isArray(json) ? json.map(String) : [];
}
