/**
 * Random valid strategies and price paths for them, to compare `hedgerow trace` with the auditor's model on thousands of cases.
 *
 * A strategy carries the price its paths start near in its name (`…-from-<ticks>`), so that a case can be repeated from the
 * strategy alone. Geometric units stay several ticks wide on every path here, so their levels fall together only where significant
 * figures make the tick coarser.
 */
import type { DecimalString } from '../../../src/domain/decimal.ts';
import type {
  CycleKind,
  Role,
  Strategy,
  UnitSpec,
  WalletName,
  WalletSpec,
  Weight,
  WindowSpec,
} from '../../../src/domain/strategy.ts';
import { ROLES } from '../../../src/domain/strategy.ts';
import { exact, floorQuotient, multiply, product, textOf, UNITY, whole, type Exact } from '../../../src/sim/auditor/exact.ts';

export interface TinyRandom {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform integer from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<const T>(choices: readonly [T, ...T[]]): T;
}

/** Mulberry32: small, fast, the same on every machine. */
export function tinyRandom(seed: number): TinyRandom {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + Math.floor(fraction() * (high - low + 1));
  return {
    fraction,
    between,
    chance: (probability) => fraction() < probability,
    pick: (choices) => choices[between(0, choices.length - 1)] as (typeof choices)[number],
  };
}

// ------------------------------------------------------------------------------------------------------ strategies

/** More rungs than any ladder here has: every order rests. */
const ALL_RESTING = 20;
/** Multiples of the tick the ATR of a generated strategy has. */
const ATR_TICKS = 200;

/** The ATR to give to a trace of this strategy; null when its unit does not need one. */
export function atrOf(strategy: Strategy): DecimalString | null {
  if (strategy.unit.type !== 'atr') return null;
  return textOf(multiply(exact(tickOf(strategy)), whole(ATR_TICKS)));
}

export function randomStrategy(random: TinyRandom): Strategy {
  const tick = random.pick(['0.1', '0.01', '1', '0.5', '0.25', '0.00001', '5']);
  const spacing = random.chance(0.4) ? 'geometric' : 'arithmetic';
  const leverage = random.pick(['1', '1', '2', '3', '5', '10', '2.5']);
  const { unit, startTicks } = randomUnit(random, tick, leverage, spacing === 'geometric' ? 12 : random.pick([1, 4, 20]));
  const market = randomMarket(random, tick, startTicks);
  const kinds = randomKinds(random);
  const isJoint = kinds.some(({ cycle }) => cycle === 'scaling') && random.chance(0.5);
  return {
    version: 1,
    name: `random-${random.between(0, 999_999)}-from-${startTicks}`,
    symbol: 'BTC/USDT:USDT',
    exchange: { id: 'simulated', account: 'main', positionMode: 'hedge', marginMode: 'cross', triggerBy: 'last', market, connection: null },
    leverage,
    unit,
    spacing,
    reset: { policy: isJoint ? 'joint' : 'independent', onAdvance: random.chance(0.3) ? random.between(1, 9) : null },
    rebalanceThreshold: random.pick(['0.01', '0.01', '0', '0.0001', '0.05', '0.5']),
    wallets: kinds.map((kind) => randomWallet(random, kind, market, startTicks, leverage)),
    windows: Object.fromEntries(ROLES.map((role) => [role, everyRung()])) as Record<Role, WindowSpec>,
    risk: [],
  };
}

function everyRung(): WindowSpec {
  return { order: 'stop-market', limitOffset: null, triggerBy: 'last', onGap: 'market', resting: ALL_RESTING };
}

interface Kind {
  readonly name: WalletName;
  readonly cycle: CycleKind;
}

function randomKinds(random: TinyRandom): Kind[] {
  const long: Kind = { name: 'long', cycle: 'fragments' };
  const hedge: Kind = { name: 'hedge', cycle: random.pick(['rotation', 'scaling']) };
  return random.pick([[long], [hedge], [hedge], [long, hedge], [long, hedge], [hedge, long]]);
}

/** A unit and the start price, in ticks, at which it is at least `leastTicks` wide. */
function randomUnit(random: TinyRandom, tick: string, leverage: string, leastTicks: number): { unit: UnitSpec; startTicks: number } {
  const width = leastTicks * random.between(1, 30);
  const unitsToZero = random.between(leastTicks === 12 ? 12 : 5, 300);
  const type = random.pick(['price', 'percent', 'percent', 'margin', 'atr']);
  if (type === 'price') {
    const price = textOf(product(exact(tick), whole(width), exact(random.chance(0.2) ? '1.3' : '1')));
    return { unit: { type, price }, startTicks: width * unitsToZero };
  }
  if (type === 'atr') {
    const multiple = random.pick(['0.5', '1', '0.25', '1.37', '3']);
    const ticks = Math.ceil(ATR_TICKS * Number(multiple));
    return { unit: { type, length: 14, timeframe: '1h', multiple }, startTicks: ticks * unitsToZero };
  }
  const fraction = random.pick(['0.005', '0.01', '0.01', '0.013', '0.02', '0.05', '0.1']);
  const startTicks = Math.ceil(width / Number(fraction)) + random.between(0, 17);
  if (type === 'percent') return { unit: { type, fraction }, startTicks };
  return { unit: { type, fraction: textOf(multiply(exact(fraction), exact(leverage))) }, startTicks };
}

type Market = NonNullable<Strategy['exchange']['market']>;

function randomMarket(random: TinyRandom, tick: string, startTicks: number): Market {
  const amountStep = random.pick(['0.0001', '0.001', '0.01', '1', '0.5', '0.00000001']);
  const minAmount = textOf(multiply(exact(amountStep), whole(random.pick([1, 1, 5, 10]))));
  const stepCost = product(exact(amountStep), exact(tick), whole(startTicks));
  return {
    tickSize: tick,
    amountStep,
    minAmount,
    minCost: random.pick(['0', '5', textOf(multiply(stepCost, whole(7))), textOf(multiply(stepCost, exact('2.5')))]),
    takerFee: random.pick(['0', '0.0005', '0.0004', '0.001', '0.00055']),
    makerFee: '0.0002',
    slippage: random.pick(['0', '0', '0.001']),
    ...randomFigures(random, tick, startTicks),
  };
}

/** Now and then the tick is coarser from a power of ten on that the paths cross. */
function randomFigures(random: TinyRandom, tick: string, startTicks: number): Pick<Market, 'significantFigures'> {
  if (!/^(?:1|0\.0*1)$/.test(tick) || random.chance(0.5)) return {};
  return { significantFigures: Math.max(1, String(startTicks).length + random.pick([-1, 0, 0])) };
}

function randomWallet(random: TinyRandom, kind: Kind, market: Market, startTicks: number, leverage: string): WalletSpec {
  const weights = randomWeights(random);
  const lightest = Math.min(...weights.map((weight) => Number(weight.numerator) / Number(weight.denominator)));
  const startPrice = Number(market.tickSize) * startTicks;
  const leastCost = Math.max(Number(market.minAmount) * startPrice, Number(market.minCost));
  const times = random.chance(0.12) ? 0.9 + random.fraction() * 1.5 : 5 + random.fraction() * random.pick([20, 300, 5000]);
  const capital = (leastCost * times) / lightest / Number(leverage);
  const cents = exact(capital.toFixed(8));
  const rounded = textOf(floorQuotient(cents, UNITY, exact(capital > 1 ? '0.01' : '0.00000001')));
  return { ...kind, capital: rounded === '0' ? '0.01' : rounded, weights, confirmation: random.pick([1, 1, 2]), account: 'main' };
}

function randomWeights(random: TinyRandom): Weight[] {
  const count = random.pick([1, 2, 3, 4, 4, 5, 6, 7, 8, 10]);
  if (random.chance(0.6)) return Array.from({ length: count }, () => ({ numerator: '1', denominator: String(count) }));
  // Tenths of a percent, at least 2 % each, summing to 100 %.
  const parts = Array.from({ length: count }, () => 20);
  for (let left = 1000 - 20 * count; left > 0; ) {
    const share = Math.min(left, random.between(1, 200));
    const index = random.between(0, count - 1);
    parts[index] = (parts[index] as number) + share;
    left -= share;
  }
  return parts.map((part) => ({ numerator: textOf({ digits: BigInt(part), places: 1 }), denominator: '100' }));
}

// ----------------------------------------------------------------------------------------------------------- paths

const tickOf = (strategy: Strategy): string => {
  const market = strategy.exchange.market;
  if (market === null) throw new Error('a generated strategy has a market');
  return market.tickSize;
};

/** Ticks the strategy's paths start near. */
export function startTicksOf(strategy: Strategy): number {
  const found = /-from-(\d+)$/.exec(strategy.name);
  if (found === null) throw new Error(`no start price in the name ${strategy.name}`);
  return Number(found[1]);
}

function unitTicksOf(strategy: Strategy, startTicks: number): number {
  const { unit } = strategy;
  switch (unit.type) {
    case 'price':
      return Math.max(1, Math.round(Number(unit.price) / Number(tickOf(strategy))));
    case 'percent':
      return Math.max(1, Math.round(startTicks * Number(unit.fraction)));
    case 'margin':
      return Math.max(1, Math.round((startTicks * Number(unit.fraction)) / Number(strategy.leverage)));
    case 'atr':
      return Math.max(1, Math.round(ATR_TICKS * Number(unit.multiple)));
  }
}

/** A path is walked in thousandths of a tick, in doubles that hold whole numbers only. */
const PARTS_PER_TICK = 1000;
type Move = (from: number) => number;

/** 1 to about 60 prices, in segments of different character. */
export function randomPrices(random: TinyRandom, strategy: Strategy): string[] {
  const startTicks = startTicksOf(strategy);
  const start = startTicks * PARTS_PER_TICK;
  const unit = unitTicksOf(strategy, startTicks) * PARTS_PER_TICK;
  // A geometric ladder must not be walked to where its levels fall together.
  const lowest = Math.ceil(start * (strategy.spacing === 'geometric' ? 0.35 : 0.15));
  const highest = Math.floor(start * 2.8);
  const isOnGrid = random.chance(0.5);
  const place = (parts: number): number => {
    const bounded = Math.min(highest, Math.max(lowest, Math.round(parts)));
    return Math.max(PARTS_PER_TICK, isOnGrid ? Math.round(bounded / PARTS_PER_TICK) * PARTS_PER_TICK : bounded);
  };
  const path = [place(start + (random.chance(0.5) ? 0 : random.between(-3 * PARTS_PER_TICK, 3 * PARTS_PER_TICK)))];
  const length = random.between(1, 60);
  while (path.length < length) {
    const move = randomMove(random, start, unit);
    for (let left = random.between(1, 15); left > 0 && path.length < length; left -= 1) path.push(place(move(path.at(-1) as number)));
  }
  return path.map((parts) => priceText(parts, tickOf(strategy)));
}

function randomMove(random: TinyRandom, start: number, unit: number): Move {
  const some = (most: number): number => (random.fraction() * 2 - 1) * most * unit;
  const onLevel = (units: number): number => start + units * unit;
  const nearestUnit = (from: number): number => Math.round((from - start) / unit);
  switch (random.pick(['walk', 'walk', 'up', 'down', 'crash', 'rally', 'chop', 'chop', 'level', 'level', 'gap', 'still', 'tremble'])) {
    case 'up':
      return (from) => from + random.fraction() * 2 * unit;
    case 'down':
      return (from) => from - random.fraction() * 2 * unit;
    case 'crash':
      return (from) => from * (0.8 + random.fraction() * 0.2);
    case 'rally':
      return (from) => from * (1 + random.fraction() * 0.2);
    case 'chop':
      return (from) => onLevel(nearestUnit(from) + random.pick([-1, 1]));
    case 'level':
      return (from) => onLevel(nearestUnit(from) + random.between(-3, 3));
    case 'gap':
      return (from) => from + some(14);
    case 'still':
      return (from) => (random.chance(0.5) ? from : from + some(0.3));
    case 'tremble':
      return (from) => onLevel(nearestUnit(from)) + random.between(-1, 1) * PARTS_PER_TICK;
    default:
      return (from) => from + some(2.5);
  }
}

function priceText(parts: number, tick: string): string {
  const ticks: Exact = { digits: BigInt(parts), places: 3 };
  return textOf(multiply(ticks, exact(tick)));
}
