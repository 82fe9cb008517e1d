/**
 * One plan taken along a path of prices by the pure functions alone: machines, windows, netting and plan, as the engine calls them,
 * without engine, store or exchange. Whatever the plan wants done is done at once and not timed.
 */
import type { Instrument, Strategy } from '../domain/strategy.ts';
import { permissions, planDesire } from '../engine/plan-desire.ts';
import { dueJointReset, operationOf, startPlan, stepPlan } from '../engine/step.ts';
import type { PlanState } from '../engine/step.ts';
import { exchangeOrders } from '../window/exchange-orders.ts';
import type { ExchangeContext, ExchangeOrder } from '../window/exchange-orders.ts';
import { planActions } from '../window/plan.ts';
import type { Action, Plan, WorkingOrder } from '../window/plan.ts';

/** Microseconds, one per touch or fill. */
export interface WalkTimes {
  readonly touches: number[];
  readonly fills: number[];
}

const NOTHING_BLOCKED: ReadonlyMap<string, string> = new Map();
const NOTHING_PASSED: ReadonlySet<string> = new Set();
const NO_CYCLES: ReadonlyMap<string, number> = new Map();
/** Fills and market orders at one price; a ladder of four fragments has far fewer. */
const ROUNDS_AT_ONE_PRICE_MAX = 50;

export class LadderWalk {
  readonly #context: ExchangeContext;
  #state: PlanState;
  #working: WorkingOrder[] = [];
  #price: string;
  #at = 0;
  #ids = 0;

  constructor(strategy: Strategy, instrument: Instrument, price: string) {
    this.#context = { strategy, instrument, positionMode: strategy.exchange.positionMode, reduceOnlyInHedgeMode: false };
    this.#price = price;
    this.#state = startPlan(strategy, instrument, price, null);
    this.#carryOut(this.#derive());
    this.#fillDue({ touches: [], fills: [] });
  }

  /** Moves the price: what rests in between fires, the plan sees the price, then the fills. */
  moveTo(price: string, times: WalkTimes): void {
    this.#price = price;
    this.#at += 1;
    this.#working = this.#working.map((order) => (isReached(order, Number(price)) ? { ...order, isTriggered: true } : order));
    const startedAt = performance.now();
    this.#state = stepPlan(this.#state, { to: 'wallets', event: { type: 'price.touched', price, at: this.#at, slides: operationOf(this.#state) === 'running' } }).state;
    const plan = this.#derive();
    times.touches.push((performance.now() - startedAt) * 1_000);
    this.#carryOut(plan);
    this.#fillDue(times);
  }

  /** Nothing is left to do; else the benchmark measured a plan that fights itself. */
  checkSettled(): void {
    const { actions, withheld } = this.#derive();
    if (actions.length > 0 || withheld.length > 0) throw new Error(`the walk is not settled: ${actions.length} actions, ${withheld.length} withheld`);
  }

  #fillDue(times: WalkTimes): void {
    for (let round = 0; round < ROUNDS_AT_ONE_PRICE_MAX; round += 1) {
      const due = this.#working.find((order) => order.isTriggered || order.type === 'market');
      if (due === undefined) return;
      this.#working = this.#working.filter((order) => order !== due);
      const startedAt = performance.now();
      for (const { wallet, role, level, cycle, leg, amount } of due.legs) {
        const fill = { role, level, cycle, leg, amount, price: this.#price, fee: '0', isComplete: true, at: this.#at };
        this.#state = stepPlan(this.#state, { to: 'wallet', wallet, event: { type: 'fill.booked', fill } }).state;
      }
      const plan = this.#derive();
      times.fills.push((performance.now() - startedAt) * 1_000);
      this.#carryOut(plan);
    }
    throw new Error('orders at one price do not come to an end');
  }

  #derive(): Plan {
    const joint = dueJointReset(this.#state, this.#price);
    if (joint !== null) this.#state = stepPlan(this.#state, joint).state;
    return planActions(exchangeOrders(planDesire(this.#state, this.#context.strategy), this.#context), this.#working, {
      prices: { last: this.#price, mark: this.#price, index: this.#price },
      amendsConditional: true,
      maxConditionalPerSymbol: null,
      blockedSlots: NOTHING_BLOCKED,
      passedSlots: NOTHING_PASSED,
      cycles: NO_CYCLES,
      uncancellable: NOTHING_PASSED,
      ...permissions(operationOf(this.#state)),
    });
  }

  /** As an exchange would that refuses nothing, until nothing is left to do. */
  #carryOut(first: Plan): void {
    let plan = first;
    for (let round = 0; plan.actions.length > 0; round += 1) {
      if (round > ROUNDS_AT_ONE_PRICE_MAX) throw new Error('the plan does not come to an end');
      for (const action of plan.actions) this.#act(action);
      plan = this.#derive();
    }
  }

  #act(action: Action): void {
    switch (action.type) {
      case 'place':
        this.#ids += 1;
        this.#working.push(resting(action.order, action.order.amount, `b${this.#ids}`));
        return;
      case 'amend':
        this.#working = this.#working.map((order) => (order === action.target ? resting(action.order, action.amount, order.clientOrderId) : order));
        return;
      case 'cancel':
        this.#working = this.#working.filter((order) => order !== action.target);
    }
  }
}

function resting({ slot: _slot, onGap: _onGap, ...order }: ExchangeOrder, amount: string, clientOrderId: string): WorkingOrder {
  return { ...order, amount, clientOrderId, filled: '0', status: 'live', isTriggered: false };
}

function isReached({ triggerPrice, side }: WorkingOrder, price: number): boolean {
  if (triggerPrice === null) return false;
  return side === 'sell' ? Number(triggerPrice) >= price : Number(triggerPrice) <= price;
}
