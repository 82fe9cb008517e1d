/**
 * An execution as Bybit shows it, in /v5/execution/list and the `execution` stream. It names no position index: which leg it was says
 * only its order, or `closedSize`. Source: bybit-exchange.github.io/docs/v5/order/execution.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { Execution } from './bybit-ledger.ts';
import { marketNames, orderLinkIdOf, sideName } from './bybit-names.ts';
import { isConditionalOrder } from './order-row.ts';

const CREATE_TYPES = { Trade: 'CreateByUser', Funding: '', BustTrade: 'CreateByTakeOver_PassThrough', AdlTrade: 'CreateByAdl_PassThrough' } as const;

export function executionRow(execution: Execution, feeRate: string): { readonly [key: string]: Json } {
  const { order, type, price, amount } = execution;
  const record = order?.record ?? null;
  const isConditional = record !== null && isConditionalOrder(record);
  const names = marketNames(execution.symbol);
  return {
    symbol: names.id,
    orderId: execution.orderId,
    orderLinkId: record === null ? '' : orderLinkIdOf(record),
    side: sideName(execution.side),
    orderPrice: record?.price ?? '0',
    orderQty: record?.amount ?? (type === 'Funding' ? '0' : amount),
    leavesQty: execution.leaves,
    createType: isConditional ? 'CreateByStopOrder' : CREATE_TYPES[type],
    orderType: record?.price === undefined || record.price === null ? (type === 'Funding' ? 'UNKNOWN' : 'Market') : 'Limit',
    stopOrderType: isConditional ? 'Stop' : 'UNKNOWN',
    execFee: execution.fee,
    execId: execution.id,
    execPrice: price,
    execQty: amount,
    execType: type,
    execValue: plain(dec(price).times(amount)),
    execTime: String(execution.at),
    feeCurrency: names.settle,
    isMaker: execution.isMaker,
    feeRate,
    tradeIv: '',
    markIv: '',
    markPrice: execution.markPrice,
    indexPrice: '',
    underlyingPrice: '',
    blockTradeId: '',
    closedSize: execution.closed,
    seq: execution.sequence,
    extraFees: '',
  };
}
