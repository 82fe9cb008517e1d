/** `POST /info`: public data and the state of any address. Reads need no signature. */
import { dec, maxOf, plain, ZERO } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { AccountSnapshot, PositionRecord } from '../../../ports/exchange.ts';
import type { WireWorld } from '../wire-world.ts';
import type { Addresses } from './addresses.ts';
import type { Asset, Assets } from './assets.ts';
import { INTERVALS, candleRows } from './candle-rows.ts';
import { assetContext, bookRow, marginTable, spread, universeRow } from './market-rows.ts';
import type { Price } from './market-rows.ts';
import { basicOrder, fullOrder, orderWithStatus } from './order-rows.ts';
import type { Row, WireBook } from './wire-book.ts';
import { Undeserialisable, addressField, cloidField, fieldsOf, integerOf, textOf } from './wire-json.ts';
import type { Fields } from './wire-json.ts';

export interface InfoParts {
  readonly world: WireWorld;
  readonly assets: Assets;
  readonly addresses: Addresses;
  readonly book: WireBook;
}

/** Rows of one answer about fills. */
export const FILLS_MAX = 2_000;
/** Rows of one answer over a time range; the next begins at the last row's time. */
export const ROWS_MAX = 500;
const HISTORICAL_ORDERS_MAX = 2_000;
/** Perpetuals on the books of others, and spot: none. */
const NO_SPOT = { tokens: [{ name: 'USDC', szDecimals: 8, weiDecimals: 8, index: 0, tokenId: '0x6d1e7cde53ba9467b783cb7c530ce054', isCanonical: true, evmContract: null, fullName: null }], universe: [] };
/** An account without an end to its requests. */
const RATE_LIMIT = { cumVlm: '0.0', nRequestsUsed: 0, nRequestsCap: 10_000, nRequestsSurplus: 0 };

export class InfoDesk {
  readonly #parts: InfoParts;

  constructor(parts: InfoParts) {
    this.#parts = parts;
  }

  async answer(fields: Fields): Promise<Json> {
    switch (textOf(fields['type'])) {
      case 'meta':
        return this.#meta();
      case 'metaAndAssetCtxs':
        return [this.#meta(), this.#parts.assets.all.map((asset) => this.#context(asset))];
      case 'spotMeta':
        return NO_SPOT;
      case 'spotMetaAndAssetCtxs':
        return [NO_SPOT, []];
      case 'perpDexs':
        return [null];
      case 'exchangeStatus':
        return { time: this.#parts.world.now(), specialStatuses: null };
      case 'allMids':
        return this.#mids();
      case 'marginTable':
        return marginTable(this.#assetAt(integerOf(fields['id']) - 1));
      case 'l2Book':
        return this.#book(this.#asset(fields['coin']));
      case 'candleSnapshot':
        return this.#candleSnapshot(fieldsOf(fields['req']));
      case 'fundingHistory':
        return this.#fundingHistory(this.#asset(fields['coin']), fields);
      default:
        return this.#answerAbout(addressField(fields['user']), fields);
    }
  }

  async #answerAbout(user: string, fields: Fields): Promise<Json> {
    const { addresses, book } = this.#parts;
    const account = addresses.accountOfUser(user);
    switch (textOf(fields['type'])) {
      case 'clearinghouseState':
        return account === null ? this.#emptyState() : this.#clearinghouseState(account);
      case 'spotClearinghouseState':
        return { balances: [] };
      case 'openOrders':
        return account === null ? [] : this.#openOrders(account).then((orders) => orders.map((order) => basicOrder(order, this.#assetOf(order.record.symbol))));
      case 'frontendOpenOrders':
        return account === null ? [] : this.#openOrders(account).then((orders) => orders.map((order) => fullOrder(order, this.#assetOf(order.record.symbol))));
      case 'orderStatus':
        return this.#orderStatus(account, fields['oid']);
      case 'historicalOrders':
        return account === null ? [] : book.newestOrders(account, HISTORICAL_ORDERS_MAX).map((order) => orderWithStatus(order, this.#assetOf(order.record.symbol)));
      case 'userFills':
        return account === null ? [] : book.fills(account).slice(-FILLS_MAX).reverse().map(({ json }) => json);
      case 'userFillsByTime':
        return account === null ? [] : page(book.fills(account), fields, FILLS_MAX);
      case 'userFunding':
        return account === null ? [] : page(book.fundings(account), fields, ROWS_MAX);
      case 'userNonFundingLedgerUpdates':
        return account === null ? [] : page(book.ledger(account), fields, ROWS_MAX);
      case 'activeAssetData':
        return this.#activeAssetData(user, account, this.#asset(fields['coin']));
      case 'userFees':
        return this.#userFees();
      case 'userRole':
        return { ...addresses.roleOf(user) };
      case 'extraAgents':
        return account === null ? [] : addresses.agentsOf(account).map((address, index) => ({ name: `agent ${index + 1}`, address, validUntil: this.#parts.world.now() + AGENT_VALIDITY_MS }));
      case 'subAccounts':
        return account === null ? null : addresses.subAccountsOf(account).map((name) => ({ name, subAccountUser: addresses.addressOfAccount(name), master: user }));
      case 'userAbstraction':
        return 'disabled';
      case 'userRateLimit':
        return RATE_LIMIT;
      default:
        throw new Undeserialisable('no such info request');
    }
  }

  #meta(): Json {
    const { all } = this.#parts.assets;
    return { universe: all.map(universeRow), marginTables: all.map((asset) => [asset.index + 1, marginTable(asset)]), collateralToken: 0 };
  }

  #context(asset: Asset): Json {
    return assetContext(asset, this.#parts.world.record(asset.symbol));
  }

  #mids(): Json {
    return Object.fromEntries(this.#parts.assets.all.flatMap((asset) => {
      const price = this.#price(asset);
      return price === null ? [] : [[asset.coin, price.last]];
    }));
  }

  #book(asset: Asset): Json {
    const price = this.#price(asset);
    return price === null ? null : bookRow(asset, price);
  }

  #candleSnapshot(req: Fields): Json {
    const interval = textOf(req['interval']);
    if (!INTERVALS.includes(interval)) throw new Undeserialisable('no such interval');
    const asset = this.#asset(req['coin']);
    return candleRows(this.#parts.world.record(asset.symbol), asset, interval, integerOf(req['startTime']), endOf(req));
  }

  #fundingHistory({ symbol, coin }: Asset, fields: Fields): Json {
    const rows = this.#parts.world.record(symbol).funding.map(({ at, rate }): Row => ({ at, json: { coin, fundingRate: rate, premium: '0.0', time: at } }));
    return page(rows, fields, ROWS_MAX);
  }

  /** From the exchange's own read, so that what it lacks is lacking here too. */
  async #openOrders(account: string): Promise<readonly ReturnType<WireBook['orderOf']>[]> {
    const { openOrders } = await this.#parts.world.exchange.fetchSnapshot(account);
    return openOrders.map((record) => this.#parts.book.orderOf(record)).reverse();
  }

  async #orderStatus(account: string | null, oid: Json | undefined): Promise<Json> {
    const id = typeof oid === 'number' ? oid : cloidField(oid);
    const known = account === null ? null : this.#parts.book.order(account, id);
    if (account === null || known === null) return { status: 'unknownOid' };
    const { symbol, clientOrderId } = known.record;
    const record = await this.#parts.world.exchange.fetchOrder(account, symbol, clientOrderId);
    if (record === null) return { status: 'unknownOid' };
    return { status: 'order', order: orderWithStatus(this.#parts.book.orderOf(record), this.#assetOf(symbol)) };
  }

  async #clearinghouseState(account: string): Promise<Json> {
    const snapshot = await this.#parts.world.exchange.fetchSnapshot(account);
    const equity = dec(snapshot.balance.equity);
    const markOf = ({ symbol }: PositionRecord): string => this.#parts.world.price(symbol)?.mark ?? '0';
    const notional = snapshot.positions.reduce((total, each) => total.plus(dec(each.amount).abs().times(markOf(each))), ZERO);
    const signed = snapshot.positions.reduce((total, each) => total.plus(dec(each.amount).times(markOf(each))), ZERO);
    const summary = {
      accountValue: plain(equity),
      totalNtlPos: plain(notional),
      totalRawUsd: plain(equity.minus(signed)),
      totalMarginUsed: plain(equity.minus(snapshot.balance.free)),
    };
    return {
      marginSummary: summary,
      crossMarginSummary: summary,
      crossMaintenanceMarginUsed: maintenanceOf(snapshot),
      withdrawable: plain(maxOf(ZERO, dec(snapshot.balance.free))),
      assetPositions: snapshot.positions.map((position) => ({ type: 'oneWay', position: this.#positionRow(position, markOf(position)) })),
      time: this.#parts.world.now(),
    };
  }

  #positionRow(position: PositionRecord, mark: string): Json {
    const asset = this.#assetOf(position.symbol);
    const amount = dec(position.amount);
    const value = amount.abs().times(mark);
    const margin = value.dividedBy(position.leverage).toDecimalPlaces(USD_DECIMALS);
    const pnl = amount.times(dec(mark).minus(position.entryPrice));
    return {
      coin: asset.coin,
      szi: position.amount,
      leverage: { type: position.marginMode, value: Number(position.leverage) },
      entryPx: position.entryPrice,
      positionValue: plain(value),
      unrealizedPnl: plain(pnl),
      returnOnEquity: margin.isZero() ? '0.0' : plain(pnl.dividedBy(margin).toDecimalPlaces(USD_DECIMALS)),
      liquidationPx: position.liquidationPrice,
      marginUsed: plain(margin),
      maxLeverage: asset.maxLeverage,
      cumFunding: { allTime: '0.0', sinceOpen: '0.0', sinceChange: '0.0' },
    };
  }

  #emptyState(): Json {
    const summary = { accountValue: '0.0', totalNtlPos: '0.0', totalRawUsd: '0.0', totalMarginUsed: '0.0' };
    return { marginSummary: summary, crossMarginSummary: summary, crossMaintenanceMarginUsed: '0.0', withdrawable: '0.0', assetPositions: [], time: this.#parts.world.now() };
  }

  async #activeAssetData(user: string, account: string | null, asset: Asset): Promise<Json> {
    const mark = this.#price(asset)?.mark ?? '0.0';
    const settings = account === null ? { marginMode: 'cross', leverage: '20' } : await this.#parts.world.exchange.fetchSettings(account, asset.symbol);
    const free = account === null ? '0' : (await this.#parts.world.exchange.fetchSnapshot(account)).balance.free;
    const affordable = dec(mark).isZero() ? '0.0' : plain(dec(free).times(settings.leverage).dividedBy(mark).toDecimalPlaces(asset.szDecimals, 1));
    return { user, coin: asset.coin, leverage: { type: settings.marginMode, value: Number(settings.leverage) }, maxTradeSzs: [affordable, affordable], availableToTrade: [free, free], markPx: mark };
  }

  /** One schedule for the whole exchange: the first market's. */
  #userFees(): Json {
    const { takerFee = '0', makerFee = '0' } = this.#parts.assets.all[0] ?? {};
    return { dailyUserVlm: [], feeSchedule: { cross: takerFee, add: makerFee, tiers: { vip: [], mm: [] }, referralDiscount: '0.04' }, userCrossRate: takerFee, userAddRate: makerFee, activeReferralDiscount: '0.0', trial: null, feeTrialReward: '0.0', nextTrialAvailableTimestamp: null };
  }

  #price(asset: Asset): Price | null {
    return this.#parts.world.price(asset.symbol);
  }

  #assetOf(symbol: string): Asset {
    return this.#parts.assets.bySymbol(symbol);
  }

  #asset(coin: Json | undefined): Asset {
    const asset = this.#parts.assets.byCoin(coin);
    if (asset === null) throw new Undeserialisable('no such coin');
    return asset;
  }

  #assetAt(index: number): Asset {
    const asset = this.#parts.assets.byIndex(index);
    if (asset === null) throw new Undeserialisable('no such margin table');
    return asset;
  }
}

const AGENT_VALIDITY_MS = 180 * 86_400_000;
/** USDC has six decimals. */
const USD_DECIMALS = 6;

/** Maintenance margin from the exchange's ratio, which is floored: what a client divides by the equity again gives that very ratio. */
function maintenanceOf({ balance }: AccountSnapshot): string {
  return balance.marginRatio === null ? '0.0' : plain(dec(balance.marginRatio).times(balance.equity));
}

function endOf(fields: Fields): number {
  return fields['endTime'] === undefined || fields['endTime'] === null ? Infinity : integerOf(fields['endTime']);
}

/** The oldest rows of a time range, both ends included. */
function page(rows: readonly Row[], fields: Fields, limit: number): readonly Json[] {
  const start = integerOf(fields['startTime']);
  const end = endOf(fields);
  return rows.filter(({ at }) => at >= start && at <= end).slice(0, limit).map(({ json }) => json);
}

export function bboText(asset: Asset, last: string): string {
  const { bid, ask } = spread(asset, last);
  return `${bid}@${ask}`;
}
