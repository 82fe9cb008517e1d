import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { D, dec, plain, sum } from '../../../src/domain/decimal.ts';
import type { OrderRecord, TradeRecord } from '../../../src/ports/exchange.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import type { GroundTruth } from '../../../src/sim/exchange/truth.ts';
import { configs, play, steps } from './life.ts';
import { BTC, BTC_MARKET } from './world.ts';

/** fast-check prints the seed and the shrunk life when a property fails. */
const RUNS = { numRuns: 150 };

function signed(trade: TradeRecord): D {
  return trade.side === 'buy' ? dec(trade.amount) : dec(trade.amount).negated();
}

/** cash = deposits − Σ buys + Σ sells − fees + funding; equity = cash + Σ amount × mark = balance + unrealised; exactly. */
function checkMoney(truth: GroundTruth): void {
  for (const account of truth.accounts) {
    const trades = truth.trades.filter((trade) => trade.account === account.account);
    const flows = sum(trades.map((trade) => signed(trade).times(trade.price).negated()));
    const liquidations = truth.events.flatMap((event) => (event.type === 'liquidation' ? [dec(event.fee)] : []));
    const fees = sum([...trades.map((trade) => dec(trade.fee)), ...liquidations]);
    const funding = sum(truth.events.flatMap((event) => (event.type === 'funding' ? [dec(event.amount)] : [])));
    expect(account.fees).toBe(plain(fees));
    expect(account.funding).toBe(plain(funding));
    expect(account.cash).toBe(plain(dec(account.deposits).plus(flows).minus(fees).plus(funding)));
    const markOf = (symbol: string): string => truth.prices.find((price) => price.symbol === symbol)?.mark ?? '0';
    const value = sum(account.positions.map((leg) => dec(leg.amount).times(markOf(leg.symbol))));
    const cost = sum(account.positions.map((leg) => dec(leg.cost)));
    expect(account.equity).toBe(plain(dec(account.cash).plus(value)));
    expect(account.equity).toBe(plain(dec(account.walletBalance).plus(value).minus(cost)));
    if (account.positions.length === 0) expect(account.walletBalance).toBe(account.cash);
  }
}

/** Each leg is the sum of its signed trades; a long leg is never short and the other way round (I5, I7). */
function checkPositions(truth: GroundTruth): void {
  for (const account of truth.accounts) {
    const legs = new Map<string, D>();
    for (const trade of truth.trades.filter((each) => each.account === account.account)) {
      const key = `${trade.symbol} ${trade.positionSide ?? 'both'}`;
      legs.set(key, (legs.get(key) ?? new D(0)).plus(signed(trade)));
      const amount = legs.get(key) ?? new D(0);
      if (trade.positionSide === 'long') expect(amount.greaterThanOrEqualTo(0)).toBe(true);
      if (trade.positionSide === 'short') expect(amount.lessThanOrEqualTo(0)).toBe(true);
    }
    const open = [...legs].filter(([, amount]) => !amount.isZero()).map(([key, amount]) => `${key} ${plain(amount)}`);
    expect(account.positions.map((leg) => `${leg.symbol} ${leg.positionSide} ${leg.amount}`)).toEqual(open.sort());
  }
}

/** A closed order is filled, or overfilled. What is filled is the sum of the order's trades; after a final status nothing changes (I4, I13). */
function checkOrders(truth: GroundTruth): void {
  for (const { order, history } of truth.orders) {
    const filled = sum(truth.trades.filter((trade) => trade.orderId === order.id).map((trade) => dec(trade.amount)));
    expect(order.filled).toBe(plain(filled));
    expect(history.at(-1)).toBe(order);
    history.forEach((version, index) => expect(version.status === 'open' || index === history.length - 1).toBe(true));
    if (order.status === 'closed') expect(dec(order.filled).greaterThanOrEqualTo(order.amount)).toBe(true);
  }
  expect(new Set(truth.trades.map((trade) => trade.id)).size).toBe(truth.trades.length);
}

describe('any life of the exchange', () => {
  it('keeps money, positions and orders exact after every step', async () => {
    const property = fc.asyncProperty(configs, steps, async (config, life) => {
      const exchange = new SimulatedExchange({ ...config, keepHistory: true });
      await play(exchange, life, () => {
        const truth = exchange.truth();
        checkMoney(truth);
        checkPositions(truth);
        checkOrders(truth);
      });
    });
    await fc.assert(property, RUNS);
  });

  it('never leaves a debt, nor a position that maintenance does not cover, after a tick', async () => {
    const property = fc.asyncProperty(configs, steps, async (config, life) => {
      const exchange = new SimulatedExchange(config);
      await play(exchange, life, (step) => {
        if (step.type !== 'tick') return;
        const [account] = exchange.truth().accounts;
        expect(dec(account?.equity ?? '-1').greaterThanOrEqualTo(0)).toBe(true);
        const isAllCross = Object.values(account?.symbols ?? {}).every((each) => each.marginMode === 'cross');
        if (isAllCross && account !== undefined && account.positions.length > 0) expect(dec(account.equity).greaterThan(account.maintenance)).toBe(true);
      });
    });
    await fc.assert(property, RUNS);
  });

  it('never brings a final order back and never tells an event that the truth does not hold', async () => {
    const property = fc.asyncProperty(configs, steps, async (config, life) => {
      const exchange = new SimulatedExchange({ ...config, keepHistory: true });
      const told = new Map<string, OrderRecord>();
      const trades: TradeRecord[] = [];
      exchange.subscribe((event) => {
        if (event.type === 'trade') trades.push(event.trade);
        if (event.type !== 'order') return;
        expect(told.get(event.order.id)?.status ?? 'open').toBe('open');
        told.set(event.order.id, event.order);
      });
      await play(exchange, life);
      const truth = exchange.truth();
      expect(trades).toEqual(truth.trades);
      expect([...told.values()].sort((a, b) => a.createdAt - b.createdAt)).toEqual(truth.orders.map(({ order }) => order));
    });
    await fc.assert(property, RUNS);
  });

  it('is the same again from the same steps', async () => {
    const property = fc.asyncProperty(configs, steps, async (config, life) => {
      const traces: string[] = [];
      for (let run = 0; run < 2; run += 1) {
        const exchange = new SimulatedExchange(config);
        const trace: unknown[] = [];
        exchange.subscribe((event) => trace.push(event));
        await play(exchange, life);
        traces.push(JSON.stringify([trace, exchange.truth()]));
      }
      expect(traces[1]).toBe(traces[0]);
    });
    await fc.assert(property, { numRuns: 100 });
  });
});

describe('the liquidation price', () => {
  it('in one-way mode is below the mark of a long and above that of a short, at every tick', async () => {
    let seen = 0;
    const property = fc.asyncProperty(configs, steps, async (config, life) => {
      const exchange = new SimulatedExchange({ ...config, accounts: config.accounts.map((account) => ({ ...account, positionMode: 'one-way' as const })) });
      const reads: Promise<void>[] = [];
      await play(exchange, life, (step) => {
        if (step.type !== 'tick') return;
        const { prices } = exchange.truth();
        reads.push(
          exchange.fetchSnapshot('main').then(({ positions }) => {
            for (const { symbol, positionSide, amount, liquidationPrice } of positions.filter((each) => each.positionSide === 'both' && each.symbol === step.symbol)) {
              if (liquidationPrice === null) continue;
              seen += 1;
              const mark = prices.find((price) => price.symbol === symbol)?.mark ?? '0';
              // Rounded to the tick, it may meet the mark.
              const isBeyond = dec(amount).greaterThan(0) ? dec(liquidationPrice).lessThanOrEqualTo(mark) : dec(liquidationPrice).greaterThanOrEqualTo(mark);
              expect({ positionSide, amount, liquidationPrice, mark, isBeyond }).toMatchObject({ isBeyond: true });
            }
          }),
        );
      });
      await Promise.all(reads);
    });
    await fc.assert(property, { numRuns: 60 });
    expect(seen).toBeGreaterThan(50);
  });
});

describe('the random lives themselves', () => {
  it('reach liquidations, the insurance fund, funding, makers, and every way an order ends', async () => {
    const reached = new Set<string>();
    for (const [config, life] of fc.sample(fc.tuple(configs, steps), { numRuns: 200, seed: 1 })) {
      const exchange = new SimulatedExchange({ ...config, keepHistory: true });
      await play(exchange, life);
      const { events, orders, trades, requests } = exchange.truth();
      for (const event of events) reached.add(event.type === 'liquidation' ? event.cause : event.type);
      for (const { order } of orders) reached.add(order.status);
      for (const trade of trades) reached.add(trade.takerOrMaker);
      for (const { kind, outcome } of requests) reached.add(`${kind} ${outcome}`);
    }
    const ends = ['open', 'closed', 'canceled', 'rejected', 'expired'];
    const writes = ['place done', 'place refused', 'amend done', 'amend refused', 'cancel done'];
    expect([...reached].sort()).toEqual(['liquidation', 'insurance', 'adl', 'transfer', 'funding', 'maker', 'taker', ...ends, ...writes].sort());
  });
});

describe('the float pre-filters', () => {
  it('never change what happens: extra ticks elsewhere, which force exact checks, make no difference', async () => {
    const property = fc.asyncProperty(configs, steps, async (config, life) => {
      const plainLife = new SimulatedExchange({ ...config, keepHistory: true });
      const checked = new SimulatedExchange({ ...config, keepHistory: true });
      await play(plainLife, life);
      await play(checked, life, () => checked.deposit('main', '0')); // marks the account as changed: exact check at the next tick
      expect(checked.truth()).toEqual(plainLife.truth());
    });
    await fc.assert(property, RUNS);
  });
});

describe('hedge and one-way mode', () => {
  it('have the same net position and the same equity after the same signed trades', async () => {
    const trade = fc.record({ side: fc.constantFrom('buy' as const, 'sell' as const), lots: fc.integer({ min: 1, max: 50 }), last: fc.integer({ min: 500, max: 1500 }) });
    const property = fc.asyncProperty(fc.array(trade, { maxLength: 25 }), async (trades) => {
      const market = { ...BTC_MARKET, tickSize: '1', amountStep: '0.1' };
      const options = { markets: [market], accounts: [], marginChecks: false, liquidation: false };
      const exchange = new SimulatedExchange(options);
      for (const positionMode of ['hedge', 'one-way'] as const) exchange.ensureAccount({ account: positionMode, deposit: '1000', positionMode });
      for (const [index, { side, lots, last }] of trades.entries()) {
        exchange.tick({ symbol: BTC, at: index, last: String(last), mark: String(last), index: String(last) });
        const common = { symbol: BTC, clientOrderId: `a${index}`, type: 'market', side, amount: (lots / 10).toFixed(1), price: null, triggerPrice: null, triggerBy: 'last', reduceOnly: false, postOnly: false } as const;
        await exchange.placeOrder({ ...common, account: 'one-way', positionSide: null });
        const opposing = exchange.truth().accounts[0]?.positions.find((leg) => leg.positionSide === (side === 'buy' ? 'short' : 'long'));
        const closed = D.min(dec(opposing?.amount ?? '0').abs(), common.amount);
        const opened = dec(common.amount).minus(closed);
        if (closed.greaterThan(0)) await exchange.placeOrder({ ...common, account: 'hedge', clientOrderId: `c${index}`, amount: plain(closed), positionSide: side === 'buy' ? 'short' : 'long' });
        if (opened.greaterThan(0)) await exchange.placeOrder({ ...common, account: 'hedge', clientOrderId: `o${index}`, amount: plain(opened), positionSide: side === 'buy' ? 'long' : 'short' });
        const [hedge, oneWay] = exchange.truth().accounts;
        const net = sum((hedge?.positions ?? []).map((leg) => dec(leg.amount)));
        expect(plain(net)).toBe(oneWay?.positions[0]?.amount ?? '0');
        expect(hedge?.equity).toBe(oneWay?.equity);
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });
});

