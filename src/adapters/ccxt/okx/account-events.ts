/**
 * Funding, transfers and forced closes of an OKX account, from its bills. A bill does not name the position side of a funding payment: in
 * long/short mode it follows from the signs, because longs pay a positive rate and shorts receive it.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { PositionSide } from '../../../ports/exchange.ts';
import { baseAmountOf } from '../contract-amounts.ts';
import type { Reader, VenueMarket, VenueMarkets } from '../dialect.ts';
import type { AccountEvent } from '../event-ledger.ts';
import { decimalOf, optionalDecimal, optionalText, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { payingSide } from '../paying-side.ts';
import type { FundingRate } from '../public-facts.ts';
import { SettledRates } from '../settled-rates.ts';
import { pagesOf } from './pages.ts';

const TRANSFER = '1';
const LIQUIDATION = '5';
const FUNDING = '8';
const ADL = '9';
const CLAWBACK = '10';
/** Rates are read from this long before the first payment on. */
const RATES_BEFORE_MS = 3_600_000;
/** The list of recent bills reaches back seven days; the other one three months. */
const RECENT_BILLS_MS = 7 * 86_400_000 - 3_600_000;

/** Sides of what the exchange closed by force, by the sub-type of its bill; `both` in net mode. */
const FORCED_SIDES: Readonly<Record<string, PositionSide | 'both'>> = {
  '100': 'long',
  '101': 'short',
  '102': 'both',
  '103': 'both',
  '104': 'long',
  '105': 'short',
  '106': 'both',
  '107': 'both',
  '125': 'long',
  '126': 'short',
  '127': 'both',
  '128': 'both',
};
/** Sub-types of trades that no order of a client caused. */
export const FORCED_SUBTYPES: ReadonlySet<string> = new Set(Object.keys(FORCED_SIDES));

export interface AccountEventParts {
  readonly account: string;
  readonly reader: Reader;
  readonly markets: VenueMarkets;
  readonly now: () => number;
  readonly isHedgeMode: () => Promise<boolean>;
}

export async function fetchAccountEvents(parts: AccountEventParts, since: number): Promise<readonly AccountEvent[]> {
  const path = since < parts.now() - RECENT_BILLS_MS ? 'account/bills-archive' : 'account/bills';
  const page = (type: string) => async (after: { readonly after?: string }): Promise<readonly Row[]> =>
    rowsOf(await dataOf(parts.reader, 'private', path, { type, begin: String(since), limit: '100', ...after }, 4), 'bills');
  const events: AccountEvent[] = [];
  const payments = await pagesOf(page(FUNDING), 'billId');
  const isHedgeMode = payments.length > 0 && (await parts.isHedgeMode());
  const rates = new SettledRates((market) => ratesOf(parts.reader, market, since));
  for (const row of payments) events.push(...(await fundingOf(row, parts, rates, isHedgeMode)));
  for (const row of await pagesOf(page(TRANSFER), 'billId')) events.push(transferOf(row, parts.account));
  for (const type of [LIQUIDATION, ADL]) for (const row of await pagesOf(page(type), 'billId')) events.push(...forcedOf(row, parts));
  for (const row of await pagesOf(page(CLAWBACK), 'billId')) events.push(...insuranceOf(row, parts));
  return events.filter(({ at }) => at >= since).sort((a, b) => a.at - b.at);
}

async function dataOf(reader: Reader, api: string, path: string, params: Record<string, Json>, weight: number): Promise<Json | undefined> {
  return rowOf(await reader.read({ api, method: 'GET', path, params, weight }))['data'];
}

function marketIn(row: Row, markets: VenueMarkets): VenueMarket | null {
  return markets.byId(optionalText(row, 'instId') ?? '');
}

async function ratesOf(reader: Reader, market: VenueMarket, since: number): Promise<readonly FundingRate[]> {
  const params = { instId: market.id, before: String(since - RATES_BEFORE_MS), limit: '100' };
  const rows = await pagesOf(async (after) => rowsOf(await dataOf(reader, 'public', 'public/funding-rate-history', { ...params, ...after }, 2), 'funding rates'), 'fundingTime');
  return rows.map((row) => ({ at: timeOf(row, 'fundingTime'), rate: optionalDecimal(row, 'realizedRate') ?? decimalOf(row, 'fundingRate') }));
}

/** Rows of what is no linear swap tell nothing here. */
async function fundingOf(row: Row, { account, markets }: AccountEventParts, rates: SettledRates, isHedgeMode: boolean): Promise<AccountEvent[]> {
  const market = marketIn(row, markets);
  if (market === null) return [];
  const at = timeOf(row, 'ts');
  const amount = decimalOf(row, 'balChg');
  const rate = await rates.at(market, at);
  const positionSide = isHedgeMode ? payingSide(amount, rate) : 'both';
  return [{ type: 'funding', id: `funding:${textOf(row, 'billId')}`, account, symbol: market.symbol, positionSide, amount, rate, markPrice: optionalDecimal(row, 'px') ?? '0', at }];
}

function transferOf(row: Row, account: string): AccountEvent {
  return { type: 'transfer', id: `transfer:${textOf(row, 'billId')}`, account, currency: textOf(row, 'ccy'), amount: decimalOf(row, 'balChg'), at: timeOf(row, 'ts') };
}

function forcedOf(row: Row, { account, markets }: AccountEventParts): AccountEvent[] {
  const market = marketIn(row, markets);
  const positionSide = FORCED_SIDES[textOf(row, 'subType')];
  if (market === null || positionSide === undefined) return [];
  return [
    {
      type: 'liquidation',
      cause: textOf(row, 'type') === ADL ? 'adl' : 'liquidation',
      id: `forced:${textOf(row, 'billId')}`,
      account,
      symbol: market.symbol,
      positionSide,
      amount: baseAmountOf(market, plain(dec(decimalOf(row, 'sz')).abs())),
      price: decimalOf(row, 'px'),
      fee: plain(dec(optionalDecimal(row, 'fee') ?? '0').negated()),
      at: timeOf(row, 'ts'),
    },
  ];
}

/** The fund paid a debt: nothing was closed, the fee is negative. */
function insuranceOf(row: Row, { account, markets }: AccountEventParts): AccountEvent[] {
  const market = marketIn(row, markets);
  const paid = dec(decimalOf(row, 'balChg'));
  if (market === null || !paid.greaterThan(0)) return [];
  return [{ type: 'liquidation', cause: 'insurance', id: `insurance:${textOf(row, 'billId')}`, account, symbol: market.symbol, positionSide: 'both', amount: '0', price: '0', fee: plain(paid.negated()), at: timeOf(row, 'ts') }];
}
