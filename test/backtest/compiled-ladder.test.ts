/** The compiled ladder against the live code it is made from: the same wallet, event by event, with its own prices and amounts. */
import { expect, test } from 'vitest';
import { compiledLadder } from '../../src/backtest/compiled-ladder.ts';
import type { LadderNode, Transition } from '../../src/backtest/compiled-ladder.ts';
import { compiledPlan } from '../../src/backtest/compiled-plan.ts';
import { plain } from '../../src/domain/decimal.ts';
import { levelAt } from '../../src/domain/grid.ts';
import type { Fill } from '../../src/domain/ladder.ts';
import { gridOf, rungsOut } from '../../src/domain/wallet.ts';
import { factsOf, operationOf, phaseOf, planPhaseOf, startPlan, stepPlan, stepWallet, viewOf } from '../../src/engine/step.ts';
import type { PlanState, WalletState } from '../../src/engine/step.ts';
import { desiredOrders } from '../../src/window/desired-orders.ts';
import type { DesiredOrder } from '../../src/window/desired-orders.ts';
import { tinyRandom } from '../sim/auditor/random-strategies.ts';
import type { TinyRandom } from '../sim/auditor/random-strategies.ts';
import { randomCase } from './random-cases.ts';
import type { BacktestCase } from './random-cases.ts';

const CASES = Number(process.env['HEDGEROW_TABLE_CASES'] ?? 60);
const EVENTS = 120;

const windowOrders = (wallet: WalletState, { strategy }: BacktestCase): readonly DesiredOrder[] => desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), strategy.windows).filter(({ level }) => level !== null);

/** The market orders of starts and resets, filled at the price the wallet knows. */
function completeResets(start: PlanState, given: BacktestCase, at: number): PlanState {
  let state = start;
  for (let round = 0; round < 10; round += 1) {
    const orders = state.wallets.flatMap((wallet) => desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), given.strategy.windows).filter(({ level }) => level === null));
    if (orders.length === 0) return state;
    for (const { wallet, role, cycle, legs } of orders) {
      for (const { leg, amount } of legs) {
        const price = factsOf(state.wallets.find(({ name }) => name === wallet) as WalletState).price;
        const fill: Fill = { role, level: null, leg, cycle, price, amount, fee: '0', isComplete: true, at };
        state = stepPlan(state, { to: 'wallet', wallet, event: { type: 'fill.booked', fill } }).state;
      }
    }
  }
  throw new Error('resets do not come to an end');
}

/** The live code's answer to the price at `levels` levels from here. */
function live(wallet: WalletState, given: BacktestCase, isUp: boolean, levels: number, at: number): { readonly wallet: WalletState; readonly filled: readonly DesiredOrder[] } {
  const { unit } = factsOf(wallet);
  const reached = unit + (isUp ? levels : -levels);
  const price = levelAt(gridOf(factsOf(wallet)), reached).text;
  const due = windowOrders(wallet, given).filter(({ side, level }) => (side === 'buy') === isUp && (isUp ? (level ?? 0) <= reached : (level ?? 0) >= reached));
  const filled = [...due].sort((a, b) => (isUp ? 1 : -1) * ((a.level ?? 0) - (b.level ?? 0)) || Number(a.role !== 'stop-loss') - Number(b.role !== 'stop-loss'));
  let next = stepWallet(wallet, { type: 'price.touched', price, at, slides: true });
  for (const { role, level, cycle, legs } of filled) {
    for (const { leg, amount } of legs) next = stepWallet(next, { type: 'fill.booked', fill: { role, level, leg, cycle, price, amount, fee: '0', isComplete: true, at } });
  }
  return { wallet: next, filled };
}

const orderKeys = (orders: readonly { readonly role: string; readonly side: string; readonly level: number | null }[], unit: number): string[] => orders.map(({ role, side, level }) => `${role} ${side} ${(level ?? 0) - unit}`).sort();

function compare(node: LadderNode, wallet: WalletState, given: BacktestCase): void {
  const facts = factsOf(wallet);
  expect(node.phase).toBe(phaseOf(wallet));
  expect(node.top).toBe(facts.top - facts.unit);
  expect(node.isOut.filter(Boolean)).toHaveLength(rungsOut(facts));
  expect(node.view).toEqual(viewOf(wallet));
  expect(orderKeys(node.orders, 0)).toEqual(orderKeys(windowOrders(wallet, given), facts.unit));
}

/** One event on both. Null where the table leaves it to the live engine, or the wallet begins anew. */
function step(node: LadderNode, wallet: WalletState, given: BacktestCase, random: TinyRandom, at: number, seen: Set<string>): { readonly node: LadderNode; readonly wallet: WalletState } | null {
  const ladder = compiledLadder(given.strategy, given.strategy.wallets.find(({ name }) => name === wallet.name) as BacktestCase['strategy']['wallets'][number]);
  const isUp = random.chance(0.5);
  const levels = random.chance(0.15) ? random.between(2, 7) : 1;
  const transition: Transition = levels === 1 ? ladder.touch(node, isUp) : ladder.jump(node, isUp, levels, true);
  if (transition.unmodelled !== null) return null;
  const answer = live(wallet, given, isUp, levels, at);
  expect(transition.fills.map(({ role, level, rung }) => `${role} ${level} ${rung}`)).toEqual(answer.filled.flatMap(({ role, level, rung, legs }) => legs.map(() => `${role} ${(level ?? 0) - factsOf(wallet).unit} ${rung ?? -1}`)));
  const isReset = phaseOf(answer.wallet) === 'RESET' || factsOf(answer.wallet).cycle !== factsOf(wallet).cycle;
  expect(transition.reset !== null).toBe(isReset);
  seen.add(transition.reset ?? transition.to?.phase ?? '');
  if (transition.to === null) return null;
  expect(factsOf(answer.wallet).unit - factsOf(wallet).unit).toBe(transition.units);
  compare(transition.to, answer.wallet, given);
  expect(ladder.nodeOfWallet(answer.wallet)).toBe(transition.to);
  return { node: transition.to, wallet: answer.wallet };
}

test('the table does what machine, ladder and windows do, for wallets of any size', () => {
  const seen = new Set<string>();
  let steps = 0;
  for (let seed = 1; seed <= CASES; seed += 1) {
    const given = randomCase(seed);
    const random = tinyRandom(seed);
    // Far from what the exchange takes at least, and from prices at which two levels meet.
    const strategy = { ...given.strategy, spacing: 'arithmetic' as const, unit: { type: 'price' as const, price: '1' }, wallets: given.strategy.wallets.map((wallet) => ({ ...wallet, capital: '900000000' })) };
    const wide = { ...given, strategy };
    const instrument = { ...given.market, tickSize: '0.5', amountStep: '0.0001', minAmount: '0.0001', minCost: '1' };
    const opened = completeResets(startPlan(strategy, instrument, '50000', '1'), wide, 0);
    for (const first of opened.wallets) {
      let wallet = first;
      let node: LadderNode = compiledLadder(strategy, strategy.wallets.find(({ name }) => name === first.name) as typeof strategy.wallets[number]).start;
      try {
        compare(node, wallet, wide);
        for (let event = 1; event <= EVENTS; event += 1) {
          const next = step(node, wallet, wide, random, event, seen);
          if (next === null) break;
          ({ node, wallet } = next);
          steps += 1;
        }
      } catch (error) {
        throw new Error(`seed ${seed}, wallet ${first.name}, node ${node.key}`, { cause: error });
      }
    }
  }
  expect(steps).toBeGreaterThan(CASES * 10);
  for (const expected of ['ADVANCE', 'RETRACEMENT', 'DECLINE', 'RECOVERY', 'ladder-complete', 'advanced']) expect([...seen]).toContain(expected);
});

test('the plan table shows what the plan machine shows', () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const given = randomCase(seed);
    const random = tinyRandom(seed);
    const strategy = { ...given.strategy, wallets: given.strategy.wallets.map((wallet) => ({ ...wallet, capital: '900000000' })) };
    let state = startPlan(strategy, { ...given.market, minAmount: given.market.amountStep }, '5000', '50');
    const table = compiledPlan(strategy);
    let node = table.nodeOfPlan(state);
    for (let event = 0; event < 60 && operationOf(state) === 'running'; event += 1) {
      const wallet = random.pick(state.wallets as [WalletState, ...WalletState[]]);
      const [order] = desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), strategy.windows);
      const price = plain(levelAtOr(wallet, random));
      const input =
        order === undefined || random.chance(0.5)
          ? ({ to: 'wallet', wallet: wallet.name, event: { type: 'price.touched', price, at: event, slides: true } } as const)
          : ({ to: 'wallet', wallet: wallet.name, event: { type: 'fill.booked', fill: { role: order.role, level: order.level, leg: (order.legs[0] as DesiredOrder['legs'][number]).leg, cycle: order.cycle, price, amount: (order.legs[0] as DesiredOrder['legs'][number]).amount, fee: '0', isComplete: true, at: event } } } as const);
      state = stepPlan(state, input).state;
      node = table.see(node, state.wallets.map(viewOf));
      expect(node.phase).toBe(planPhaseOf(state));
      expect(node.isJointResetDue).toBe(state.plan.context.isJointResetDue);
      expect(node.isRunning).toBe(operationOf(state) === 'running');
    }
  }
});

/** A price one level away, or the one it opened at. */
function levelAtOr(wallet: WalletState, random: TinyRandom): ReturnType<typeof levelAt>['price'] {
  const facts = factsOf(wallet);
  if (!facts.isOpened) return levelAt({ ...gridOf({ ...facts, anchor: facts.price, unitSize: '1' }), levels: new Map() }, 0).price;
  return levelAt(gridOf(facts), facts.unit + (random.chance(0.5) ? 1 : -1)).price;
}
