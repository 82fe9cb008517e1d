/**
 * Records of runs for tests: a seeded walk of candles and wallets that sell fragments, buy them back and begin new cycles at path points,
 * with fees, slippage, funding and, if asked for, a liquidation. The rows agree with each other to the last digit; no strategy is behind
 * them. A run follows from its options alone.
 */
import type { CandleColumns } from '../../src/domain/candle-columns.ts';
import { D, dec, plain } from '../../src/domain/decimal.ts';
import type { Strategy, WalletName } from '../../src/domain/strategy.ts';
import type { Phase } from '../../machines/wallet-cycle.ts';
import type { RunResult } from '../../src/backtest/result-document.ts';
import type { RunAssumptions } from '../../src/backtest/run-origin.ts';
import type { CycleRow, FillRow, FundingRow, LiquidationRow, OperationRow, PathOrder, PhaseRow, RunRecord, WalletEnd } from '../../src/backtest/run-record.ts';
import { runMetrics } from '../../src/backtest/metrics.ts';
import { pathResult } from '../../src/backtest/run-origin.ts';
import { strategyHash } from '../../src/adapters/yaml/strategy-hash.ts';
import { hedgeWallet, longWallet, strategy } from '../fixtures.ts';
import { tinyRandom } from '../sim/auditor/random-strategies.ts';
import type { TinyRandom } from '../sim/auditor/random-strategies.ts';

export interface SampleOptions {
  readonly seed?: number;
  readonly candles?: number;
  readonly timeframeMs?: number;
  readonly wallets?: readonly WalletName[];
  /** Mean number of candles from one order of a wallet to its next. */
  readonly candlesPerFill?: number;
  readonly feeRate?: string;
  /** Of every order, quote per base unit. */
  readonly slippage?: string;
  readonly hasFunding?: boolean;
  /** At the open of this candle every wallet loses what it holds by force. */
  readonly liquidatedAt?: number | null;
  readonly plan?: string;
  readonly symbol?: string;
  readonly from?: number;
  readonly path?: PathOrder;
  readonly leverage?: string;
  /** Of each wallet. */
  readonly capital?: string;
}

export interface SampleRun {
  readonly record: RunRecord;
  readonly candles: CandleColumns;
}

/** 2025-01-01T00:00:00Z. */
export const SAMPLE_FROM = 1_735_689_600_000;
const HOUR_MS = 3_600_000;
const RUNGS = 4;
const CAPITAL = '10000';

export function sampleRun(options: SampleOptions = {}): SampleRun {
  const { seed = 1, candles: count = 200, timeframeMs = HOUR_MS, wallets: names = ['long', 'hedge'], liquidatedAt = null, from = SAMPLE_FROM } = options;
  const random = tinyRandom(seed);
  const candles = walkedCandles(random, count, timeframeMs, from);
  const moments = { phases: [{ at: from, of: 'plan', phase: 'ADVANCE' }] as PhaseRow[], holdings: [] as { at: number; rows: number[][] }[] };
  const wallets = names.map((name) => new SampleWallet(name, options, moments.phases));
  const keep = (at: number): void => {
    const rows = wallets.map((wallet) => wallet.held());
    const last = moments.holdings.at(-1);
    if (last?.at === at) last.rows = rows;
    else moments.holdings.push({ at, rows });
  };
  const firstPrice = priceOf(candles, 'open', 0);
  for (const wallet of wallets) wallet.begin(from, firstPrice, 'start');
  keep(from);
  const operations: OperationRow[] = [{ at: from, operation: 'running', reason: null }];
  for (let candle = 1; candle < count; candle += 1) {
    const opened = candles.at[candle] ?? 0;
    for (const [at, price] of [[opened, priceOf(candles, 'open', candle)], [opened + timeframeMs - 1, priceOf(candles, 'close', candle)]] as const) {
      const isFunding = options.hasFunding !== false && at === opened && at % (8 * HOUR_MS) === 0;
      for (const wallet of wallets) {
        if (isFunding) wallet.pay(at, price, random.pick(['0.0001', '-0.00005', '0.00031']));
        if (candle === liquidatedAt && at === opened) wallet.liquidate(at, price);
        else if (random.chance(0.5 / (options.candlesPerFill ?? 4))) wallet.trade(random, at, price);
      }
      if (candle === liquidatedAt && at === opened) operations.push({ at, operation: 'halted', reason: 'liquidation' });
      keep(at);
    }
  }
  const to = from + count * timeframeMs - 1;
  const lastPrice = priceOf(candles, 'close', count - 1);
  const ends = wallets.map((wallet) => wallet.end(lastPrice));
  const inTime = <Row extends { readonly at: number }>(rows: readonly Row[][]): Row[] => rows.flat().sort((a, b) => a.at - b.at);
  return {
    candles,
    record: {
      plan: options.plan ?? 'sample',
      symbol: options.symbol ?? 'BTC/USDT:USDT',
      timeframeMs,
      from,
      to,
      candles: count,
      path: options.path ?? 'ohlc',
      wallets: names,
      capital: plain(dec(options.capital ?? CAPITAL).times(names.length)),
      firstPrice,
      lastPrice,
      equity: plain(ends.reduce((sum, end) => sum.plus(end.equity), new D(0))),
      ends,
      fills: inTime(wallets.map(({ fills }) => fills)),
      funding: inTime(wallets.map(({ funding }) => funding)),
      liquidations: inTime(wallets.map(({ liquidations }) => liquidations)),
      cycles: wallets.flatMap(({ cycles }) => cycles).sort((a, b) => a.startedAt - b.startedAt),
      phases: inTime([moments.phases]),
      operations,
      windows: { length: 0, wallet: new Uint8Array(0), role: new Uint8Array(0), price: new Float64Array(0), from: new Float64Array(0), until: new Float64Array(0) },
      holdings: {
        length: moments.holdings.length,
        at: Float64Array.from(moments.holdings, ({ at }) => at),
        balance: wallets.map((_, index) => Float64Array.from(moments.holdings, ({ rows }) => rows[index]?.[0] ?? 0)),
        position: wallets.map((_, index) => Float64Array.from(moments.holdings, ({ rows }) => rows[index]?.[1] ?? 0)),
        gross: wallets.map((_, index) => Float64Array.from(moments.holdings, ({ rows }) => Math.abs(rows[index]?.[1] ?? 0))),
      },
      ambiguousCandles: Math.floor(count / 50),
      detours: [],
    },
  };
}

/** Columns of candles whose closes are these, in hundredths; each opens at the close before, with wicks of nothing. */
export function candlesOf(closes: readonly number[], { timeframeMs = HOUR_MS, from = SAMPLE_FROM, open = closes[0] ?? 0, wick = 0 } = {}): CandleColumns {
  const opens = [open, ...closes.slice(0, -1)];
  return {
    timeframeMs,
    length: closes.length,
    priceDecimals: 2,
    at: Float64Array.from(closes, (_, index) => from + index * timeframeMs),
    open: Int32Array.from(opens),
    high: Int32Array.from(closes, (close, index) => Math.max(close, opens[index] ?? close) + wick),
    low: Int32Array.from(closes, (close, index) => Math.max(1, Math.min(close, opens[index] ?? close) - wick)),
    close: Int32Array.from(closes),
    volume: new Float64Array(closes.length).fill(1),
  };
}

function walkedCandles(random: TinyRandom, count: number, timeframeMs: number, from: number): CandleColumns {
  const closes: number[] = [];
  let price = 1_000_000;
  for (let candle = 0; candle < count; candle += 1) {
    price = Math.max(50_000, price + random.between(-8_000, 8_000));
    closes.push(price);
  }
  return candlesOf(closes, { timeframeMs, from, open: 1_000_000, wick: 1_000 });
}

function priceOf(candles: CandleColumns, column: 'open' | 'close', candle: number): string {
  return plain(new D(candles[column][candle] ?? 0).dividedBy(100));
}

class SampleWallet {
  readonly fills: FillRow[] = [];
  readonly funding: FundingRow[] = [];
  readonly liquidations: LiquidationRow[] = [];
  readonly cycles: CycleRow[] = [];
  readonly #name: WalletName;
  readonly #feeRate: D;
  readonly #slippage: D;
  readonly #phases: PhaseRow[];
  readonly #capital: string;
  #balance: D;
  #position = new D(0);
  #fees = new D(0);
  #funding = new D(0);
  #cost = new D(0);
  #fragment = new D(0);
  #out = 0;
  #levels = new Set<number>();
  #phase: Phase | null = null;
  #isDead = false;

  constructor(name: WalletName, { feeRate = '0.0005', slippage = '0.25', capital = CAPITAL }: SampleOptions, phases: PhaseRow[]) {
    this.#name = name;
    this.#feeRate = dec(feeRate);
    this.#slippage = dec(slippage);
    this.#phases = phases;
    this.#capital = capital;
    this.#balance = dec(capital);
  }

  begin(at: number, price: string, reason: CycleRow['reason']): void {
    const equity = this.#equity(price);
    this.#close(at, plain(equity), reason);
    const cycle = this.cycles.length;
    this.cycles.push({ wallet: this.#name, cycle, startedAt: at, endedAt: null, reason: null, anchor: price, unitSize: '100', equityAtStart: plain(equity), equityAtEnd: '0', peakUnit: 0, valleyUnit: 0, fills: 0, levelsDown: 0, fees: '0', funding: '0' });
    const target = equity.isNegative() ? new D(0) : equity.times('0.9').dividedBy(price).toDecimalPlaces(4, D.ROUND_DOWN);
    const difference = target.minus(this.#position);
    if (!difference.isZero()) this.#fill(at, { role: this.#position.isZero() ? 'market-buy' : 'rebalance', level: null, leg: difference.isPositive() ? 'open-long' : 'close-long', price, amount: difference.abs() });
    this.#fragment = this.#position.dividedBy(RUNGS).toDecimalPlaces(4, D.ROUND_DOWN);
    this.#out = 0;
    this.#levels = new Set();
    this.#enter(at, 'ADVANCE');
  }

  /** One order of the ladder, up or down; a new cycle where all rungs are in again. */
  trade(random: TinyRandom, at: number, price: string): void {
    if (this.#isDead || this.#fragment.isZero()) return;
    const isDown = this.#out === 0 || (this.#out < RUNGS && random.chance(0.45));
    if (isDown) {
      this.#fill(at, { role: 'stop-loss', level: -1 - this.#out, leg: 'close-long', price, amount: this.#fragment });
      this.#levels.add(this.#out);
      this.#out += 1;
      this.#enter(at, this.#out === RUNGS ? 'DECLINE' : this.#phase === 'RECOVERY' ? 'RECOVERY' : 'RETRACEMENT');
      return;
    }
    this.#fill(at, { role: 'stop-entry-long', level: 1 - this.#out, leg: 'open-long', price, amount: this.#fragment });
    this.#out -= 1;
    if (this.#out === 0) this.begin(at, price, 'ladder-complete');
    else if (this.#phase === 'DECLINE') this.#enter(at, 'RECOVERY');
  }

  pay(at: number, price: string, rate: string): void {
    if (this.#position.isZero()) return;
    const amount = this.#position.times(price).times(rate).negated();
    this.#balance = this.#balance.plus(amount);
    this.#funding = this.#funding.plus(amount);
    this.#change({ funding: plain(dec(this.#cycle().funding).plus(amount)) });
    this.funding.push({ at, wallet: this.#name, amount: plain(amount), rate, markPrice: price });
  }

  liquidate(at: number, price: string): void {
    if (this.#position.isZero()) return;
    const amount = this.#position;
    const fee = amount.times(price).times('0.005');
    this.liquidations.push({ at, wallet: this.#name, leg: 'close-long', price, amount: plain(amount), fee: plain(fee) });
    this.#balance = this.#balance.plus(amount.times(price)).minus(fee);
    this.#fees = this.#fees.plus(fee);
    this.#change({ fees: plain(dec(this.#cycle().fees).plus(fee)) });
    this.#cost = new D(0);
    this.#position = new D(0);
    this.#isDead = true;
  }

  end(price: string): WalletEnd {
    const equity = this.#equity(price);
    this.#change({ equityAtEnd: plain(equity), levelsDown: this.#levels.size, endedAt: null });
    const unrealised = this.#position.times(price).minus(this.#cost);
    const realised = equity.minus(this.#capital).minus(unrealised).plus(this.#fees).minus(this.#funding);
    return {
      wallet: this.#name,
      capital: this.#capital,
      equity: plain(equity),
      realised: plain(realised),
      unrealised: plain(unrealised),
      fees: plain(this.#fees),
      funding: plain(this.#funding),
      long: plain(this.#position),
      short: '0',
      cycle: this.cycles.length - 1,
      phase: this.#phase ?? 'ADVANCE',
    };
  }

  held(): number[] {
    return [this.#balance.toNumber(), this.#position.toNumber()];
  }

  /** `price` is the market's; the order fills `slippage` worse. */
  #fill(at: number, { price, amount, ...order }: Pick<FillRow, 'role' | 'level' | 'leg' | 'price'> & { readonly amount: D }): void {
    const isBuy = order.leg === 'open-long';
    const got = isBuy ? dec(price).plus(this.#slippage) : dec(price).minus(this.#slippage);
    const fee = got.times(amount).times(this.#feeRate);
    const value = got.times(amount);
    if (isBuy) this.#cost = this.#cost.plus(value);
    else this.#cost = this.#cost.minus(this.#position.isZero() ? 0 : this.#cost.times(amount).dividedBy(this.#position).toDecimalPlaces(8));
    this.#balance = (isBuy ? this.#balance.minus(value) : this.#balance.plus(value)).minus(fee);
    this.#position = isBuy ? this.#position.plus(amount) : this.#position.minus(amount);
    this.#fees = this.#fees.plus(fee);
    this.#change({ fills: this.#cycle().fills + 1, fees: plain(dec(this.#cycle().fees).plus(fee)) });
    this.fills.push({ at, wallet: this.#name, cycle: this.cycles.length - 1, ...order, side: isBuy ? 'buy' : 'sell', price: plain(got), amount: plain(amount), fee: plain(fee), takerOrMaker: order.level === null ? 'taker' : 'maker', slippage: plain(this.#slippage.times(amount)) });
  }

  #close(at: number, equityAtEnd: string, reason: CycleRow['reason']): void {
    if (this.cycles.length > 0) this.#change({ endedAt: at, reason, equityAtEnd, levelsDown: this.#levels.size });
  }

  #cycle(): CycleRow {
    const cycle = this.cycles.at(-1);
    if (cycle === undefined) throw new Error('a wallet of a sample run has begun');
    return cycle;
  }

  #change(change: Partial<CycleRow>): void {
    this.cycles[this.cycles.length - 1] = { ...this.#cycle(), ...change };
  }

  /** Of several at one moment the last is kept. */
  #enter(at: number, phase: Phase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#phases.push({ at, of: this.#name, phase });
  }

  #equity(price: string): D {
    return this.#balance.plus(this.#position.times(price));
  }
}

// ---- with everything a document needs ---------------------------------------------------------------------------------------

export const SAMPLE_ASSUMPTIONS: RunAssumptions = {
  path: 'ohlc',
  leverage: '1',
  marginMode: 'cross',
  positionMode: 'hedge',
  triggerBy: 'last',
  takerFee: '0.0005',
  makerFee: '0.0002',
  slippage: '0.0001',
  liquidationFee: '0.005',
  rangeSlippage: null,
  volumeShare: null,
  maxStopSlip: null,
  maintenanceTiers: 1,
  markTimeframeMs: null,
  funding: { type: 'history', rows: 25 },
  detailTimeframeMs: null,
};

/** A sample run as it goes into a document, with bounds from runs of neighbouring seeds. */
export function sampleResult(options: SampleOptions = {}, settings: Partial<Omit<Strategy, 'exchange'>> = {}): RunResult {
  const { record, candles } = sampleRun(options);
  const leverage = options.leverage ?? '1';
  const metrics = runMetrics(record, candles, { leverage, detail: null });
  const resolved = strategy({ name: record.plan, symbol: record.symbol, leverage, wallets: record.wallets.map((name) => (name === 'long' ? longWallet() : hedgeWallet())), ...settings });
  const other = (seed: number): ReturnType<typeof pathResult> => {
    const run = sampleRun({ ...options, seed });
    return pathResult(runMetrics(run.record, run.candles, { leverage, detail: null }));
  };
  const seed = options.seed ?? 1;
  return {
    record,
    metrics,
    strategy: resolved,
    strategyHash: strategyHash(resolved),
    overrides: [],
    data: [{ what: 'candles', source: 'candles_BTCUSDT_1h.csv', timeframeMs: candles.timeframeMs, rows: candles.length, from: record.from, to: candles.at[candles.length - 1] ?? record.from, hash: `walk-${seed}`, gaps: [] }],
    assumptions: { ...SAMPLE_ASSUMPTIONS, leverage },
    bounds: { ohlc: pathResult(metrics), worst: other(seed + 1_000), best: other(seed + 2_000) },
  };
}
