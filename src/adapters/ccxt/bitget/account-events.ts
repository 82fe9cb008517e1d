/**
 * Funding, transfers and forced closes of a Bitget account: from its bills, and, because bills tell neither amount nor price of what was
 * closed, from its trades. A bill does not name the position side of a funding payment: in hedge mode it follows from the signs, because
 * longs pay a positive rate and shorts receive it.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { PositionSide } from '../../../ports/exchange.ts';
import type { Reader, VenueMarket, VenueMarkets } from '../dialect.ts';
import type { AccountEvent } from '../event-ledger.ts';
import { decimalOf, optionalText, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { feeIn } from '../order-records.ts';
import { payingSide } from '../paying-side.ts';
import type { FundingRate } from '../public-facts.ts';
import { SettledRates } from '../settled-rates.ts';
import { feePaid, forcedCauseOf } from './order-rows.ts';
import { marketParams, pagesOf, productOf } from './product.ts';

/** One answer's span of bills; the exchange allows 30 days. */
const SPAN_MS = 29 * 86_400_000;
/** Rows of this moment may carry a time a little ahead of ours. */
const AHEAD_MS = 60_000;
const RATES_PAGE = 100;
const RATES_PAGES_MAX = 50;
const FUNDING = 'contract_settle_fee';
const TRANSFER = /^(?:trans_|bonus_|cash_gift_)/;
/** As the exchange spells it. */
const INSURANCE = 'risk_captital_user_transfer';

export interface AccountEventParts {
  readonly account: string;
  readonly currency: string;
  readonly reader: Reader;
  readonly markets: VenueMarkets;
  readonly now: () => number;
  readonly isHedge: (market: VenueMarket) => Promise<boolean>;
}

export async function fetchAccountEvents(parts: AccountEventParts, since: number): Promise<readonly AccountEvent[]> {
  const events: AccountEvent[] = [];
  const end = parts.now() + AHEAD_MS;
  const rates = new SettledRates((market) => ratesOf(parts.reader, market, since));
  for (let from = since; from < end; from += SPAN_MS) {
    const span = { startTime: String(from), endTime: String(Math.min(from + SPAN_MS, end)), limit: '100' };
    for (const row of await listOf(parts, 'account/bill', span, 'bills')) events.push(...(await billOf(row, parts, rates)));
    for (const row of await listOf(parts, 'order/fills', span, 'fillList')) events.push(...forcedOf(row, parts));
  }
  const unique = new Map(events.map((event) => [event.id, event]));
  return [...unique.values()].filter(({ at }) => at >= since).sort((a, b) => a.at - b.at);
}

function listOf({ reader, currency }: AccountEventParts, path: string, span: Record<string, Json>, name: string): Promise<readonly Row[]> {
  const params = { productType: productOf(currency), ...span };
  return pagesOf((before) => reader.read({ api: ['private', 'mix'], method: 'GET', path: `v2/mix/${path}`, params: { ...params, ...before }, weight: 1 }), name);
}

/** Bills of trades and of what is no linear swap tell nothing here. */
async function billOf(row: Row, parts: AccountEventParts, rates: SettledRates): Promise<AccountEvent[]> {
  const type = textOf(row, 'businessType');
  const at = timeOf(row, 'cTime');
  const id = textOf(row, 'billId');
  const { account, markets } = parts;
  if (TRANSFER.test(type)) return [{ type: 'transfer', id: `transfer:${id}`, account, currency: textOf(row, 'coin'), amount: decimalOf(row, 'amount'), at }];
  const market = markets.byId((optionalText(row, 'symbol') ?? '').toUpperCase());
  if (market === null) return [];
  if (type === FUNDING) return [await fundingOf(row, market, at, parts, rates)];
  const paid = type === INSURANCE ? dec(decimalOf(row, 'amount')) : dec('0');
  if (!paid.greaterThan(0)) return [];
  // The fund paid a debt: nothing was closed, the fee is negative.
  return [{ type: 'liquidation', cause: 'insurance', id: `insurance:${id}`, account, symbol: market.symbol, positionSide: 'both', amount: '0', price: '0', fee: plain(paid.negated()), at }];
}

/** Newest first, by pages with a number. */
async function ratesOf(reader: Reader, market: VenueMarket, since: number): Promise<readonly FundingRate[]> {
  const rates: FundingRate[] = [];
  for (let page = 1; page <= RATES_PAGES_MAX; page += 1) {
    const params = { ...marketParams(market), pageSize: String(RATES_PAGE), pageNo: String(page) };
    const answer = await reader.read({ api: ['public', 'mix'], method: 'GET', path: 'v2/mix/market/history-fund-rate', params, weight: 1 });
    const rows = rowsOf(rowOf(answer)['data'], 'funding rates');
    rates.push(...rows.map((row) => ({ at: timeOf(row, 'fundingTime'), rate: decimalOf(row, 'fundingRate') })));
    if (rows.length < RATES_PAGE || (rates.at(-1)?.at ?? 0) < since) break;
  }
  return rates;
}

async function fundingOf(row: Row, market: VenueMarket, at: number, { account, isHedge }: AccountEventParts, rates: SettledRates): Promise<AccountEvent> {
  const rate = await rates.at(market, at);
  const amount = decimalOf(row, 'amount');
  const positionSide = (await isHedge(market)) ? payingSide(amount, rate) : 'both';
  return { type: 'funding', id: `funding:${textOf(row, 'billId')}`, account, symbol: market.symbol, positionSide, amount, rate, markPrice: '0', at };
}

function forcedOf(row: Row, { account, markets }: AccountEventParts): AccountEvent[] {
  const cause = forcedCauseOf(row);
  const market = markets.byId(textOf(row, 'symbol').toUpperCase());
  if (cause === null || market === null) return [];
  const price = decimalOf(row, 'price');
  const amount = decimalOf(row, 'baseVolume');
  const paid = feePaid(rowsOf(row['feeDetail'], 'fees'), market.quote);
  const fee = feeIn(market, paid, paid === null ? 'another' : market.quote, price, amount, false);
  const positionSide = legOf(textOf(row, 'tradeSide'));
  return [{ type: 'liquidation', cause, id: `forced:${textOf(row, 'tradeId')}`, account, symbol: market.symbol, positionSide, amount, price, fee, at: timeOf(row, 'cTime') }];
}

/** `burst_close_long` names its leg, `burst_sell_single` is of one-way mode. */
function legOf(tradeSide: string): PositionSide | 'both' {
  return tradeSide.endsWith('_long') ? 'long' : tradeSide.endsWith('_short') ? 'short' : 'both';
}
