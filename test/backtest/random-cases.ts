/**
 * Random strategies with a market and candles for them, on a tick so coarse that every price of a candle can be visited: the inputs on
 * which implementations of a backtest are compared. A case follows from its seed alone.
 */
import type { Candle } from '../../src/domain/candle.ts';
import type { CandleColumns, FundingColumns } from '../../src/domain/candle-columns.ts';
import { ROLES } from '../../src/domain/strategy.ts';
import type { CycleKind, RiskLimit, Role, Strategy, TriggerSource, UnitSpec, WalletName, WalletSpec, Weight, WindowSpec } from '../../src/domain/strategy.ts';
import type { MaintenanceTier, SimulatedMarket } from '../../src/sim/exchange/config.ts';
import { tinyRandom } from '../sim/auditor/random-strategies.ts';
import type { TinyRandom } from '../sim/auditor/random-strategies.ts';

export interface BacktestCase {
  readonly seed: number;
  readonly strategy: Strategy;
  readonly market: SimulatedMarket;
  readonly candles: CandleColumns;
  readonly mark: CandleColumns | null;
  readonly funding: FundingColumns | null;
  /** Closed candles before the first one, in the timeframe of the strategy's ATR. */
  readonly history: readonly Candle[];
}

/** What a comparison cannot do with yet is left out; everything is allowed by default. */
export interface CaseOptions {
  readonly leverages?: readonly [string, ...string[]];
  readonly marginModes?: readonly ['cross' | 'isolated', ...('cross' | 'isolated')[]];
  readonly hasRisk?: boolean;
  readonly hasMark?: boolean;
  readonly hasFunding?: boolean;
  readonly hasSlippage?: boolean;
  readonly hasStopLimits?: boolean;
  /** Of the candles, ms. */
  readonly timeframes?: readonly [number, ...number[]];
}

const START_AT = 1_735_689_600_000;
const SYMBOL = 'BTC/USDT:USDT';
const HOUR_MS = 3_600_000;
/** Candles of history, enough for ten lengths of an ATR. */
const HISTORY = 150;

export function randomCase(seed: number, options: CaseOptions = {}): BacktestCase {
  const random = tinyRandom(seed);
  const tick = random.pick(['1', '1', '1', '0.5', '5', '0.25']);
  const startTicks = random.between(600, 1_600);
  const market = randomMarket(random, tick, startTicks, options);
  const strategy = randomStrategy(random, market, startTicks, options);
  const unitTicks = unitTicksOf(strategy, market, startTicks);
  const timeframeMs = random.pick(options.timeframes ?? [60_000, 300_000, 300_000, HOUR_MS, 4 * HOUR_MS]);
  const candles = randomCandles(random, { tick, startTicks, unitTicks, timeframeMs, startAt: START_AT });
  const mark = options.hasMark !== false && random.chance(0.3) ? markOf(random, candles) : null;
  const funding = options.hasFunding !== false && random.chance(0.5) ? randomFunding(random, candles) : null;
  return { seed, strategy, market, candles, mark, funding, history: history(random, startTicks * Number(tick), Number(tick)) };
}

// ---- market and strategy -----------------------------------------------------------------------------------------------

function randomMarket(random: TinyRandom, tick: string, startTicks: number, { hasSlippage = true }: CaseOptions): SimulatedMarket {
  const amountStep = random.pick(['0.001', '0.01', '0.0001', '0.1']);
  const price = startTicks * Number(tick);
  return {
    symbol: SYMBOL,
    tickSize: tick,
    amountStep,
    minAmount: amountStep,
    minCost: random.pick(['0', '5', String(Math.ceil(price * Number(amountStep) * 2))]),
    takerFee: random.pick(['0', '0.0005', '0.0004', '0.001']),
    makerFee: random.pick(['0', '0.0002', '-0.0001']),
    slippage: hasSlippage ? random.pick(['0', '0', '0', '0.0005', '0.002']) : '0',
    maintenanceTiers: randomTiers(random),
    liquidationFee: random.pick(['0', '0.005', '0.01']),
  };
}

function randomTiers(random: TinyRandom): readonly MaintenanceTier[] {
  if (random.chance(0.5)) return [{ maxNotional: null, maintenanceMarginRate: random.pick(['0.005', '0.01']), maintenanceAmount: '0' }];
  return [
    { maxNotional: '20000', maintenanceMarginRate: '0.004', maintenanceAmount: '0' },
    { maxNotional: '60000', maintenanceMarginRate: '0.01', maintenanceAmount: '120' },
    { maxNotional: null, maintenanceMarginRate: '0.025', maintenanceAmount: '1020' },
  ];
}

function randomStrategy(random: TinyRandom, market: SimulatedMarket, startTicks: number, options: CaseOptions): Strategy {
  const { leverages = ['1', '1', '2', '3', '5', '10', '20', '2.5'], marginModes = ['cross', 'cross', 'isolated'], hasRisk = true } = options;
  const leverage = random.pick(leverages);
  const hedgeCycle = random.pick(['rotation', 'rotation', 'scaling']);
  const names = random.pick<readonly WalletName[]>([['long'], ['hedge'], ['hedge'], ['long', 'hedge'], ['long', 'hedge'], ['hedge', 'long']]);
  const isApart = random.chance(0.4);
  const price = startTicks * Number(market.tickSize);
  const wallets = names.map((name) => randomWallet(random, name, name === 'hedge' ? hedgeCycle : 'fragments', isApart ? name : 'main', price, market, leverage));
  const triggerBy = options.hasMark === false ? 'last' : random.pick<TriggerSource>(['last', 'last', 'mark', 'index']);
  const isJoint = names.includes('hedge') && hedgeCycle === 'scaling' && random.chance(0.6);
  const { symbol: _, maintenanceTiers: _tiers, liquidationFee: _fee, slippage = '0', ...limits } = market;
  return {
    version: 1,
    name: `random-${random.between(0, 999_999)}`,
    symbol: SYMBOL,
    exchange: {
      id: 'simulated',
      account: 'main',
      positionMode: random.pick(['hedge', 'one-way']),
      marginMode: random.pick(marginModes),
      triggerBy,
      market: { ...limits, slippage },
      connection: null,
    },
    leverage,
    unit: randomUnit(random, market, startTicks, leverage),
    spacing: random.chance(0.35) ? 'geometric' : 'arithmetic',
    reset: { policy: isJoint ? 'joint' : 'independent', onAdvance: random.chance(0.25) ? random.between(1, 6) : null },
    rebalanceThreshold: random.pick(['0.01', '0.01', '0', '0.05', '0.5']),
    wallets,
    windows: randomWindows(random, triggerBy, options),
    risk: hasRisk && random.chance(0.25) ? randomRisk(random, wallets, leverage) : [],
  };
}

function randomWallet(random: TinyRandom, name: WalletName, cycle: CycleKind, account: string, price: number, market: SimulatedMarket, leverage: string): WalletSpec {
  const weights = randomWeights(random);
  const lightest = Math.min(...weights.map(({ numerator, denominator }) => Number(numerator) / Number(denominator)));
  const least = Math.max(Number(market.minAmount) * price, Number(market.minCost)) / lightest / Number(leverage);
  // Now and then so little that losses bring it below what the exchange takes.
  const capital = least * (random.chance(0.1) ? 1.05 + random.fraction() * 0.4 : 3 + random.fraction() * random.pick([10, 100, 1_000]));
  return { name, capital: String(Math.ceil(capital * 100) / 100), cycle, weights, confirmation: random.pick([1, 1, 2]), account };
}

function randomWeights(random: TinyRandom): Weight[] {
  const count = random.pick([1, 2, 3, 4, 4, 5, 8]);
  if (random.chance(0.6)) return Array.from({ length: count }, () => ({ numerator: '1', denominator: String(count) }));
  const parts = Array.from({ length: count }, () => random.between(5, 25));
  const total = parts.reduce((a, b) => a + b);
  return parts.map((part) => ({ numerator: String(part), denominator: String(total) }));
}

function randomUnit(random: TinyRandom, market: SimulatedMarket, startTicks: number, leverage: string): UnitSpec {
  const ticks = random.between(3, 30);
  switch (random.pick(['price', 'percent', 'percent', 'margin', 'atr'])) {
    case 'price':
      return { type: 'price', price: String(ticks * Number(market.tickSize) * (random.chance(0.2) ? 1.3 : 1)) };
    case 'percent':
      return { type: 'percent', fraction: random.pick(['0.005', '0.01', '0.013', '0.02', '0.03']) };
    case 'margin':
      return { type: 'margin', fraction: String(Number((Number(random.pick(['0.01', '0.013', '0.02'])) * Number(leverage)).toFixed(6))) };
    default:
      // The history's true range is about a hundredth of the price.
      return { type: 'atr', length: random.pick([3, 14]), timeframe: '1h', multiple: String(Math.max(0.1, Number((ticks / (startTicks * 0.01)).toFixed(2)))) };
  }
}

function randomWindows(random: TinyRandom, triggerBy: TriggerSource, { hasStopLimits = true, hasMark = true }: CaseOptions): Record<Role, WindowSpec> {
  const isPlain = random.chance(0.5);
  const window = (role: Role): WindowSpec => {
    const isEntry = role !== 'stop-loss' && role !== 'cover';
    const isLimit = hasStopLimits && !isPlain && random.chance(0.25);
    return {
      order: isLimit ? 'stop-limit' : 'stop-market',
      limitOffset: isLimit ? random.pick(['0', '0.001', '0.005', '0.01']) : null,
      triggerBy: hasMark && !isPlain && random.chance(0.2) ? random.pick<TriggerSource>(['last', 'mark', 'index']) : triggerBy,
      onGap: isEntry && random.chance(0.4) ? 'skip' : 'market',
      resting: !isPlain && random.chance(0.3) ? random.between(1, 3) : 50,
    };
  };
  return Object.fromEntries(ROLES.map((role) => [role, window(role)])) as Record<Role, WindowSpec>;
}

function randomRisk(random: TinyRandom, wallets: readonly WalletSpec[], leverage: string): RiskLimit[] {
  const capital = wallets.reduce((sum, wallet) => sum + Number(wallet.capital), 0);
  const action = random.pick(['pause', 'halt', 'flatten']);
  const quote = (share: number): string => String(Math.ceil(capital * share * 100) / 100);
  return [
    random.pick<RiskLimit>([
      { name: 'maxDrawdown', limit: random.pick(['0.02', '0.1', '0.25']), unit: 'fraction', action },
      { name: 'maxDailyLoss', limit: random.pick(['0.02', '0.1']), unit: 'fraction', action },
      { name: 'maxDailyLoss', limit: quote(0.05), unit: 'quote', action },
      { name: 'maxNotional', limit: quote(Number(leverage) * 1.05), unit: 'quote', action },
      { name: 'maxShortExposure', limit: quote(Number(leverage) * 0.3), unit: 'quote', action },
    ]),
  ];
}

function unitTicksOf({ unit, leverage }: Strategy, market: SimulatedMarket, startTicks: number): number {
  switch (unit.type) {
    case 'price':
      return Number(unit.price) / Number(market.tickSize);
    case 'percent':
      return startTicks * Number(unit.fraction);
    case 'margin':
      return (startTicks * Number(unit.fraction)) / Number(leverage);
    case 'atr':
      return startTicks * 0.01 * Number(unit.multiple);
  }
}

// ---- candles -----------------------------------------------------------------------------------------------------------

interface CandleShape {
  readonly tick: string;
  readonly startTicks: number;
  readonly unitTicks: number;
  readonly timeframeMs: number;
  readonly startAt: number;
}

/** Hundredths of a tick: some closes lie between two prices. */
const PARTS = 100;

function randomCandles(random: TinyRandom, { tick, startTicks, unitTicks, timeframeMs, startAt }: CandleShape): CandleColumns {
  const tickParts = Math.round(Number(tick) * PARTS);
  const count = random.between(4, 40);
  const rows: (readonly [at: number, open: number, high: number, low: number, close: number])[] = [];
  const isOnTick = random.chance(0.7);
  const lowest = Math.ceil(startTicks * 0.25);
  const place = (ticks: number): number => {
    const bounded = Math.min(startTicks * 2.5, Math.max(lowest, ticks));
    return isOnTick || random.chance(0.7) ? Math.round(bounded) * tickParts : Math.round(bounded * tickParts);
  };
  let at = startAt + random.pick([0, 0, 60_000, 7 * 60_000 + 13]);
  let price = place(startTicks);
  let drift = 0;
  let size = 1;
  for (let index = 0; index < count; index += 1) {
    if (index % 6 === 0) {
      drift = random.pick([-1, -0.5, 0, 0, 0, 0.5, 1]);
      size = random.pick([0.3, 1, 1, 2, 4]);
    }
    if (random.chance(0.15)) at += timeframeMs * random.between(1, 5);
    // Most opens are the close before; some are a small step away, a few are a gap of several units.
    const jump = random.chance(0.75) ? 0 : random.chance(0.6) ? (random.fraction() - 0.5) * unitTicks : (random.fraction() - 0.5) * 12 * unitTicks;
    const open = jump === 0 ? price : place(price / tickParts + jump);
    const some = (): number => (random.fraction() * 2 - 1) * size * unitTicks;
    const close = random.chance(0.1) ? open : place(open / tickParts + some() + drift * size * unitTicks);
    const high = Math.max(open, close, random.chance(0.3) ? 0 : place(Math.max(open, close) / tickParts + Math.abs(some())));
    const low = Math.min(open, close, random.chance(0.3) ? Infinity : place(Math.min(open, close) / tickParts - Math.abs(some())));
    rows.push([at, open, high, low, close]);
    price = close;
    at += timeframeMs;
  }
  return columns(timeframeMs, rows);
}

function columns(timeframeMs: number, rows: readonly (readonly [at: number, open: number, high: number, low: number, close: number])[]): CandleColumns {
  const column = (index: 1 | 2 | 3 | 4): Int32Array => Int32Array.from(rows, (row) => row[index]);
  return {
    timeframeMs,
    length: rows.length,
    priceDecimals: 2,
    at: Float64Array.from(rows, ([at]) => at),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: new Float64Array(rows.length).fill(1),
  };
}

/** A mark price near the last one, of the same timeframe or three times as coarse. */
function markOf(random: TinyRandom, candles: CandleColumns): CandleColumns {
  const factor = random.pick([1, 1, 3]);
  const timeframeMs = candles.timeframeMs * factor;
  const rows: [number, number, number, number, number][] = [];
  const noise = random.pick([0, 0.001, 0.004]);
  for (let index = 0; index < candles.length; index += 1) {
    const at = candles.at[index] as number;
    const start = at - (at % timeframeMs);
    const beside = 1 + (random.fraction() * 2 - 1) * noise;
    const [open, high, low, close] = [candles.open, candles.high, candles.low, candles.close].map((each) => Math.round((each[index] as number) * beside)) as [number, number, number, number];
    const row = rows.at(-1);
    if (row?.[0] === start) {
      row[2] = Math.max(row[2], high);
      row[3] = Math.min(row[3], low);
      row[4] = close;
    } else rows.push([start, open, high, low, close]);
  }
  // Now and then the mark price is missing for a while.
  return columns(timeframeMs, random.chance(0.8) ? rows : rows.filter((_, index) => index % 4 !== 2 || index === 0));
}

function randomFunding(random: TinyRandom, candles: CandleColumns): FundingColumns {
  const from = candles.at[0] as number;
  const until = (candles.at[candles.length - 1] as number) + 2 * candles.timeframeMs;
  const everyMs = Math.max(60_000, Math.round(((until - from) / random.between(2, 12) / 60_000)) * 60_000);
  const at: number[] = [];
  for (let due = from - (from % everyMs); due <= until; due += everyMs) {
    at.push(due + random.pick([0, 0, 0, 17]));
    if (random.chance(0.1)) at.push((at.at(-1) as number) + 5);
  }
  return { length: at.length, at: Float64Array.from(at), rate: at.map(() => random.pick(['0.0001', '-0.0001', '0.0003', '0.01', '-0.005', '0'])) };
}

/** Even candles of an hour before the first one; their true range is about a hundredth of the price. */
function history(random: TinyRandom, price: number, tick: number): Candle[] {
  const half = Math.max(1, Math.round((price * 0.005) / tick));
  return Array.from({ length: HISTORY }, (_, index) => {
    const wide = half + random.between(-1, 2);
    const near = Math.round(price / tick) + random.between(-1, 1);
    return { at: START_AT - (HISTORY - index) * HOUR_MS, open: String(near * tick), high: String((near + wide) * tick), low: String((near - wide) * tick), close: String(near * tick), volume: '1' };
  });
}
