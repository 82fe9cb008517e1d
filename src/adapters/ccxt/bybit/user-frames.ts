/**
 * Frames of Bybit's private stream, as they come: ccxt's own order cache merges what happened in between, and its positions swap legs.
 * What a frame does not tell whole is read by REST.
 */
import type { Json } from '../../../domain/json.ts';
import type { Frame, VenueMarkets } from '../dialect.ts';
import { rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { forcedCause, forcedEvent, isFunding, isTrade, tradeRecord } from './execution-rows.ts';
import type { OrderLegs } from './order-legs.ts';
import { CATEGORY, isForcedOrder, orderRecord } from './order-rows.ts';

export interface UserFrameParts {
  readonly account: string;
  readonly markets: VenueMarkets;
  readonly legs: OrderLegs;
}

const HINT: Frame = { type: 'hint' };

/** Null for what ccxt has to see: pongs and acknowledgements. */
export function userFrames(message: Json, parts: UserFrameParts): readonly Frame[] | null {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
  const event = rowOf(message);
  if (event['success'] === false) return [{ type: 'lost', reason: `${String(event['op'] ?? 'command')} was refused` }];
  switch (event['topic']) {
    case 'order':
      return linearRows(event).flatMap((row) => orderFrames(row, parts));
    case 'execution':
      return linearRows(event).flatMap((row) => executionFrames(row, parts));
    default:
      return null;
  }
}

function linearRows(event: Row): readonly Row[] {
  return rowsOf(event['data'], 'rows of a frame').filter((row) => row['category'] === CATEGORY);
}

function orderFrames(row: Row, { account, markets, legs }: UserFrameParts): readonly Frame[] {
  const market = markets.byId(textOf(row, 'symbol'));
  if (market === null) return [];
  legs.learn(row);
  if (isForcedOrder(row)) return [HINT];
  const order = orderRecord(row, account, market.symbol);
  return [{ type: 'order', order, at: order.updatedAt }];
}

/** Funding and executions whose leg is not known yet are read. */
function executionFrames(row: Row, { account, markets, legs }: UserFrameParts): readonly Frame[] {
  const market = markets.byId(textOf(row, 'symbol'));
  if (market === null) return [];
  const positionSide = legs.known(row);
  if (isFunding(row) || !isTrade(row) || positionSide === undefined) return [HINT];
  const at = timeOf(row, 'execTime');
  const cause = forcedCause(row);
  const trade: Frame = { type: 'trade', trade: tradeRecord(row, account, market, positionSide), at };
  return cause === null ? [trade] : [trade, forcedEvent(row, account, market, cause, positionSide)];
}
