/** Our words are ccxt's: the exchange ids a strategy file may name, and the unified names of orders, trades and markets. */
import type { Order, Trade } from 'ccxt';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { EXCHANGE_IDS } from '../../../src/domain/strategy.ts';
import type { OrderRecord, TradeRecord } from '../../../src/ports/exchange.ts';

type Shared<Ours, Theirs> = Extract<keyof Ours, keyof Theirs>;

describe('unified names', () => {
  it('every exchange a strategy file may name, but the simulated one, is one of ccxt', async () => {
    const { default: ccxt } = await import('ccxt');
    expect(EXCHANGE_IDS.filter((id) => id !== 'simulated' && !ccxt.exchanges.includes(id))).toEqual([]);
  });

  it('an order of ours has the fields of a ccxt order under the same names', () => {
    expectTypeOf<'id' | 'clientOrderId' | 'symbol' | 'side' | 'type' | 'amount' | 'price' | 'triggerPrice' | 'reduceOnly' | 'postOnly' | 'status' | 'filled'>().toEqualTypeOf<
      Shared<OrderRecord, Order>
    >();
  });

  it('a trade of ours has the fields of a ccxt trade under the same names', () => {
    expectTypeOf<'id' | 'symbol' | 'side' | 'price' | 'amount' | 'fee' | 'takerOrMaker' | 'info'>().toEqualTypeOf<Shared<TradeRecord, Trade>>();
  });
});
