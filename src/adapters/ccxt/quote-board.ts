/**
 * The newest last, mark and index price of each symbol, put together from streams that tell one of them at a time. A price event needs all
 * three; its time is the newest of its parts and never goes back.
 */
import type { ExchangeEvent } from '../../ports/exchange.ts';
import type { QuotePart } from './dialect.ts';

type PriceEvent = Extract<ExchangeEvent, { type: 'price' }>;
const SOURCES = ['last', 'mark', 'index'] as const;

interface Known extends Omit<QuotePart, 'type'> {
  readonly times: Readonly<Record<(typeof SOURCES)[number], number>>;
}

export class QuoteBoard {
  readonly #known = new Map<string, Known>();

  /** The price after this part; null while one of the three is missing, or when nothing new was said. */
  hear(part: QuotePart): PriceEvent | null {
    const { symbol } = part;
    const before = this.#known.get(symbol);
    const prices: Partial<Record<(typeof SOURCES)[number], string>> = {};
    const times = { last: 0, mark: 0, index: 0 };
    for (const source of SOURCES) {
      // Parts of one source come in order on their connection, but an answer to a question may be older than what a stream has said since.
      const isNewer = part[source] !== undefined && part.at >= (before?.times[source] ?? 0);
      const price = isNewer ? part[source] : before?.[source];
      if (price !== undefined) prices[source] = price;
      times[source] = isNewer ? part.at : (before?.times[source] ?? 0);
    }
    this.#known.set(symbol, { symbol, ...prices, at: Math.max(part.at, before?.at ?? 0), times });
    return this.price(symbol);
  }

  /** Null before all three prices are known. */
  price(symbol: string): PriceEvent | null {
    const known = this.#known.get(symbol);
    if (known?.last === undefined || known.mark === undefined || known.index === undefined) return null;
    return { type: 'price', symbol, last: known.last, mark: known.mark, index: known.index, at: known.at, times: known.times };
  }
}
