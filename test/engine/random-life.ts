/**
 * Random lives of a plan, for property tests: a price moves in half units, orders that it passes are executed at once, late, in parts
 * or in another order, resets trade, funding is paid. A life is a list of small instructions, so fast-check can shorten it.
 */
import fc from 'fast-check';
import type { D, DecimalString } from '../../src/domain/decimal.ts';
import { dec, minOf, plain } from '../../src/domain/decimal.ts';
import type { Fill } from '../../src/domain/ladder.ts';
import type { Strategy, WalletName, WalletSpec, Weight } from '../../src/domain/strategy.ts';
import { longOf, shortOf } from '../../src/domain/wallet.ts';
import { planDesire } from '../../src/engine/plan-desire.ts';
import { dueJointReset, factsOf, startPlan, stepPlan } from '../../src/engine/step.ts';
import type { PlanInputEvent, PlanState } from '../../src/engine/step.ts';
import type { DesiredOrder } from '../../src/window/desired-orders.ts';
import { equalWeights, hedgeWallet, instrument, instrumentOf, longWallet, strategy } from '../fixtures.ts';

export type Instruction =
  /** The price moves by this many half units; `prompt`: everything it passes is executed before it moves on. */
  | { readonly type: 'move'; readonly halves: number; readonly prompt: boolean }
  /** One execution of an order the price has passed: which one, and how many quarters of its rest. */
  | { readonly type: 'fill'; readonly pick: number; readonly quarters: number }
  | { readonly type: 'funding'; readonly cents: number };

const instruction: fc.Arbitrary<Instruction> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('move' as const), halves: fc.integer({ min: -5, max: 5 }), prompt: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('fill' as const), pick: fc.nat({ max: 7 }), quarters: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('funding' as const), cents: fc.integer({ min: -500, max: 500 }) }) },
);

export const instructions = fc.array(instruction, { minLength: 5, maxLength: 60, size: 'max' });

const weights: fc.Arbitrary<readonly Weight[]> = fc.oneof(
  fc.integer({ min: 1, max: 8 }).map(equalWeights),
  fc.array(fc.integer({ min: 5, max: 20 }), { minLength: 2, maxLength: 6 }).map((parts) => parts.map((part) => ({ numerator: String(part), denominator: String(parts.reduce((a, b) => a + b)) }))),
);

const confirmation = fc.integer({ min: 1, max: 2 });

export const longSpec: fc.Arbitrary<WalletSpec> = fc.record({ weights, confirmation }).map((options) => longWallet(options));
export const hedgeSpec: fc.Arbitrary<WalletSpec> = fc.record({ weights, confirmation, cycle: fc.constantFrom('rotation' as const, 'scaling' as const) }).map((options) => hedgeWallet(options));

export const strategies: fc.Arbitrary<Strategy> = fc
  .record({
    wallets: fc.oneof(longSpec.map((spec) => [spec]), hedgeSpec.map((spec) => [spec]), fc.tuple(longSpec, hedgeSpec).map((specs) => [...specs])),
    spacing: fc.constantFrom('arithmetic' as const, 'geometric' as const),
    takerFee: fc.constantFrom('0', '0.0005'),
    positionMode: fc.constantFrom('hedge' as const, 'one-way' as const),
    onAdvance: fc.constantFrom(null, 4),
    isJoint: fc.boolean(),
  })
  .map(({ wallets, spacing, takerFee, positionMode, onAdvance, isJoint }) =>
    strategy({
      wallets,
      spacing,
      reset: { policy: isJoint && wallets.some(({ cycle }) => cycle === 'scaling') ? 'joint' : 'independent', onAdvance },
      exchange: { positionMode, market: { ...instrument({ takerFee }), slippage: '0' } },
    }),
  );

/** A leg of an order that the price has passed, and what of it is still to be executed. */
interface Passed {
  readonly wallet: WalletName;
  readonly order: DesiredOrder;
  readonly leg: DesiredOrder['legs'][number];
  rest: DecimalString;
}

export interface BookedFill {
  readonly wallet: WalletName;
  readonly fill: Fill;
}

/** A plan, the price and what the price has passed but nobody has executed yet. */
export class Life {
  readonly strategy: Strategy;
  state: PlanState;
  price: DecimalString = '10000';
  readonly fills: BookedFill[] = [];
  readonly funding = new Map<WalletName, DecimalString>();
  readonly #onEvent: (life: Life) => void;
  readonly #passed = new Map<string, Passed>();
  #at = 1;

  constructor(plan: Strategy, onEvent: (life: Life) => void = () => {}) {
    this.strategy = plan;
    this.#onEvent = onEvent;
    this.state = startPlan(plan, instrumentOf(plan), this.price, null);
    this.#executeAll();
  }

  follow(instruction: Instruction): void {
    switch (instruction.type) {
      case 'move':
        return this.#move(instruction.halves, instruction.prompt);
      case 'fill':
        return this.#executeOne(instruction.pick, instruction.quarters);
      case 'funding':
        for (const { name } of this.state.wallets) {
          const amount = plain(dec(String(instruction.cents)).div(100));
          this.funding.set(name, plain(dec(this.funding.get(name) ?? '0').plus(dec(amount))));
          this.apply({ to: 'wallet', wallet: name, event: { type: 'funding.booked', amount } });
        }
    }
  }

  /** Everything that was passed and not executed yet is executed, then what that makes due at market, until nothing is left. */
  settle(): void {
    this.#executeAll();
  }

  apply(event: PlanInputEvent): void {
    this.state = stepPlan(this.state, event).state;
    this.#onEvent(this);
  }

  #move(halves: number, prompt: boolean): void {
    for (let step = 0; step < Math.abs(halves); step += 1) {
      const next = dec(this.price).plus(Math.sign(halves) * 50);
      if (next.lessThanOrEqualTo(1_000)) return;
      const from = this.price;
      this.price = plain(next);
      this.#noticePassed(from);
      this.#at += 1;
      this.apply({ to: 'wallets', event: { type: 'price.touched', price: this.price, at: this.#at, slides: true } });
      this.#noticePassed(from);
      if (prompt) this.#executeAll();
    }
  }

  /** Orders at market, and those whose trigger lies between the last price and this one. */
  #noticePassed(from: DecimalString): void {
    for (const { name, orders } of planDesire(this.state, this.strategy)) {
      for (const order of orders) {
        if (!this.#isPassed(order, from)) continue;
        for (const leg of order.legs) {
          const key = `${name}/${order.role}/${order.level ?? 'market'}/${leg.leg}/${order.cycle}`;
          if (!this.#passed.has(key)) this.#passed.set(key, { wallet: name, order, leg, rest: leg.amount });
        }
      }
    }
  }

  #isPassed({ side, triggerPrice }: DesiredOrder, from: DecimalString): boolean {
    if (triggerPrice === null) return true;
    const [trigger, before, now] = [dec(triggerPrice), dec(from), dec(this.price)];
    return side === 'sell' ? before.greaterThan(trigger) && now.lessThanOrEqualTo(trigger) : before.lessThan(trigger) && now.greaterThanOrEqualTo(trigger);
  }

  #executeAll(): void {
    for (let round = 0; round < 200; round += 1) {
      this.#noticePassed(this.price);
      if (this.#passed.size === 0) {
        const joint = dueJointReset(this.state, this.price);
        if (joint === null) return;
        this.apply(joint);
      } else this.#executeOne(0, 4);
    }
    throw new Error('a plan that is left alone comes to rest');
  }

  #executeOne(pick: number, quarters: number): void {
    this.#noticePassed(this.price);
    const entries = [...this.#passed];
    const entry = entries[pick % Math.max(1, entries.length)];
    if (entry === undefined) return;
    const [key, passed] = entry;
    const wanted = quarters === 4 ? dec(passed.rest) : dec(passed.rest).times(quarters).div(4).toDecimalPlaces(4, 1);
    const part = minOf(wanted, this.#closable(passed));
    const rest = dec(passed.rest).minus(part);
    passed.rest = plain(rest);
    // What can close nothing more is ended by the exchange.
    if (rest.isZero() || part.lessThan(wanted)) this.#passed.delete(key);
    if (part.isZero()) return;
    this.#at += 1;
    const { order, leg, wallet } = passed;
    const { takerFee } = instrumentOf(this.strategy);
    const fill: Fill = {
      role: order.role,
      level: order.level,
      leg: leg.leg,
      cycle: order.cycle,
      price: order.triggerPrice ?? this.price,
      amount: plain(part),
      fee: plain(part.times(order.triggerPrice ?? this.price).times(takerFee)),
      isComplete: rest.isZero(),
      at: this.#at,
    };
    this.fills.push({ wallet, fill });
    this.apply({ to: 'wallet', wallet, event: { type: 'fill.booked', fill } });
  }
  /** Closing orders never close more than there is. */
  #closable({ wallet, leg: { leg, amount } }: Passed): D {
    const state = this.state.wallets.find(({ name }) => name === wallet);
    if (state === undefined || leg === 'open-long' || leg === 'open-short') return dec(amount);
    return leg === 'close-long' ? longOf(factsOf(state)) : shortOf(factsOf(state));
  }
}
