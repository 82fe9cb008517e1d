/**
 * Frames of an account's channels. Updates of orders are completed by what the order was placed as. Of the snapshot every subscription
 * begins with only the newest rows are told, again or for the first time: those between the dialling and the subscription. Updates of
 * orders have no snapshot, so what happened until they come is read. Money that moved without an order of ours is read as well.
 */
import type { Json } from '../../../domain/json.ts';
import type { Frame, VenueMarkets } from '../dialect.ts';
import { optionalText, rowOf, rowOrNull, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { forcedCauseOf, forcedEventOf, fundingOf, tradeOf, transferOf } from './account-rows.ts';
import { lostFrames } from './channels.ts';
import type { KnownOrders } from './known-orders.ts';
import { updatedRecord } from './order-rows.ts';

export interface UserFrameParts {
  readonly account: string;
  readonly address: string;
  readonly markets: VenueMarkets;
  readonly known: KnownOrders;
  /** Exchange time, ms. */
  readonly now: () => number;
}

/** From dialling to subscription is less. */
const SNAPSHOT_NEWEST_MS = 60_000;

/** Something happened that has to be read. */
const HINT: Frame = { type: 'hint' };
const ORDERS_HINT: Frame = { type: 'hint', about: 'orders' };

/** Null for what ccxt has to see. */
export function userFrames(message: Json, parts: UserFrameParts): readonly Frame[] | null {
  const lost = lostFrames(message);
  if (lost !== null) return lost;
  const row = rowOrNull(message) ?? {};
  switch (row['channel']) {
    case 'subscriptionResponse':
      return isSubscribed(row, 'orderUpdates') ? [ORDERS_HINT] : null;
    case 'orderUpdates':
      return rowsOf(row['data'], 'updates of orders').flatMap((update) => orderFrames(update, parts));
    case 'userFills':
      return rowsIn(row, 'fills', parts).flatMap((fill) => fillFrames(fill, parts));
    case 'userFundings':
      return rowsIn(row, 'fundings', parts).flatMap((funding) => fundingFrames(funding, parts));
    case 'userNonFundingLedgerUpdates':
      return rowsIn(row, 'nonFundingLedgerUpdates', parts).flatMap((update) => {
        const event = transferOf(update, parts.account, parts.address);
        return event === null ? [] : [event, HINT];
      });
    default:
      return null;
  }
}

function isSubscribed(message: Row, type: string): boolean {
  const data = rowOf(message['data']);
  return data['method'] === 'subscribe' && rowOf(data['subscription'])['type'] === type;
}

/** Of a snapshot the newest. */
function rowsIn(message: Row, name: string, { now }: UserFrameParts): readonly Row[] {
  const data = rowOf(message['data']);
  const rows = rowsOf(data[name], name);
  return data['isSnapshot'] === true ? rows.filter((row) => timeOf(row, 'time') >= now() - SNAPSHOT_NEWEST_MS) : rows;
}

function orderFrames(update: Row, { known, markets }: UserFrameParts): readonly Frame[] {
  const order = rowOf(update['order']);
  if (markets.byId(textOf(order, 'coin')) === null) return [];
  const clientOrderId = optionalText(order, 'cloid') ?? known.clientIdOf(textOf(order, 'oid'));
  const before = clientOrderId === null ? null : known.get(clientOrderId);
  if (before === null) return [ORDERS_HINT];
  const at = timeOf(update, 'statusTimestamp');
  const record = updatedRecord(before, order, textOf(update, 'status'), at);
  return [{ type: 'order', order: known.learn(record), at }];
}

function fillFrames(fill: Row, { account, address, markets, known }: UserFrameParts): readonly Frame[] {
  const market = markets.byId(textOf(fill, 'coin'));
  if (market === null) return [];
  const at = timeOf(fill, 'time');
  const cause = forcedCauseOf(fill, address);
  if (cause !== null) return [{ type: 'trade', trade: tradeOf(fill, account, market, null), at }, forcedEventOf(fill, account, market, cause), HINT];
  const clientOrderId = optionalText(fill, 'cloid') ?? known.clientIdOf(textOf(fill, 'oid'));
  return clientOrderId === null ? [ORDERS_HINT] : [{ type: 'trade', trade: tradeOf(fill, account, market, clientOrderId), at }];
}

function fundingFrames(funding: Row, { account, markets }: UserFrameParts): readonly Frame[] {
  const market = markets.byId(textOf(funding, 'coin'));
  return market === null ? [] : [fundingOf(funding, timeOf(funding, 'time'), account, market), HINT];
}
