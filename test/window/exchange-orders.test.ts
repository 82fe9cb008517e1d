/** From desired orders to exchange orders (DOMAIN §6): position sides, netting in one-way mode, reduce-only (I7), limit prices (I15). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZERO, dec, isOnStep, plain } from '../../src/domain/decimal.ts';
import type { Instrument, PositionMode, Strategy } from '../../src/domain/strategy.ts';
import { longOf, shortOf } from '../../src/domain/wallet.ts';
import { planDesire } from '../../src/engine/plan-desire.ts';
import { exchangeOrders, isClosingLeg } from '../../src/window/exchange-orders.ts';
import type { ExchangeContext, ExchangeOrder, WalletDesire } from '../../src/window/exchange-orders.ts';
import { Life, instructions, strategies } from '../engine/random-life.ts';
import { hedgeWallet, instrumentOf, longWallet, strategy } from '../fixtures.ts';

function contextOf(plan: Strategy, positionMode: PositionMode, change: Partial<ExchangeContext> = {}): ExchangeContext {
  return { strategy: plan, instrument: instrumentOf(plan), positionMode, reduceOnlyInHedgeMode: false, ...change };
}

/** Shows every desire of a random life to `look`. */
function onEveryDesire(look: (desire: readonly WalletDesire[], plan: Strategy) => void, numRuns: number): void {
  fc.assert(
    fc.property(strategies, fc.boolean(), instructions, (base, isApart, list) => {
      const plan = isApart ? { ...base, wallets: base.wallets.map((wallet) => ({ ...wallet, account: wallet.name })) } : base;
      const life = new Life(plan, ({ state }) => look(planDesire(state, plan), plan));
      for (const instruction of list) life.follow(instruction);
    }),
    { numRuns },
  );
}

function totals(orders: readonly ExchangeOrder[]): Map<string, string> {
  const sums = new Map<string, string>();
  for (const { account, side, triggerPrice, amount } of orders) {
    const key = `${account} ${side} ${triggerPrice ?? 'market'}`;
    sums.set(key, plain(dec(sums.get(key) ?? '0').plus(amount)));
  }
  return new Map([...sums].sort());
}

describe('in one-way mode', () => {
  it('what is netted adds up, for each account, side and price, to what hedge mode would place', () => {
    onEveryDesire((desire, plan) => expect(totals(exchangeOrders(desire, contextOf(plan, 'one-way')))).toEqual(totals(exchangeOrders(desire, contextOf(plan, 'hedge')))), 25);
  });

  it('one order rests for each account, side and trigger price, closing legs first, no leg twice or lost', () => {
    onEveryDesire((desire, plan) => {
      const orders = exchangeOrders(desire, contextOf(plan, 'one-way'));
      const resting = orders.filter(({ triggerPrice }) => triggerPrice !== null);
      expect(new Set(resting.map(({ account, side, triggerPrice }) => `${account} ${side} ${triggerPrice}`)).size).toBe(resting.length);
      expect(new Set(orders.map(({ slot }) => slot)).size).toBe(orders.length);
      for (const { legs, amount, positionSide } of orders) {
        const closing = legs.map(isClosingLeg);
        expect(closing).toEqual([...closing].sort((a, b) => Number(b) - Number(a)));
        expect(plain(legs.reduce((total, leg) => total.plus(leg.amount), ZERO))).toBe(amount);
        expect(positionSide).toBeNull();
      }
      const slots = (list: readonly ExchangeOrder[]): string[] => list.flatMap(({ slot }) => slot.split('+')).sort();
      expect(slots(orders)).toEqual(slots(exchangeOrders(desire, contextOf(plan, 'hedge'))));
    }, 25);
  });

  it('is reduce-only only where every leg closes and no other holding on the account offsets it, so that it is never shrunk', () => {
    let seen = 0;
    onEveryDesire((desire, plan) => {
      for (const order of exchangeOrders(desire, contextOf(plan, 'one-way'))) {
        if (!order.reduceOnly) continue;
        seen += 1;
        expect(order.legs.every(isClosingLeg)).toBe(true);
        const net = desire.filter(({ account }) => account === order.account).reduce((sum, { facts }) => sum.plus(longOf(facts)).minus(shortOf(facts)), ZERO);
        const reducible = order.side === 'sell' ? net : net.negated();
        expect(reducible.greaterThanOrEqualTo(order.amount), `${order.side} ${order.amount} of ${plain(net)}`).toBe(true);
      }
    }, 60);
    expect(seen).toBeGreaterThan(100);
  });

  it('the full stop and the first entry at its level are one sell of 1.25 at fees 0 and price 10 000', () => {
    const life = new Life(strategy({ wallets: [hedgeWallet()] }));
    const [first] = exchangeOrders(planDesire(life.state, life.strategy), contextOf(life.strategy, 'one-way'));
    expect(first).toMatchObject({ side: 'sell', triggerPrice: '9900', amount: '1.2525', reduceOnly: false, slot: 'hedge/stop-loss/-1/close-long+hedge/stop-entry-short/-1/open-short' });
  });

  it('wallets on accounts of their own are not netted with each other', () => {
    const plan = strategy({ wallets: [longWallet(), hedgeWallet({ account: 'second' })] });
    const orders = exchangeOrders(planDesire(new Life(plan).state, plan), contextOf(plan, 'one-way'));
    expect(new Set(orders.filter(({ triggerPrice }) => triggerPrice === '9900').map(({ account }) => account))).toEqual(new Set(['main', 'second']));
    expect(orders.every(({ legs }) => new Set(legs.map(({ wallet }) => wallet)).size === 1)).toBe(true);
  });
});

describe('in hedge mode', () => {
  it('every order has one leg and the position side it acts on; the reduce-only flag is set where it is taken', () => {
    onEveryDesire((desire, plan) => {
      for (const isTaken of [true, false]) {
        for (const { legs, positionSide, reduceOnly, side } of exchangeOrders(desire, contextOf(plan, 'hedge', { reduceOnlyInHedgeMode: isTaken }))) {
          const leg = legs[0]?.leg;
          expect(legs.length).toBe(1);
          expect(positionSide).toBe(leg === 'open-long' || leg === 'close-long' ? 'long' : 'short');
          expect(side).toBe(leg === 'open-long' || leg === 'close-short' ? 'buy' : 'sell');
          expect(reduceOnly).toBe(isTaken && (leg === 'close-long' || leg === 'close-short'));
        }
      }
    }, 40);
  });
});

describe('the limit of a stop-limit order', () => {
  it('lies beyond the trigger by at least the offset, on the tick, above nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom('0.1', '0.25', '5'), fc.integer({ min: 0, max: 60 }), (tickSize, permille) => {
        const base = strategy({ unit: { type: 'price', price: '500' } });
        const offset = plain(dec(String(permille)).div(1000));
        const windows = Object.fromEntries(Object.entries(base.windows).map(([role, window]) => [role, { ...window, order: 'stop-limit', limitOffset: offset }])) as Strategy['windows'];
        const plan = { ...base, windows };
        const instrument: Instrument = { ...instrumentOf(plan), tickSize };
        for (const order of exchangeOrders(planDesire(new Life(plan).state, plan), contextOf(plan, 'hedge', { instrument }))) {
          if (order.triggerPrice === null) continue;
          const [limit, trigger] = [dec(order.price ?? '0'), dec(order.triggerPrice)];
          const room = trigger.times(offset);
          expect(isOnStep(limit, dec(tickSize)) && limit.greaterThan(0)).toBe(true);
          expect(order.side === 'sell' ? limit.lessThanOrEqualTo(trigger.minus(room)) : limit.greaterThanOrEqualTo(trigger.plus(room))).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
