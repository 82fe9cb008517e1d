/**
 * One wallet of a replay: where its ladder is in the compiled table, its grid, what it holds and its money, in whole numbers. The same
 * formulas as domain/wallet.ts, domain/cycle.ts and domain/ledger.ts, on integers; tests hold both against each other.
 */
import { D, dec, floorQuotientToStep, plain } from '../domain/decimal.ts';
import { affordableAmount } from '../domain/cycle.ts';
import { gridFrom, levelPrice, unitSizeOf } from '../domain/grid.ts';
import type { Grid } from '../domain/grid.ts';
import { balanceOf, openLedger } from '../domain/ledger.ts';
import type { Ledger } from '../domain/ledger.ts';
import { priceGridOf } from '../domain/price-grid.ts';
import type { Strategy, WalletSpec } from '../domain/strategy.ts';
import { walletParameters } from '../domain/wallet.ts';
import type { WalletParameters } from '../domain/wallet.ts';
import { compiledLadder } from './compiled-ladder.ts';
import type { CompiledLadder, FillStep, LadderNode } from './compiled-ladder.ts';
import type { ReplayMarket } from './replay-market.ts';
import { ExactSum, floorRatio, nearestRatio, ratioOf, scaled } from './whole-numbers.ts';
import type { Ratio } from './whole-numbers.ts';

/** A float this near to a whole number, in relation to its size, is worked out exactly. */
const NEAR = 1e-9;
const NEAR_LEAST = 1e-6;

export class ReplayWallet {
  readonly spec: WalletSpec;
  readonly market: ReplayMarket;
  readonly parameters: WalletParameters;
  readonly ladder: CompiledLadder;
  readonly #weights: readonly Ratio[];
  /** Unit size as a share of the anchor; null for the other forms. */
  readonly #unitShare: Ratio | null;
  readonly #threshold: Ratio;
  readonly #feeFactor: number;
  readonly #leverage: number;

  node: LadderNode;
  unit = 0;
  cycle = 0;
  anchor = 0;
  unitSize = 0;
  /** Lots at the start of the cycle × anchor. */
  notional = 0;
  peakUnit = 0;
  valleyUnit = 0;
  /** Time the long of a rotation was closed in this cycle, ms. */
  longClosedAt = 0;
  core = 0;
  long = 0;
  short = 0;
  readonly fragments: Float64Array;
  readonly rungLong: Float64Array;
  readonly rungShort: Float64Array;
  /** What the wallet had when the replay took it over, and the sums since. */
  base: Ledger;
  baseBalance: D;
  #baseFloat = 0;
  readonly bought = new ExactSum();
  readonly sold = new ExactSum();
  /** Funding received since, as whole numbers of `fundingUnit`. */
  funding = 0n;
  fundingFloat = 0;
  /** Price units of the next level in either direction. */
  up = Infinity;
  down = -Infinity;
  #grid: Grid | null = null;
  readonly #levels = new Map<number, number>();

  /** `ladder`: of another object for the same wallet, which then share what was compiled. */
  constructor(strategy: Strategy, spec: WalletSpec, market: ReplayMarket, ladder = compiledLadder(strategy, spec)) {
    this.spec = spec;
    this.market = market;
    this.parameters = walletParameters(strategy, spec, market.config);
    this.ladder = ladder;
    this.#weights = spec.weights.map(({ numerator, denominator }) => {
      const [top, bottom] = [dec(numerator), dec(denominator)];
      const decimals = Math.max(top.decimalPlaces(), bottom.decimalPlaces());
      return { numerator: scaled(top, decimals), denominator: scaled(bottom, decimals) };
    });
    this.#unitShare = unitShareOf(strategy);
    this.#threshold = ratioOf(strategy.rebalanceThreshold);
    this.#leverage = market.leverage.toNumber();
    this.#feeFactor = 1 + (this.#leverage * market.takerFee.numerator) / market.takerFee.denominator;
    const rungs = spec.weights.length;
    this.fragments = new Float64Array(rungs);
    this.rungLong = new Float64Array(rungs);
    this.rungShort = new Float64Array(rungs);
    this.node = this.ladder.start;
    this.base = openLedger(spec.capital);
    this.baseBalance = balanceOf(this.base);
    this.#baseFloat = this.baseBalance.toNumber();
  }

  /** Starts counting anew from this ledger. */
  rebase(ledger: Ledger): void {
    this.base = ledger;
    this.baseBalance = balanceOf(ledger);
    this.#baseFloat = this.baseBalance.toNumber();
    this.bought.low = this.sold.low = 0;
    this.bought.high = this.sold.high = 0n;
    this.funding = 0n;
    this.fundingFloat = 0;
  }

  // --- money -------------------------------------------------------------------------------------------------------------------

  /** Quote, as a float. */
  get balance(): number {
    const { value, takerFee } = this.market;
    const bought = this.bought.float;
    const sold = this.sold.float;
    return this.#baseFloat + (sold - bought) * value - ((sold + bought) * value * takerFee.numerator) / takerFee.denominator + this.fundingFloat;
  }

  equityAt(price: number): number {
    return this.balance + (this.long - this.short) * price * this.market.value;
  }

  exactBalance(fundingUnit: D): D {
    return this.balanceMoment(fundingUnit)();
  }

  /** The exact balance of this moment, worked out when it is asked for. */
  balanceMoment(fundingUnit: D): () => D {
    const { valueUnit, config } = this.market;
    const { baseBalance, funding } = this;
    const [boughtLow, boughtHigh, soldLow, soldHigh] = [this.bought.low, this.bought.high, this.sold.low, this.sold.high];
    return () => {
      const bought = new D((boughtHigh + BigInt(boughtLow)).toString()).times(valueUnit);
      const sold = new D((soldHigh + BigInt(soldLow)).toString()).times(valueUnit);
      return baseBalance.minus(bought).plus(sold).minus(bought.plus(sold).times(config.takerFee)).plus(new D(funding.toString()).times(fundingUnit));
    };
  }

  exactEquity(price: number, fundingUnit: D): D {
    return this.exactBalance(fundingUnit).plus(new D(this.long - this.short).times(this.market.valueUnit).times(new D(price)));
  }

  // --- grid --------------------------------------------------------------------------------------------------------------------

  levelAt(unit: number): number {
    if (this.#grid === null) return this.anchor + unit * this.unitSize;
    let level = this.#levels.get(unit);
    if (level === undefined) {
      level = scaled(levelPrice(this.#grid, unit), this.market.priceDecimals);
      this.#levels.set(unit, level);
    }
    return level;
  }

  aim(): void {
    const down = this.levelAt(this.unit - 1);
    this.up = this.levelAt(this.unit + 1);
    this.down = down > 0 ? down : -Infinity;
  }

  setGrid(anchor: number, unitSize: number): void {
    this.anchor = anchor;
    this.unitSize = unitSize;
    if (this.parameters.spacing === 'arithmetic' && this.market.ticks === null) return;
    this.#levels.clear();
    this.#grid = gridFrom(this.priceText(anchor), this.priceText(unitSize), this.parameters.spacing, this.market.config);
  }

  priceText(price: number): string {
    return plain(new D(price).times(this.market.priceUnit));
  }

  /** The size of a unit from this anchor, in price units. `atr`: quote, for units of ATR. */
  unitSizeFrom(anchor: number, atr: string | null): number {
    const { tick, priceDecimals, leverage, config } = this.market;
    if (this.#unitShare !== null && this.market.ticks === null) {
      const { numerator, denominator } = this.#unitShare;
      return Math.max(nearestRatio(anchor, numerator, denominator, tick), 1) * tick;
    }
    const inputs = { anchor: new D(anchor).times(this.market.priceUnit), leverage, prices: priceGridOf(config), atr };
    return scaled(unitSizeOf(this.parameters.unit, inputs), priceDecimals);
  }

  // --- amounts -----------------------------------------------------------------------------------------------------------------

  /** Lots of an entry of this rung at a level's price: a share of the notional. */
  entryLots(rung: number, levelPriceUnits: number): number {
    const weight = this.#weights[rung] as Ratio;
    return floorRatio(this.notional, weight.numerator, weight.denominator, levelPriceUnits);
  }

  /** Lots a step fills: what its source holds, or what it opens. */
  lotsOf(step: FillStep): number {
    switch (step.source) {
      case 'core':
        return this.core;
      case 'rung':
        return (step.leg === 'close-long' ? this.rungLong[step.rung] : this.rungShort[step.rung]) as number;
      case 'entry':
        return this.entryLots(step.rung, this.levelAt(this.unit + step.level));
      case 'fragment':
        return this.fragments[step.rung] as number;
    }
  }

  /** Books a fill of the ladder; `price` is what was paid. */
  book({ leg, rung, source }: FillStep, lots: number, price: number, at: number): void {
    switch (leg) {
      case 'close-long':
        this.sold.add(lots, price);
        this.long -= lots;
        if (source === 'core') {
          this.core -= lots;
          this.longClosedAt = at;
        } else this.rungLong[rung] = (this.rungLong[rung] as number) - lots;
        return;
      case 'open-short':
        this.sold.add(lots, price);
        this.short += lots;
        this.rungShort[rung] = (this.rungShort[rung] as number) + lots;
        return;
      case 'close-short':
        this.bought.add(lots, price);
        this.short -= lots;
        this.rungShort[rung] = (this.rungShort[rung] as number) - lots;
        return;
      case 'open-long':
        this.bought.add(lots, price);
        this.long += lots;
        this.rungLong[rung] = (this.rungLong[rung] as number) + lots;
    }
  }

  // --- resets ------------------------------------------------------------------------------------------------------------------

  /** Lots the whole equity buys at this price. */
  targetLots(price: number, fundingUnit: D): number {
    const { config, leverage, priceUnit, lot, value } = this.market;
    const equity = this.equityAt(price);
    const estimate = (equity * this.#leverage) / (price * value * this.#feeFactor);
    const distance = Math.abs(estimate - Math.round(estimate));
    if (estimate > 1 && distance > NEAR_LEAST + estimate * NEAR) return Math.floor(estimate);
    const amount = affordableAmount(this.exactEquity(price, fundingUnit), new D(price).times(priceUnit), leverage, config);
    return amount.div(lot).toNumber();
  }

  /** Lots to buy (positive) or sell to reach the target; 0 where that is not worth an order. */
  rebalanceLots(target: number, price: number): number {
    const { minLots, minValue } = this.market;
    const difference = target - this.long;
    const size = Math.abs(difference);
    const isWorthwhile = this.long === 0 || size * this.#threshold.denominator >= target * this.#threshold.numerator;
    return isWorthwhile && size > 0 && size >= minLots && size * price >= minValue ? difference : 0;
  }

  /** New cycle from this anchor with what is held. False when a fragment would be below, or too near, the exchange's minimums. */
  begin(anchor: number, unitSize: number): boolean {
    this.setGrid(anchor, unitSize);
    this.notional = this.long * anchor;
    this.unit = this.peakUnit = this.valleyUnit = 0;
    this.node = this.ladder.start;
    const isRotation = this.spec.cycle === 'rotation';
    this.core = isRotation ? this.long : 0;
    let rest = this.long;
    const last = this.fragments.length - 1;
    for (let rung = 0; rung <= last; rung += 1) {
      const weight = this.#weights[rung] as Ratio;
      const share = rung === last ? rest : floorRatio(this.long, weight.numerator, weight.denominator, 1);
      rest -= share;
      this.fragments[rung] = isRotation ? 0 : share;
      this.rungLong[rung] = isRotation ? 0 : share;
      this.rungShort[rung] = 0;
    }
    return this.hasRoom();
  }

  /** Every fragment of the cycle is well above the exchange's minimums, and no amount beyond what floats count exactly. */
  hasRoom(): boolean {
    const { leastLots, leastValue } = this.market;
    if (this.notional > Number.MAX_SAFE_INTEGER) return false;
    return this.#weights.every(({ numerator, denominator }) => {
      const share = floorRatio(this.notional, numerator, denominator, this.anchor);
      return share > 0 && share >= leastLots && share * this.anchor >= leastValue;
    });
  }

  /** Everything that an event may change, taken from another wallet of the same plan. */
  copy(from: ReplayWallet): void {
    this.node = from.node;
    this.unit = from.unit;
    this.cycle = from.cycle;
    if (this.anchor !== from.anchor || this.unitSize !== from.unitSize) this.setGrid(from.anchor, from.unitSize);
    this.notional = from.notional;
    this.peakUnit = from.peakUnit;
    this.valleyUnit = from.valleyUnit;
    this.longClosedAt = from.longClosedAt;
    this.core = from.core;
    this.long = from.long;
    this.short = from.short;
    this.fragments.set(from.fragments);
    this.rungLong.set(from.rungLong);
    this.rungShort.set(from.rungShort);
    this.bought.copy(from.bought);
    this.sold.copy(from.sold);
    this.funding = from.funding;
    this.fundingFloat = from.fundingFloat;
    this.up = from.up;
    this.down = from.down;
  }

  /** The same state in another object; the base stays shared. */
  isAsWell(other: ReplayWallet): boolean {
    if (this.node !== other.node || this.unit !== other.unit || this.cycle !== other.cycle || this.anchor !== other.anchor || this.unitSize !== other.unitSize) return false;
    if (this.long !== other.long || this.short !== other.short || this.core !== other.core) return false;
    return this.bought.low === other.bought.low && this.sold.low === other.sold.low && this.bought.high === other.bought.high && this.sold.high === other.sold.high && this.funding === other.funding;
  }
}

function unitShareOf({ unit, leverage }: Strategy): Ratio | null {
  if (unit.type === 'percent') return ratioOf(unit.fraction);
  if (unit.type !== 'margin') return null;
  const share = ratioOf(unit.fraction);
  const factor = ratioOf(leverage);
  return { numerator: share.numerator * factor.denominator, denominator: share.denominator * factor.numerator };
}

/** Part of an entry cost, floored as the ledger does. */
export const COST_STEP = new D('1e-12');

export function partOfCost(cost: D, part: D, whole: D): D {
  return part.greaterThanOrEqualTo(whole) ? cost : floorQuotientToStep(cost.times(part), whole, COST_STEP);
}
