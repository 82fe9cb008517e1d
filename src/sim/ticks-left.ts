/**
 * What of a feed is still to come for an exchange that may have stopped between two ticks of one moment: of that moment each symbol goes
 * on behind the ticks it had (I12). Asking the feed for what is after that moment would lose the rest of it, with the funding in it.
 */
import type { PriceFeed, Tick } from '../ports/price-feed.ts';
import type { SimulatedExchange } from './exchange/simulated-exchange.ts';

export async function* ticksLeft(feed: PriceFeed, exchange: Pick<SimulatedExchange, 'lastTickAt' | 'ticksAt'>): AsyncGenerator<Tick> {
  const lastAt = exchange.lastTickAt();
  const had = new Map(lastAt === null ? [] : exchange.ticksAt(lastAt));
  for await (const tick of feed.ticks(lastAt === null ? null : lastAt - 1)) {
    const left = tick.at === lastAt ? (had.get(tick.symbol) ?? 0) : 0;
    if (left === 0) yield tick;
    else had.set(tick.symbol, left - 1);
  }
}
