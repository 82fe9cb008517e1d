/** Several feeds as one, by time; at equal times in the order the feeds were given. */
import { HedgerowError } from '../domain/errors.ts';
import type { PriceFeed, Tick } from '../ports/price-feed.ts';

/** The result is synchronous when all feeds are. Throws INPUT_INVALID when there are none. */
export function mergeFeeds(feeds: readonly PriceFeed[]): PriceFeed {
  const [only] = feeds;
  if (only === undefined) throw new HedgerowError('INPUT_INVALID', 'there is no price feed to merge; give at least one');
  if (feeds.length === 1) return only;
  return {
    identity: `merged:${JSON.stringify(feeds.map(({ identity }) => identity))}`,
    ticks(afterAt) {
      const sources = feeds.map((feed) => feed.ticks(afterAt));
      return sources.every(isSynchronous) ? mergedNow(sources) : mergedLater(sources);
    },
  };
}

function isSynchronous(source: Iterable<Tick> | AsyncIterable<Tick>): source is Iterable<Tick> {
  return Symbol.iterator in source;
}

function* mergedNow(sources: readonly Iterable<Tick>[]): Generator<Tick> {
  const iterators = sources.map((source) => source[Symbol.iterator]());
  try {
    const heads = iterators.map((iterator) => headOf(iterator.next()));
    for (let lane = earliestLane(heads); lane !== null; lane = earliestLane(heads)) {
      yield heads[lane] as Tick;
      heads[lane] = headOf((iterators[lane] as Iterator<Tick>).next());
    }
  } finally {
    for (const iterator of iterators) iterator.return?.();
  }
}

async function* mergedLater(sources: readonly (Iterable<Tick> | AsyncIterable<Tick>)[]): AsyncGenerator<Tick> {
  const iterators = sources.map((source) => (isSynchronous(source) ? source[Symbol.iterator]() : source[Symbol.asyncIterator]()));
  try {
    const heads = (await Promise.all(iterators.map((iterator) => iterator.next()))).map(headOf);
    for (let lane = earliestLane(heads); lane !== null; lane = earliestLane(heads)) {
      yield heads[lane] as Tick;
      heads[lane] = headOf(await (iterators[lane] as AsyncIterator<Tick>).next());
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}

function headOf(result: IteratorResult<Tick, unknown>): Tick | null {
  return result.done === true ? null : result.value;
}

function earliestLane(heads: readonly (Tick | null)[]): number | null {
  let lane: number | null = null;
  let at = Number.POSITIVE_INFINITY;
  for (let i = 0; i < heads.length; i += 1) {
    const head = heads[i];
    if (head !== null && head !== undefined && head.at < at) [lane, at] = [i, head.at];
  }
  return lane;
}
