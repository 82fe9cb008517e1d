/**
 * Funding and forced closes of a Bybit account from its executions, and what moved money otherwise from its transaction log: whatever is
 * there and no trade, also of kinds that are not known here, so that no money moves unseen.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { ExchangeEvent } from '../../../ports/exchange.ts';
import type { Reader, VenueMarkets } from '../dialect.ts';
import { decimalOf, optionalText, optionalDecimal, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { allSince } from './bybit-pages.ts';
import { byTime, forcedCause, forcedEvent, fundingEvent, isFunding } from './execution-rows.ts';
import type { OrderLegs } from './order-legs.ts';
import { CATEGORY } from './order-rows.ts';

type AccountEvent = Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>;

const EXECUTION_TYPES = ['Funding', 'BustTrade', 'AdlTrade'] as const;
const EXECUTIONS_PAGE = 100;
/** Told by executions. */
const TRADED: readonly string[] = ['TRADE', 'SETTLEMENT', 'DELIVERY', 'ADL'];
/** Beside the trades of liquidations: what the insurance fund paid. That it is told here without a trade id is assumed. */
const LIQUIDATION = 'LIQUIDATION';
const LOG_PAGE = 50;

export interface AccountEventParts {
  readonly account: string;
  readonly currency: string;
  readonly reader: Reader;
  readonly markets: VenueMarkets;
  readonly legs: OrderLegs;
  readonly isHedgeMode: (marketId: string) => Promise<boolean>;
}

/** Oldest first. */
export async function fetchAccountEvents(parts: AccountEventParts, since: number, now: number): Promise<readonly AccountEvent[]> {
  const { reader, currency } = parts;
  const executions: Row[] = [];
  for (const execType of EXECUTION_TYPES) {
    executions.push(...(await allSince(reader, 'v5/execution/list', { category: CATEGORY, execType, limit: EXECUTIONS_PAGE }, since, now)));
  }
  const events: AccountEvent[] = [];
  for (const row of [...executions].sort(byTime)) events.push(...(await executionEvents(row, parts)));
  const log = await allSince(reader, 'v5/account/transaction-log', { accountType: 'UNIFIED', currency, limit: LOG_PAGE }, since, now);
  for (const row of [...log].reverse()) events.push(...logEvent(row, parts));
  return events.sort((a, b) => a.at - b.at);
}

/** Executions of symbols that are no linear swaps of ours tell nothing here. */
async function executionEvents(row: Row, { account, markets, legs, isHedgeMode }: AccountEventParts): Promise<AccountEvent[]> {
  const market = markets.byId(textOf(row, 'symbol'));
  if (market === null) return [];
  if (isFunding(row)) return [fundingEvent(row, account, market, await isHedgeMode(market.id))];
  const cause = forcedCause(row);
  return cause === null ? [] : [forcedEvent(row, account, market, cause, await legs.legOf(row))];
}

function logEvent(row: Row, { account, markets }: AccountEventParts): AccountEvent[] {
  const type = textOf(row, 'type');
  if (TRADED.includes(type)) return [];
  const at = timeOf(row, 'transactionTime');
  const change = decimalOf(row, 'change');
  const id = textOf(row, 'id');
  if (type !== LIQUIDATION) return change === '0' ? [] : [{ type: 'transfer', id, account, currency: textOf(row, 'currency'), amount: change, at }];
  const market = markets.byId(optionalText(row, 'symbol') ?? '');
  if (market === null || optionalText(row, 'tradeId') !== null) return [];
  const price = optionalDecimal(row, 'tradePrice') ?? '0';
  return [{ type: 'liquidation', cause: 'insurance', id, account, symbol: market.symbol, positionSide: 'both', amount: '0', price, fee: plain(dec(change).negated()), at }];
}
