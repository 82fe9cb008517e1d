/** What is wrong with an order before any exchange sees it: fields that are missing, superfluous or no numbers (I15), or that this exchange has no word for. */
import { dec, isPlainDecimal } from '../../domain/decimal.ts';
import type { ExchangeCapabilities, OrderRequest, RefusalCode } from '../../ports/exchange.ts';

const CLIENT_ORDER_ID_FORMS = { alphanumeric: /^[A-Za-z0-9]{1,32}$/, hex128: /^0x[0-9a-fA-F]{32}$/ } as const;

export interface FormFault {
  readonly code: RefusalCode;
  readonly message: string;
}

/** Null when it may be sent. An exchange takes an empty id for none and gives one of its own: such an order could never be found again. */
export function formFault(request: OrderRequest, capabilities: ExchangeCapabilities): FormFault | null {
  const { type, clientOrderId, amount, price, triggerPrice, triggerBy, positionSide, reduceOnly, postOnly } = request;
  const hasLimit = type === 'limit' || type === 'stop-limit';
  const isConditional = type === 'stop-market' || type === 'stop-limit';
  const malformed = (what: string): FormFault => ({ code: 'BAD_REQUEST', message: `not sent: ${what}` });
  if (!CLIENT_ORDER_ID_FORMS[capabilities.clientOrderIdForm].test(clientOrderId)) return malformed(`clientOrderId ${clientOrderId}`);
  if (!isPositive(amount)) return malformed(`amount ${amount}`);
  if (hasLimit ? price === null || !isPositive(price) : price !== null) return malformed(`price ${price} of a ${type}`);
  if (isConditional ? triggerPrice === null || !isPositive(triggerPrice) : triggerPrice !== null) return malformed(`triggerPrice ${triggerPrice} of a ${type}`);
  if (isConditional && !capabilities.triggerSources.includes(triggerBy)) return malformed(`triggerBy ${triggerBy}, which this exchange does not have`);
  if (postOnly && !hasLimit) return malformed(`postOnly ${type}`);
  if (reduceOnly && positionSide !== null && !capabilities.reduceOnlyInHedgeMode) {
    return { code: 'POSITION_SIDE_MISMATCH', message: 'not sent: reduceOnly is not taken beside a position side here' };
  }
  return null;
}

function isPositive(text: string): boolean {
  return isPlainDecimal(text) && dec(text).greaterThan(0);
}
