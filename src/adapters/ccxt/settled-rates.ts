/** The funding rates that were settled, for payments that do not name theirs: read once per market, however many payments there are. */
import { HedgerowError } from '../../domain/errors.ts';
import type { VenueMarket } from './dialect.ts';
import type { FundingRate } from './public-facts.ts';

/** A payment is booked within a minute of its time. */
const SLACK_MS = 60_000;

export class SettledRates {
  readonly #read: (market: VenueMarket) => Promise<readonly FundingRate[]>;
  readonly #known = new Map<string, readonly FundingRate[]>();

  constructor(read: (market: VenueMarket) => Promise<readonly FundingRate[]>) {
    this.#read = read;
  }

  /** Rejects with EXCHANGE_UNAVAILABLE, also while the rate of a payment is not shown: its leg could not be told. */
  async at(market: VenueMarket, at: number): Promise<string> {
    const rates = this.#known.get(market.id) ?? (await this.#read(market));
    this.#known.set(market.id, rates);
    const own = rates.find((each) => Math.abs(each.at - at) <= SLACK_MS);
    if (own === undefined) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `the funding rate of ${market.symbol} at ${new Date(at).toISOString()} is not shown yet`);
    return own.rate;
  }
}
