/**
 * What has happened and waits for a plan's next pass, in order. Prices in a row are folded when they pile up, keeping the high and
 * low of every source; fills and commands are never merged or dropped (I23).
 */
import type { DecimalString } from '../domain/decimal.ts';
import { mergePricesBy } from '../domain/price-merge.ts';
import type { TriggerSource } from '../domain/strategy.ts';
import type { ExchangeEvent } from '../ports/exchange.ts';

export type Prices = Readonly<Record<TriggerSource, DecimalString>>;

export interface PricePoint extends Prices {
  readonly at: number;
  /** See the port's price event. */
  readonly times?: Readonly<Record<TriggerSource, number>>;
}

export type PlanCommand =
  | { readonly type: 'pause' | 'halt' | 'flatten' | 'diverge'; readonly reason: string }
  | { readonly type: 'resume' | 'adopt' | 'reset' };

export type QueuedEvent =
  | { readonly type: 'prices'; readonly points: PricePoint[] }
  | { readonly type: 'exchange'; readonly event: Exclude<ExchangeEvent, { type: 'price' }> }
  | { readonly type: 'command'; readonly command: PlanCommand };

/** Prices in a row beyond this are folded. */
const POINTS_MAX = 16;
const SOURCES = ['last', 'mark', 'index'] as const;

export class EventQueue {
  #events: QueuedEvent[] = [];

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  get holdsExchangeEvents(): boolean {
    return this.#events.some(({ type }) => type === 'exchange');
  }

  push(event: QueuedEvent): void {
    this.#events.push(event);
  }

  pushPrice(point: PricePoint): void {
    const newest = this.#events.at(-1);
    if (newest?.type !== 'prices') {
      this.#events.push({ type: 'prices', points: [point] });
      return;
    }
    newest.points.push(point);
    if (newest.points.length > POINTS_MAX) newest.points.splice(0, newest.points.length, ...fold(newest.points));
  }

  /** Events that could not be taken yet, before everything that came since. */
  putBack(events: readonly QueuedEvent[]): void {
    this.#events = [...events, ...this.#events];
  }

  takeAll(): readonly QueuedEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

function fold(points: readonly PricePoint[]): PricePoint[] {
  const kept = new Set(SOURCES.flatMap((source) => mergePricesBy(points, (point) => point[source])));
  return points.filter((point) => kept.has(point));
}
