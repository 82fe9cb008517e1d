/**
 * Start-up is recovery (I12): stored plan → machines, orders and watermarks as the store has them → the runner's first pass reads the
 * exchange: own orders, trades and account events since the watermarks, unknown requests by their id, positions; then protection, then,
 * and only then, new entries. What cannot be read leaves the plan in that state, asking again. A plan that is new takes the same path.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Instrument, Strategy } from '../domain/strategy.ts';
import type { Exchange } from '../ports/exchange.ts';
import type { Store, StoredIntent, StoredPlan } from '../ports/store.ts';
import type { OrderLeg } from '../window/exchange-orders.ts';
import { fromStored } from './order-tracker.ts';
import { EMPTY_MEMORY, TRADES_OVERLAP_MS } from './plan-memory.ts';
import type { EngineMemory } from './plan-memory.ts';
import { PlanRunner } from './plan-runner.ts';
import type { RestoredPlan, RunnerDeps } from './runner-parts.ts';
import { factsOf, restorePlan } from './step.ts';
import { refuseUnprotectable } from './stop-capacity.ts';
import { unlessUnavailable } from './unavailable.ts';

/**
 * A runner ready to take events. Rejects with STRATEGY_UNPROTECTABLE for a plan whose stops the exchange cannot hold, and with EXCHANGE_UNAVAILABLE only for a plan that has never run: one that has is opened from what
 * the store knows, and protects its positions as soon as the exchange answers.
 */
export async function openRunner(strategy: Strategy, strategyHash: string, venue: string, deps: RunnerDeps, build = 'unknown'): Promise<PlanRunner> {
  refuseUnprotectable(strategy, deps.exchange.capabilities.maxConditionalPerSymbol);
  const known = await deps.store.findPlan({ venue, name: strategy.name });
  if (known === null || known.snapshot === null) await checkSettings(strategy, deps.exchange);
  const plan = known ?? (await deps.store.openPlan({ venue, name: strategy.name }, strategy as unknown as Json, strategyHash, deps.clock.now()));
  return runnerOf(plan, known !== null, strategy, { ...deps, origin: { strategyHash, build } });
}

/** The same for a look at a plan: null when it was never started. Nothing is written. */
export async function findRunner(strategy: Strategy, venue: string, deps: RunnerDeps): Promise<PlanRunner | null> {
  const plan = await deps.store.findPlan({ venue, name: strategy.name });
  return plan === null || plan.snapshot === null ? null : runnerOf(plan, true, strategy, deps);
}

async function runnerOf(plan: StoredPlan, isKnown: boolean, strategy: Strategy, deps: RunnerDeps): Promise<PlanRunner> {
  const { exchange, store } = deps;
  const restored = await restore(plan, strategy, deps);
  const instrument = await instrumentOf(strategy, exchange, restored?.memory.instrument ?? null);
  const sinceCycle = restored === null ? 0 : Math.min(...restored.state.wallets.map((wallet) => factsOf(wallet).cycle));
  const generations = await store.loadGenerations(plan.planId, sinceCycle);
  const pending = await store.loadPendingIntents(plan.planId);
  const legsBefore = await amendedLegs(plan.planId, pending, store);
  const runner = new PlanRunner(strategy, instrument, plan, { generations, pending, legsBefore, mayBeIncomplete: isKnown && store.mayForget }, restored, deps);
  const readPrice = (): ReturnType<Exchange['fetchPrice']> => exchange.fetchPrice(strategy.symbol);
  // A plan that has run reads it again with everything else; a new one has nothing to go on without it.
  const price = restored === null ? await readPrice() : await unlessUnavailable(readPrice, null);
  if (price !== null) runner.receive({ type: 'price', symbol: strategy.symbol, ...price });
  return runner;
}

/** From the decisions of the amendments that were never answered. */
async function amendedLegs(planId: number, pending: readonly StoredIntent[], store: Store): Promise<ReadonlyMap<string, readonly OrderLeg[]>> {
  const legs = new Map<string, readonly OrderLeg[]>();
  for (const { kind, seq, clientOrderId } of pending) {
    if (kind !== 'amend') continue;
    const [entry] = await store.readJournal(planId, seq - 1, 1);
    const payload = entry?.payload as { readonly legsBefore?: readonly OrderLeg[] } | undefined;
    if (payload?.legsBefore !== undefined) legs.set(clientOrderId, payload.legsBefore);
  }
  return legs;
}

/** The exchange's, or the stored one while it does not answer. */
async function instrumentOf(strategy: Strategy, exchange: Exchange, stored: Instrument | null): Promise<Instrument> {
  const read = (): Promise<Instrument> => exchange.fetchInstrument(strategy.symbol);
  return stored === null ? read() : unlessUnavailable(read, stored);
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

async function restore(plan: StoredPlan, strategy: Strategy, { store }: RunnerDeps): Promise<RestoredPlan | null> {
  if (plan.snapshot === null) return null;
  refuseChangedStrategy(plan.strategy, strategy);
  const snapshot = plan.snapshot.snapshot as { readonly engine?: Partial<EngineMemory> } | null;
  const memory = { ...EMPTY_MEMORY, ...snapshot?.engine };
  const orders = (await store.loadWorkingOrders(plan.planId)).map(fromStored);
  const bookedTrades = await store.loadTrades(plan.planId, memory.tradesAt - TRADES_OVERLAP_MS);
  return { state: restorePlan(snapshot), memory, orders, bookedTrades };
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
      'Go on with the old file, or flatten the plan with it first and then give the changed strategy another name; on paper another --data folder does as well',
  );
}
