/**
 * The incidents of an exchange: which are on at a moment, and what they do to a request that arrives, to execution and to the
 * stream. Their windows are exchange time, fixed when they are made known (I22, I24).
 */
import { HedgerowError } from '../../domain/errors.ts';
import { invariant } from '../../domain/invariant.ts';
import type { ExchangeEvent, OrderRecord, WriteOutcome } from '../../ports/exchange.ts';
import { priceDelta } from './book-changes.ts';
import type { MarketState } from './book-state.ts';
import type { PriceDelta } from './delta.ts';
import type { FalseAnswer, Incident, WriteKind } from './faults.ts';

/** A write that is not carried out: what the log says and what the client is told. */
export interface TurnedAway {
  readonly code: string;
  readonly answer: FalseAnswer;
}

/** An end that does something. */
export interface IncidentEnd {
  readonly at: number;
  readonly cancelsAll: string | null;
  readonly gapSince: number | null;
}

export class Incidents {
  #known: Incident[] = [];
  /** By symbol: the last prices from before a `stale-prices` that is on. */
  readonly #lastPrices = new Map<string, PriceDelta>();

  get isEmpty(): boolean {
    return this.#known.length === 0;
  }

  /** What is to be done at its end or just before, oldest first. Throws INVARIANT_BROKEN for a window without length or in the past. */
  add(incident: Incident, now: number): readonly IncidentEnd[] {
    const { from, until, type } = incident;
    invariant(from < until && until > now, 'an incident lasts, and not only in the past', { type, from, until, now });
    this.#known = [...this.#known.filter((each) => each.until > now), incident];
    // Orders are cancelled while the stream is still dumb: who was away learns it by reading.
    const cancelled = incident.type === 'maintenance' && incident.cancelsAll !== null;
    const gap = 'tellsGap' in incident && incident.tellsGap;
    return [
      ...(cancelled ? [{ at: Math.max(now, until - 1), cancelsAll: incident.cancelsAll, gapSince: null }] : []),
      ...(gap ? [{ at: until, cancelsAll: null, gapSince: from }] : []),
    ];
  }

  /** When a request that arrives now is let in; null: at once. */
  heldUntil(now: number): number | null {
    return this.#on('freeze', now)?.until ?? null;
  }

  /** Nothing fires, fills or is liquidated. */
  stopsExecution(now: number): boolean {
    return this.#on('freeze', now) !== undefined || this.#on('maintenance', now) !== undefined;
  }

  /** Null: the write is carried out. */
  turnsAway(kind: WriteKind, now: number): TurnedAway | null {
    const ban = this.#on('ban', now);
    if (ban !== undefined) return refused('RATE_LIMITED', 'banned for too many requests', ban.until - now);
    const limit = this.#on('rate-limit', now);
    if (limit !== undefined) return refused('RATE_LIMITED', 'too many requests', limit.retryAfterMs);
    const maintenance = this.#on('maintenance', now);
    if (maintenance?.answer === 'unknown') return { code: 'MARKET_HALTED', answer: { type: 'unknown', message: 'the exchange is under maintenance' } };
    if (maintenance !== undefined) return refused('MARKET_HALTED', 'the exchange is under maintenance');
    const refusal = this.#known.find((each) => each.type === 'refusal' && isOn(each, now) && each.kinds.includes(kind));
    return refusal?.type === 'refusal' ? refused(refusal.code, 'refused as every such request now') : null;
  }

  /** What the client is told about a write that was carried out. */
  answerOf(kind: WriteKind, outcome: WriteOutcome<OrderRecord>, now: number): WriteOutcome<OrderRecord> {
    const wrong = this.#known.find((each) => each.type === 'wrong-answer' && isOn(each, now) && each.kinds.includes(kind));
    return wrong?.type === 'wrong-answer' ? wrong.answer : outcome;
  }

  /** Throws EXCHANGE_UNAVAILABLE while reads are not answered. */
  letRead(now: number): void {
    const incident = this.#on('ban', now) ?? this.#on('rate-limit', now) ?? this.#on('maintenance', now);
    if (incident === undefined) return;
    throw new HedgerowError('EXCHANGE_UNAVAILABLE', `the exchange answers no reads (${incident.type}); ask again later`);
  }

  /** To be called before each new price: keeps the last one from before the prices went stale. */
  beforePrice(state: MarketState, now: number): void {
    const { symbol } = state.market;
    if (this.#on('stale-prices', now) === undefined) this.#lastPrices.delete(symbol);
    else if (!this.#lastPrices.has(symbol)) for (const price of priceDelta(state)) this.#lastPrices.set(symbol, price);
  }

  /** The price that is served instead of the true one; null: none is. */
  stalePrice(symbol: string, now: number): PriceDelta | null {
    return this.#on('stale-prices', now) === undefined ? null : (this.#lastPrices.get(symbol) ?? null);
  }

  /** The event as the stream would tell it now; null: it does not. */
  heardAs(event: ExchangeEvent, now: number): ExchangeEvent | null {
    if (event.type === 'gap') return event;
    if (this.stopsExecution(now)) return null;
    const isPrice = event.type === 'price';
    const silence = this.#known.some((each) => each.type === 'silence' && isOn(each, now) && (each.of === 'all' || (each.of === 'prices') === isPrice));
    if (silence) return null;
    const stale = isPrice ? this.stalePrice(event.symbol, now) : null;
    return stale === null ? event : Object.freeze({ type: 'price', ...stale });
  }

  #on<T extends Incident['type']>(type: T, now: number): Extract<Incident, { type: T }> | undefined {
    return this.#known.find((each): each is Extract<Incident, { type: T }> => each.type === type && isOn(each, now));
  }
}

function isOn(incident: Incident, now: number): boolean {
  return incident.from <= now && now < incident.until;
}

function refused(code: string, message: string, retryAfterMs?: number): TurnedAway {
  return { code, answer: { type: 'refused', code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) } };
}
