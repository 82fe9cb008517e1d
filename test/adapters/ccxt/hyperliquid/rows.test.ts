/** What Hyperliquid's rows and frames mean that the wire server does not give: fills without an id, every status, every kind of transfer. */
import { describe, expect, it } from 'vitest';
import { forcedCauseOf, transferOf } from '../../../../src/adapters/ccxt/hyperliquid/account-rows.ts';
import { KnownOrders } from '../../../../src/adapters/ccxt/hyperliquid/known-orders.ts';
import { acceptedRecord, fateOf, recordOf } from '../../../../src/adapters/ccxt/hyperliquid/order-rows.ts';
import { userFrames } from '../../../../src/adapters/ccxt/hyperliquid/user-frames.ts';
import type { VenueMarket } from '../../../../src/adapters/ccxt/dialect.ts';
import type { Json } from '../../../../src/domain/json.ts';
import type { OrderRequest } from '../../../../src/ports/exchange.ts';
import { BTC, cloid } from '../../../sim/wire/hyperliquid/hyperliquid-server.ts';

const ADDRESS = '0x00000000000000000000000000000000000000aa';
const OTHER = '0x00000000000000000000000000000000000000bb';
const NOW = 1_800_000_000_000;
const MARKET = { symbol: BTC, id: 'BTC' } as VenueMarket;
const STOP: OrderRequest = { account: 'main', symbol: BTC, clientOrderId: cloid(1), side: 'sell', type: 'stop-market', amount: '1', price: null, triggerPrice: '59000', triggerBy: 'mark', positionSide: null, reduceOnly: true, postOnly: false };

const fill = (more: Record<string, Json> = {}): Record<string, Json> => ({ coin: 'BTC', px: '59000', sz: '0.4', side: 'A', time: NOW, startPosition: '1', dir: 'Close Long', closedPnl: '0', hash: '0x1', oid: 77, crossed: true, fee: '10', tid: 5, feeToken: 'USDC', ...more });

function framesOf(message: Json, known = new KnownOrders()) {
  return userFrames(message, { account: 'main', address: ADDRESS, markets: { bySymbol: () => MARKET, byId: (id) => (id === 'BTC' ? MARKET : null) }, known, now: () => NOW });
}

function knowing(id = '77'): KnownOrders {
  const known = new KnownOrders();
  known.learn(acceptedRecord(STOP, id, NOW - 1_000));
  return known;
}

describe('a fill that names no id of ours', () => {
  const message: Json = { channel: 'userFills', data: { user: ADDRESS, fills: [fill()] } };

  it('is that of the order with its number', () => {
    expect(framesOf(message, knowing())).toMatchObject([{ type: 'trade', trade: { id: '5', orderId: '77', clientOrderId: cloid(1), side: 'sell', price: '59000', amount: '0.4', fee: '10', takerOrMaker: 'taker' } }]);
  });

  it('is read when the number is not known', () => {
    expect(framesOf(message)).toEqual([{ type: 'hint', about: 'orders' }]);
  });

  it('of a coin that is no perpetual of ours tells nothing', () => {
    expect(framesOf({ channel: 'userFills', data: { user: ADDRESS, fills: [fill({ coin: '@107' })] } })).toEqual([]);
  });
});

describe('a snapshot', () => {
  it('tells its newest fills only', () => {
    const fills = [fill({ tid: 1, time: NOW - 3_600_000 }), fill({ tid: 2, time: NOW - 1_000 })];
    expect(framesOf({ channel: 'userFills', data: { isSnapshot: true, user: ADDRESS, fills } }, knowing())).toMatchObject([{ trade: { id: '2' } }]);
  });

  it('is missing for orders: what happened before the subscription is read', () => {
    expect(framesOf({ channel: 'subscriptionResponse', data: { method: 'subscribe', subscription: { type: 'orderUpdates', user: ADDRESS } } })).toEqual([{ type: 'hint', about: 'orders' }]);
    expect(framesOf({ channel: 'subscriptionResponse', data: { method: 'subscribe', subscription: { type: 'userFills', user: ADDRESS } } })).toBeNull();
  });
});

describe('an update of an order', () => {
  const update = (status: string, sz: string): Json => ({ channel: 'orderUpdates', data: [{ order: { coin: 'BTC', side: 'A', limitPx: '53100', sz, oid: 77, timestamp: NOW - 1_000, origSz: '1', cloid: cloid(1) }, status, statusTimestamp: NOW }] });

  it('keeps what the order was placed as', () => {
    expect(framesOf(update('triggered', '0.6'), knowing(''))).toMatchObject([{ type: 'order', order: { ...STOP, id: '77', status: 'open', triggered: true, filled: '0.4', updatedAt: NOW } }]);
    expect(framesOf(update('filled', '0.0'), knowing())).toMatchObject([{ order: { type: 'stop-market', triggerPrice: '59000', status: 'closed', triggered: true, filled: '1', reason: null } }]);
  });

  it('of an order nobody knows is read', () => {
    expect(framesOf(update('open', '1'))).toEqual([{ type: 'hint', about: 'orders' }]);
  });

  it.each<readonly [string, string, string | null]>([
    ['open', 'open', null],
    ['triggered', 'open', null],
    ['filled', 'closed', null],
    ['canceled', 'canceled', 'CANCELED_BY_USER'],
    ['scheduledCancel', 'canceled', 'scheduledCancel'],
    ...['marginCanceled', 'vaultWithdrawalCanceled', 'openInterestCapCanceled', 'selfTradeCanceled', 'siblingFilledCanceled', 'delistedCanceled', 'liquidatedCanceled'].map((said) => [said, 'canceled', said] as const),
    ['reduceOnlyCanceled', 'expired', 'reduceOnlyCanceled'],
    ...['rejected', 'tickRejected', 'minTradeNtlRejected', 'perpMarginRejected', 'reduceOnlyRejected', 'badAloPxRejected', 'iocCancelRejected', 'badTriggerPxRejected', 'marketOrderNoLiquidityRejected', 'oracleRejected', 'perpMaxPositionRejected'].map((said) => [said, 'rejected', said] as const),
  ])('%s means %s', (said, status, reason) => {
    expect(fateOf(said)).toMatchObject({ status, reason });
  });

  it('with a status that is in no list tells nothing', () => {
    expect(() => fateOf('resurrected')).toThrow(/resurrected, which is not known/);
  });
});

it('a stop that shows as a plain limit after it has fired is still the stop it was', () => {
  const row = { coin: 'BTC', side: 'A', limitPx: '53100', sz: '0.6', oid: 77, timestamp: NOW, origSz: '1', cloid: cloid(1), isTrigger: false, triggerPx: '0.0', triggerCondition: 'N/A', orderType: 'Limit', tif: 'Gtc', reduceOnly: true };
  expect(knowing().learn(recordOf(row, 'main', MARKET))).toMatchObject({ type: 'stop-market', price: null, triggerPrice: '59000', triggered: true, status: 'open', filled: '0.4' });
});

describe('a forced close', () => {
  it('is ours when the liquidated user is', () => {
    const liquidation = { liquidatedUser: ADDRESS, markPx: '59000', method: 'market' };
    expect(forcedCauseOf(fill({ liquidation }), ADDRESS)).toBe('liquidation');
    expect(forcedCauseOf(fill({ liquidation: { ...liquidation, liquidatedUser: OTHER } }), ADDRESS)).toBeNull();
    expect(forcedCauseOf(fill({ dir: 'Auto-Deleveraging' }), ADDRESS)).toBe('adl');
    expect(framesOf({ channel: 'userFills', data: { user: ADDRESS, fills: [fill({ liquidation })] } })).toMatchObject([
      { type: 'trade', trade: { clientOrderId: null, fee: '0' } },
      { type: 'liquidation', cause: 'liquidation', amount: '0.4', price: '59000', fee: '10' },
      { type: 'hint' },
    ]);
  });
});

describe('money that moves', () => {
  it.each<[Record<string, Json>, string | null]>([
    [{ type: 'deposit', usdc: '250' }, '250'],
    [{ type: 'withdraw', usdc: '100', nonce: 1, fee: '1' }, '-101'],
    [{ type: 'accountClassTransfer', usdc: '50', toPerp: true }, '50'],
    [{ type: 'accountClassTransfer', usdc: '50', toPerp: false }, '-50'],
    [{ type: 'internalTransfer', usdc: '10', user: OTHER, destination: ADDRESS, fee: '1' }, '10'],
    [{ type: 'internalTransfer', usdc: '10', user: ADDRESS, destination: OTHER, fee: '1' }, '-11'],
    [{ type: 'subAccountTransfer', usdc: '10', user: OTHER, destination: ADDRESS }, '10'],
    [{ type: 'subAccountTransfer', usdc: '10', user: ADDRESS, destination: OTHER }, '-10'],
    [{ type: 'vaultDeposit', vault: OTHER, usdc: '10' }, '-10'],
    [{ type: 'vaultWithdraw', vault: OTHER, netWithdrawnUsd: '9.5' }, '9.5'],
    [{ type: 'send', user: OTHER, destination: ADDRESS, sourceDex: 'spot', destinationDex: '', token: 'USDC', amount: '7' }, '7'],
    [{ type: 'send', user: ADDRESS, destination: OTHER, sourceDex: '', destinationDex: 'spot', token: 'USDC', amount: '7' }, '-7'],
    [{ type: 'send', user: ADDRESS, destination: ADDRESS, sourceDex: '', destinationDex: 'spot', token: 'USDC', amount: '7' }, '-7'],
    [{ type: 'send', user: ADDRESS, destination: ADDRESS, sourceDex: 'spot', destinationDex: '', token: 'USDC', amount: '7' }, '7'],
    [{ type: 'send', user: OTHER, destination: ADDRESS, sourceDex: 'spot', destinationDex: 'spot', token: 'USDC', amount: '7' }, null],
    [{ type: 'spotTransfer', token: 'HYPE', amount: '7', user: OTHER, destination: ADDRESS }, null],
    [{ type: 'liquidation', liquidatedNtlPos: '1', accountValue: '1' }, null],
  ])('%j changes the balance by %s', (delta, amount) => {
    expect(transferOf({ time: NOW, hash: '0x1', delta }, 'main', ADDRESS)?.amount ?? null).toBe(amount);
  });
});
