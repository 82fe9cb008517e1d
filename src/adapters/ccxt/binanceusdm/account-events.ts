/**
 * Funding, transfers and forced closes of a Binance account, from its income rows and the list of its forced orders. An income row does
 * not name the position side: in hedge mode it follows from the signs, because longs pay a positive rate and shorts receive it.
 */
import { dec, plain, sum } from '../../../domain/decimal.ts';
import type { ExchangeEvent } from '../../../ports/exchange.ts';
import type { Reader, VenueMarkets } from '../dialect.ts';
import { decimalOf, nonZeroDecimal, optionalText, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { payingSide } from '../paying-side.ts';
import { clientIdIn, forcedCause } from './child-orders.ts';
import { positionSideOf } from './order-rows.ts';

type AccountEvent = Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>;

const INCOME_PAGE = 1_000;
const FORCED_PAGE = 100;
/** A payment of an insurance fund and the forced close it belongs to lie this close together, ms. */
const CLEARING_MS = 60_000;
/** Funding is settled within a minute of its time. */
const FUNDING_SLACK_MS = 60_000;
const PAGES_MAX = 100;

export interface AccountEventParts {
  readonly account: string;
  readonly reader: Reader;
  readonly markets: VenueMarkets;
  readonly isHedgeMode: () => Promise<boolean>;
}

export async function fetchAccountEvents(parts: AccountEventParts, since: number): Promise<readonly AccountEvent[]> {
  const income = await incomeSince(parts.reader, since);
  const forced = await forcedSince(parts.reader, since);
  const clearing = income.filter((row) => row['incomeType'] === 'INSURANCE_CLEAR');
  const funding = income.filter((row) => row['incomeType'] === 'FUNDING_FEE');
  const isHedgeMode = funding.length > 0 && (await parts.isHedgeMode());
  const events: AccountEvent[] = [];
  for (const row of funding) events.push(...(await fundingOf(row, parts, isHedgeMode)));
  for (const row of income) if (TRANSFERS.includes(textOf(row, 'incomeType'))) events.push(transferOf(row, parts.account));
  for (const row of forced) events.push(...(await forcedOf(row, parts, clearing)));
  events.push(...clearing.flatMap((row) => insuranceOf(row, parts)));
  return events.sort((a, b) => a.at - b.at);
}

/** What tells two income rows apart. */
const INCOME_KEY = ['incomeType', 'tranId', 'symbol', 'asset', 'tradeId', 'income'] as const;
const TRANSFERS = ['TRANSFER', 'INTERNAL_TRANSFER', 'COIN_SWAP_DEPOSIT', 'COIN_SWAP_WITHDRAW', 'WELCOME_BONUS', 'CROSS_COLLATERAL_TRANSFER', 'STRATEGY_UMFUTURES_TRANSFER', 'BFUSD_REWARD'];

/** Every row of every page; a page that is full and holds one time only would hide rows, so that is refused as incomplete. */
async function incomeSince(reader: Reader, since: number): Promise<readonly Row[]> {
  const rows = new Map<string, Row>();
  let from = since;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const next = rowsOf(await reader.read({ api: 'fapiPrivate', method: 'GET', path: 'income', params: { startTime: from, limit: INCOME_PAGE }, weight: 30 }), 'income');
    for (const row of next) rows.set(INCOME_KEY.map((name) => optionalText(row, name) ?? '').join(':'), row);
    const last = Math.max(from, ...next.map((row) => timeOf(row, 'time')));
    if (next.length < INCOME_PAGE) break;
    from = last === from ? last + 1 : last;
  }
  return [...rows.values()].sort((a, b) => timeOf(a, 'time') - timeOf(b, 'time'));
}

async function forcedSince(reader: Reader, since: number): Promise<readonly Row[]> {
  const rows = rowsOf(await reader.read({ api: 'fapiPrivate', method: 'GET', path: 'forceOrders', params: { startTime: since, limit: FORCED_PAGE }, weight: 50 }), 'forced orders');
  return [...rows].sort((a, b) => timeOf(a, 'time') - timeOf(b, 'time'));
}

/** Rows of symbols that are no linear swaps of ours tell nothing here. */
async function fundingOf(row: Row, { account, reader, markets }: AccountEventParts, isHedgeMode: boolean): Promise<AccountEvent[]> {
  const market = markets.byId(textOf(row, 'symbol'));
  if (market === null) return [];
  const at = timeOf(row, 'time');
  const range = { startTime: at - FUNDING_SLACK_MS, endTime: at + FUNDING_SLACK_MS };
  const rates = rowsOf(await reader.read({ api: 'fapiPublic', method: 'GET', path: 'fundingRate', params: { symbol: market.id, ...range, limit: 10 }, weight: 1 }), 'funding rates');
  const nearest = [...rates].sort((a, b) => Math.abs(timeOf(a, 'fundingTime') - at) - Math.abs(timeOf(b, 'fundingTime') - at))[0];
  const amount = decimalOf(row, 'income');
  const rate = nearest === undefined ? '0' : decimalOf(nearest, 'fundingRate');
  const markPrice = nearest === undefined ? '0' : (nonZeroDecimal(nearest, 'markPrice') ?? '0');
  const positionSide = isHedgeMode ? payingSide(amount, rate) : 'both';
  return [{ type: 'funding', id: `funding:${textOf(row, 'tranId')}:${market.id}:${positionSide}`, account, symbol: market.symbol, positionSide, amount, rate, markPrice, at }];
}

function transferOf(row: Row, account: string): AccountEvent {
  return { type: 'transfer', id: `transfer:${textOf(row, 'tranId')}`, account, currency: textOf(row, 'asset'), amount: decimalOf(row, 'income'), at: timeOf(row, 'time') };
}

/** With the commission of its trades and what the insurance fund charged beside it. */
async function forcedOf(row: Row, { account, reader, markets }: AccountEventParts, clearing: readonly Row[]): Promise<AccountEvent[]> {
  const market = markets.byId(textOf(row, 'symbol'));
  const clientId = clientIdIn(row);
  const amount = decimalOf(row, 'executedQty');
  if (market === null || clientId === null || dec(amount).isZero()) return [];
  const at = timeOf(row, 'time');
  const orderId = textOf(row, 'orderId');
  const trades = rowsOf(await reader.read({ api: 'fapiPrivate', method: 'GET', path: 'userTrades', params: { symbol: market.id, orderId }, weight: 5 }), 'trades');
  const charged = clearing.filter((each) => each['symbol'] === market.id && Math.abs(timeOf(each, 'time') - at) <= CLEARING_MS && dec(decimalOf(each, 'income')).isNegative());
  const fee = sum([...trades.map((trade) => dec(decimalOf(trade, 'commission'))), ...charged.map((each) => dec(decimalOf(each, 'income')).negated())]);
  const positionSide = positionSideOf(optionalText(row, 'positionSide')) ?? 'both';
  const price = decimalOf(row, 'avgPrice');
  return [{ type: 'liquidation', cause: forcedCause(clientId), id: `forced:${orderId}`, account, symbol: market.symbol, positionSide, amount, price, fee: plain(fee), at }];
}

/** The fund paid a debt: nothing was closed, the fee is negative. */
function insuranceOf(row: Row, { account, markets }: AccountEventParts): AccountEvent[] {
  const market = markets.byId(optionalText(row, 'symbol') ?? '');
  const income = dec(decimalOf(row, 'income'));
  if (market === null || income.isNegative() || income.isZero()) return [];
  const id = `insurance:${textOf(row, 'tranId')}`;
  return [{ type: 'liquidation', cause: 'insurance', id, account, symbol: market.symbol, positionSide: 'both', amount: '0', price: '0', fee: plain(income.negated()), at: timeOf(row, 'time') }];
}
