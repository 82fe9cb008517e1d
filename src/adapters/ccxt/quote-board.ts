/**
 * The newest last, mark and index price of each symbol, put together from streams that tell one of them at a time. A price event needs all
 * three; its time is the newest of its parts and never goes back.
 */
import type { ExchangeEvent } from '../../ports/exchange.ts';
import type { QuotePart } from './dialect.ts';

type PriceEvent = Extract<ExchangeEvent, { type: 'price' }>;

export class QuoteBoard {
  readonly #known = new Map<string, Omit<QuotePart, 'type'>>();

  /** The price after this part; null while one of the three is missing, or when nothing new was said. */
  hear({ symbol, last, mark, index, at }: QuotePart): PriceEvent | null {
    const before = this.#known.get(symbol);
    const now = {
      symbol,
      ...(before ?? {}),
      ...(last === undefined ? {} : { last }),
      ...(mark === undefined ? {} : { mark }),
      ...(index === undefined ? {} : { index }),
      at: Math.max(at, before?.at ?? 0),
    };
    this.#known.set(symbol, now);
    if (now.last === undefined || now.mark === undefined || now.index === undefined) return null;
    return { type: 'price', symbol, last: now.last, mark: now.mark, index: now.index, at: now.at };
  }

  /** Null before all three prices are known. */
  price(symbol: string): PriceEvent | null {
    const known = this.#known.get(symbol);
    if (known?.last === undefined || known.mark === undefined || known.index === undefined) return null;
    return { type: 'price', symbol, last: known.last, mark: known.mark, index: known.index, at: known.at };
  }
}
