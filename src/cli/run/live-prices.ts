/**
 * Prices of a real exchange as ticks, for an exchange that is not real: streamed; asked for where the stream is silent; made up for from
 * candles where none came for minutes, so that what rests fills where the market has been; with the funding rates that were settled.
 *
 * A price feed that never ends: an exchange that is away is waited for, which is said once. Bounded (I23): ticks that nobody takes are
 * folded to their highs and lows.
 */
import type { CcxtExchange } from '../../adapters/ccxt/ccxt-exchange.ts';
import { candleTicks } from '../../adapters/files/candle-file.ts';
import { mergePricesBy } from '../../domain/price-merge.ts';
import { unlessUnavailable } from '../../engine/unavailable.ts';
import type { ExchangeEvent } from '../../ports/exchange.ts';
import type { Tick } from '../../ports/price-feed.ts';

/** A stream that has been silent for this long is asked by request, each time it has been. */
const QUIET_MS = 5_000;
/** Without a price for this long, nothing is filled any more and people are told. */
const OUTAGE_MS = 30_000;
/** Of a gap longer than this at least one whole candle is missing. */
const GAP_MS = 120_000;
const LOOK_MS = 1_000;
/** Candles of one request that every exchange answers. */
const CANDLES_MAX = 290;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const CANDLE_LENGTHS_MS = [1, 5, 15, 60, 240, 1_440].map((minutes) => minutes * MINUTE_MS);
/** Funding is settled at whole hours; it is asked for this long after each, until the exchange shows it. */
const FUNDING_LOOKS_MS = [15_000, 120_000, 600_000];
const TICKS_MAX = 4_000;

export interface LiveTick extends Tick {
  /** When the funding rate was settled, ms; absent without one. */
  readonly settledAt?: number;
}

export interface LivePricesParts {
  readonly exchange: Pick<CcxtExchange, 'subscribe' | 'fetchPrice' | 'fetchCandles' | 'fetchFundingRates' | 'clock'>;
  readonly exchangeId: string;
  readonly symbols: readonly string[];
  /** The newest tick there was of a symbol, before this start; null: none. */
  readonly newest: (symbol: string) => Tick | null;
  /** Up to when funding is booked, ms; null: never. */
  readonly fundedAt: (symbol: string) => number | null;
  /** A line for people. */
  readonly tell: (line: string) => void;
}

interface Followed {
  readonly symbol: string;
  newest: Tick | null;
  /** `Clock.elapsed()` of the last sign of life. */
  heardAt: number;
  /** Nothing is known of the market now. */
  isSilent: boolean;
  isAsking: boolean;
  /** Prices that wait until what was missed before them is there; null: nothing is missing. */
  held: Tick[] | null;
  fundedAt: number;
  /** Exchange time of the next look for funding. */
  fundingDueAt: number;
}

export class LivePrices {
  readonly #parts: LivePricesParts;
  readonly #followed: ReadonlyMap<string, Followed>;
  #ticks: LiveTick[] = [];
  #wake: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #unsubscribe: () => void = () => {};
  #toldOutageAt: number | null = null;

  constructor(parts: LivePricesParts) {
    this.#parts = parts;
    const { symbols, newest, fundedAt, exchange } = parts;
    const now = exchange.clock.now();
    this.#followed = new Map(
      symbols.map((symbol) => {
        const before = newest(symbol);
        const funded = fundedAt(symbol) ?? before?.at ?? now;
        return [symbol, { symbol, newest: before, heardAt: exchange.clock.elapsed(), isSilent: true, isAsking: false, held: null, fundedAt: funded, fundingDueAt: nextFundingLook(now) }];
      }),
    );
  }

  /** Begins to listen, with what was missed since the last run first. */
  async start(): Promise<void> {
    const missed = await Promise.all([...this.#followed.values()].map((followed) => this.#missed(followed, this.#parts.exchange.clock.now())));
    this.#ticks.push(...missed.flat().sort((a, b) => a.at - b.at));
    this.#unsubscribe = this.#parts.exchange.subscribe((event) => {
      if (event.type === 'price') this.#hear(event);
    });
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** What has come, oldest first of each symbol; waits for it at most so long. */
  async take(waitMs: number): Promise<readonly LiveTick[]> {
    if (this.#ticks.length === 0) await this.#rest(waitMs);
    const ticks = this.#ticks;
    this.#ticks = [];
    return ticks;
  }

  /** Nothing is known of the symbol's market now. */
  isSilent(symbol: string): boolean {
    return this.#followed.get(symbol)?.isSilent ?? true;
  }

  close(): void {
    this.#unsubscribe();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #rest(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      this.#wake = wake;
    });
  }

  #hear({ symbol, last, mark, index, at }: Extract<ExchangeEvent, { type: 'price' }>): void {
    const followed = this.#followed.get(symbol);
    if (followed === undefined) return;
    followed.heardAt = this.#parts.exchange.clock.elapsed();
    const tick: Tick = { symbol, at, last, mark, index };
    if (followed.held !== null) {
      followed.held = folded([...followed.held, tick]);
      return;
    }
    if (followed.newest !== null && at - followed.newest.at > GAP_MS) {
      void this.#catchUp(followed, tick);
      return;
    }
    this.#give(followed, [tick]);
  }

  #give(followed: Followed, ticks: readonly LiveTick[]): void {
    followed.isSilent = false;
    followed.newest = ticks.at(-1) ?? followed.newest;
    this.#ticks.push(...ticks);
    if (this.#ticks.length > TICKS_MAX) this.#ticks = folded(this.#ticks);
    this.#wake?.();
    this.#tellBack();
  }

  /** What was missed comes before the price that ended the gap, and all that follow meanwhile. */
  async #catchUp(followed: Followed, tick: Tick): Promise<void> {
    followed.held = [tick];
    const missed = await this.#missed(followed, tick.at);
    const { held } = followed;
    followed.held = null;
    this.#give(followed, [...missed, ...(held ?? [])]);
  }

  /** From the newest tick to `to`: whole candles in their usual order, and funding at the price of its time. */
  async #missed(followed: Followed, to: number): Promise<LiveTick[]> {
    const { symbol, newest } = followed;
    if (newest === null) return [];
    const lengthMs = CANDLE_LENGTHS_MS.find((each) => (to - newest.at) / each <= CANDLES_MAX) ?? CANDLE_LENGTHS_MS.at(-1) ?? MINUTE_MS;
    const candles = to - newest.at < GAP_MS ? [] : await unlessUnavailable(() => this.#parts.exchange.fetchCandles(symbol, lengthMs, CANDLES_MAX), null);
    if (candles === null) this.#parts.tell(`the candles of ${symbol} since ${timeText(newest.at)} could not be read: what rests meets the next price at once`);
    const ticks: LiveTick[] = (candles ?? []).filter(({ at }) => at >= newest.at && at + lengthMs <= to).flatMap((candle) => candleTicks(candle, lengthMs, symbol, null));
    const funding = await this.#funding(followed, newest);
    return [...ticks, ...funding.map((tick) => ({ ...(ticks.findLast(({ at }) => at <= tick.at) ?? newest), at: tick.at, fundingRate: tick.fundingRate, settledAt: tick.settledAt }))].sort((a, b) => a.at - b.at);
  }

  /** Rates settled since the last ones that were given. */
  async #funding(followed: Followed, price: Tick): Promise<(LiveTick & Required<Pick<LiveTick, 'fundingRate' | 'settledAt'>>)[]> {
    const rates = await unlessUnavailable(() => this.#parts.exchange.fetchFundingRates(followed.symbol, followed.fundedAt), []);
    followed.fundedAt = rates.at(-1)?.at ?? followed.fundedAt;
    const { last, mark, index } = price;
    return rates.map(({ at, rate }) => ({ symbol: followed.symbol, at, last, mark, index, fundingRate: rate, settledAt: at }));
  }

  /** Once a second: who is silent is asked, who stays silent is said; funding that is due is looked for. */
  #look(): void {
    const { clock } = this.#parts.exchange;
    for (const followed of this.#followed.values()) {
      const silentMs = clock.elapsed() - followed.heardAt;
      if (followed.isSilent || silentMs > QUIET_MS) void this.#ask(followed);
      if (silentMs > OUTAGE_MS) this.#tellOutage(followed);
      if (clock.now() >= followed.fundingDueAt) void this.#lookForFunding(followed);
    }
  }

  async #ask(followed: Followed): Promise<void> {
    if (followed.isAsking) return;
    followed.isAsking = true;
    const price = await unlessUnavailable(() => this.#parts.exchange.fetchPrice(followed.symbol), null);
    followed.isAsking = false;
    if (price === null) return;
    const { clock } = this.#parts.exchange;
    if (followed.newest === null || price.at > followed.newest.at) this.#hear({ type: 'price', symbol: followed.symbol, ...price });
    else if (clock.now() - price.at < OUTAGE_MS && followed.held === null) {
      // The same price again is a market without trades, not an exchange that is away.
      followed.heardAt = clock.elapsed();
      this.#give(followed, []);
    }
  }

  async #lookForFunding(followed: Followed): Promise<void> {
    followed.fundingDueAt = nextFundingLook(this.#parts.exchange.clock.now());
    if (followed.newest === null) return;
    const ticks = await this.#funding(followed, followed.newest);
    const { newest } = followed;
    if (ticks.length > 0 && newest !== null) this.#give(followed, ticks.map((tick) => ({ ...tick, last: newest.last, mark: newest.mark, index: newest.index, at: Math.max(tick.at, newest.at) })));
  }

  #tellOutage(followed: Followed): void {
    followed.isSilent = true;
    if (this.#toldOutageAt !== null) return;
    this.#toldOutageAt = this.#parts.exchange.clock.elapsed() - OUTAGE_MS;
    const since = this.#parts.exchange.clock.now() - OUTAGE_MS;
    this.#parts.tell(`${this.#parts.exchangeId} gives no prices of ${followed.symbol} since ${timeText(since)}: waiting for them; nothing is filled meanwhile`);
  }

  #tellBack(): void {
    const since = this.#toldOutageAt;
    if (since === null || [...this.#followed.values()].some(({ isSilent }) => isSilent)) return;
    this.#toldOutageAt = null;
    this.#parts.tell(`${this.#parts.exchangeId} gives prices again, after ${Math.round((this.#parts.exchange.clock.elapsed() - since) / 1_000)} s`);
  }
}

/** Of each symbol and source the high and the low, besides what carries funding and the newest. */
function folded<T extends LiveTick>(ticks: readonly T[]): T[] {
  if (ticks.length <= TICKS_MAX) return [...ticks];
  const kept = new Set<T>();
  for (const symbol of new Set(ticks.map((tick) => tick.symbol))) {
    const own = ticks.filter((tick) => tick.symbol === symbol);
    for (const source of ['last', 'mark', 'index'] as const) for (const tick of mergePricesBy(own, (each) => each[source])) kept.add(tick);
  }
  return ticks.filter((tick) => kept.has(tick) || tick.fundingRate !== undefined);
}

/** The first look after `now`: some time after a whole hour. */
function nextFundingLook(now: number): number {
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  const looks = [...FUNDING_LOOKS_MS, HOUR_MS + (FUNDING_LOOKS_MS[0] ?? 0)].map((after) => hour + after);
  return looks.find((at) => at > now) ?? hour + HOUR_MS;
}

function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
