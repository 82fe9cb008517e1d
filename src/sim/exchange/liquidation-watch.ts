/**
 * The float pre-filter of liquidation: per account and symbol a band of marks inside which the account certainly stands. As long
 * as every mark stays inside its band nothing is computed; leaving one, or any change of the account, causes the exact check of
 * liquidation.ts and new bands. A band takes its share of the slack (equity − maintenance), less a margin far above float error,
 * and ends where a leg changes its maintenance tier, so inside it maintenance is linear.
 */
import { sortedLegs } from './book-state.ts';
import type { AccountState, MarketState } from './book-state.ts';
import type { Book } from './book.ts';
import { liquidateIfNeeded } from './liquidation.ts';
import { accountMargin, isIsolated, legMaintenance, markOf } from './margin.ts';
import { tierOf } from './market.ts';
import type { Leg } from './position.ts';
import { unrealised } from './position.ts';

/** Part of the slack a band uses; the rest covers rounding of floats many times over. */
const USED_SLACK = 0.9;
/** Relative; far above what a handful of float operations can lose. */
const FLOAT_ERROR = 1e-12;

export interface Band {
  low: number;
  high: number;
}

export class LiquidationWatch {
  readonly #book: Book;
  /** By symbol, then account. */
  readonly #bands = new Map<string, Map<AccountState, Band>>();
  /** By symbol: the intersection of all accounts' bands. */
  readonly #merged = new Map<string, Band>();

  constructor(book: Book) {
    this.#book = book;
  }

  /** Liquidates what the new mark of `symbol` no longer carries; cheap when no band is left and no account changed. */
  check(symbol: string, mark: number): void {
    const { unwatched, accounts } = this.#book;
    const merged = this.#merged.get(symbol);
    const isLeft = merged !== undefined && !isInside(merged, mark);
    if (unwatched.size === 0 && !isLeft) return;
    const suspects = new Set(unwatched);
    for (const [account, band] of this.#bands.get(symbol) ?? []) if (!isInside(band, mark)) suspects.add(account);
    for (const account of accounts.values()) if (suspects.has(account)) this.#checkAccount(account);
  }

  /** Marks of the symbol strictly inside liquidate nobody; none are where an account is still to be checked. */
  band(symbol: string): Readonly<Band> {
    if (!this.#book.options.liquidates) return { low: -Infinity, high: Infinity };
    if (this.#book.unwatched.size > 0) return { low: Infinity, high: -Infinity };
    return this.#merged.get(symbol) ?? { low: -Infinity, high: Infinity };
  }

  #checkAccount(account: AccountState): void {
    liquidateIfNeeded(this.#book, account);
    this.#book.unwatched.delete(account);
    const bands = bandsOf(this.#book, account);
    for (const symbol of this.#book.markets.keys()) {
      const band = bands.get(symbol);
      const ofSymbol = this.#bands.get(symbol) ?? new Map<AccountState, Band>();
      if (band === undefined && !ofSymbol.has(account)) continue;
      if (band === undefined) ofSymbol.delete(account);
      else ofSymbol.set(account, band);
      this.#bands.set(symbol, ofSymbol);
      this.#merge(symbol, ofSymbol);
    }
  }

  #merge(symbol: string, bands: ReadonlyMap<AccountState, Band>): void {
    const merged: Band = { low: -Infinity, high: Infinity };
    for (const band of bands.values()) narrow(merged, band.low, band.high);
    if (bands.size === 0) this.#merged.delete(symbol);
    else this.#merged.set(symbol, merged);
  }
}

function isInside(band: Band, mark: number): boolean {
  return mark > band.low && mark < band.high;
}

function narrow(band: Band, low: number, high: number): void {
  band.low = Math.max(band.low, low);
  band.high = Math.min(band.high, high);
}

function bandsOf(book: Book, account: AccountState): ReadonlyMap<string, Band> {
  const bands = new Map<string, Band>();
  const crossLegs = new Map<string, Leg[]>();
  for (const leg of sortedLegs(account)) {
    const state = book.marketOf(leg.symbol);
    if (isIsolated(book, account, leg.symbol)) {
      const slack = leg.margin.plus(unrealised(leg, markOf(state))).minus(legMaintenance(state, leg));
      narrowTo(bands, state, [leg], Number(slack));
    } else {
      crossLegs.set(leg.symbol, [...(crossLegs.get(leg.symbol) ?? []), leg]);
    }
  }
  if (crossLegs.size === 0) return bands;
  const { crossEquity, crossMaintenance } = accountMargin(book, account);
  const share = Number(crossEquity.minus(crossMaintenance)) / crossLegs.size;
  for (const [symbol, legs] of crossLegs) narrowTo(bands, book.marketOf(symbol), legs, share);
  return bands;
}

/** The band in which `legs` of one symbol cannot lose `slack`, nor leave their tiers. */
function narrowTo(bands: Map<string, Band>, state: MarketState, legs: readonly Leg[], slack: number): void {
  const band = bands.get(state.market.symbol) ?? { low: -Infinity, high: Infinity };
  bands.set(state.market.symbol, band);
  const mark = Number(markOf(state));
  let net = 0;
  let maintenancePerUnit = 0;
  for (const leg of legs) {
    const size = Number(leg.amount.abs());
    const { tier, minNotional } = tierOf(state.market, leg.amount.abs().times(markOf(state)));
    net += Number(leg.amount);
    maintenancePerUnit += size * Number(tier.rate);
    const low = (Number(minNotional) / size) * (1 + FLOAT_ERROR);
    const high = tier.maxNotional === null ? Infinity : (Number(tier.maxNotional) / size) * (1 - FLOAT_ERROR);
    narrow(band, low, high);
  }
  const width = (USED_SLACK * slack) / (Math.abs(net) + maintenancePerUnit);
  narrow(band, mark - width, mark + width);
}
