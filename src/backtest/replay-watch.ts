/**
 * Where a replay has to stop and let the live engine go on: prices at which an account may be liquidated or a risk limit may be reached,
 * and orders the exchange may refuse. Floats with room to spare: what is near the edge is left to the engine, which decides exactly.
 */
import { D, ZERO } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { plain } from '../domain/decimal.ts';
import type { RiskLimit, Role, Strategy } from '../domain/strategy.ts';
import type { RiskMemory } from '../engine/risk.ts';
import type { FillStep } from './compiled-ladder.ts';
import type { ReplayMarket } from './replay-market.ts';
import type { ReplayWallet } from './replay-wallet.ts';

/** Room before an edge, as a share of what is compared. */
const ROOM = 1e-6;
/** The maintenance rate of a leg is taken from the tier it would be in at this many times its present notional. */
const TIER_ROOM = 1.5;
/** A margin ratio this near to its limit is left to the engine. */
const RATIO_ROOM = 0.9;
const DAY_MS = 86_400_000;

/** An account of the plan: its wallets by their index, and whether it holds one net position. */
export interface ReplayAccount {
  readonly wallets: readonly number[];
  readonly isNetted: boolean;
}

/** Equity at a moment: exact figures are made of it when they are asked for. */
interface EquityMoment {
  readonly float: number;
  readonly price: number;
  readonly wallets: readonly { readonly balance: () => D; readonly net: number }[];
}

/** What a watch knows at a moment; objects of it are reused, events come by the ten thousand. */
export class WatchState {
  /** Prices at which the replay stops. */
  up = Infinity;
  down = -Infinity;
  /** What lies beyond the nearer of both. */
  reason = '';
  peak: EquityMoment | null = null;
  /** UTC day, days since 1970; −1 before the first. */
  day = -1;
  dayStart: EquityMoment | null = null;

  copy(from: WatchState): void {
    this.up = from.up;
    this.down = from.down;
    this.reason = from.reason;
    this.peak = from.peak;
    this.day = from.day;
    this.dayStart = from.dayStart;
  }
}

export class ReplayWatch {
  readonly state = new WatchState();
  /** The mark, in price units, where it is not the price itself: what margins and equity are measured with. NaN: it is the price. */
  mark = Number.NaN;
  readonly #market: ReplayMarket;
  readonly #wallets: readonly ReplayWallet[];
  readonly accounts: readonly ReplayAccount[];
  readonly #accountOf: readonly ReplayAccount[];
  readonly #limits: readonly (RiskLimit & { readonly bound: number })[];
  readonly #remembersEquity: boolean;
  readonly #limitOffsets: ReadonlyMap<string, number>;
  readonly #tiers: readonly { readonly max: number; readonly rate: number }[];
  /** Lots held by the accounts before the present event. */
  readonly #grossBefore: number[];
  fundingUnit: D = ZERO;

  constructor(strategy: Strategy, market: ReplayMarket, wallets: readonly ReplayWallet[]) {
    this.#market = market;
    this.#wallets = wallets;
    const names = [...new Set(strategy.wallets.map(({ account }) => account))];
    const isNetted = strategy.exchange.positionMode === 'one-way';
    this.accounts = names.map((name) => ({ wallets: strategy.wallets.flatMap(({ account }, index) => (account === name ? [index] : [])), isNetted }));
    this.#accountOf = wallets.map((_, index) => this.accounts.find((account) => account.wallets.includes(index)) as ReplayAccount);
    this.#limits = strategy.risk.map((limit) => ({ ...limit, bound: Number(limit.limit) }));
    this.#remembersEquity = strategy.risk.some(({ name }) => name === 'maxDrawdown' || name === 'maxDailyLoss');
    this.#limitOffsets = new Map((Object.entries(strategy.windows) as [Role, Strategy['windows'][Role]][]).filter(([, { order }]) => order === 'stop-limit').map(([role, { limitOffset }]) => [role, Number(limitOffset ?? '0')]));
    this.#tiers = market.tiers.map(({ maxNotional, rate }) => ({ max: maxNotional === null ? Infinity : maxNotional.toNumber(), rate: rate.toNumber() }));
    this.#grossBefore = wallets.map(() => 0);
  }

  // --- extremes ----------------------------------------------------------------------------------------------------------------

  /** What margins are measured with while the price stands there. */
  #markAt(price: number): number {
    return Number.isNaN(this.mark) ? price : this.mark;
  }

  /** The replay has to stop before the price stands there. */
  isBeyond(price: number): boolean {
    const mark = this.#markAt(price);
    return mark <= this.state.down || mark >= this.state.up;
  }

  /** The plan sees a price, before anything is filled there: what risk limits are measured against. */
  remember(price: number, at: number): void {
    for (let index = 0; index < this.#wallets.length; index += 1) {
      const { long, short } = this.#wallets[index] as ReplayWallet;
      this.#grossBefore[index] = long + short;
    }
    if (!this.#remembersEquity) return;
    const mark = this.#markAt(price);
    const equity = this.#equity(mark);
    const day = Math.floor(at / DAY_MS);
    const { state } = this;
    const isPeak = state.peak === null || equity > state.peak.float;
    if (!isPeak && day === state.day) return;
    const moment = this.#moment(mark, equity);
    if (isPeak) state.peak = moment;
    if (day !== state.day) state.dayStart = moment;
    state.day = day;
  }

  #equity(price: number): number {
    let equity = 0;
    for (const wallet of this.#wallets) equity += wallet.equityAt(price);
    return equity;
  }

  #moment(price: number, float: number): EquityMoment {
    const wallets = this.#wallets.map((wallet) => ({ balance: wallet.balanceMoment(this.fundingUnit), net: wallet.long - wallet.short }));
    return { float, price, wallets };
  }

  /** As the engine keeps them. */
  memory(price: number, at: number): RiskMemory {
    const { peak, day, dayStart } = this.state;
    const now = this.#moment(this.#markAt(price), 0);
    return { equityPeak: this.#exact(peak ?? now), day: day < 0 ? Math.floor(at / DAY_MS) : day, dayEquity: this.#exact(dayStart ?? now) };
  }

  takeMemory({ equityPeak, day, dayEquity }: RiskMemory): void {
    const moment = (text: DecimalString): EquityMoment => ({ float: Number(text), price: 0, wallets: [{ balance: () => new D(text), net: 0 }] });
    this.state.peak = moment(equityPeak);
    this.state.day = day;
    this.state.dayStart = moment(dayEquity);
  }

  #exact({ price, wallets }: EquityMoment): DecimalString {
    const value = this.#market.valueUnit.times(price);
    return plain(wallets.reduce((total, { balance, net }) => total.plus(balance()).plus(value.times(net)), ZERO));
  }

  // --- orders ------------------------------------------------------------------------------------------------------------------

  /** Why the exchange might do something else with this order than fill it; null where it cannot. */
  obstacle(index: number, { opens, isBuy, role }: FillStep, lots: number, trigger: number, price: number, paid: number, isJump: boolean): string | null {
    const { minLots, minValue } = this.#market;
    if (lots < minLots || lots <= 0) return 'an order below the smallest amount';
    const offset = this.#limitOffsets.get(role);
    if (offset !== undefined && (isBuy ? paid > trigger * (1 + offset) * (1 - ROOM) : paid < trigger * (1 - offset) * (1 + ROOM)) && paid !== trigger) return 'a fill beyond the limit of a stop-limit order';
    const { isNetted } = this.#accountOf[index] as ReplayAccount;
    if ((opens || isNetted) && lots * trigger < minValue) return 'an order below the smallest cost';
    if (!opens) return null;
    return this.lacksMargin(index, lots, price, paid, isJump) ? 'an entry the margin may not suffice for' : null;
  }

  /**
   * The account may not be able to open `lots` more. At one price orders fill wallet by wallet, what closes before what opens, as here;
   * in a jump those of several wallets fill in the order in which they were passed, so nothing is taken to have been closed before.
   */
  lacksMargin(index: number, lots: number, price: number, paid: number, isJump: boolean): boolean {
    const { value, exchangeLeverage, takerFee } = this.#market;
    const { wallets } = this.#accountOf[index] as ReplayAccount;
    let equity = 0;
    let gross = 0;
    const mark = this.#markAt(price);
    const isMixed = isJump && wallets.length > 1;
    for (const each of wallets) {
      const wallet = this.#wallets[each] as ReplayWallet;
      equity += wallet.equityAt(mark);
      gross += isMixed ? Math.max(wallet.long + wallet.short, this.#grossBefore[each] as number) : wallet.long + wallet.short;
    }
    const fee = takerFee.numerator / takerFee.denominator;
    const needed = ((gross * mark + lots * paid) * value) / exchangeLeverage + lots * paid * value * fee;
    return !(needed <= equity * (1 - ROOM));
  }

  // --- edges -------------------------------------------------------------------------------------------------------------------

  /** Works the edges out anew. False when the price, or its mark, is not strictly between them. */
  aim(price: number): boolean {
    const { state } = this;
    const mark = this.#markAt(price);
    state.up = Infinity;
    state.down = -Infinity;
    for (const account of this.accounts) this.#watchMargin(account, mark);
    if (this.#limits.length > 0) this.#watchLimits(mark);
    return mark > state.down && mark < state.up;
  }

  #edge(price: number, isUp: boolean, reason: string): void {
    const { state } = this;
    if (isUp ? price >= state.up : price <= state.down) return;
    if (isUp) state.up = price;
    else state.down = price;
    state.reason = reason;
  }

  #watchMargin({ wallets, isNetted }: ReplayAccount, price: number): void {
    const { value } = this.#market;
    let balance = 0;
    let long = 0;
    let short = 0;
    for (const index of wallets) {
      const wallet = this.#wallets[index] as ReplayWallet;
      balance += wallet.balance;
      long += wallet.long;
      short += wallet.short;
    }
    const net = long - short;
    if (isNetted) [long, short] = net > 0 ? [net, 0] : [0, -net];
    const rates = this.#rateAt(long * price * value * TIER_ROOM) * long + this.#rateAt(short * price * value * TIER_ROOM) * short;
    const slope = (net - rates) * value;
    const room = Math.abs(balance) * ROOM;
    if (slope > 0) this.#edge((room - balance) / slope, false, 'a liquidation within reach');
    else if (slope < 0) {
      this.#edge((balance - room) / -slope, true, 'a liquidation within reach');
      if (this.#tiers.length > 1) this.#edge(price * TIER_ROOM, true, 'a higher maintenance tier');
    } else if (balance <= room) this.#edge(Infinity, false, 'an account without money');
  }

  #rateAt(notional: number): number {
    let rate = 0;
    for (const tier of this.#tiers) {
      rate = tier.rate;
      if (notional <= tier.max) break;
    }
    return rate;
  }

  #watchLimits(price: number): void {
    const { value } = this.#market;
    let balance = 0;
    let net = 0;
    let gross = 0;
    let short = 0;
    for (const wallet of this.#wallets) {
      balance += wallet.balance;
      net += wallet.long - wallet.short;
      gross += wallet.long + wallet.short;
      short += wallet.short;
    }
    for (const { name, bound, unit } of this.#limits) {
      const { peak, dayStart } = this.state;
      const start = name === 'maxDrawdown' ? peak : name === 'maxDailyLoss' ? dayStart : null;
      if (start !== null) {
        const floor = (unit === 'quote' ? start.float - bound : start.float * (1 - bound)) + Math.abs(start.float) * ROOM;
        if (net !== 0) this.#edge((floor - balance) / (net * value), net < 0, `the risk limit ${name} within reach`);
        else if (balance <= floor) this.#edge(Infinity, false, `the risk limit ${name} within reach`);
      }
      if (name === 'maxNotional' && gross > 0) this.#edge((bound * (1 - ROOM)) / (gross * value), true, `the risk limit ${name} within reach`);
      if (name === 'maxShortExposure' && short > 0) this.#edge((bound * (1 - ROOM)) / (short * value), true, `the risk limit ${name} within reach`);
      if (name === 'maxMarginRatio') this.#watchRatio(bound, price);
    }
  }

  /** Looked at by the engine only where it does something; so are the edges here. */
  #watchRatio(bound: number, price: number): void {
    const { value } = this.#market;
    for (const { wallets } of this.accounts) {
      let equity = 0;
      let needed = 0;
      for (const index of wallets) {
        const wallet = this.#wallets[index] as ReplayWallet;
        equity += wallet.equityAt(price);
        for (const lots of [wallet.long, wallet.short]) needed += lots * price * value * this.#rateAt(lots * price * value * TIER_ROOM);
      }
      if (needed >= equity * bound * RATIO_ROOM) this.#edge(Infinity, false, 'the risk limit maxMarginRatio within reach');
    }
  }
}
