/** A feed of given prices, one at a time: hand-written paths of tests, traces and demos. */
import { createHash } from 'node:crypto';
import { dec, isPlainDecimal, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { PriceFeed, Tick } from '../ports/price-feed.ts';

export interface PathFeedOptions {
  readonly symbol: string;
  readonly prices: readonly DecimalString[];
  /** Time of the first price, ms; default 2025-01-01T00:00:00Z. */
  readonly startAt?: number;
  /** Time between two prices; default one second. */
  readonly stepMs?: number;
}

/** Throws INPUT_INVALID when a price is not a plain decimal above zero. Last, mark and index are the same. */
export function pathFeed({ symbol, prices, startAt = 1_735_689_600_000, stepMs = 1_000 }: PathFeedOptions): PriceFeed {
  const checked = prices.map(checkedPrice);
  const digest = createHash('sha256').update(checked.join(',')).digest('hex').slice(0, 16);

  function* ticks(afterAt: number | null): Generator<Tick> {
    const first = afterAt === null ? 0 : Math.max(0, Math.floor((afterAt - startAt) / stepMs) + 1);
    for (let i = first; i < checked.length; i += 1) {
      const price = checked[i] as DecimalString;
      yield { symbol, at: startAt + i * stepMs, last: price, mark: price, index: price };
    }
  }

  return { identity: `path:${JSON.stringify({ symbol, count: checked.length, digest, startAt, stepMs })}`, ticks };
}

function checkedPrice(text: DecimalString, i: number): DecimalString {
  if (!isPlainDecimal(text) || !dec(text).greaterThan(0)) {
    throw new HedgerowError('INPUT_INVALID', `price ${i + 1} of the path, ${JSON.stringify(text)}, is not a plain number above zero; write for example 60123.4`);
  }
  return plain(dec(text));
}
