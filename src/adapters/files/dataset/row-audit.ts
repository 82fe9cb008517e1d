/** What is wrong with downloaded rows: named by time, counted, and left as it is. A row that was repaired would be one nobody traded. */
import { isPriceBelow } from '../../../domain/candle.ts';

/** Rows from `from` (inclusive) to `to` (exclusive) that are not there, ms. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export const ROW_FAULTS = ['duplicate', 'unsorted', 'off-grid', 'impossible'] as const;
export interface RowFault {
  readonly at: number;
  readonly kind: (typeof ROW_FAULTS)[number];
}

export interface RowAudit {
  readonly rows: number;
  readonly first: number | null;
  readonly last: number | null;
  /** Of candles: bars that are missing. Of funding: gaps. */
  readonly missing: number;
  /** The first ones; `missing` counts all. */
  readonly gaps: readonly Gap[];
  readonly faultCount: number;
  readonly faults: readonly RowFault[];
}

/** A day of an exchange without any bar is one gap; more than this many are a market that hardly trades. */
const LISTED_MAX = 1_000;

interface Period {
  readonly since: number;
  readonly until: number;
}

/** Candle lines as they were written: `at,open,high,low,close,volume`. */
export async function auditCandles(lines: AsyncIterable<string>, { since, until, timeframeMs }: Period & { readonly timeframeMs: number }): Promise<RowAudit> {
  const book = new AuditBook();
  let expected = since;
  for await (const line of lines) {
    const [at = '', open = '', high = '', low = '', close = '', volume = ''] = line.split(',');
    const time = Number(at);
    book.row(time);
    if (time % timeframeMs !== 0) book.fault(time, 'off-grid');
    if (time >= expected) {
      if (time - expected >= timeframeMs) book.gap(expected, time - (time % timeframeMs), timeframeMs);
      expected = time - (time % timeframeMs) + timeframeMs;
    }
    if (!isPossible(open, high, low, close, volume)) book.fault(time, 'impossible');
  }
  if (expected < until) book.gap(expected, until, timeframeMs);
  return book.result();
}

function isPossible(open: string, high: string, low: string, close: string, volume: string): boolean {
  const isOutside = (price: string): boolean => isPriceBelow(high, price) || isPriceBelow(price, low);
  return !low.startsWith('-') && low !== '0' && !volume.startsWith('-') && !isPriceBelow(high, low) && !isOutside(open) && !isOutside(close);
}

/** Distances looked at on each side; an exchange that changes its interval does not do so twice within. */
const NEIGHBOURS = 4;
const GAP_FACTOR = 1.5;
const LONGEST_INTERVAL_MS = 8 * 3_600_000;

/** Funding lines: `at,rate`. Intervals differ and change: a gap is a distance far above those around it. */
export async function auditFunding(lines: AsyncIterable<string>, { since, until }: Period): Promise<RowAudit> {
  const book = new AuditBook();
  const times: number[] = [];
  for await (const line of lines) {
    const at = Number(line.split(',')[0]);
    book.row(at);
    times.push(at);
  }
  const distances = times.slice(1).map((at, index) => at - (times[index] ?? at));
  distances.forEach((distance, index) => {
    const usual = median(distances.slice(Math.max(0, index - NEIGHBOURS), index + NEIGHBOURS + 1));
    if (distance > usual * GAP_FACTOR) book.gap((times[index] ?? 0) + usual, times[index + 1] ?? 0, usual);
  });
  const [first, last] = [times[0] ?? until, times.at(-1) ?? since];
  const edge = Math.max(median(distances), times.length < 2 ? LONGEST_INTERVAL_MS : 0) * GAP_FACTOR;
  if (first - since > edge) book.gap(since, first, edge / GAP_FACTOR);
  if (times.length > 0 && until - last > edge) book.gap(last + edge / GAP_FACTOR, until, edge / GAP_FACTOR);
  return book.result();
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

class AuditBook {
  readonly #gaps: Gap[] = [];
  readonly #faults: RowFault[] = [];
  #rows = 0;
  #missing = 0;
  #faultCount = 0;
  #first: number | null = null;
  #last: number | null = null;
  #previous = Number.NEGATIVE_INFINITY;

  row(at: number): void {
    if (at === this.#previous) this.fault(at, 'duplicate');
    if (at < this.#previous) this.fault(at, 'unsorted');
    this.#rows += 1;
    this.#first ??= at;
    this.#last = at;
    this.#previous = at;
  }

  gap(from: number, to: number, stepMs: number): void {
    this.#missing += Math.max(1, Math.round((to - from) / stepMs));
    if (this.#gaps.length < LISTED_MAX) this.#gaps.push({ from, to });
  }

  fault(at: number, kind: RowFault['kind']): void {
    this.#faultCount += 1;
    if (this.#faults.length < LISTED_MAX) this.#faults.push({ at, kind });
  }

  result(): RowAudit {
    return { rows: this.#rows, first: this.#first, last: this.#last, missing: this.#missing, gaps: this.#gaps, faultCount: this.#faultCount, faults: this.#faults };
  }
}
