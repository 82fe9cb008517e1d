/**
 * What rests at the exchange, slot by slot, against what each wallet needs: I1 (one order per slot), I6 (every open position is
 * covered), I8 (resting entries never add up to more than the cycle's notional), and the independent ladder's desired set.
 */
import type { Role } from '../../domain/strategy.ts';
import type { OrderRecord } from '../../ports/exchange.ts';
import { accountsOf } from './money-audit.ts';
import type { AuditedPlan, AuditedRung, AuditedWallet } from './audited-plan.ts';
import { desiredLadder, exactWeight, fragmentsOf } from './desired-ladder.ts';
import type { LadderOrder } from './desired-ladder.ts';
import { NOTHING, add, compare, exact, floorQuotient, isAbove, isBelow, isPositive, multiply, subtract, textOf, total } from './exact.ts';
import type { Exact } from './exact.ts';
import { isForeign, slotOfLeg } from './evidence.ts';
import type { Evidence, StoredLeg } from './evidence.ts';
import { priceStepsOf, stepAt } from './price-steps.ts';
import { finding } from './violation.ts';
import type { Finding } from './violation.ts';

/** One leg of an order that is open at the exchange. */
export interface RestingLeg extends Omit<StoredLeg, 'amount'> {
  readonly clientOrderId: string;
  readonly order: OrderRecord;
  /** What is still to be filled, base units. */
  readonly remaining: Exact;
}

/** Open orders of the plan taken apart into legs; the filled part is taken from the legs in their order. */
export function restingLegs(plan: AuditedPlan, evidence: Evidence): { readonly legs: readonly RestingLeg[]; readonly fault: Finding | null } {
  const accounts = accountsOf(plan);
  const legs: RestingLeg[] = [];
  for (const order of evidence.openOrders.values()) {
    if (order.symbol !== plan.symbol || !accounts.has(order.account) || isForeign(order.clientOrderId)) continue;
    const stored = evidence.legsOf(order.clientOrderId);
    if (stored === null) return { legs, fault: finding('I2', 'an order is open that nobody wrote down', { clientOrderId: order.clientOrderId }) };
    let filled = exact(order.filled);
    for (const leg of stored) {
      const amount = exact(leg.amount);
      const done = isBelow(filled, amount) ? filled : amount;
      filled = subtract(filled, done);
      const remaining = subtract(amount, done);
      if (isPositive(remaining)) legs.push({ ...leg, clientOrderId: order.clientOrderId, order, remaining });
    }
    const written = total(stored.map((leg) => exact(leg.amount)));
    // An exchange cuts a reduce-only order to what is left to close.
    if (order.reduceOnly ? isBelow(written, exact(order.amount)) : compare(written, exact(order.amount)) !== 0) {
      return { legs, fault: finding('I5', 'the legs of a resting order do not add up to its amount', { clientOrderId: order.clientOrderId, legs: stored, amount: order.amount }) };
    }
  }
  return { legs, fault: null };
}

/** I1, when nothing is under way. */
export function auditSlots(plan: AuditedPlan, legs: readonly RestingLeg[]): Finding | null {
  const owners = new Map<string, string>();
  for (const leg of legs) {
    const slot = `${leg.wallet}/${leg.role}/${leg.level ?? 'market'}/${leg.leg}`;
    const owner = owners.get(slot);
    if (owner !== undefined && owner !== leg.clientOrderId) return finding('I1', 'two orders rest in one slot', { plan: plan.name, slot, first: owner, second: leg.clientOrderId });
    owners.set(slot, leg.clientOrderId);
  }
  return null;
}

/** The wallet's ladder by the independent model; empty before it opens. */
export function ladderOf(plan: AuditedPlan, wallet: AuditedWallet): LadderOrder[] {
  if (!wallet.isOpened || wallet.rungs.length === 0) return [];
  return desiredLadder({
    cycle: wallet.cycleKind,
    spacing: plan.spacing,
    anchor: wallet.anchor,
    unitSize: wallet.unitSize,
    prices: plan.instrument,
    amountStep: plan.instrument.amountStep,
    notional: wallet.notional,
    weights: wallet.weights,
    top: wallet.top,
    rungs: wallet.rungs.map(({ isOut, long, short }) => ({ isOut, held: long, shorted: short })),
    wholeLong: wallet.cycleKind === 'rotation' ? wallet.coreLong : '0',
    isProtectiveOnly: !wallet.entriesAllowed,
    resting: restingCaps(plan),
  });
}

const caps = new WeakMap<AuditedPlan['windows'], Partial<Record<Role, number>>>();

function restingCaps({ windows }: AuditedPlan): Partial<Record<Role, number>> {
  let answer = caps.get(windows);
  if (answer === undefined) {
    answer = Object.fromEntries(Object.entries(windows).map(([role, window]) => [role, window.resting])) as Partial<Record<Role, number>>;
    caps.set(windows, answer);
  }
  return answer;
}

/** At work at the exchange, not waiting: at market, or fired and filling. A fired stop-limit rests at its limit. */
function isExecuting({ type, triggered }: OrderRecord): boolean {
  return type === 'market' || (type === 'stop-market' && triggered);
}

/**
 * I7: the closing orders of a wallet that wait close no more than it holds, and neither do those at work. (Both together may, while a
 * reset sells a part of what its stops protect.)
 */
export function auditClosing(plan: AuditedPlan, wallet: AuditedWallet, legs: readonly RestingLeg[]): Finding | null {
  for (const side of ['long', 'short'] as const) {
    const held = exact(side === 'long' ? wallet.long : wallet.short);
    const closing = legs.filter((leg) => leg.wallet === wallet.name && leg.leg === `close-${side}`);
    for (const atWork of [false, true]) {
      const some = closing.filter(({ order }) => isExecuting(order) === atWork);
      const most = total(some.map((leg) => leg.remaining));
      if (!isAbove(most, held)) continue;
      return finding('I7', `closing orders for ${textOf(most)} are open, the wallet is ${side} ${textOf(held)}`, {
        plan: plan.name,
        wallet: wallet.name,
        phase: wallet.phase,
        orders: some.map(({ role, level, order, remaining }) => ({ role, level, type: order.type, triggered: order.triggered, triggerPrice: order.triggerPrice, remaining: textOf(remaining) })),
      });
    }
  }
  return null;
}

/**
 * I6: what a wallet holds is covered by orders that close it, except where the strategy itself leaves it uncovered: after a halt, at
 * levels at or below zero, and on rungs beyond the window's `resting`. A position nobody owns a rung for is no exception. While an
 * order of the account is filling in parts, positions change under their protection, and netted orders wait for it; judged when it ended.
 */
export function auditProtection(plan: AuditedPlan, wallet: AuditedWallet, legs: readonly RestingLeg[], evidence: Evidence): Finding | null {
  if (plan.operation === 'halted' || plan.operation === 'flattening' || !wallet.isOpened) return null;
  if (legs.some(({ order }) => order.account === wallet.account && isExecuting(order))) return null;
  if (plan.positionMode === 'one-way' && isCloseUnaffordable(wallet, evidence)) return null;
  const ladder = ladderOf(plan, wallet);
  for (const side of ['long', 'short'] as const) {
    // What a stop has closed is not held any more, also where the books do not know yet.
    const held = subtract(exact(side === 'long' ? wallet.long : wallet.short), evidence.closedUnbooked(wallet.name, side));
    if (!isPositive(held)) continue;
    const covered = total(legs.filter((leg) => leg.wallet === wallet.name && leg.leg === `close-${side}`).map((leg) => leg.remaining));
    const hasNoFullStop = side === 'long' && wallet.cycleKind === 'rotation' && !ladder.some((order) => order.rung === null);
    const exempt = total([...wallet.rungs.map((rung, index) => exemptAmount(rung, index, side, ladder)), hasNoFullStop ? exact(wallet.coreLong) : NOTHING]);
    const uncovered = subtract(subtract(held, exempt), covered);
    // Less than the exchange's smallest order cannot be closed by an order of its own.
    if (!isPositive(uncovered) || isBelow(uncovered, exact(plan.instrument.minAmount))) continue;
    return finding('I6', `${textOf(subtract(held, covered))} of the ${side} position rests uncovered`, {
      plan: plan.name,
      operation: plan.operation,
      wallet: wallet.name,
      phase: wallet.phase,
      held: textOf(held),
      covered: textOf(covered),
      exempt: textOf(exempt),
    });
  }
  return null;
}

/** In a netted position one wallet's close can be another's opening, and the exchange may lack the margin for it. */
function isCloseUnaffordable(wallet: AuditedWallet, { refusedSlots }: Evidence): boolean {
  for (const [slot, reason] of refusedSlots) {
    if (reason === 'INSUFFICIENT_MARGIN' && slot.startsWith(`${wallet.name}/`) && slot.includes('/close-')) return true;
  }
  return false;
}

function exemptAmount(rung: AuditedRung, index: number, side: 'long' | 'short', ladder: readonly LadderOrder[]): Exact {
  const held = exact(side === 'long' ? rung.long : rung.short);
  if (!isPositive(held)) return NOTHING;
  // A rung half way between its sides: what it holds of both cancels out, whatever the price does; the rest is to be closed.
  if (rung.isOut !== (side === 'short')) return isBelow(exact(rung.long), exact(rung.short)) ? exact(rung.long) : exact(rung.short);
  return ladder.some((order) => order.rung === index) ? NOTHING : held;
}

/**
 * I8: if every resting entry fills, a wallet adds at most its cycle's notional on a side (each rung its own fixed share, counted at
 * its trigger); scaling adds at most what its rungs hold on the other side. Twice the same rung would break it. Not judged while a
 * refusal of the exchange keeps a window from following, or an order fills in parts.
 */
export function auditExposure(plan: AuditedPlan, wallet: AuditedWallet, legs: readonly RestingLeg[], { refusedSlots }: Evidence): Finding | null {
  if (legs.some(({ order }) => order.account === wallet.account && isExecuting(order))) return null;
  for (const slot of refusedSlots.keys()) if (slot.startsWith(`${wallet.name}/`) && slot.endsWith(`#${wallet.cycle}`)) return null;
  for (const side of ['open-long', 'open-short'] as const) {
    const entries = legs.filter((leg) => leg.wallet === wallet.name && leg.leg === side && leg.level !== null && leg.cycle === wallet.cycle);
    const notional = total(entries.map((leg) => multiply(leg.remaining, exact(leg.order.triggerPrice ?? '0'))));
    const base = total(entries.map((leg) => leg.remaining));
    const most = exact(wallet.notional);
    const isTooMuch = wallet.cycleKind === 'scaling' ? isAbove(multiply(base, exact(wallet.anchor)), most) : isAbove(notional, most);
    if (isTooMuch) return finding('I8', `the resting ${side} entries add up to more than the cycle's notional`, { plan: plan.name, wallet: wallet.name, entries: textOf(notional), notional: wallet.notional });
  }
  return null;
}

interface Expected {
  readonly side: 'buy' | 'sell';
  readonly triggerPrice: string;
  readonly amount: Exact;
}

/**
 * The resting orders are the independent ladder's, no more and no fewer. Silent while the wallet is between two states: a rung or an
 * order partly filled, a reset under way, the plan not running. An entry may be missing when the exchange refused or ended it, or
 * when the price is through it and the window says skip.
 */
export function auditLadder(plan: AuditedPlan, wallet: AuditedWallet, legs: readonly RestingLeg[], evidence: Evidence): Finding | null {
  if (plan.operation !== 'running' || !isSettledWallet(wallet, plan)) return null;
  const own = legs.filter((leg) => leg.wallet === wallet.name);
  // A netted order that is filling holds up the other wallets' orders at its price.
  const together = plan.positionMode === 'one-way' ? legs.filter(({ order }) => order.account === wallet.account) : own;
  if (together.some(({ order }) => order.triggered || order.type === 'market' || order.filled !== '0')) return null;
  const expected = new Map<string, Expected>();
  for (const order of ladderOf(plan, wallet)) {
    for (const [leg, amount] of legsOfLadderOrder(wallet, order)) expected.set(slotOfLeg({ wallet: wallet.name, role: order.role, level: order.level, leg, cycle: wallet.cycle }), { side: order.side, triggerPrice: order.triggerPrice, amount });
  }
  const about = { plan: plan.name, wallet: wallet.name, phase: wallet.phase, cycle: wallet.cycle, top: wallet.top };
  for (const leg of own) {
    const slot = slotOfLeg(leg);
    const want = expected.get(slot);
    expected.delete(slot);
    if (want === undefined) return finding('ladder', 'an order rests that the ladder does not have (I10)', { ...about, slot, triggerPrice: leg.order.triggerPrice });
    const fault = legFault(plan, leg, want);
    if (fault !== null) return finding('ladder', `${fault} (I10)`, { ...about, slot, wanted: { side: want.side, triggerPrice: want.triggerPrice, amount: textOf(want.amount) }, order: leg.order, remaining: textOf(leg.remaining) });
  }
  for (const [slot, want] of expected) {
    if (!mayBeMissing(plan, slot, want, evidence)) return finding('ladder', 'an order of the ladder does not rest (I10)', { ...about, slot, triggerPrice: want.triggerPrice, amount: textOf(want.amount), prices: evidence.prices.get(plan.symbol) });
  }
  return null;
}

function legFault(plan: AuditedPlan, leg: RestingLeg, want: Expected): string | null {
  const { order } = leg;
  const window = plan.windows[leg.role as Role];
  if (order.side !== want.side || order.triggerPrice !== want.triggerPrice) return 'an order rests at another price or side than the ladder says';
  if (compare(leg.remaining, want.amount) !== 0) return 'an order rests with another amount than the ladder says';
  if (order.type !== window.order || order.triggerBy !== window.triggerBy) return 'an order rests with another type or trigger source than its window says';
  if (window.limitOffset === null || order.price === null || order.triggerPrice === null) return null;
  // I15: the limit lies at least the offset beyond the trigger and less than a tick further.
  const offset = multiply(exact(order.triggerPrice), exact(window.limitOffset));
  const nearest = order.side === 'buy' ? add(exact(order.triggerPrice), offset) : subtract(exact(order.triggerPrice), offset);
  const beyond = order.side === 'buy' ? subtract(exact(order.price), nearest) : subtract(nearest, exact(order.price));
  const isOneTick = order.price === plan.instrument.tickSize;
  return !isOneTick && (isBelow(beyond, NOTHING) || !isBelow(beyond, stepAt(priceStepsOf(plan.instrument), nearest))) ? 'I15: a limit lies at another distance from its trigger than its window says' : null;
}

/** Every rung is wholly on one side, and a flipping one as large as it was cut (less when margin was short). */
function isSettledWallet(wallet: AuditedWallet, { instrument }: AuditedPlan): boolean {
  const { isOpened, phase, strayShort, coreLong, cycleKind, rungs, entriesAllowed } = wallet;
  if (!isOpened || phase === 'RESET' || strayShort !== '0' || (cycleKind !== 'rotation' && coreLong !== '0') || (cycleKind === 'scaling' && !entriesAllowed)) return false;
  const step = exact(instrument.amountStep);
  const fragments = cycleKind === 'scaling' ? fragmentsOf(floorQuotient(exact(wallet.notional), exact(wallet.anchor), step), wallet.weights.map(exactWeight), step) : [];
  return rungs.every(({ isOut, long, short }, index) => {
    switch (cycleKind) {
      case 'rotation':
        return isOut ? short !== '0' : short === '0';
      case 'fragments':
        return isOut ? long === '0' : long !== '0';
      case 'scaling':
        return textOf(fragments[index] as Exact) === (isOut ? short : long) && (isOut ? long : short) === '0';
    }
  });
}

function legsOfLadderOrder(wallet: AuditedWallet, order: LadderOrder): (readonly [StoredLeg['leg'], Exact])[] {
  const amount = exact(order.amount);
  switch (order.role) {
    case 'stop-loss':
      return [['close-long', amount]];
    case 'cover':
      return [['close-short', amount]];
    case 'stop-entry-short':
      return [['open-short', amount]];
    case 'stop-entry-long':
      return [['open-long', amount]];
    case 'flip-short':
    case 'flip-long': {
      const rung = wallet.rungs[order.rung ?? -1];
      const held = exact((order.role === 'flip-short' ? rung?.long : rung?.short) ?? '0');
      const opened = subtract(amount, held);
      const both = [[order.role === 'flip-short' ? 'close-long' : 'close-short', held] as const, [order.role === 'flip-short' ? 'open-short' : 'open-long', opened] as const];
      return both.filter(([, part]) => isPositive(part));
    }
  }
}

/** Of a cap, for a stop that rests before the one it replaces is cancelled. */
const PLACES_KEPT = 1;

/** No more conditional orders are taken on some account of the plan; what protects comes first. */
function isCapReached(plan: AuditedPlan, { openOrders }: Evidence): boolean {
  if (plan.conditionalCap === null) return false;
  const resting = new Map<string, number>();
  for (const { symbol, account, triggerPrice, triggered } of openOrders.values()) {
    if (symbol === plan.symbol && triggerPrice !== null && !triggered) resting.set(account, (resting.get(account) ?? 0) + 1);
  }
  return [...resting.values()].some((count) => count + PLACES_KEPT >= (plan.conditionalCap ?? Infinity));
}

function mayBeMissing(plan: AuditedPlan, slot: string, want: Expected, evidence: Evidence): boolean {
  const role = slot.split('/')[1] as Role;
  const isEntry = slot.includes('/open-');
  const quote = evidence.prices.get(plan.symbol);
  const window = plan.windows[role];
  // A closing order that the exchange refuses is no excuse, except that an order netted with a refused entry waits with it.
  if (evidence.refusedSlots.has(slot)) return isEntry || plan.positionMode === 'one-way';
  if (isEntry && isCapReached(plan, evidence)) return true;
  if (!isEntry || window.onGap !== 'skip' || quote === undefined) return false;
  const price = exact(quote[window.triggerBy]);
  const trigger = exact(want.triggerPrice);
  return want.side === 'sell' ? !isAbove(price, trigger) : !isBelow(price, trigger);
}
