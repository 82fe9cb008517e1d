/** What XState costs: the same touch as a step of a plan's machines and as the plain domain function they call. */
import { touchPrice } from '../domain/ladder.ts';
import { planDesire } from '../engine/plan-desire.ts';
import { factsOf, startPlan, stepPlan } from '../engine/step.ts';
import type { PlanState } from '../engine/step.ts';
import type { Bench, OpenBench } from './bench.ts';
import { START_PRICE, UNIT, benchInstrument, benchStrategy } from './bench-strategies.ts';

const STEPS = 20_000;
const MACHINES = 'a step of one wallet by its machine';
const DOMAIN = 'the same by the domain function';

export const machineCost: Bench = {
  group: 'XState against plain calls',
  warmsUp: true,
  rows: [
    { name: MACHINES, unit: 'µs', yardstick: DOMAIN, note: 'the wallet machine steps, the plan machine looks at what changed; a touch that slides the ladder' },
    { name: DOMAIN, unit: 'µs' },
  ],
  open: async (): Promise<OpenBench> => {
    const state = openedPlan();
    const [wallet] = state.wallets;
    if (wallet === undefined) throw new Error('a plan has a wallet');
    const { name } = wallet;
    const facts = factsOf(wallet);
    const price = String(START_PRICE + UNIT);
    return {
      round: async () => ({
        [MACHINES]: [perStep((at) => stepPlan(state, { to: 'wallet', wallet: name, event: { type: 'price.touched', price, at, slides: true } }))],
        [DOMAIN]: [perStep((at) => touchPrice(facts, { price, at, slides: true }))],
      }),
      close: async () => {},
    };
  },
};

function openedPlan(): PlanState {
  const strategy = benchStrategy();
  const price = String(START_PRICE);
  let state = startPlan(strategy, benchInstrument(), price, null);
  for (const { name, orders } of planDesire(state, strategy)) {
    for (const { role, level, cycle, legs } of orders) {
      for (const { leg, amount } of legs) {
        const fill = { role, level, cycle, leg, amount, price, fee: '0', isComplete: true, at: 0 };
        state = stepPlan(state, { to: 'wallet', wallet: name, event: { type: 'fill.booked', fill } }).state;
      }
    }
  }
  return state;
}

/** µs of one. */
function perStep(step: (at: number) => unknown): number {
  const startedAt = performance.now();
  for (let at = 1; at <= STEPS; at += 1) step(at);
  return ((performance.now() - startedAt) / STEPS) * 1_000;
}
