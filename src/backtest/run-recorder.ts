/**
 * Gathers what a run does into a `RunRecord`. Fed by the live engine along the tape and by the fast replay alike, also by both in turn
 * within one run, and canonical: what it gives depends on what happened, not on who told it or in how many steps at one moment.
 *
 * Cheap to feed: lists of rows may be given as functions that build them when somebody asks, and everything that is a sum over other
 * rows is worked out at the end.
 */
import { ZERO, dec, plain } from '../domain/decimal.ts';
import type { D, DecimalString } from '../domain/decimal.ts';
import type { WalletName } from '../domain/strategy.ts';
import type { ResetReason } from '../domain/wallet.ts';
import type { Operation } from '../../machines/plan.machine.ts';
import type { Phase } from '../../machines/wallet-cycle.ts';
import { HoldingLog, PhaseLog, RowLog } from './run-logs.ts';
import type { CycleRow, FillRow, FundingRow, LiquidationRow, OperationRow, PathOrder, RunRecord, WalletEnd } from './run-record.ts';
import { WindowLog } from './window-log.ts';

/** What is known of a run before it begins. */
export interface RunSetup {
  readonly plan: string;
  readonly symbol: string;
  readonly timeframeMs: number;
  readonly path: PathOrder;
  /** In file order. */
  readonly wallets: readonly { readonly name: WalletName; readonly capital: DecimalString }[];
  /** Time and price of the first path point. */
  readonly from: number;
  readonly firstPrice: DecimalString;
}

/** A cycle that began, with what is known of the wallet's one before it only then. */
export interface CycleStart {
  /** When the machine entered the cycle: the reset's order was filled, or none was needed. */
  readonly at: number;
  readonly wallet: WalletName;
  readonly cycle: number;
  /** Why the one before it ended; `start` for the first. */
  readonly reason: ResetReason;
  readonly anchor: DecimalString;
  readonly unitSize: DecimalString;
  /** When the reset became due: before its order, at the price the wallet was shown then. */
  readonly equity: DecimalString;
  /** Highest and lowest unit of the cycle before; 0 for the first. */
  readonly peakUnit: number;
  readonly valleyUnit: number;
}

/** A wallet at the end of the data. */
export interface LastState extends WalletEnd {
  readonly peakUnit: number;
  readonly valleyUnit: number;
}

export interface RunEnd {
  /** Time and price of the last path point. */
  readonly to: number;
  readonly lastPrice: DecimalString;
  readonly candles: number;
  /** In file order. */
  readonly wallets: readonly LastState[];
  /** Null: nobody looked. */
  readonly ambiguousCandles: number | null;
}

export class RunRecorder {
  readonly setup: RunSetup;
  /** In time order. A reset's order belongs to the cycle it begins. */
  readonly fills = new RowLog<FillRow>();
  readonly funding = new RowLog<FundingRow>();
  readonly liquidations = new RowLog<LiquidationRow>();
  readonly cycles = new RowLog<CycleStart>();
  readonly windows = new WindowLog();
  readonly holdings: HoldingLog;
  readonly #phases: PhaseLog;
  readonly #operations: OperationRow[] = [];
  readonly #detours: { at: number; reason: string }[] = [];

  constructor(setup: RunSetup) {
    this.setup = setup;
    this.holdings = new HoldingLog(setup.wallets.length);
    this.#phases = new PhaseLog(['plan', ...setup.wallets.map(({ name }) => name)]);
  }

  /** Of several at one moment the last counts; one that is no change is not kept. */
  phase(at: number, of: WalletName | 'plan', phase: Phase): void {
    this.#phases.note(at, of, phase);
  }

  operation(at: number, operation: Operation, reason: string | null): void {
    this.#operations.push({ at, operation, reason });
  }

  /** The run left the table of the compiled ladder. */
  detour(at: number, reason: string): void {
    this.#detours.push({ at, reason });
  }

  finish(end: RunEnd): RunRecord {
    const order = new Map(this.setup.wallets.map(({ name }, index) => [name, index]));
    const rankOf = (wallet: WalletName): number => order.get(wallet) ?? 0;
    return this.#finish(end, rankOf);
  }

  #finish(end: RunEnd, rankOf: (wallet: WalletName) => number): RunRecord {
    const { plan, symbol, timeframeMs, path, wallets, from, firstPrice } = this.setup;
    const { funding, liquidations } = this;
    const fillRows = later(() => [...this.fills.rows].sort((a, b) => compareFills(a, b, rankOf)));
    const cycleStarts = later(() => [...this.cycles.rows].sort((a, b) => a.at - b.at || rankOf(a.wallet) - rankOf(b.wallet) || a.cycle - b.cycle));
    const ends = end.wallets.map(({ peakUnit: _peak, valleyUnit: _valley, ...rest }): WalletEnd => rest);
    const cycleRows = later(() => cycleRowsOf(cycleStarts(), fillRows(), funding.rows, liquidations.rows, end));
    const windows = later(() => this.windows.columns(wallets.length, end.to));
    const phases = later(() => this.#phases.rows());
    const holdings = later(() => this.holdings.columns());
    return {
      plan,
      symbol,
      timeframeMs,
      from,
      to: end.to,
      candles: end.candles,
      path,
      wallets: wallets.map(({ name }) => name),
      capital: plain(total(wallets.map(({ capital }) => capital))),
      firstPrice,
      lastPrice: end.lastPrice,
      equity: plain(total(ends.map(({ equity }) => equity))),
      ends,
      get fills() {
        return fillRows();
      },
      get funding() {
        return funding.rows;
      },
      get liquidations() {
        return liquidations.rows;
      },
      get cycles() {
        return cycleRows();
      },
      get phases() {
        return phases();
      },
      operations: this.#operations,
      get windows() {
        return windows();
      },
      get holdings() {
        return holdings();
      },
      ambiguousCandles: end.ambiguousCandles,
      detours: this.#detours,
    };
  }
}

function later<T>(build: () => T): () => T {
  let built: T | null = null;
  return () => (built ??= build());
}

/**
 * Fills of one moment in an order that does not depend on how the orders came to rest: orders of resets last, wallets in file order,
 * stop-losses first, what the price passed first, what closes before what opens.
 */
function compareFills(a: FillRow, b: FillRow, rankOf: (wallet: WalletName) => number): number {
  if (a.at !== b.at) return a.at - b.at;
  const [first, second] = [a.level, b.level];
  if (first === null || second === null) return Number(first === null) - Number(second === null) || rankOf(a.wallet) - rankOf(b.wallet);
  const passed = a.side === 'buy' ? first - second : second - first;
  return rankOf(a.wallet) - rankOf(b.wallet) || a.cycle - b.cycle || Number(a.role !== 'stop-loss') - Number(b.role !== 'stop-loss') || passed || rankOfLeg(a) - rankOfLeg(b);
}

function rankOfLeg({ leg }: FillRow): number {
  return leg === 'close-long' || leg === 'close-short' ? 0 : 1;
}

/** Roles of orders of a ladder that lead downwards. */
const DOWN: ReadonlySet<FillRow['role']> = new Set(['stop-loss', 'stop-entry-short', 'flip-short']);

interface CycleSums {
  fills: number;
  fees: D;
  funding: D;
  readonly levelsDown: Set<number>;
}

function cycleRowsOf(starts: readonly CycleStart[], fills: readonly FillRow[], funding: readonly FundingRow[], liquidations: readonly LiquidationRow[], end: RunEnd): readonly CycleRow[] {
  const byWallet = new Map(end.wallets.map(({ wallet }) => [wallet, starts.filter((start) => start.wallet === wallet)]));
  const sums = new Map(starts.map((start): [CycleStart, CycleSums] => [start, { fills: 0, fees: ZERO, funding: ZERO, levelsDown: new Set() }]));
  const sumsAt = cursor(byWallet, sums);
  const sumsOf = new Map(starts.map((start) => [`${start.wallet} ${start.cycle}`, sums.get(start)]));
  for (const { wallet, cycle, role, level, fee } of fills) {
    const sum = sumsOf.get(`${wallet} ${cycle}`);
    if (sum === undefined) continue;
    sum.fills += 1;
    if (fee !== '0') sum.fees = sum.fees.plus(fee);
    if (level !== null && DOWN.has(role)) sum.levelsDown.add(level);
  }
  // A payment comes before the fills of its moment, so it is of the cycle that ran before that moment.
  for (const { wallet, at, amount } of funding) add(sumsAt(wallet, at), 'funding', amount);
  for (const { wallet, at, fee } of liquidations) add(sumsAt(wallet, at), 'fees', fee);
  return starts.map((start) => {
    const ofWallet = byWallet.get(start.wallet) ?? [];
    const next = ofWallet[start.cycle - (ofWallet[0]?.cycle ?? 0) + 1];
    const last = end.wallets.find(({ wallet }) => wallet === start.wallet);
    const sum = sums.get(start);
    return {
      wallet: start.wallet,
      cycle: start.cycle,
      startedAt: start.at,
      endedAt: next?.at ?? null,
      reason: next?.reason ?? null,
      anchor: start.anchor,
      unitSize: start.unitSize,
      equityAtStart: start.equity,
      equityAtEnd: next?.equity ?? last?.equity ?? start.equity,
      peakUnit: next?.peakUnit ?? last?.peakUnit ?? 0,
      valleyUnit: next?.valleyUnit ?? last?.valleyUnit ?? 0,
      fills: sum?.fills ?? 0,
      levelsDown: sum?.levelsDown.size ?? 0,
      fees: plain(sum?.fees ?? ZERO),
      funding: plain(sum?.funding ?? ZERO),
    };
  });
}

/** The sums of the cycle a wallet was in just before a time; times of one wallet come in order, per kind of row anew. */
function cursor(byWallet: ReadonlyMap<WalletName, readonly CycleStart[]>, sums: ReadonlyMap<CycleStart, CycleSums>): (wallet: WalletName, at: number) => CycleSums | undefined {
  return (wallet, at) => {
    const starts = byWallet.get(wallet) ?? [];
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as CycleStart).at < at) low = middle + 1;
      else high = middle;
    }
    const start = starts[Math.max(0, low - 1)];
    return start === undefined ? undefined : sums.get(start);
  };
}

function add(sum: CycleSums | undefined, kind: 'fees' | 'funding', amount: DecimalString): void {
  if (sum !== undefined) sum[kind] = sum[kind].plus(amount);
}

function total(amounts: readonly DecimalString[]): D {
  return amounts.reduce((sum, amount) => sum.plus(dec(amount)), ZERO);
}
