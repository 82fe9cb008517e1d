/**
 * Start-up is recovery (I12): stored plan → exchange settings → working orders looked up by their own id → trades and account events
 * since the watermark → positions compared → then, and only then, new orders. A plan that is new takes the same path with nothing stored.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { Json } from '../domain/json.ts';
import type { Exchange } from '../ports/exchange.ts';
import type { StoredPlan } from '../ports/store.ts';
import { fromStored, withRecord } from './order-tracker.ts';
import type { TrackedOrder } from './order-tracker.ts';
import { asReported } from './outbox.ts';
import { EMPTY_MEMORY, PlanRunner } from './plan-runner.ts';
import type { EngineMemory, RestoredPlan, RunnerDeps } from './plan-runner.ts';
import { factsOf, restorePlan } from './step.ts';

/** Trades are read again from this long before the newest booked one: late ones are found, known ones recognised by their id. */
const TRADES_OVERLAP_MS = 120_000;

/** A runner ready to take events, with everything that happened while it was away already queued. */
export async function openRunner(strategy: Strategy, strategyHash: string, venue: string, deps: RunnerDeps): Promise<PlanRunner> {
  await checkSettings(strategy, deps.exchange);
  const plan = await deps.store.openPlan({ venue, name: strategy.name }, strategy as unknown as Json, strategyHash, deps.clock.now());
  return runnerOf(plan, strategy, deps);
}

/** The same for a look at a plan: null when it was never started. Nothing is written. */
export async function findRunner(strategy: Strategy, venue: string, deps: RunnerDeps): Promise<PlanRunner | null> {
  const plan = await deps.store.findPlan({ venue, name: strategy.name });
  return plan === null || plan.snapshot === null ? null : runnerOf(plan, strategy, deps);
}

async function runnerOf(plan: StoredPlan, strategy: Strategy, deps: RunnerDeps): Promise<PlanRunner> {
  const { exchange, store } = deps;
  const instrument = await exchange.fetchInstrument(strategy.symbol);
  const restored = await restore(plan, strategy, deps);
  const sinceCycle = restored === null ? 0 : Math.min(...restored.state.wallets.map((wallet) => factsOf(wallet).cycle));
  const generations = await store.loadGenerations(plan.planId, sinceCycle);
  const pending = await store.loadPendingIntents(plan.planId);
  const cancelled = pending.filter(({ kind }) => kind === 'cancel').map(({ clientOrderId }) => clientOrderId);
  const runner = new PlanRunner(strategy, instrument, plan, { generations, cancelled }, restored, deps);
  await catchUp(runner, plan, restored?.memory ?? EMPTY_MEMORY, exchange);
  return runner;
}

/** The account must already trade the way the strategy says; nothing is changed here. */
async function checkSettings(strategy: Strategy, exchange: Exchange): Promise<void> {
  for (const { account } of strategy.wallets) {
    const { positionMode, marginMode } = await exchange.fetchSettings(account, strategy.symbol);
    const { positionMode: wantedMode, marginMode: wantedMargin } = strategy.exchange;
    if (positionMode !== wantedMode) {
      throw new HedgerowError('INPUT_INVALID', `account ${account} is in ${positionMode} position mode, ${strategy.name} wants ${wantedMode}; change exchange.positionMode or the account`);
    }
    if (marginMode !== wantedMargin) {
      throw new HedgerowError('INPUT_INVALID', `account ${account} has ${marginMode} margin on ${strategy.symbol}, ${strategy.name} wants ${wantedMargin}; change exchange.marginMode or the account`);
    }
  }
}

async function restore(plan: StoredPlan, strategy: Strategy, { store, exchange }: RunnerDeps): Promise<RestoredPlan | null> {
  if (plan.snapshot === null) return null;
  refuseChangedStrategy(plan.strategy, strategy);
  const snapshot = plan.snapshot.snapshot as { readonly engine?: unknown } | null;
  const state = restorePlan(snapshot);
  const memory = (snapshot?.engine as EngineMemory | undefined) ?? EMPTY_MEMORY;
  const orders: TrackedOrder[] = [];
  for (const stored of await store.loadWorkingOrders(plan.planId)) orders.push(await lookUp(fromStored(stored), exchange));
  const since = memory.tradesAt - TRADES_OVERLAP_MS;
  const trades = await store.loadTrades(plan.planId, since);
  return { state, memory, orders, bookedTrades: new Set(trades.map(({ id }) => id)) };
}

/** An order the exchange does not show may still be on its way: it stays unknown, and its slot blocked, until that is proven (I3). */
async function lookUp(order: TrackedOrder, exchange: Exchange): Promise<TrackedOrder> {
  const record = await exchange.fetchOrder(order.account, order.symbol, order.clientOrderId);
  return record === null ? { ...order, status: 'unknown' } : withRecord(asReported(order, record), record);
}

/** Parts of a strategy a running plan is built on; windows and risk limits may change at any start. */
const FROZEN = ['symbol', 'leverage', 'unit', 'spacing', 'reset', 'rebalanceThreshold', 'wallets'] as const;

function refuseChangedStrategy(stored: Json, strategy: Strategy): void {
  const before = stored as unknown as Strategy;
  const changed: string[] = FROZEN.filter((key) => canonicalJson(before[key]) !== canonicalJson(strategy[key]));
  if (before.exchange.positionMode !== strategy.exchange.positionMode) changed.push('exchange.positionMode');
  if (changed.length === 0) return;
  throw new HedgerowError(
    'PLAN_CHANGED',
    `plan ${strategy.name} runs with other settings for ${changed.join(', ')}; positions and orders of its cycle depend on them. ` +
      'Give the changed strategy another name, or run it with another --data folder',
  );
}

/** Queues what happened at the exchange since the watermark: account events, trades, the present price. */
async function catchUp(runner: PlanRunner, plan: StoredPlan, memory: EngineMemory, exchange: Exchange): Promise<void> {
  const { symbol } = runner.strategy;
  const price = await exchange.fetchPrice(symbol);
  if (runner.state !== null) {
    const since = Math.max(plan.startedAt, memory.tradesAt - TRADES_OVERLAP_MS);
    for (const account of runner.accounts) {
      const happened = [
        ...(await exchange.fetchTrades(account, symbol, since)).map((trade) => ({ type: 'trade' as const, trade, at: trade.at })),
        ...(await exchange.fetchAccountEvents(account, Math.max(plan.startedAt, memory.accountEventsAt))),
      ];
      for (const event of happened.sort((a, b) => a.at - b.at)) runner.receive(event);
    }
  }
  if (price !== null) runner.receive({ type: 'price', symbol, ...price });
}
