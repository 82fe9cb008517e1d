/**
 * How a plan stands, from what the store knows and what a running bot adds to it. Figures are exact texts; times are ms.
 */
import type { LivePlan } from '../../adapters/control/control-protocol.ts';
import { D, dec, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { equityOf } from '../../domain/ledger.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { longOf, positionOf, rungsOut, shortOf } from '../../domain/wallet.ts';
import { factsOf, operationOf, phaseOf, planFactsOf, planPhaseOf, restorePlan } from '../../engine/step.ts';
import type { PlanState, WalletState } from '../../engine/step.ts';
import { isLifted } from '../../ports/latch.ts';
import type { KillLatch, LatchRecord } from '../../ports/latch.ts';
import type { EngineMemory } from '../../engine/plan-memory.ts';
import type { OperatorAction, StoredOrder, StoredPlan } from '../../ports/store.ts';
import { isClosingLeg } from '../../window/exchange-orders.ts';
import type { OrderLeg } from '../../window/exchange-orders.ts';
import type { OperatorAccess } from './operator-access.ts';

export interface WalletStatus {
  readonly wallet: string;
  readonly account: string;
  readonly phase: string;
  readonly cycle: number;
  readonly unit: number;
  readonly top: number;
  readonly rungsOut: number;
  readonly rungs: number;
  readonly long: DecimalString;
  readonly short: DecimalString;
  readonly equity: DecimalString;
  /** What it holds that no order confirmed to rest would close, base units. */
  readonly unprotectedLong: DecimalString;
  readonly unprotectedShort: DecimalString;
}

export interface LeaseStatus {
  readonly account: string;
  readonly holder: string | null;
  readonly expiresInMs: number;
}

export interface PlanStatus {
  readonly plan: string;
  readonly venue: string;
  readonly symbol: string;
  /** `waiting` before its first price, `stopped` after a failure. */
  readonly operation: string;
  readonly reason: string | null;
  readonly phase: string | null;
  readonly price: DecimalString | null;
  readonly priceAt: number | null;
  /** By the exchange's clock; null without a running bot. */
  readonly priceAgeMs: number | null;
  readonly wallets: readonly WalletStatus[];
  readonly orders: { readonly working: number; readonly unknown: number };
  readonly latch: LatchRecord | null;
  readonly pendingActions: readonly OperatorAction[];
  /** Null with a store only one process can use. */
  readonly leases: readonly LeaseStatus[] | null;
  readonly isBotRunning: boolean;
  readonly store: string;
  readonly seq: number;
}

export async function planStatus(access: OperatorAccess, plan: StoredPlan, live: readonly LivePlan[], latch: KillLatch): Promise<PlanStatus> {
  const { store } = access;
  const strategy = plan.strategy as unknown as Strategy;
  const state = plan.snapshot === null ? null : restorePlan(plan.snapshot.snapshot);
  const orders = await store.loadWorkingOrders(plan.planId);
  const bot = live.find(({ venue, name }) => venue === plan.venue && name === plan.name) ?? null;
  const leases = access.isShared ? await leasesOf(access, plan.venue, strategy) : null;
  const failure = bot === null ? await lastFailure(access, plan) : bot.failure;
  const price = bot?.prices?.last ?? shownPrice(state);
  return {
    plan: plan.name,
    venue: plan.venue,
    symbol: strategy.symbol,
    operation: state === null ? 'waiting' : failure !== null ? 'stopped' : operationOf(state),
    reason: state === null ? 'no price yet, or too few candles for its ATR' : (failure ?? planFactsOf(state).reason),
    phase: state === null ? null : planPhaseOf(state),
    price,
    priceAt: bot?.prices?.at ?? plan.snapshot?.at ?? null,
    priceAgeMs: bot === null || bot.prices === null ? null : Math.max(0, bot.now - bot.prices.at),
    wallets: (state?.wallets ?? []).map((wallet) => walletStatus(wallet, strategy, orders, bot?.prices?.mark ?? factsOf(wallet).price)),
    orders: { working: orders.length, unknown: orders.filter(({ status }) => status !== 'live').length },
    latch: await latchOf(plan, latch),
    pendingActions: await store.loadPendingActions(plan.planId),
    leases,
    isBotRunning: bot !== null || (leases !== null && leases.length > 0 && leases.every(({ holder }) => holder !== null)),
    store: store.description,
    seq: plan.seq,
  };
}

/** Null also for one that a resume elsewhere has lifted. */
async function latchOf({ name, startedAt, snapshot }: StoredPlan, latch: KillLatch): Promise<LatchRecord | null> {
  const record = await latch.read(name);
  const { engine } = (snapshot?.snapshot ?? {}) as { readonly engine?: Partial<EngineMemory> };
  return record === null || isLifted(record, { startedAt, resumedSeq: engine?.resumedSeq ?? 0 }) ? null : record;
}

function shownPrice(state: PlanState | null): DecimalString | null {
  const [first] = state?.wallets ?? [];
  return first === undefined ? null : factsOf(first).price;
}

async function leasesOf({ store }: OperatorAccess, venue: string, { wallets }: Strategy): Promise<LeaseStatus[]> {
  const leases: LeaseStatus[] = [];
  for (const account of new Set(wallets.map((wallet) => wallet.account))) {
    const lease = await store.findLease(venue, account);
    leases.push({ account, holder: lease?.holder ?? null, expiresInMs: lease?.expiresInMs ?? 0 });
  }
  return leases;
}

/** Why the plan stopped when it last ran, if it has not been at work since. */
async function lastFailure({ store }: OperatorAccess, { planId, seq }: StoredPlan): Promise<string | null> {
  const [last] = seq === 0 ? [] : await store.readJournal(planId, seq - 1, 1);
  if (last === undefined || last.type !== 'plan.stopped') return null;
  return (last.payload as { readonly error?: string }).error ?? 'it has stopped';
}

function walletStatus(wallet: WalletState, strategy: Strategy, orders: readonly StoredOrder[], mark: DecimalString): WalletStatus {
  const facts = factsOf(wallet);
  const covered = (leg: OrderLeg['leg']): D => coverOf(wallet.name, leg, orders);
  const missing = (held: D, cover: D): DecimalString => plain(D.max(0, held.minus(cover)));
  return {
    wallet: wallet.name,
    account: strategy.wallets.find(({ name }) => name === wallet.name)?.account ?? strategy.exchange.account,
    phase: phaseOf(wallet),
    cycle: facts.cycle,
    unit: facts.unit,
    top: facts.top,
    rungsOut: rungsOut(facts),
    rungs: facts.rungs.length,
    long: plain(longOf(facts)),
    short: plain(shortOf(facts)),
    equity: plain(equityOf(facts.ledger, positionOf(facts), dec(mark))),
    unprotectedLong: missing(longOf(facts), covered('close-long')),
    unprotectedShort: missing(shortOf(facts), covered('close-short')),
  };
}

/** What of a wallet's legs rests for certain: closing legs are filled first, so what is filled is taken off in order. */
function coverOf(wallet: string, leg: OrderLeg['leg'], orders: readonly StoredOrder[]): D {
  let cover = new D(0);
  for (const order of orders) {
    if (order.status !== 'live') continue;
    let filled = dec(order.filled);
    for (const part of order.legs as unknown as readonly OrderLeg[]) {
      const used = D.min(filled, dec(part.amount));
      filled = filled.minus(used);
      if (part.wallet === wallet && part.leg === leg && isClosingLeg(part)) cover = cover.plus(dec(part.amount).minus(used));
    }
  }
  return cover;
}
