/**
 * Two or more results side by side, the first one being what the others are held against: what was set otherwise, whether they stand on
 * the same data and assumptions, every figure with its difference, and where their fills part ways. Pure; text and JSON come from it.
 */
import { differenceOf } from '../../backtest/exact-sum.ts';
import { FILL_COLUMNS } from '../../backtest/result-document.ts';
import type { FillTuple, ResultDocument, RunDocument } from '../../backtest/result-document.ts';
import type { CycleMetrics } from '../../backtest/run-metrics.ts';
import type { DataOrigin } from '../../backtest/run-origin.ts';
import { figureRows } from './figure-rows.ts';
import type { FigureKind, FigureValue } from './figure-rows.ts';
import { settingDifferences } from './settings-diff.ts';
import type { SettingDifference } from './settings-diff.ts';

export interface ResultFile {
  readonly file: string;
  readonly document: ResultDocument;
}

export interface FigureComparison {
  readonly name: string;
  readonly kind: FigureKind;
  /** By file; null: not said, or nothing of that name. */
  readonly values: readonly FigureValue[];
  /** Of each value to the first, exact for money; null where one is not said. */
  readonly differences: readonly FigureValue[];
  readonly isSame: boolean;
}

export type NamedFill = Readonly<Record<string, string | number | null>>;

/** The first two fills, at the same place of both runs, that are not the same. */
export interface FillPair {
  /** Fills that are the same in both, from the beginning. */
  readonly sameFills: number;
  /** Of the earlier one. */
  readonly at: number;
  /** Null: there is none any more. */
  readonly first: NamedFill | null;
  readonly other: NamedFill | null;
  /** Columns in which the two differ; empty where one is missing. */
  readonly columns: readonly string[];
}

/** Where the fills of a file leave those of the first. */
export interface Parting {
  readonly file: string;
  /** In anything, also in what they cost. Null: never. */
  readonly money: FillPair | null;
  /** In what was done when: time, wallet, cycle, order, level. Null: never. */
  readonly way: FillPair | null;
  /** The first cycle of each wallet that came out otherwise. */
  readonly cycles: readonly CyclePair[];
}

export interface CyclePair {
  readonly wallet: string;
  readonly cycle: number;
  readonly first: CycleMetrics | null;
  readonly other: CycleMetrics | null;
}

export interface PlanComparison {
  readonly plan: string;
  readonly runs: readonly { readonly file: string; readonly plan: string; readonly symbol: string; readonly strategyHash: string; readonly resultHash: string }[];
  readonly isSameResult: boolean;
  readonly settings: readonly SettingDifference[];
  readonly assumptions: readonly SettingDifference[];
  /** What differs in the data the runs stand on. */
  readonly data: readonly SettingDifference[];
  /** What makes figures hard to compare, as sentences. */
  readonly warnings: readonly string[];
  readonly figures: readonly FigureComparison[];
  /** One for each file after the first. */
  readonly partings: readonly Parting[];
}

export interface Comparison {
  readonly files: readonly { readonly file: string; readonly build: string; readonly plans: readonly string[] }[];
  /** Plans that are not in every file. */
  readonly unmatched: readonly { readonly plan: string; readonly files: readonly string[] }[];
  readonly plans: readonly PlanComparison[];
}

interface FiledRun {
  readonly file: string;
  readonly build: string;
  readonly run: RunDocument;
}

/** Files of one plan each are compared whatever their plans are called; others plan by plan, by name. */
export function compareResults(files: readonly ResultFile[]): Comparison {
  const isOneEach = files.every(({ document }) => document.runs.length === 1);
  const names = isOneEach ? [files[0]?.document.runs[0]?.plan ?? ''] : [...new Set(files.flatMap(({ document }) => document.runs.map(({ plan }) => plan)))];
  const groups = names.map((plan) => ({
    plan,
    runs: files.flatMap(({ file, document: { build, runs } }): FiledRun[] => {
      const run = isOneEach ? runs[0] : runs.find((each) => each.plan === plan);
      return run === undefined ? [] : [{ file, build, run }];
    }),
  }));
  return {
    files: files.map(({ file, document: { build, runs } }) => ({ file, build, plans: runs.map(({ plan }) => plan) })),
    unmatched: groups.filter(({ runs }) => runs.length < files.length).map(({ plan, runs }) => ({ plan, files: runs.map(({ file }) => file) })),
    plans: groups.filter(({ runs }) => runs.length === files.length).map(({ plan, runs }) => comparePlan(plan, runs)),
  };
}

function comparePlan(plan: string, filed: readonly FiledRun[]): PlanComparison {
  const runs = filed.map(({ run }) => run);
  const settings = settingDifferences(runs.map(({ strategy }) => strategy.resolved));
  const assumptions = settingDifferences(runs.map((run) => run.assumptions));
  const data = settingDifferences(runs.map(dataFacts));
  const isSameResult = runs.every(({ resultHash }) => resultHash === runs[0]?.resultHash);
  const [first, ...others] = filed;
  return {
    plan,
    runs: filed.map(({ file, run }) => ({ file, plan: run.plan, symbol: run.symbol, strategyHash: run.strategy.hash, resultHash: run.resultHash })),
    isSameResult,
    settings,
    assumptions,
    data,
    warnings: warningsOf(filed, { settings, assumptions, data, isSameResult }),
    figures: compareFigures(runs),
    partings: first === undefined ? [] : others.map((other) => partingOf(first.run, other)),
  };
}

/** What makes two runs of the same strategy comparable. Names of files are not in it: content is. */
function dataFacts({ symbol, data, figures }: RunDocument): unknown {
  const facts = ({ rows, hash, timeframeMs, gaps }: DataOrigin) => ({ rows, hash, timeframeMs, gaps: gaps.length });
  return { symbol, from: isoOf(figures.from), to: isoOf(figures.to), ...Object.fromEntries(data.map((origin) => [origin.what, facts(origin)])) };
}

function isoOf(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}

interface Differences {
  readonly settings: readonly SettingDifference[];
  readonly assumptions: readonly SettingDifference[];
  readonly data: readonly SettingDifference[];
  readonly isSameResult: boolean;
}

function warningsOf(filed: readonly FiledRun[], { settings, assumptions, data, isSameResult }: Differences): string[] {
  const differs = (...paths: readonly string[]): boolean => data.some(({ path }) => paths.includes(path));
  const isOtherBuild = new Set(filed.map(({ build }) => build)).size > 1;
  return [
    ...(differs('symbol') ? ['the symbols are not the same'] : []),
    ...(differs('from', 'to') ? ['the periods are not the same: figures of different spans are compared'] : []),
    ...(data.some(({ path }) => /\.(?:hash|rows|gaps)$/.test(path)) && !differs('from', 'to') ? ['the data are not the same, though the period is'] : []),
    ...(assumptions.length > 0 ? [`the assumptions are not the same: ${assumptions.map(({ path }) => path).join(', ')}`] : []),
    ...(isOtherBuild ? ['the results were made by different versions of hedgerow'] : []),
    ...(!isSameResult && !isOtherBuild && settings.length + assumptions.length + data.length === 0 ? ['settings, data and assumptions are the same and the results are not: one of the files was changed, or made by a changed hedgerow'] : []),
  ];
}

function compareFigures(runs: readonly RunDocument[]): FigureComparison[] {
  const rows = runs.map((run) => new Map(figureRows(run).map((row) => [row.name, row])));
  const kinds = new Map(rows.flatMap((each) => [...each.values()].map(({ name, kind }) => [name, kind] as const)));
  return [...kinds].map(([name, kind]) => {
    const values = rows.map((each) => each.get(name)?.value ?? null);
    const base = values[0] ?? null;
    return { name, kind, values, differences: values.map((value) => difference(base, value)), isSame: values.every((value) => value === base) };
  });
}

function difference(base: FigureValue, value: FigureValue): FigureValue {
  if (base === null || value === null) return null;
  return typeof base === 'string' || typeof value === 'string' ? differenceOf(String(value), String(base)) : value - base;
}

/** What was done, whatever it cost. */
const WAY_COLUMNS = FILL_COLUMNS.filter((column) => !['price', 'amount', 'fee', 'slippage'].includes(column));

function partingOf(first: RunDocument, { file, run }: FiledRun): Parting {
  const rows = [first.fills.rows, run.fills.rows] as const;
  return { file, money: firstApart(...rows, FILL_COLUMNS), way: firstApart(...rows, WAY_COLUMNS), cycles: firstCyclesApart(first, run) };
}

function firstApart(a: readonly FillTuple[], b: readonly FillTuple[], columns: readonly string[]): FillPair | null {
  let same = 0;
  while (same < a.length && same < b.length && !isApart(a[same], b[same], columns)) same += 1;
  const [one, two] = [a[same], b[same]];
  const times = [one, two].flatMap((fill) => (fill === undefined ? [] : [fill[0]]));
  if (times.length === 0) return null;
  const apart = one === undefined || two === undefined ? [] : FILL_COLUMNS.filter((_, index) => one[index] !== two[index]);
  return { sameFills: same, at: Math.min(...times), first: named(one), other: named(two), columns: apart };
}

function isApart(a: FillTuple | undefined, b: FillTuple | undefined, columns: readonly string[]): boolean {
  return FILL_COLUMNS.some((column, index) => columns.includes(column) && a?.[index] !== b?.[index]);
}

function named(fill: FillTuple | undefined): NamedFill | null {
  return fill === undefined ? null : Object.fromEntries(FILL_COLUMNS.map((column, index) => [column, fill[index] ?? null]));
}

/** A cycle that only ran on in one of them counts too: its end is another. */
function firstCyclesApart(first: RunDocument, other: RunDocument): CyclePair[] {
  const wallets = [...new Set([...first.figures.wallets, ...other.figures.wallets].map(({ wallet }) => wallet))];
  return wallets.flatMap((wallet) => {
    const [a, b] = [first, other].map(({ figures }) => figures.cycleRows.filter((row) => row.wallet === wallet)) as [CycleMetrics[], CycleMetrics[]];
    const index = Array.from({ length: Math.max(a.length, b.length) }, (_, each) => each).find((each) => JSON.stringify(a[each]) !== JSON.stringify(b[each]));
    if (index === undefined) return [];
    return [{ wallet, cycle: (a[index] ?? b[index])?.cycle ?? index, first: a[index] ?? null, other: b[index] ?? null }];
  });
}
