/** What hedgerow sends to Hyperliquid, byte for byte, what it makes of answers, and that every price it computes is one the exchange takes. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hyperliquid } from '../../../../src/adapters/ccxt/hyperliquid/hyperliquid.ts';
import { orderRow } from '../../../../src/adapters/ccxt/hyperliquid/order-rows.ts';
import { HYPERLIQUID_REFUSALS, UNDESERIALISABLE } from '../../../../src/adapters/ccxt/hyperliquid/refusals.ts';
import { openCcxtExchange } from '../../../../src/adapters/ccxt/open-ccxt-exchange.ts';
import type { CcxtClient } from '../../../../src/adapters/ccxt/load-exchange.ts';
import type { CcxtExchange } from '../../../../src/adapters/ccxt/ccxt-exchange.ts';
import type { CcxtMarket, VenueMarket } from '../../../../src/adapters/ccxt/dialect.ts';
import { ceilPrice, floorPrice, nearestPrice, priceGridOf } from '../../../../src/domain/price-grid.ts';
import { dec, plain } from '../../../../src/domain/decimal.ts';
import type { Json } from '../../../../src/domain/json.ts';
import type { OrderRequest } from '../../../../src/ports/exchange.ts';
import { Assets, hyperliquidMarket, isOnPriceGrid } from '../../../../src/sim/wire/hyperliquid/assets.ts';
import { addressOf } from '../../../../src/sim/wire/hyperliquid/l1-signature.ts';
import { BTC, CREDENTIALS, OWNER_KEY, SILENT, SOL, SUB_ADDRESSES, SUB_KEYS, cloid, connectionOf, startServer } from '../../../sim/wire/hyperliquid/hyperliquid-server.ts';
import type { Server } from '../../../sim/wire/hyperliquid/hyperliquid-server.ts';

const OPEN_ACCOUNTS = ['main', 'long'] as const;
let server: Server;
let exchange: CcxtExchange;
let ids = 0;

beforeAll(async () => {
  server = await startServer();
  server.world.tick(BTC, '60000');
  server.world.tick(SOL, '150');
  const credentials = new Map(OPEN_ACCOUNTS.map((account) => [account, CREDENTIALS[account]]));
  exchange = await openCcxtExchange({ exchangeId: 'hyperliquid', connection: connectionOf(server), credentials, symbols: [BTC], log: SILENT });
});
afterAll(async () => {
  await exchange.close();
  await server.listener.close();
});
beforeEach(() => {
  server.protocol.receivedActions.length = 0;
  server.listener.forgetRequests();
});

function request(sketch: Partial<OrderRequest> = {}): OrderRequest {
  ids += 1;
  const { triggerPrice = null, price = null } = sketch;
  const type = triggerPrice === null ? (price === null ? 'market' : 'limit') : price === null ? 'stop-market' : 'stop-limit';
  return { account: 'main', symbol: BTC, clientOrderId: cloid(ids), side: 'buy', type, amount: '0.01', price, triggerPrice, triggerBy: 'mark', positionSide: null, reduceOnly: false, postOnly: false, ...sketch };
}

/** The actions that arrived, in order. */
const actions = (): readonly Json[] => server.protocol.receivedActions.map(({ body }) => (body as { action: Json }).action);
const order = (row: Record<string, Json>): Json => ({ type: 'order', orders: [{ a: 0, b: true, s: '0.01', r: false, ...row }], grouping: 'na' });

describe('every operation of a window is one action with one row', () => {
  it.each<[string, Partial<OrderRequest>, Record<string, Json>]>([
    ['a market order, bounded by the middle of the book', {}, { p: '63000', t: { limit: { tif: 'Ioc' } } }],
    ['a sale at market', { side: 'sell' }, { b: false, p: '57000', t: { limit: { tif: 'Ioc' } } }],
    ['a stop entry, bounded beyond its trigger', { triggerPrice: '61234' }, { p: '67358', t: { trigger: { isMarket: true, triggerPx: '61234', tpsl: 'sl' } } }],
    ['a stop-loss, reduce-only', { side: 'sell', triggerPrice: '59000', reduceOnly: true }, { b: false, p: '53100', r: true, t: { trigger: { isMarket: true, triggerPx: '59000', tpsl: 'sl' } } }],
    ['a stop-limit', { side: 'sell', triggerPrice: '59000', price: '58900' }, { b: false, p: '58900', t: { trigger: { isMarket: false, triggerPx: '59000', tpsl: 'sl' } } }],
    ['a limit', { price: '50000' }, { p: '50000', t: { limit: { tif: 'Gtc' } } }],
    ['a limit that only adds', { price: '50000', postOnly: true }, { p: '50000', t: { limit: { tif: 'Alo' } } }],
    ['amounts and prices without trailing zeros', { price: '50000.0', amount: '0.0100' }, { p: '50000', t: { limit: { tif: 'Gtc' } } }],
  ])('%s', async (_, sketch, row) => {
    if (sketch.reduceOnly === true) await server.exchange.others.place({ account: 'main', symbol: BTC, side: 'buy', amount: '0.01', positionSide: null, triggerBy: 'mark', clientOrderId: cloid(1_000_000 + ids) });
    const sent = request(sketch);
    expect(await exchange.placeOrder(sent)).toMatchObject({ type: 'done' });
    expect(actions()).toEqual([order({ ...row, c: sent.clientOrderId })]);
  });

  it('a cancellation names our id, and what has no id its number', async () => {
    const sent = request({ price: '50000' });
    await exchange.placeOrder(sent);
    expect(await exchange.cancelOrder(sent)).toMatchObject({ type: 'done', value: { status: 'canceled', clientOrderId: sent.clientOrderId } });
    const theirs = await server.exchange.others.place({ account: 'main', symbol: BTC, side: 'buy', amount: '0.01', price: '50000', positionSide: null, triggerBy: 'mark' });
    const oid = Number(theirs.type === 'done' ? theirs.value.id.slice(1) : 0);
    expect(await exchange.cancelOrder({ ...sent, clientOrderId: `oid-${oid}` })).toMatchObject({ type: 'done', value: { status: 'canceled' } });
    expect(actions().slice(1)).toEqual([
      { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: sent.clientOrderId }] },
      { type: 'cancel', cancels: [{ a: 0, o: oid }] },
    ]);
  });

  it('leverage and margin mode are set only where they differ', async () => {
    expect(await exchange.setLeverage('main', BTC, '10')).toEqual({ type: 'unchanged' });
    expect(await exchange.setLeverage('main', SOL, '9')).toEqual({ type: 'done' });
    expect(await exchange.setMarginMode('main', SOL, 'isolated', '9')).toEqual({ type: 'done' });
    expect(await exchange.setLeverage('main', SOL, '2.5')).toMatchObject({ type: 'failed' });
    expect(await exchange.setPositionMode('main', BTC, 'hedge')).toMatchObject({ type: 'failed' });
    expect(await exchange.setPositionMode('main', BTC, 'one-way')).toEqual({ type: 'unchanged' });
    expect(actions()).toEqual([
      { type: 'updateLeverage', asset: 1, isCross: true, leverage: 9 },
      { type: 'updateLeverage', asset: 1, isCross: false, leverage: 9 },
    ]);
  });
});

describe('every action', () => {
  it('is signed by the agent, for the account or the sub-account it names, and dies within seconds', async () => {
    for (const account of OPEN_ACCOUNTS) await exchange.placeOrder(request({ account, price: '50000' }));
    const [main, long] = server.protocol.receivedActions;
    expect(main).toMatchObject({ signer: addressOf(CREDENTIALS.main.privateKey ?? ''), account: 'main' });
    expect(long).toMatchObject({ signer: addressOf(SUB_KEYS.long), account: 'long', body: { vaultAddress: SUB_ADDRESSES.long } });
    for (const received of server.protocol.receivedActions) {
      const { nonce, expiresAfter } = received.body as { nonce: number; expiresAfter: number };
      expect(expiresAfter - nonce).toBeGreaterThan(0);
      expect(expiresAfter - nonce).toBeLessThanOrEqual(5_000);
    }
  });

  it('has a nonce of its own, also when many leave in one millisecond', async () => {
    await Promise.all(Array.from({ length: 20 }, () => exchange.placeOrder(request({ price: '50000' }))));
    const nonces = server.protocol.receivedActions.map(({ body }) => (body as { nonce: number }).nonce);
    expect(new Set(nonces).size).toBe(20);
  });

  it('that arrives too late is refused for its time, and nothing was done', async () => {
    server.listener.requestPolicy = ({ path }) => (path === '/exchange' ? { type: 'delay', requestMs: 300, responseMs: 0 } : { type: 'none' });
    const sent = request({ price: '50000' });
    const placing = exchange.placeOrder(sent);
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.skewMs += 6_000;
    const outcome = await placing;
    server.listener.requestPolicy = () => ({ type: 'none' });
    expect(outcome).toMatchObject({ type: 'refused', code: 'CLOCK_SKEW' });
    expect(await exchange.fetchOrder('main', BTC, sent.clientOrderId)).toBeNull();
    await exchange.measureClock();
    expect(await exchange.placeOrder(sent)).toMatchObject({ type: 'done' });
  });

  it('is none of ccxt’s own: no builder, no approval, no referrer, neither at the start nor later', async () => {
    const fresh = await openCcxtExchange({ exchangeId: 'hyperliquid', connection: connectionOf(server), credentials: new Map([['main', CREDENTIALS.main]]), symbols: [BTC], log: SILENT });
    fresh.start();
    await fresh.fetchSnapshot('main');
    await fresh.placeOrder(request({ price: '50000' }));
    await fresh.close();
    expect(server.protocol.receivedActions.map(({ type }) => type)).toEqual(['order']);
    expect(JSON.stringify(server.listener.requests)).not.toMatch(/builder|referrer/i);
  });

  it('is sent for a new id only', async () => {
    const sent = request({ price: '50000' });
    await exchange.placeOrder(sent);
    expect(await exchange.placeOrder({ ...sent, price: '49000' })).toMatchObject({ type: 'refused', code: 'DUPLICATE_CLIENT_ORDER_ID' });
    expect(actions()).toHaveLength(1);
  });

  it('that was certainly not carried out may be sent again', async () => {
    const sent = request({ price: '50000', amount: '0.0001' });
    expect(await exchange.placeOrder(sent)).toMatchObject({ type: 'refused', code: 'MIN_COST' });
    expect(await exchange.placeOrder({ ...sent, amount: '0.01' })).toMatchObject({ type: 'done' });
  });
});

describe('answers', () => {
  const judge = (json: Json, status = 200, text = JSON.stringify(json)) => hyperliquid.judge({ type: 'answer', status, json, text, retryAfterMs: null, headers: {} });
  const rowError = (error: string): Json => ({ status: 'ok', response: { type: 'order', data: { statuses: [{ error }] } } });

  it.each(Object.entries(HYPERLIQUID_REFUSALS))('"%s" refuse as %s, as a row or as a whole', (text, code) => {
    expect(judge(rowError(`${text} asset=0`))).toMatchObject({ type: 'refused', code });
    expect(judge({ status: 'err', response: text })).toMatchObject({ type: 'refused', code });
  });

  it('in other words prove nothing', () => {
    expect(judge(rowError('an order with this cloid exists'))).toMatchObject({ type: 'unknown' });
    expect(judge({ status: 'err', response: 'Invalid nonce: duplicate nonce 1' })).toMatchObject({ type: 'unknown' });
    for (const status of [500, 502, 403]) expect(judge(null, status)).toMatchObject({ type: 'unknown' });
    expect(judge(null, 422, UNDESERIALISABLE)).toMatchObject({ type: 'refused', code: 'BAD_REQUEST' });
    expect(judge(null, 422, 'Unprocessable')).toMatchObject({ type: 'unknown' });
    expect(judge(null, 429)).toMatchObject({ type: 'refused', code: 'RATE_LIMITED' });
  });
});

describe('a price', () => {
  const told = (messages: readonly Json[], clock: () => number) => {
    const market = { symbol: BTC, id: 'BTC' } as VenueMarket;
    const nobody = () => Promise.reject(new Error('frames ask nobody'));
    const dialect = hyperliquid.openPublic({ reader: { read: nobody, ask: nobody }, stream: {} as CcxtClient, now: clock, markets: { bySymbol: () => market, byId: () => market } });
    return messages.flatMap((message) => dialect.frames(message) ?? []);
  };
  const bbo = (time: number): Json => ({ channel: 'bbo', data: { coin: 'BTC', time, bbo: [null, null] } });
  const context: Json = { channel: 'activeAssetCtx', data: { coin: 'BTC', ctx: { markPx: '60001', midPx: '60000.5', oraclePx: '60002' } } };

  it('is as old as the newest time told before it, not as its arrival', () => {
    expect(told([bbo(1_000_000), context], () => 1_000_400)).toEqual([{ type: 'quote', symbol: BTC, last: '60000.5', mark: '60001', index: '60002', at: 1_000_000 }]);
  });

  it('is no older than a moment where no time is told for long', () => {
    expect(told([bbo(1_000_000), context], () => 1_010_000)).toMatchObject([{ at: 1_010_000 - 2_000 }]);
  });
});

describe('who the key belongs to', () => {
  it('is told: an agent trades and cannot withdraw, the owner’s key could', async () => {
    for (const account of OPEN_ACCOUNTS) expect(await exchange.fetchKeyPermissions(account)).toEqual({ canTrade: true, canWithdraw: false, isIpRestricted: null, accountType: 'disabled', unsupported: null });
    const keys = { walletAddress: addressOf(OWNER_KEY), privateKey: OWNER_KEY };
    const own = await openCcxtExchange({ exchangeId: 'hyperliquid', connection: connectionOf(server), credentials: new Map([['main', keys], ['stranger', { ...keys, privateKey: `0x${'9'.repeat(64)}` }]]), symbols: [BTC], log: SILENT });
    expect(await own.fetchKeyPermissions('main')).toMatchObject({ canTrade: true, canWithdraw: true });
    expect(await own.fetchKeyPermissions('stranger')).toMatchObject({ canTrade: false });
    await own.close();
  });
});

describe('prices', () => {
  const marketOf = (szDecimals: number): VenueMarket => {
    const info = { name: 'X', baseId: 0, szDecimals, maxLeverage: 40 };
    const market = hyperliquid.marketOf({ symbol: 'X/USDC:USDC', id: '0', base: 'X', baseId: '0', quote: 'USDC', settle: 'USDC', active: true, swap: true, linear: true, taker: undefined, maker: undefined, contractSize: '1', precision: {}, limits: {}, info } satisfies CcxtMarket);
    if (market === null) throw new Error('no market');
    return market;
  };
  const assetOf = (szDecimals: number) => {
    const [asset] = new Assets([hyperliquidMarket({ symbol: 'X/USDC:USDC', tickSize: '1', amountStep: plain(dec('10').pow(-szDecimals)), minAmount: '1', minCost: '10', takerFee: '0', makerFee: '0' })]).all;
    if (asset === undefined) throw new Error('no asset');
    return asset;
  };
  const price = fc.tuple(fc.bigInt({ min: 1n, max: 10n ** 14n }), fc.integer({ min: 0, max: 12 })).map(([digits, scale]) => plain(dec(String(digits)).times(dec('10').pow(-scale))));

  it('rounded in any direction, of orders and of their bounds, are on the exchange’s grid', () => {
    fc.assert(
      fc.property(price, fc.integer({ min: 0, max: 6 }), fc.constantFrom('buy' as const, 'sell' as const), (text, szDecimals, side) => {
        const market = marketOf(szDecimals);
        const asset = assetOf(szDecimals);
        const grid = priceGridOf(market.instrument);
        for (const round of [floorPrice, ceilPrice, nearestPrice]) {
          const rounded = round(grid, dec(text));
          if (rounded.isZero()) continue;
          expect(isOnPriceGrid(plain(rounded), asset)).toBe(true);
          const bounds = [orderRow(request({ side, triggerPrice: plain(rounded) }), market, null), orderRow(request({ side }), market, text)].map(({ p }) => String(p));
          for (const bound of bounds) expect(bound === '0' || isOnPriceGrid(bound, asset)).toBe(true);
          const [stop = '0'] = bounds;
          expect(side === 'buy' ? dec(stop).greaterThanOrEqualTo(rounded) : dec(stop).lessThanOrEqualTo(rounded)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
