/** What the programs of the page are given: small facts as JSON, and how the columns beside it are read. */
import type { CandleColumns } from '../../domain/candle-columns.ts';
import type { RunMetrics, CycleMetrics } from '../run-metrics.ts';
import type { FillRow, RunRecord, WindowColumns } from '../run-record.ts';
import { WINDOW_ROLES } from '../run-record.ts';
import { embeddedCandles, packCandles } from './embedded-candles.ts';
import type { EmbeddedCandles } from './embedded-candles.ts';
import { ColumnPacker } from './packed-columns.ts';
import type { PackedColumn, PackedColumns } from './packed-columns.ts';
import type { ReportInput } from './report-input.ts';

export interface ReportFacts {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly from: number;
  readonly to: number;
  readonly capital: number;
  readonly firstPrice: number;
  readonly wallets: readonly string[];
  readonly windowRoles: readonly string[];
  /** Roles of fills, in the order their index counts. */
  readonly fillRoles: readonly string[];
  readonly phases: readonly string[];
  /** Reasons of cycles, in the order their index counts; the last one is of cycles that still run. */
  readonly cycleReasons: readonly string[];
  readonly priceDecimals: number;
  readonly bars: { readonly timeframeMs: number };
  readonly near: { readonly timeframeMs: number; readonly radius: number } | null;
  readonly operations: readonly { readonly at: number; readonly operation: string; readonly reason: string | null }[];
  readonly liquidations: readonly { readonly at: number; readonly wallet: string; readonly leg: string; readonly price: string; readonly amount: string; readonly fee: string }[];
  readonly gaps: readonly { readonly from: number; readonly until: number }[];
  readonly columns: readonly PackedColumn[];
  readonly nearColumns: readonly PackedColumn[];
}

export interface PackedReport {
  readonly facts: ReportFacts;
  readonly main: PackedColumns;
  readonly near: PackedColumns;
  readonly embedded: EmbeddedCandles;
}

export const PHASE_ORDER = ['ADVANCE', 'RETRACEMENT', 'DECLINE', 'RECOVERY', 'RESET'];
const STILL_RUNNING = 'running';

export function packedReport(input: ReportInput): PackedReport {
  const { record, candles } = input;
  const embedded = embeddedCandles(candles, record, input.budget);
  const main = new ColumnPacker();
  const near = new ColumnPacker();
  packCandles(main, 'bars', embedded.bars);
  packCurve(main, input);
  packHoldings(main, record);
  packWindows(main, record.windows, priceScale(record, candles));
  const fillRoles = packFills(main, record);
  packPhases(main, record);
  const cycleReasons = packCycles(main, input.metrics, record);
  if (embedded.near !== null) packCandles(near, 'near', embedded.near);
  const [packedMain, packedNear] = [main.packed(), near.packed()];
  const [base = '', rest = ''] = record.symbol.split('/');
  return {
    embedded,
    main: packedMain,
    near: packedNear,
    facts: {
      symbol: record.symbol,
      base,
      quote: rest.split(':')[0] ?? '',
      from: record.from,
      to: record.to,
      capital: Number(record.capital),
      firstPrice: Number(record.firstPrice),
      wallets: record.wallets,
      windowRoles: WINDOW_ROLES,
      fillRoles,
      phases: PHASE_ORDER,
      cycleReasons,
      priceDecimals: candles.priceDecimals,
      bars: { timeframeMs: embedded.bars.timeframeMs },
      near: embedded.near === null ? null : { timeframeMs: embedded.near.timeframeMs, radius: embedded.radius },
      operations: record.operations,
      liquidations: record.liquidations,
      gaps: input.origin.data.find(({ what }) => what === 'candles')?.gaps ?? [],
      columns: packedMain.columns,
      nearColumns: packedNear.columns,
    },
  };
}

/** Decimals that every price of the run has room in: levels lie on the tick, which may be finer than the candles' prices. */
function priceScale(record: RunRecord, candles: CandleColumns): number {
  const decimals = (price: string): number => price.split('.')[1]?.length ?? 0;
  return record.cycles.reduce((most, { anchor, unitSize }) => Math.max(most, decimals(anchor), decimals(unitSize)), candles.priceDecimals);
}

function packCurve(packer: ColumnPacker, { curve, record }: ReportInput): void {
  const cut = (values: Float64Array): Float64Array => values.subarray(0, curve.length);
  packer.differences('curve.at', cut(curve.at)).drawn('curve.price', cut(curve.price)).drawn('curve.equity', cut(curve.equity));
  for (const i of record.wallets.keys()) packer.drawn(`curve.equity.${i}`, cut(curve.wallets[i] ?? new Float64Array(0)));
}

function packHoldings(packer: ColumnPacker, { holdings, wallets }: RunRecord): void {
  const cut = (values: Float64Array | undefined): Float64Array => (values ?? new Float64Array(0)).subarray(0, holdings.length);
  packer.differences('holdings.at', cut(holdings.at));
  for (const i of wallets.keys()) packer.drawn(`holdings.balance.${i}`, cut(holdings.balance[i])).drawn(`holdings.position.${i}`, cut(holdings.position[i]));
}

/** By the time they began to rest. */
function packWindows(packer: ColumnPacker, windows: WindowColumns, decimals: number): void {
  const order = Int32Array.from({ length: windows.length }, (_, i) => i).sort((a, b) => (windows.from[a] ?? 0) - (windows.from[b] ?? 0) || a - b);
  const column = (value: (row: number) => number): Float64Array => Float64Array.from(order, value);
  packer
    .bytes('windows.wallet', column((row) => windows.wallet[row] ?? 0))
    .bytes('windows.role', column((row) => windows.role[row] ?? 0))
    .differences('windows.price', column((row) => Math.round((windows.price[row] ?? 0) * 10 ** decimals)), { decimals })
    .differences('windows.from', column((row) => windows.from[row] ?? 0))
    .integers('windows.rested', column((row) => (windows.until[row] ?? 0) - (windows.from[row] ?? 0)));
}

/** Rows as the tables and tooltips show them: money as its exact text. */
function packFills(packer: ColumnPacker, { fills, wallets }: RunRecord): string[] {
  const roles = [...new Set(fills.map(({ role }) => role))];
  const roleIndex = new Map(roles.map((role, i) => [role, i]));
  const text = (value: (fill: FillRow) => string): string[] => fills.map(value);
  packer
    .differences('fills.at', fills.map(({ at }) => at))
    .bytes('fills.wallet', fills.map(({ wallet }) => wallets.indexOf(wallet)))
    .differences('fills.cycle', fills.map(({ cycle }) => cycle))
    .bytes('fills.role', fills.map(({ role }) => roleIndex.get(role) ?? 0))
    .bytes('fills.sell', fills.map(({ side }) => Number(side === 'sell')))
    .bytes('fills.taker', fills.map(({ takerOrMaker }) => Number(takerOrMaker === 'taker')))
    .bytes('fills.leveled', fills.map(({ level }) => Number(level !== null)))
    .integers('fills.level', fills.map(({ level }) => level ?? 0))
    .texts('fills.leg', text(({ leg }) => leg))
    .texts('fills.price', text(({ price }) => price))
    .texts('fills.amount', text(({ amount }) => amount))
    .texts('fills.fee', text(({ fee }) => fee))
    .texts('fills.slippage', text(({ slippage }) => slippage));
  return roles;
}

function packPhases(packer: ColumnPacker, { phases, wallets }: RunRecord): void {
  packer
    .differences('phases.at', phases.map(({ at }) => at))
    .bytes('phases.of', phases.map((row) => (row.of === 'plan' ? wallets.length : wallets.indexOf(row.of))))
    .bytes('phases.phase', phases.map(({ phase }) => PHASE_ORDER.indexOf(phase)));
}

function packCycles(packer: ColumnPacker, { cycleRows }: RunMetrics, { wallets, to }: RunRecord): string[] {
  const reasons = [...new Set(cycleRows.flatMap(({ reason }) => (reason === null ? [] : [reason])))];
  const reasonIndex = new Map(reasons.map((reason, i): [string | null, number] => [reason, i]));
  const text = (value: (row: CycleMetrics) => string): string[] => cycleRows.map(value);
  packer
    .bytes('cycles.wallet', cycleRows.map(({ wallet }) => wallets.indexOf(wallet)))
    .differences('cycles.cycle', cycleRows.map(({ cycle }) => cycle))
    .differences('cycles.from', cycleRows.map(({ startedAt }) => startedAt))
    .integers('cycles.length', cycleRows.map(({ startedAt, endedAt }) => (endedAt ?? to) - startedAt))
    .bytes('cycles.reason', cycleRows.map(({ reason }) => reasonIndex.get(reason) ?? reasons.length))
    .bytes('cycles.whipsaw', cycleRows.map(({ isWhipsaw }) => Number(isWhipsaw)))
    .texts('cycles.anchor', text(({ anchor }) => anchor))
    .texts('cycles.unit', text(({ unitSize }) => unitSize))
    .texts('cycles.result', text(({ result }) => result))
    .texts('cycles.share', text(({ resultShare }) => (resultShare === null ? '' : resultShare.toFixed(6))))
    .texts('cycles.fees', text(({ fees }) => fees))
    .texts('cycles.funding', text(({ funding }) => funding))
    .texts('cycles.slippage', text(({ slippage }) => slippage))
    .integers('cycles.peak', cycleRows.map(({ peakUnit }) => peakUnit))
    .integers('cycles.valley', cycleRows.map(({ valleyUnit }) => valleyUnit))
    .integers('cycles.fills', cycleRows.map(({ fills }) => fills));
  return [...reasons, STILL_RUNNING];
}
