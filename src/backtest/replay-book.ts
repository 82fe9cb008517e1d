/**
 * The exact ledger of one wallet of a replay, kept along its log: the sums of domain/ledger.ts in whole numbers of 10^−decimals, and the
 * text of any of them when it is asked for.
 */
import { dec } from '../domain/decimal.ts';
import type { D, DecimalString } from '../domain/decimal.ts';
import type { Ledger } from '../domain/ledger.ts';
import type { Leg } from '../domain/wallet.ts';

/** Decimals to which a part of an entry cost is floored (domain/ledger.ts). */
const COST_DECIMALS = 12;

export class ReplayBook {
  readonly decimals: number;
  readonly #capital: bigint;
  readonly #costStep: bigint;
  #bought: bigint;
  #sold: bigint;
  #fees: bigint;
  #funding: bigint;
  #longCost: bigint;
  #shortCost: bigint;
  #realised: bigint;

  /** One price unit × one lot in this book's units. */
  readonly unit: bigint;
  /** One unit of funding in this book's units. */
  readonly fundingUnit: bigint;

  /** `decimals`: enough for every amount that will be booked. */
  constructor(ledger: Ledger, decimals: number, valueUnit: D, fundingUnit: D) {
    const most = Object.values(ledger).reduce((digits, text) => Math.max(digits, dec(text as DecimalString).decimalPlaces()), Math.max(decimals, COST_DECIMALS));
    this.decimals = most;
    this.#costStep = 10n ** BigInt(most - COST_DECIMALS);
    this.unit = this.scale(valueUnit);
    this.fundingUnit = this.scale(fundingUnit);
    this.#capital = this.scale(ledger.capital);
    this.#bought = this.scale(ledger.bought);
    this.#sold = this.scale(ledger.sold);
    this.#fees = this.scale(ledger.fees);
    this.#funding = this.scale(ledger.funding);
    this.#longCost = this.scale(ledger.longCost);
    this.#shortCost = this.scale(ledger.shortCost);
    this.#realised = this.scale(ledger.realised);
  }

  scale(value: DecimalString | D): bigint {
    return BigInt(dec(value).times(`1e${this.decimals}`).toFixed());
  }

  text(value: bigint): DecimalString {
    return decimalText(value, this.decimals);
  }

  get balance(): bigint {
    return this.#capital - this.#bought + this.#sold - this.#fees + this.#funding;
  }

  /** `lots` of `held` before it on that side; `value` and `fee` in this book's units. */
  trade(leg: Leg, lots: number, held: number, value: bigint, fee: bigint): void {
    this.#fees += fee;
    switch (leg) {
      case 'open-long':
        this.#bought += value;
        this.#longCost += value;
        return;
      case 'open-short':
        this.#sold += value;
        this.#shortCost += value;
        return;
      case 'close-long': {
        const cost = this.#partOf(this.#longCost, lots, held);
        this.#longCost -= cost;
        this.#sold += value;
        this.#realised += value - cost;
        return;
      }
      case 'close-short': {
        const cost = this.#partOf(this.#shortCost, lots, held);
        this.#shortCost -= cost;
        this.#bought += value;
        this.#realised += cost - value;
      }
    }
  }

  #partOf(cost: bigint, lots: number, held: number): bigint {
    if (lots >= held) return cost;
    const part = (cost * BigInt(lots)) / BigInt(held);
    return part - (part % this.#costStep);
  }

  pay(amount: bigint): void {
    this.#funding += amount;
  }

  get ledger(): Ledger {
    return {
      capital: this.text(this.#capital),
      bought: this.text(this.#bought),
      sold: this.text(this.#sold),
      fees: this.text(this.#fees),
      funding: this.text(this.#funding),
      longCost: this.text(this.#longCost),
      shortCost: this.text(this.#shortCost),
      realised: this.text(this.#realised),
    };
  }
}

/** `value / 10^decimals` as a plain decimal. */
export function decimalText(value: bigint, decimals: number): DecimalString {
  if (value === 0n) return '0';
  const isNegative = value < 0n;
  const digits = (isNegative ? -value : value).toString().padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 48) end -= 1;
  const text = end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
  return isNegative ? `-${text}` : text;
}
