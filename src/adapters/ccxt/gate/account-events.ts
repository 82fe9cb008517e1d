/**
 * Funding, transfers and forced closes of a Gate account: from its account book, and, because that tells neither amount nor price of what
 * was closed, from its trades. A payment does not name its position side: in hedge mode it follows from the signs.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import { baseAmountOf } from '../contract-amounts.ts';
import type { Reader, VenueMarket, VenueMarkets } from '../dialect.ts';
import type { AccountEvent } from '../event-ledger.ts';
import { decimalOf, optionalText, rowsOf, textOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { payingSide } from '../paying-side.ts';
import type { FundingRate } from '../public-facts.ts';
import { SettledRates } from '../settled-rates.ts';
import { pagesOf, secondsOf } from './lists.ts';
import { forcedCauseOf } from './order-rows.ts';

/** Rows of this moment may carry a time a little ahead of ours. */
const AHEAD_S = 60;
/** Rates are read from this long before the first payment on. */
const RATES_BEFORE_S = 3_600;
const RATES_PAGE = 1_000;

export interface AccountEventParts {
  readonly account: string;
  readonly currency: string;
  readonly settle: string;
  readonly reader: Reader;
  readonly markets: VenueMarkets;
  readonly now: () => number;
  readonly isDual: () => Promise<boolean>;
}

export async function fetchAccountEvents(parts: AccountEventParts, since: number): Promise<readonly AccountEvent[]> {
  const range = { from: Math.floor(since / 1_000), to: Math.ceil(parts.now() / 1_000) + AHEAD_S };
  const events: AccountEvent[] = [];
  const dual = await parts.isDual();
  const rates = new SettledRates((market) => ratesOf(parts, market, range));
  for (const row of await listOf(parts, 'account_book', { ...range, type: 'fund' }, bookIdOf)) events.push(...(await fundingOf(row, parts, rates, dual)));
  for (const row of await listOf(parts, 'account_book', { ...range, type: 'dnw' }, bookIdOf)) events.push(transferOf(row, parts));
  for (const row of await listOf(parts, 'my_trades_timerange', range, (each) => textOf(each, 'trade_id'))) events.push(...forcedOf(row, parts, dual));
  return events.filter(({ at }) => at >= since).sort((a, b) => a.at - b.at);
}

function listOf({ reader, settle }: AccountEventParts, path: string, params: Record<string, Json>, idOf: (row: Row) => string): Promise<readonly Row[]> {
  const read = async (range: { readonly limit: number; readonly offset: number }): Promise<readonly Row[]> =>
    rowsOf(await reader.read({ api: ['private', 'futures'], method: 'GET', path: `{settle}/${path}`, params: { settle, ...params, ...range }, weight: 1 }), path);
  return pagesOf(read, idOf);
}

/** What tells two rows of the book apart: older ones have no id. */
function bookIdOf(row: Row): string {
  return optionalText(row, 'id') ?? ['time', 'type', 'contract', 'text', 'change', 'balance'].map((name) => optionalText(row, name) ?? '').join(':');
}

/** By pages that end where the page before begins. */
async function ratesOf({ reader, settle }: AccountEventParts, market: VenueMarket, { from, to }: { readonly from: number; readonly to: number }): Promise<readonly FundingRate[]> {
  const rates = new Map<number, FundingRate>();
  for (let end = to; ; ) {
    const params = { settle, contract: market.id, from: from - RATES_BEFORE_S, to: end, limit: RATES_PAGE };
    const rows = rowsOf(await reader.read({ api: ['public', 'futures'], method: 'GET', path: '{settle}/funding_rate', params, weight: 1 }), 'funding rates');
    for (const row of rows) rates.set(secondsOf(row, 't'), { at: secondsOf(row, 't'), rate: decimalOf(row, 'r') });
    const oldest = Math.min(...rows.map((row) => secondsOf(row, 't'))) / 1_000;
    if (rows.length < RATES_PAGE || oldest >= end) return [...rates.values()];
    end = oldest;
  }
}

async function fundingOf(row: Row, { account, markets }: AccountEventParts, rates: SettledRates, dual: boolean): Promise<AccountEvent[]> {
  const market = markets.byId(optionalText(row, 'contract') ?? optionalText(row, 'text') ?? '');
  if (market === null) return [];
  const at = secondsOf(row, 'time');
  const amount = decimalOf(row, 'change');
  const rate = await rates.at(market, at);
  const positionSide = dual ? payingSide(amount, rate) : 'both';
  return [{ type: 'funding', id: `funding:${bookIdOf(row)}`, account, symbol: market.symbol, positionSide, amount, rate, markPrice: '0', at }];
}

function transferOf(row: Row, { account, currency }: AccountEventParts): AccountEvent {
  return { type: 'transfer', id: `transfer:${bookIdOf(row)}`, account, currency, amount: decimalOf(row, 'change'), at: secondsOf(row, 'time') };
}

function forcedOf(row: Row, { account, markets }: AccountEventParts, dual: boolean): AccountEvent[] {
  const cause = forcedCauseOf(optionalText(row, 'text'));
  const market: VenueMarket | null = markets.byId(textOf(row, 'contract'));
  if (cause === null || market === null) return [];
  const size = dec(decimalOf(row, 'size'));
  return [
    {
      type: 'liquidation',
      cause,
      id: `forced:${textOf(row, 'trade_id')}`,
      account,
      symbol: market.symbol,
      positionSide: dual ? (size.isNegative() ? 'long' : 'short') : 'both',
      amount: baseAmountOf(market, plain(size.abs())),
      price: decimalOf(row, 'price'),
      fee: decimalOf(row, 'fee'),
      at: secondsOf(row, 'create_time'),
    },
  ];
}
