/**
 * What is checked at the moment it happens at the exchange, from its own records: I1 (no second entry in a slot), I2 (written down
 * before it was sent, one content per id), I7 (closing never increases or flips), I13 (final stays final), I15 (on the grid, in range).
 */
import type { Instrument } from '../../domain/strategy.ts';
import type { AmendRequest, OrderRecord, OrderRequest, TradeRecord } from '../../ports/exchange.ts';
import type { StoredOrder } from '../../ports/store.ts';
import type { ReceivedRequest } from '../exchange/delta.ts';
import { NOTHING, add, exact, isBelow, isPositive, negate, textOf } from './exact.ts';
import { isClosing, isForeign, slotOfLeg } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { isMultiple, isPrice, priceStepsOf, stepAt } from './price-steps.ts';
import { finding } from './violation.ts';
import type { Finding } from './violation.ts';

/** Refusals that say the request itself was wrong, whatever the market did. */
const FAULTS_OF_THE_SENDER: ReadonlySet<string> = new Set(['PRICE_OFF_TICK', 'AMOUNT_OFF_STEP', 'BAD_REQUEST', 'UNKNOWN_SYMBOL', 'POSITION_SIDE_MISMATCH']);

/** A refusal has been heard, and what was decided before it has arrived, ms. */
const HEARD_MS = 15_000;

export function auditRequest(received: ReceivedRequest, evidence: Evidence, instrument: Instrument | undefined): Finding | null {
  return foreignFault(received) ?? intentFault(received, evidence) ?? contentFault(received, evidence) ?? gridFault(received, evidence, instrument) ?? slotFault(received, evidence);
}

/** I5: what others placed is left alone. */
function foreignFault({ kind, request }: ReceivedRequest): Finding | null {
  return isForeign(request.clientOrderId) ? finding('I5', `an order of somebody else was touched: ${kind}`, { clientOrderId: request.clientOrderId }) : null;
}

/** I2: the newest intent of this kind for this id, committed before the exchange received the request, says exactly this. */
function intentFault({ kind, request }: ReceivedRequest, evidence: Evidence): Finding | null {
  const intents = evidence.intentsOf(request.clientOrderId).filter((intent) => intent.kind === kind);
  if (intents.length === 0) {
    return finding('I2', `a request to ${kind} reached the exchange without an intent committed before it`, { clientOrderId: request.clientOrderId });
  }
  const sent = contentOf(request);
  if (intents.some((intent) => contentOf(intent.request as object) === sent)) return null;
  return finding('I2', `a request to ${kind} differs from what was committed`, { clientOrderId: request.clientOrderId, sent: request, committed: intents.at(-1)?.request });
}

/** I2: a client order id never carries two contents. */
function contentFault({ kind, request }: ReceivedRequest, evidence: Evidence): Finding | null {
  if (kind !== 'place') return null;
  const content = contentOf(request);
  const before = evidence.placed.get(request.clientOrderId);
  evidence.placed.set(request.clientOrderId, content);
  if (before === undefined || before === content) return null;
  return finding('I2', 'a client order id carried two contents', { clientOrderId: request.clientOrderId, first: before, second: content });
}

/** What has no trigger price is triggered by nothing: wires carry no source then. */
function contentOf(request: object): string {
  const hasTrigger = !('triggerPrice' in request) || request.triggerPrice !== null;
  return JSON.stringify(Object.entries(request).filter(([name]) => hasTrigger || name !== 'triggerBy').sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** I15. */
function gridFault(received: ReceivedRequest, evidence: Evidence, instrument: Instrument | undefined): Finding | null {
  const { kind, request, outcome, code } = received;
  if (kind === 'cancel') return null;
  const facts = { request, code };
  if (outcome === 'refused' && code !== null && FAULTS_OF_THE_SENDER.has(code) && !isOfNewMode(code, received, evidence)) return finding('I15', `the exchange refused a request as wrong in itself: ${code}`, facts);
  if (instrument === undefined) return null;
  const { amount, price, triggerPrice } = request as OrderRequest | AmendRequest;
  const steps = priceStepsOf(instrument);
  if (!isMultiple(exact(amount), exact(instrument.amountStep))) return finding('I15', `amount ${amount} is off the step ${instrument.amountStep}`, facts);
  for (const text of [price, triggerPrice]) {
    if (text !== null && !isPrice(steps, exact(text))) return finding('I15', `price ${text} is off the tick ${textOf(stepAt(steps, exact(text)))}`, facts);
  }
  return null;
}

/** The first refusal tells that the account's position mode was changed; what was sent until it was heard could not know. */
function isOfNewMode(code: string, { request, receivedAt }: ReceivedRequest, { changedModes }: Evidence): boolean {
  const told = code === 'POSITION_SIDE_MISMATCH' ? changedModes.get(request.account) : undefined;
  if (told === undefined) return false;
  if (told === null) changedModes.set(request.account, receivedAt);
  return told === null || receivedAt - told <= HEARD_MS;
}

/** I1: an entry joins a slot only when nothing that serves it is live. Protection may rest twice while it is replaced. */
function slotFault({ kind, request, outcome }: ReceivedRequest, evidence: Evidence): Finding | null {
  if (kind !== 'place' || outcome !== 'done') return null;
  const stored = evidence.storedOrders.get(request.clientOrderId)?.status;
  if (stored === 'closed' || stored === 'refused') return finding('I3', 'an order arrived that had been given up', { clientOrderId: request.clientOrderId });
  const legs = evidence.legsOf(request.clientOrderId) ?? [];
  if (legs.every(isClosing)) return null;
  const slots = new Set(legs.map(slotOfLeg));
  for (const other of evidence.openOrders.values()) {
    if (other.clientOrderId === request.clientOrderId || other.account !== request.account || other.symbol !== request.symbol) continue;
    const shared = (evidence.legsOf(other.clientOrderId) ?? []).map(slotOfLeg).find((slot) => slots.has(slot));
    if (shared !== undefined) return finding('I1', `a second order was placed for a slot that has a live one`, { slot: shared, first: other.clientOrderId, second: request.clientOrderId });
  }
  return null;
}

/** I3: an order leaves the books for good only when it is over at the exchange, or can never be there. */
export function auditGivingUp({ clientOrderId, status, reason }: StoredOrder, evidence: Evidence): Finding | null {
  if ((status !== 'closed' && status !== 'refused') || !evidence.openOrders.has(clientOrderId)) return null;
  return finding('I3', 'an order was given up that rests at the exchange', { clientOrderId, status, reason });
}

/** I13 at the exchange. */
export function auditOrder(order: OrderRecord, evidence: Evidence): Finding | null {
  if (order.status !== 'open' || !evidence.finalOrders.has(order.clientOrderId)) return null;
  return finding('I13', 'a final order was open again', { clientOrderId: order.clientOrderId });
}

/**
 * I7, before the trade is added to the evidence. Hedge mode: a closing side never takes more than its leg holds. One-way mode: a
 * reduce-only order never moves the net position away from zero or through it.
 */
export function auditTrade(trade: TradeRecord, order: Pick<OrderRecord, 'reduceOnly'> | undefined, evidence: Evidence): Finding | null {
  const side = trade.positionSide ?? 'both';
  const before = evidence.flow(trade.account, trade.symbol).positions.get(side) ?? NOTHING;
  const isHedgeClose = trade.positionSide !== null && (trade.positionSide === 'long') === (trade.side === 'sell');
  if (!isHedgeClose && order?.reduceOnly !== true) return null;
  const amount = exact(trade.amount);
  const after = add(before, trade.side === 'buy' ? amount : negate(amount));
  const isSmaller = trade.side === 'sell' ? isPositive(before) && !isBelow(after, NOTHING) : isBelow(before, NOTHING) && !isPositive(after);
  if (isSmaller) return null;
  return finding('I7', 'a closing order increased or flipped a position', { trade: trade.id, clientOrderId: trade.clientOrderId, side, before: textOf(before), after: textOf(after) });
}
