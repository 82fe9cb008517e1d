/** A source of prices in time order. Files, generators and live streams implement it. */
import type { DecimalString } from '../domain/decimal.ts';

export interface Tick {
  readonly symbol: string;
  /** Exchange time, ms; never decreases within a feed. */
  readonly at: number;
  readonly last: DecimalString;
  readonly mark: DecimalString;
  readonly index: DecimalString;
  /** Funding rate to be settled at this time, as a fraction; absent at all other ticks. */
  readonly fundingRate?: DecimalString;
}

export interface PriceFeed {
  /** Stable text that names the feed and all that determines its prices; two feeds with one identity give the same ticks. */
  readonly identity: string;
  /** Ticks strictly after `afterAt` (all when null), oldest first. */
  ticks(afterAt: number | null): Iterable<Tick> | AsyncIterable<Tick>;
}
