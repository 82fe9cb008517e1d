/**
 * The transaction log: transfers, funding and what the insurance fund paid. Trades are not in it (they are executions), nor is the balance
 * after each entry. `change` = cashFlow + funding − fee. Source: bybit-exchange.github.io/docs/v5/account/transaction-log.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { AccountEvent } from '../../exchange/delta.ts';
import type { AccountLedger } from './bybit-ledger.ts';
import { CATEGORY, marketNames } from './bybit-names.ts';

export interface TransactionRow {
  /** The event's. */
  readonly id: string;
  /** Rises with time. */
  readonly sequence: number;
  readonly row: { readonly [key: string]: Json };
}

/** Oldest first. */
export function transactionRows(account: AccountLedger): readonly TransactionRow[] {
  return account.events.flatMap((event, index) => {
    const row = rowOf(event);
    return row === null ? [] : [{ id: event.id, sequence: index + 1, row: { ...blank(event), ...row } }];
  });
}

function rowOf(event: AccountEvent): { readonly [key: string]: Json } | null {
  switch (event.type) {
    case 'transfer': {
      const isIn = !dec(event.amount).isNegative();
      return { type: isIn ? 'TRANSFER_IN' : 'TRANSFER_OUT', cashFlow: event.amount, change: event.amount, currency: event.currency };
    }
    case 'funding':
      return {
        type: 'SETTLEMENT',
        category: CATEGORY,
        symbol: marketNames(event.symbol).id,
        funding: event.amount,
        change: event.amount,
        feeRate: event.rate,
        tradePrice: event.markPrice,
        tradeId: event.id,
        currency: marketNames(event.symbol).settle,
      };
    case 'liquidation': {
      // The trades of liquidations and ADL are executions, their fees included.
      if (event.cause !== 'insurance') return null;
      const paid = plain(dec(event.fee).negated());
      return { type: 'LIQUIDATION', category: CATEGORY, symbol: marketNames(event.symbol).id, cashFlow: paid, change: paid, tradePrice: event.price, currency: marketNames(event.symbol).settle };
    }
  }
}

function blank(event: AccountEvent): { readonly [key: string]: Json } {
  return {
    transSubType: '',
    id: event.id,
    symbol: '',
    side: 'None',
    funding: '',
    orderLinkId: '',
    orderId: '',
    fee: '0',
    change: '0',
    cashFlow: '0',
    transactionTime: String(event.at),
    feeRate: '',
    bonusChange: '',
    size: '0',
    qty: '0',
    category: '',
    tradePrice: '',
    tradeId: '',
    extraFees: '',
  };
}
