/**
 * Bounded attempts per slot (I11): a refused slot waits, longer each time, and an entry that stays refused is given up until
 * something about it changes. Protection is retried for as long as the position is open. Times are `Clock.elapsed()`.
 */
import type { ExchangeOrder } from '../window/exchange-orders.ts';
import { closingPart, isProtective } from '../window/exchange-orders.ts';

export const ENTRY_ATTEMPTS_MAX = 6;
export const GIVEN_UP = 'given up';
const FIRST_WAIT_MS = 1_000;
const WAIT_MAX_MS = 60_000;
/** An open position does not wait longer for its protection than this. */
const PROTECTION_WAIT_MAX_MS = 5_000;
/** The exchange holds nothing that the order would close, so nothing is unprotected meanwhile. */
const NOTHING_TO_CLOSE = 'REDUCE_ONLY_REJECTED';

interface Attempts {
  readonly count: number;
  readonly notBefore: number;
  /** What the window wanted when it was looked at after the refusal; null until then. */
  readonly content: string | null;
  readonly isProtective: boolean;
  /** The exchange did not take the newest order at all. */
  readonly isRefused: boolean;
  readonly reason: string;
}

export class SlotGuard {
  readonly #attempts = new Map<string, Attempts>();

  /**
   * The exchange refused, or gave up on, an order of this slot. What was sent may differ from what the window wants (at market, or
   * smaller), so the attempts belong to the slot until its window wants something else. Returns how often in a row.
   */
  failed(order: Pick<ExchangeOrder, 'slot' | 'legs'>, reason: string, at: number): number {
    const before = this.#attempts.get(order.slot);
    const count = (before?.count ?? 0) + 1;
    const protects = isProtective(order);
    const isUrgent = protects && reason !== NOTHING_TO_CLOSE;
    const wait = Math.min(isUrgent ? PROTECTION_WAIT_MAX_MS : WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** (count - 1));
    this.#attempts.set(order.slot, { count, notBefore: at + wait, content: before?.content ?? null, isProtective: protects, isRefused: true, reason });
    return count;
  }

  succeeded(slot: string): void {
    this.#attempts.delete(slot);
  }

  /** The exchange has taken an order of this slot; how it ends is still to be seen. */
  accepted(slot: string): void {
    const attempts = this.#attempts.get(slot);
    if (attempts !== undefined) this.#attempts.set(slot, { ...attempts, isRefused: false });
  }

  /** Slots whose attempts are counted, with the newest reason. */
  get reasons(): ReadonlyMap<string, string> {
    return new Map([...this.#attempts].map(([slot, { reason }]) => [slot, reason]));
  }

  /** Slots whose newest order was not taken. */
  get refused(): ReadonlySet<string> {
    return new Set([...this.#attempts].flatMap(([slot, { isRefused }]) => (isRefused ? [slot] : [])));
  }

  /** How often in a row this slot was refused for `reason`. */
  attempts(slot: string, reason: string): number {
    const attempts = this.#attempts.get(slot);
    return attempts?.reason === reason ? attempts.count : 0;
  }

  /** Slots that may not be tried at `at`, with the reason; those whose order has changed meanwhile are free again. */
  blocked(desired: readonly ExchangeOrder[], at: number): Map<string, string> {
    const blocked = new Map<string, string>();
    if (this.#attempts.size === 0) return blocked;
    const parts = desired.flatMap((order) => closingPart(order) ?? []);
    const wanted = new Map([...parts, ...desired].map((order) => [order.slot, order]));
    for (const [slot, attempts] of this.#attempts) {
      const order = wanted.get(slot);
      if (order === undefined || (attempts.content !== null && contentOf(order) !== attempts.content)) {
        this.#attempts.delete(slot);
        continue;
      }
      if (attempts.content === null) this.#attempts.set(slot, { ...attempts, content: contentOf(order) });
      const isGivenUp = !attempts.isProtective && attempts.count >= ENTRY_ATTEMPTS_MAX;
      if (isGivenUp) blocked.set(slot, `${GIVEN_UP} after ${attempts.count} refusals: ${attempts.reason}`);
      else if (at < attempts.notBefore) blocked.set(slot, `waiting after a refusal: ${attempts.reason}`);
    }
    return blocked;
  }

  /** When the next slot that waited at `at` may be tried again; null when none waits. */
  nextRetryAt(at: number): number | null {
    let next: number | null = null;
    for (const { count, notBefore, isProtective: protects } of this.#attempts.values()) {
      if (notBefore <= at || (!protects && count >= ENTRY_ATTEMPTS_MAX)) continue;
      if (next === null || notBefore < next) next = notBefore;
    }
    return next;
  }
}

function contentOf(order: Pick<ExchangeOrder, 'amount' | 'triggerPrice'>): string {
  return `${order.amount}@${order.triggerPrice ?? 'market'}`;
}
