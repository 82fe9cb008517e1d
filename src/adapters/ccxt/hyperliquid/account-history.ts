/**
 * Fills, funding and ledger rows over a time range, all pages of them: an answer ends after a fixed number of rows, the next begins at
 * the last one's time. What cannot be read whole rejects with EXCHANGE_UNAVAILABLE (I9).
 */
import { HedgerowError } from '../../../domain/errors.ts';
import type { ExchangeEvent } from '../../../ports/exchange.ts';
import type { Reader, VenueMarkets } from '../dialect.ts';
import { optionalText, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { forcedCauseOf, forcedEventOf, fundingOf, transferOf } from './account-rows.ts';
import { infoCall } from './hyperliquid-public.ts';

type AccountEvent = Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>;

const FILLS_PAGE = 2_000;
/** Only so many of the newest fills are kept: a range that long may lack its beginning. */
const FILLS_KEPT = 10_000;
const ROWS_PAGE = 500;
const PAGES_MAX = 100;

export interface HistoryParts {
  readonly account: string;
  readonly address: string;
  readonly reader: Reader;
  readonly markets: VenueMarkets;
}

/** Oldest first. */
export async function fillsSince({ reader, address }: HistoryParts, since: number): Promise<readonly Row[]> {
  const fills = await rowsSince(reader, 'userFillsByTime', address, since, FILLS_PAGE, (row) => textOf(row, 'tid'));
  if (fills.length >= FILLS_KEPT) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `there are ${fills.length} fills since ${since}; the exchange keeps ${FILLS_KEPT}, older ones may be missing`);
  return fills;
}

export async function accountEventsSince(parts: HistoryParts, since: number): Promise<readonly AccountEvent[]> {
  const { account, address, reader, markets } = parts;
  const events: AccountEvent[] = [];
  for (const row of await rowsSince(reader, 'userFunding', address, since, ROWS_PAGE, ledgerKey)) {
    const delta = rowOf(row['delta']);
    const market = markets.byId(textOf(delta, 'coin'));
    if (market !== null) events.push(fundingOf(delta, timeOf(row, 'time'), account, market));
  }
  for (const row of await rowsSince(reader, 'userNonFundingLedgerUpdates', address, since, ROWS_PAGE, ledgerKey)) {
    const transfer = transferOf(row, account, address);
    if (transfer !== null) events.push(transfer);
  }
  for (const fill of await fillsSince(parts, since)) {
    const cause = forcedCauseOf(fill, address);
    const market = markets.byId(textOf(fill, 'coin'));
    if (cause !== null && market !== null) events.push(forcedEventOf(fill, account, market, cause));
  }
  return events.sort((a, b) => a.at - b.at);
}

function ledgerKey(row: Row): string {
  const delta = rowOf(row['delta']);
  return [textOf(row, 'time'), textOf(row, 'hash'), optionalText(delta, 'type'), optionalText(delta, 'coin'), optionalText(delta, 'usdc')].join(':');
}

async function rowsSince(reader: Reader, type: string, user: string, since: number, limit: number, keyOf: (row: Row) => string): Promise<readonly Row[]> {
  const rows = new Map<string, Row>();
  let startTime = since;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const next = rowsOf(await reader.read(infoCall({ type, user, startTime })), type);
    for (const row of next) rows.set(keyOf(row), row);
    if (next.length < limit) return [...rows.values()].sort((a, b) => timeOf(a, 'time') - timeOf(b, 'time'));
    const lastAt = Math.max(...next.map((row) => timeOf(row, 'time')));
    if (lastAt === startTime) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `${type} has more rows at ${lastAt} than one answer holds`);
    startTime = lastAt;
  }
  throw new HedgerowError('EXCHANGE_UNAVAILABLE', `${type} since ${since} has more than ${PAGES_MAX} pages`);
}
