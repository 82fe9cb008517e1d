/**
 * The difference between what should rest and what does, on a model of an exchange's book: applying a plan leaves nothing to do (I10),
 * no slot has two orders (I1), protection is placed before it is cancelled (I7), and permissions and caps hold at every instant.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PositionMode, Strategy } from '../../src/domain/strategy.ts';
import { planDesire } from '../../src/engine/plan-desire.ts';
import { stopPlacesByAccount } from '../../src/engine/stop-capacity.ts';
import { exchangeOrders, isProtective, slotOf } from '../../src/window/exchange-orders.ts';
import type { ExchangeOrder } from '../../src/window/exchange-orders.ts';
import { planActions } from '../../src/window/plan.ts';
import type { Action, PlanContext, WorkingOrder } from '../../src/window/plan.ts';
import { Life, instructions, strategies } from '../engine/random-life.ts';
import { hedgeWallet, instrumentOf, strategy } from '../fixtures.ts';

/** Passes until a book is as wanted: what is replaced takes two; under a cap protection moves one order at a time. */
const PASSES_MAX = 40;

interface Abilities {
  readonly positionMode: PositionMode;
  readonly amendsConditional: boolean;
  readonly maxConditionalPerSymbol: number | null;
  readonly mayOpen: boolean;
  readonly mayCancelEntries: boolean;
}

/** The operations of DOMAIN §8: running, paused, diverged. */
const PERMISSIONS = [
  { mayOpen: true, mayCancelEntries: true },
  { mayOpen: false, mayCancelEntries: false },
  { mayOpen: false, mayCancelEntries: true },
] as const;

const abilities: fc.Arbitrary<Abilities> = fc
  .record({ positionMode: fc.constantFrom<PositionMode>('hedge', 'one-way'), amendsConditional: fc.boolean(), maxConditionalPerSymbol: fc.constantFrom(null, 10, 4), permission: fc.constantFrom(...PERMISSIONS) })
  .map(({ permission, ...others }) => ({ ...others, ...permission }));

/** A model book: what rests, changed by one action at a time. */
class Book {
  working: WorkingOrder[] = [];
  #count = 0;

  apply(action: Action): void {
    switch (action.type) {
      case 'place':
        this.#count += 1;
        this.working.push(restingOf(action.order, `order-${this.#count}`));
        return;
      case 'amend':
        this.working = this.working.map((order) => (order === action.target ? { ...restingOf(action.order, order.clientOrderId), amount: action.amount, filled: order.filled } : order));
        return;
      case 'cancel':
        this.working = this.working.filter((order) => order !== action.target);
    }
  }
}

function restingOf(order: ExchangeOrder, clientOrderId: string): WorkingOrder {
  const { account, symbol, side, type, amount, triggerPrice, price, triggerBy, positionSide, reduceOnly, legs } = order;
  return { clientOrderId, account, symbol, side, type, amount, filled: '0', triggerPrice, price, triggerBy, positionSide, reduceOnly, legs, status: 'live', isTriggered: false };
}

function contextOf(life: Life, can: Abilities): PlanContext {
  return { ...can, prices: { last: life.price, mark: life.price, index: life.price }, blockedSlots: new Map(), passedSlots: new Set(), cycles: new Map(), uncancellable: new Set() };
}

function wantedBy(life: Life, can: Abilities): ExchangeOrder[] {
  return exchangeOrders(planDesire(life.state, life.strategy), { strategy: life.strategy, instrument: instrumentOf(life.strategy), positionMode: can.positionMode, reduceOnlyInHedgeMode: false });
}

const isConditional = ({ triggerPrice }: { readonly triggerPrice: string | null }): boolean => triggerPrice !== null;

function slotsOf(working: readonly WorkingOrder[]): Map<string, WorkingOrder[]> {
  const bySlot = new Map<string, WorkingOrder[]>();
  for (const order of working) for (const leg of order.legs) bySlot.set(`${slotOf(leg)}#${leg.cycle}`, [...(bySlot.get(`${slotOf(leg)}#${leg.cycle}`) ?? []), order]);
  return bySlot;
}

/** I1 at every instant: a slot has one order; more only while a protective one is being replaced, and once more when its amount changes meanwhile. */
function expectOnePerSlot(book: Book): void {
  for (const [slot, orders] of slotsOf(book.working)) {
    if (orders.length > 1) expect(orders.length <= 3 && orders.every(isProtective), `${slot} has ${orders.length} orders`).toBe(true);
  }
}

function expectAllowed(action: Action, can: Abilities): void {
  if (action.type !== 'cancel') expect(can.mayOpen || isProtective(action.order), action.reason).toBe(true);
  else expect(can.mayCancelEntries || can.mayOpen || isProtective(action.target), action.reason).toBe(true);
}

/** Applies plans until nothing is left to do; checks every action and every instant on the way. */
function converge(book: Book, life: Life, can: Abilities, look: (actions: readonly Action[]) => void = () => {}): void {
  const wanted = wantedBy(life, can);
  const held = book.working.filter(isConditional).length;
  for (let pass = 0; pass <= PASSES_MAX; pass += 1) {
    const { actions } = planActions(wanted, book.working, contextOf(life, can));
    if (actions.length === 0) return;
    look(actions);
    for (const action of actions) {
      expectAllowed(action, can);
      book.apply(action);
      expectOnePerSlot(book);
      if (can.maxConditionalPerSymbol !== null && can.mayOpen) expect(book.working.filter(isConditional).length).toBeLessThanOrEqual(Math.max(can.maxConditionalPerSymbol, held));
    }
  }
  expect.fail(`still something to do after ${PASSES_MAX} passes: ${planActions(wanted, book.working, contextOf(life, can)).actions.map(({ type, reason }) => `${type}: ${reason}`).join('; ')}`);
}

/** Market orders are done at once and leave the book. */
function endMarketOrders(book: Book): void {
  book.working = book.working.filter(({ type }) => type !== 'market');
}

/** A plan whose stops do not fit under a cap is not started there. */
function startable(plan: Strategy, can: Abilities): Abilities {
  const places = Math.max(...stopPlacesByAccount(plan).values());
  return places > (can.maxConditionalPerSymbol ?? Infinity) ? { ...can, maxConditionalPerSymbol: null } : can;
}

function onLives(check: (life: Life, book: Book, can: Abilities) => void, numRuns: number): void {
  fc.assert(
    fc.property(strategies, abilities, instructions, (plan, someone, list) => {
      const can = startable(plan, someone);
      const life = new Life(plan);
      const book = new Book();
      for (const instruction of list.slice(0, 25)) {
        check(life, book, can);
        life.follow(instruction);
        endMarketOrders(book);
      }
    }),
    { numRuns },
  );
}

describe('a plan of actions', () => {
  it('leaves nothing to do once it is applied, with one order for each slot and nothing that is not allowed on the way', () => {
    onLives((life, book, can) => converge(book, life, can), 50);
  });

  it('leaves the book as wanted when it may: what is wanted rests and nothing else, under a cap the nearest', () => {
    onLives((life, book, can) => {
      if (!can.mayOpen) return;
      converge(book, life, can);
      // What had to be closed at market rests where it was until that is done.
      if (book.working.some(({ type }) => type === 'market')) return;
      const wanted = wantedBy(life, can);
      const withheld = new Set(planActions(wanted, book.working, contextOf(life, can)).withheld.map(({ order }) => order.slot));
      const slotsIn = (list: readonly { readonly legs: ExchangeOrder['legs'] }[]): string[] => list.map(({ legs }) => legs.map(slotOf).join('+')).sort();
      expect(slotsIn(book.working)).toEqual(slotsIn(wanted.filter(({ slot }) => !withheld.has(slot))));
      if (can.maxConditionalPerSymbol === null) expect(withheld.size).toBe(0);
    }, 30);
  });

  it('places protection before it cancels protection, and cancels entries before it places entries', () => {
    onLives((life, book, can) =>
      converge(book, life, can, (actions) => {
        const at = (match: (action: Action) => boolean): number[] => actions.flatMap((action, index) => (match(action) ? [index] : []));
        const protect = at((action) => action.type !== 'cancel' && isProtective(action.order));
        const unprotect = at((action) => action.type === 'cancel' && isProtective(action.target));
        const enter = at((action) => action.type !== 'cancel' && !isProtective(action.order));
        const leave = at((action) => action.type === 'cancel' && !isProtective(action.target));
        expect(Math.max(-1, ...protect)).toBeLessThan(Math.min(Infinity, ...unprotect));
        expect(Math.max(-1, ...leave)).toBeLessThan(Math.min(Infinity, ...enter));
      }),
    30);
  });

  it('gives every action a reason', () => {
    onLives((life, book, can) => converge(book, life, can, (actions) => expect(actions.every(({ reason }) => reason.length > 5)).toBe(true)), 20);
  });
});

describe('protection', () => {
  const can: Abilities = { positionMode: 'hedge', amendsConditional: false, maxConditionalPerSymbol: null, mayOpen: true, mayCancelEntries: true };
  const closing = (book: Book): string[] => book.working.filter((order) => isProtective(order) && order.status === 'live').map(({ triggerPrice }) => triggerPrice ?? 'market').sort();

  it('stays where it is while its successor is refused, however often', () => {
    const life = new Life(strategy());
    const book = new Book();
    converge(book, life, can);
    life.follow({ type: 'move', halves: 4, prompt: true });
    for (let pass = 0; pass < 5; pass += 1) {
      for (const action of planActions(wantedBy(life, can), book.working, contextOf(life, can)).actions) if (action.type !== 'place' || !isProtective(action.order)) book.apply(action);
      expect(closing(book)).toEqual(['9900']);
    }
    converge(book, life, can);
    expect(closing(book)).toEqual(['10100']);
  });

  it('stays where it is while the answer for its successor is lost', () => {
    const life = new Life(strategy());
    const book = new Book();
    converge(book, life, can);
    life.follow({ type: 'move', halves: 4, prompt: true });
    for (const action of planActions(wantedBy(life, can), book.working, contextOf(life, can)).actions) book.apply(action);
    book.working = book.working.map((order) => (order.triggerPrice === '10100' ? { ...order, status: 'unknown' } : order));
    expect(planActions(wantedBy(life, can), book.working, contextOf(life, can)).actions).toEqual([]);
    expect(closing(book)).toEqual(['9900']);
  });

  it('never has fewer orders at any instant of a move than before and after it', () => {
    fc.assert(
      fc.property(strategies, abilities, instructions, (plan, someone, list) => {
        const all = { ...someone, positionMode: 'hedge' as const, maxConditionalPerSymbol: null };
        const life = new Life(plan);
        const book = new Book();
        const kinds = (orders: readonly { readonly legs: ExchangeOrder['legs']; readonly triggerPrice: string | null }[]): Map<string, number> => {
          const counts = new Map<string, number>();
          for (const order of orders) if (isConditional(order) && isProtective(order)) for (const { wallet, leg } of order.legs) counts.set(`${wallet} ${leg}`, (counts.get(`${wallet} ${leg}`) ?? 0) + 1);
          return counts;
        };
        for (const instruction of list.slice(0, 25)) {
          const before = kinds(book.working);
          const wanted = kinds(wantedBy(life, all));
          for (let pass = 0; pass < PASSES_MAX; pass += 1) {
            const { actions } = planActions(wantedBy(life, all), book.working, contextOf(life, all));
            for (const action of actions) {
              book.apply(action);
              const now = kinds(book.working);
              for (const [kind, count] of wanted) expect(now.get(kind) ?? 0).toBeGreaterThanOrEqual(Math.min(count, before.get(kind) ?? 0));
            }
          }
          life.follow(instruction);
          endMarketOrders(book);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('an order whose answer is not known', () => {
  const can: Abilities = { positionMode: 'hedge', amendsConditional: true, maxConditionalPerSymbol: null, mayOpen: true, mayCancelEntries: true };

  it('is neither changed, nor cancelled, nor joined by a second one for its slot', () => {
    for (const status of ['unknown', 'committed'] as const) {
      const life = new Life(strategy());
      const book = new Book();
      converge(book, life, can);
      book.working = book.working.map((order) => ({ ...order, status }));
      life.follow({ type: 'move', halves: 3, prompt: true });
      const { actions } = planActions(wantedBy(life, can), book.working, contextOf(life, can));
      expect(actions.filter(({ type }) => type !== 'place')).toEqual([]);
      const slots = slotsOf(book.working);
      for (const action of actions) if (action.type === 'place') for (const leg of action.order.legs) expect(slots.has(`${slotOf(leg)}#${leg.cycle}`)).toBe(false);
    }
  });
});

function lineOf(action: Action): string {
  const { legs, triggerPrice } = action.type === 'cancel' ? action.target : action.order;
  return `${action.type} ${legs[0]?.role ?? ''} ${triggerPrice ?? 'at market'}`;
}

describe('a window that trails up by one unit', () => {
  const slide = (can: Partial<Abilities>, plan: Strategy = strategy({ wallets: [hedgeWallet()] })): string[] => {
    const all: Abilities = { positionMode: 'hedge', amendsConditional: true, maxConditionalPerSymbol: null, mayOpen: true, mayCancelEntries: true, ...can };
    const life = new Life(plan);
    const book = new Book();
    converge(book, life, all);
    life.follow({ type: 'move', halves: 2, prompt: true });
    const lines: string[] = [];
    converge(book, life, all, (actions) => lines.push(...(lines.length === 0 ? [] : ['then']), ...actions.map(lineOf)));
    return lines;
  };

  it('moves the stop and the far entry where orders can be amended', () => {
    expect(slide({})).toEqual(['amend stop-loss 10000', 'amend stop-entry-short 10000']);
  });

  it('cancels the far entry, places the new stop, cancels the old one and places the near entry elsewhere', () => {
    expect(slide({ amendsConditional: false })).toEqual(['cancel stop-entry-short 9600', 'place stop-loss 10000', 'place stop-entry-short 10000', 'then', 'cancel stop-loss 9900']);
  });

  it('does nothing to entries while the plan takes no new risk, and still moves the stop', () => {
    expect(slide({ mayOpen: false, mayCancelEntries: false, amendsConditional: false })).toEqual(['place stop-loss 10000', 'then', 'cancel stop-loss 9900']);
  });
});
