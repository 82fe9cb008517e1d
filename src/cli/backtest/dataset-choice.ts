/** Which table of the candle store a plan is tried on: the finest that covers the period, and never a guess between several sources. */
import type { StoredDataset } from '../../adapters/files/candle-store/stored-dataset.ts';
import { didYouMean } from '../../adapters/yaml/problems.ts';
import { timeframeText } from '../../domain/timeframe.ts';
import { inputError } from '../command-input.ts';
import { sinceOf } from '../report/period.ts';

export interface Period {
  /** First moment, ms. */
  readonly from: number;
  /** The moment after the last one. */
  readonly to: number;
}

export interface PeriodTexts {
  readonly from: string | null;
  readonly to: string | null;
}

/** What is looked for, for messages. */
export interface ChoiceOf {
  readonly symbol: string;
  /** Folder of the store, for messages. */
  readonly folder: string;
  /** Null: any timeframe. */
  readonly timeframeMs: number | null;
  readonly source: string | null;
}

/** The period within data that reach from one moment to another. Throws INPUT_INVALID for texts that are no times, or an empty period. */
export function periodWithin(texts: PeriodTexts, data: Period): Period {
  const to = sinceOf(texts.to, data.to, '--to') ?? data.to;
  const from = sinceOf(texts.from, to, '--from') ?? data.from;
  if (from >= to) throw inputError(`the period from ${iso(from)} to ${iso(to)} holds nothing; ${texts.to === null ? `the data end at ${iso(data.to)}, give a --from before that` : 'give a --from before the --to'}`);
  return { from, to };
}

/** The table, and the period on it. `tables`: of one symbol, any source, the finest first. Throws INPUT_INVALID naming the choices. */
export function chosenDataset(tables: readonly StoredDataset[], texts: PeriodTexts, of: ChoiceOf): { readonly dataset: StoredDataset; readonly period: Period } {
  const ofSource = of.source === null ? tables : tables.filter(({ source }) => source === of.source);
  if (ofSource.length === 0) throw inputError(nothingThere(tables, of));
  // What has the very timeframe comes before what would have to be put together.
  const usable = ofSource
    .filter(({ timeframeMs }) => of.timeframeMs === null || isFineEnough(timeframeMs, of.timeframeMs))
    .toSorted((a, b) => Number(b.timeframeMs === of.timeframeMs) - Number(a.timeframeMs === of.timeframeMs));
  if (usable.length === 0) throw inputError(`no candles of ${of.symbol} in ${of.folder} can be made into bars of ${timeframeText(of.timeframeMs ?? 0)}; there are ${listed(ofSource)}`);
  const covering = usable.filter((table) => covers(table, texts));
  const [first] = covering;
  if (first === undefined) throw inputError(`no candles of ${of.symbol} in ${of.folder} cover ${periodText(texts)}; there are ${listed(usable)}; give another --from or --to, or download the rest with hedgerow fetch`);
  const equals = covering.filter((table) => table.timeframeMs === first.timeframeMs);
  if (equals.length > 1) throw inputError(`several candles of ${of.symbol} fit: ${listed(equals)}; choose with --source ${equals.map(({ source }) => source).join(' or --source ')}`);
  return { dataset: first, period: periodWithin(texts, first) };
}

function covers(table: StoredDataset, texts: PeriodTexts): boolean {
  const { from, to } = periodWithinOrNull(texts, table) ?? { from: -Infinity, to: Infinity };
  return from >= table.from && to <= table.to;
}

/** Null for a period that lies outside of the data altogether; texts that are no times still throw. */
function periodWithinOrNull(texts: PeriodTexts, data: Period): Period | null {
  const to = sinceOf(texts.to, data.to, '--to') ?? data.to;
  const from = sinceOf(texts.from, to, '--from') ?? data.from;
  return from < to ? { from, to } : null;
}

function isFineEnough(timeframeMs: number | null, wanted: number): boolean {
  return timeframeMs !== null && timeframeMs <= wanted && wanted % timeframeMs === 0;
}

function nothingThere(tables: readonly StoredDataset[], { symbol, folder, source }: ChoiceOf): string {
  if (source !== null && tables.length > 0) {
    const sources = [...new Set(tables.map((table) => table.source))];
    return `there are no candles of ${symbol} from ${JSON.stringify(source)} in ${folder}${didYouMean(source, sources)}; there are ${listed(tables)}; choose one with --source, or download with hedgerow fetch`;
  }
  return `there are no candles of ${symbol} in ${folder}; download them (hedgerow fetch bybit ${symbol} --since 365d), import files (hedgerow import FILE), or name a file with --candles FILE`;
}

export function listed(tables: readonly StoredDataset[]): string {
  return tables.map(({ source, timeframeMs, from, to }) => `${source}${timeframeMs === null ? '' : ` ${timeframeText(timeframeMs)}`} (${iso(from)} to ${iso(to)})`).join(', ');
}

function periodText({ from, to }: PeriodTexts): string {
  return [from === null ? null : `--from ${from}`, to === null ? null : `--to ${to}`].filter((text) => text !== null).join(' ') || 'the period';
}

/** `2025-10-10`, or with the time where it is not midnight. */
export function iso(at: number): string {
  const text = new Date(at).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.replace(/:00\.000Z$/, 'Z').replace('.000Z', 'Z');
}
