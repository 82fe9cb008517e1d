/** Where a replay is in the list of funding settlements, in which candle the next one is paid, and what it pays. */
import { D } from '../domain/decimal.ts';
import { NO_RATES, ratesOf } from './funding-rates.ts';
import type { Rates } from './funding-rates.ts';
import type { ReplayMarket } from './replay-market.ts';
import type { ReplayWallet } from './replay-wallet.ts';
import type { ReplayAccount } from './replay-watch.ts';
import { POINTS } from './path-units.ts';
import type { Tape } from './tape.ts';

/** Decimals of a share of a payment (engine/funding-share.ts). */
const SHARE_DECIMALS = 18;

export class ReplayFunding {
  /** Quote currency of one unit of mark prices × one lot, and of one such × the last decimal of a rate. */
  readonly markUnit: D;
  readonly unit: D;
  /** The next settlement, and the row of the tape whose path points reach it first; Infinity when none is left. */
  settlement: number;
  row = Infinity;
  readonly #tape: Tape;
  readonly #market: ReplayMarket;
  readonly #rates: Rates['rates'];

  readonly #accounts: readonly ReplayAccount[];
  readonly #rateScale: number;
  /** Units to which a share of a payment is rounded. */
  readonly #shareStep: bigint;

  constructor(tape: Tape, market: ReplayMarket, accounts: readonly ReplayAccount[]) {
    const { decimals, rates } = tape.funding === null ? NO_RATES : ratesOf(tape.funding);
    this.#tape = tape;
    this.#market = market;
    this.#rates = rates;
    this.markUnit = market.lot.times(new D(`1e-${tape.mark?.decimals ?? tape.decimals}`));
    this.unit = this.markUnit.times(new D(`1e-${decimals}`));
    this.#accounts = accounts;
    this.#rateScale = 10 ** decimals;
    this.#shareStep = 10n ** BigInt(Math.max(0, this.unit.decimalPlaces() - SHARE_DECIMALS));
    this.settlement = tape.firstFunding;
    this.aim(0);
  }

  /** Everything due until a time has been paid, or concerns nobody; the next is looked for from this row on. */
  skipUntil(time: number, row: number): void {
    this.settlement = this.#tape.firstFunding;
    while (this.isDue(time)) this.settlement += 1;
    this.aim(row);
  }

  isDue(time: number): boolean {
    const { funding, endFunding } = this.#tape;
    return funding !== null && this.settlement < endFunding && (funding.at[this.settlement] as number) <= time;
  }

  /** Finds the row of the next settlement. */
  aim(from: number): void {
    const tape = this.#tape;
    const { funding, endFunding } = tape;
    this.row = Infinity;
    if (funding === null || this.settlement >= endFunding) return;
    const due = funding.at[this.settlement] as number;
    const isPaidIn = (row: number): boolean => due <= tape.pointTime(row, POINTS - 1);
    // Where no candle is missing the place is known; else it is looked for.
    const guess = from + Math.floor((due - (tape.at[from] as number)) / tape.span(from));
    if (guess > from && guess < tape.length && isPaidIn(guess) && !isPaidIn(guess - 1)) {
      this.row = guess;
      return;
    }
    let low = from;
    let high = tape.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isPaidIn(middle)) high = middle;
      else low = middle + 1;
    }
    if (low < tape.length) this.row = low;
  }

  /**
   * What each of the holders of one leg gets of its payment, in `unit`: exactly their part, or, where that has more decimals than a share
   * may have, that rounded towards zero, and the rest to the largest (engine/funding-share.ts). `lots`: longs positive, shorts negative.
   */
  sharesOf(lots: readonly number[], mark: number, rate: bigint): readonly bigint[] {
    const factor = BigInt(mark) * rate;
    const exact = lots.map((held) => -BigInt(held) * factor);
    if (this.#shareStep === 1n || lots.filter((held) => held !== 0).length < 2) return exact;
    const shares = exact.map((amount) => amount - (amount % this.#shareStep));
    const rest = exact.reduce((sum, amount, index) => sum + amount - (shares[index] as bigint), 0n);
    const largest = lots.reduce((best, held, index) => (Math.abs(held) > Math.abs(lots[best] as number) ? index : best), 0);
    return shares.map((share, index) => (index === largest ? share + rest : share));
  }

  /** The rate of a settlement as `sharesOf` takes it. */
  rateOf(settlement: number): bigint {
    return this.#rates[settlement]?.numerator ?? 0n;
  }

  /** Pays the next settlement on what is held. `mark`: in units of mark prices, `price` the same as a float in price units. */
  pay(wallets: readonly ReplayWallet[], mark: number, price: number): void {
    const rate = this.rateOf(this.settlement);
    this.settlement += 1;
    const float = (price * this.#market.value * Number(rate)) / this.#rateScale;
    for (const { wallets: members, isNetted } of this.#accounts) {
      const held = members.map((index) => wallets[index] as ReplayWallet);
      if (isNetted) {
        if (held.reduce((net, { long, short }) => net + long - short, 0) === 0) continue;
        this.#add(held, this.sharesOf(held.map(({ long, short }) => long - short), mark, rate));
      } else if (held.length === 1 || this.#shareStep === 1n) {
        this.#add(held, held.map(({ long, short }) => -BigInt(long - short) * BigInt(mark) * rate));
      } else {
        this.#add(held, this.sharesOf(held.map(({ long }) => long), mark, rate));
        this.#add(held, this.sharesOf(held.map(({ short }) => -short), mark, rate));
      }
      for (const wallet of held) wallet.fundingFloat -= (wallet.long - wallet.short) * float;
    }
  }

  #add(wallets: readonly ReplayWallet[], shares: readonly bigint[]): void {
    for (let index = 0; index < wallets.length; index += 1) (wallets[index] as ReplayWallet).funding += shares[index] as bigint;
  }
}
