/**
 * The data a plan is tried on, from files or the candle store: candles cut to the period, what lies before them for units of ATR, mark
 * prices, funding and finer candles. Each table is read once for all plans; parts of it are views. What is missing is an error with its
 * remedy, or a gap that is told.
 */
import { openCandleStore } from '../../adapters/files/candle-store/open-candle-store.ts';
import { isTradeHeader } from '../../adapters/files/candle-store/csv-table.ts';
import { readCandleFile, readFundingFile } from '../../adapters/files/candle-store/read-candle-file.ts';
import type { CandleStore, StoredDataset } from '../../adapters/files/candle-store/stored-dataset.ts';
import { candleGaps, candlesBetween, fundingBetween, fundingGaps, type Gap } from '../../backtest/candle-range.ts';
import { coarserCandles } from '../../backtest/coarser-candles.ts';
import { filledCandles } from '../../backtest/filled-candles.ts';
import type { DataOrigin, RunAssumptions } from '../../backtest/run-origin.ts';
import type { CandleColumns, FundingColumns } from '../../domain/candle-columns.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { timeframeText } from '../../domain/timeframe.ts';
import { inputError } from '../command-input.ts';
import { placeOf } from '../fetch/dataset-names.ts';
import { firstLineOf } from '../run/first-line.ts';
import type { DataWish } from './backtest-wish.ts';
import { candlesOrigin, fundingOrigin } from './data-origin.ts';
import { chosenDataset, iso, listed, periodWithin, type Period } from './dataset-choice.ts';
import { ASSUMED_INTERVAL_MS, assumedFunding } from './funding-choice.ts';
import { checkSameMarket } from './same-market.ts';
import { fileOfSymbol, namedSymbols } from './symbol-files.ts';
import { checkAtrBars, checkWarmUp, firstMeasurable, warmUpMs } from './warm-up.ts';

export interface PlanData {
  readonly period: Period;
  readonly candles: CandleColumns;
  readonly history: CandleColumns | null;
  readonly mark: CandleColumns | null;
  readonly funding: FundingColumns | null;
  readonly detail: CandleColumns | null;
  readonly fundingAssumption: RunAssumptions['funding'];
  readonly origins: readonly DataOrigin[];
  /** Candles, mark prices and settlements that are missing within the period, in words. */
  readonly missing: readonly string[];
  /** What was chosen where nothing was said, in words. */
  readonly notes: readonly string[];
}

/** A plan to be tried: a strategy and the file it comes from, for messages. */
export interface PlanOfFile {
  readonly file: string;
  readonly strategy: Strategy;
}

export interface DeskOptions {
  /** Worker threads will read the columns. */
  readonly isShared: boolean;
  /** Fingerprints of the data will be seen. */
  readonly isHashed: boolean;
}

/** A table of candles, and where it comes from. */
interface Table {
  /** A file's path as given, or that of the store. */
  readonly path: string;
  /** Null for files. */
  readonly dataset: StoredDataset | null;
  readonly candles: CandleColumns;
}

/** Trades are made into bars of this length. */
const TRADE_BARS_MS = 1_000;
/** Settlements on both sides of the period tell the interval there. */
const FUNDING_MARGIN_MS = 3 * 86_400_000;
const GAPS_SHOWN_MAX = 5;

export class DataDesk {
  readonly #wish: DataWish;
  readonly #plans: readonly PlanOfFile[];
  readonly #symbols: readonly string[];
  readonly #options: DeskOptions;
  readonly #store: CandleStore;
  readonly #tables = new Map<string, Promise<Table>>();

  constructor(wish: DataWish, plans: readonly PlanOfFile[], options: DeskOptions) {
    this.#wish = wish;
    this.#plans = plans;
    this.#symbols = [...new Set(plans.map(({ strategy }) => strategy.symbol))];
    this.#options = options;
    this.#store = openCandleStore(wish.folder);
  }

  /** The plans there are candles for, and which are left out, in words. Throws INPUT_INVALID when files are given for none. */
  plansWithData(): { readonly plans: readonly PlanOfFile[]; readonly leftOut: readonly string[] } {
    const { candles } = this.#wish;
    if (candles.length === 0) return { plans: this.#plans, leftOut: [] };
    const has = ({ strategy }: PlanOfFile): boolean => fileOfSymbol(candles, strategy.symbol, this.#symbols, '--candles') !== null;
    const plans = this.#plans.filter(has);
    if (plans.length === 0) {
      throw inputError(`the strategies trade ${this.#symbols.join(', ')}, the candles are of ${namedSymbols(candles)}; to try a strategy on another market add --set symbol=…, and --set exchange.market.tickSize=… and amountStep=… that suit it`);
    }
    return { plans, leftOut: this.#plans.filter((plan) => !has(plan)).map(({ strategy }) => `${strategy.name} is left out: there is no --candles file of ${strategy.symbol}`) };
  }

  /** Throws INPUT_INVALID for what is missing, FEED_INVALID for files that are wrong. */
  async dataOf({ file, strategy }: PlanOfFile): Promise<PlanData> {
    const { areGapsAllowed } = this.#wish;
    const { table, period: asked, source } = await this.#candlesOf(file, strategy);
    checkAtrBars(file, strategy, table.candles.timeframeMs);
    const { period, notes } = this.#begun(file, strategy, table, asked);
    const candles = candlesBetween(table.candles, period.from, period.to);
    if (candles.length === 0) throw inputError(`${table.path} has no candle between ${iso(period.from)} and ${iso(period.to)}; give a --from and --to between which one opens`);
    const history = warmUpMs(strategy) === 0 ? null : candlesBetween(table.candles, period.from - warmUpMs(strategy), period.from);
    checkWarmUp(file, strategy, history, candles.at[0] ?? period.from);
    const mark = await this.#markOf(strategy, source, candles, period);
    const funding = await this.#fundingOf(strategy, source, period);
    const detail = await this.#detailOf(strategy, candles, period);
    const origin = (what: Exclude<DataOrigin['what'], 'funding'>, name: string, columns: CandleColumns): DataOrigin => candlesOrigin(what, name, columns, this.#options.isHashed);
    return {
      period,
      candles,
      history,
      mark: mark?.candles ?? null,
      funding: funding.columns,
      detail: detail?.candles ?? null,
      fundingAssumption: funding.assumption,
      origins: [
        origin('candles', sourceName(table), candles),
        ...(history === null || history.length === 0 ? [] : [origin('history', sourceName(table), history)]),
        ...(mark === null ? [] : [origin('mark', sourceName(mark), mark.candles)]),
        ...(funding.origin === null ? [] : [funding.origin]),
        ...(detail === null ? [] : [origin('detail', sourceName(detail), detail.candles)]),
      ],
      missing: areGapsAllowed ? [] : [...missingCandles('candle', candles, sourceName(table)), ...(mark === null ? [] : missingCandles('mark-price candle', mark.candles, sourceName(mark))), ...funding.missing],
      notes,
    };
  }

  // ---- candles ---------------------------------------------------------------------------------------------------------

  async #candlesOf(file: string, strategy: Strategy): Promise<{ readonly table: Table; readonly period: Period; readonly source: string | null }> {
    const { candles: paths, timeframeMs } = this.#wish;
    if (paths.length > 0) {
      const path = fileOfSymbol(paths, strategy.symbol, this.#symbols, '--candles');
      if (path === null) throw inputError(`${file} trades ${strategy.symbol}, the candles are of ${namedSymbols(paths)}`);
      const table = await this.#file(path, timeframeMs);
      return { table, period: this.#periodInFile(table), source: this.#wish.source };
    }
    const source = this.#wish.source ?? placeOfData(strategy);
    const tables = await this.#store.find({ symbol: strategy.symbol, kind: 'candles' });
    const { dataset, period } = chosenDataset(tables, this.#wish, { symbol: strategy.symbol, folder: this.#wish.folder, timeframeMs, source });
    const range = { from: Math.max(dataset.from, period.from - this.#longestWarmUp(strategy.symbol)), to: period.to };
    return { table: await this.#stored(dataset, timeframeMs, range), period, source: dataset.source };
  }

  /** The whole file when no period is asked for. Throws INPUT_INVALID for a period the file does not cover. */
  #periodInFile({ path, candles }: Table): Period {
    const data = { from: candles.at[0] ?? 0, to: (candles.at[candles.length - 1] ?? 0) + candles.timeframeMs };
    const period = periodWithin(this.#wish, data);
    if (period.from < data.from || period.to > data.to) throw inputError(`${path} has ${reach(candles)}, and ${iso(period.from)} to ${iso(period.to)} is asked for; give a --from and --to within, or more candles`);
    return period;
  }

  /** Without --from a plan whose unit is an ATR begins when the data tell it. */
  #begun(file: string, strategy: Strategy, { candles, path }: Table, period: Period): { readonly period: Period; readonly notes: readonly string[] } {
    if (this.#wish.from !== null || warmUpMs(strategy) === 0) return { period, notes: [] };
    const from = firstMeasurable(strategy, candles);
    if (from === null || from >= period.to) throw inputError(`${file}: ${path} has ${reach(candles)}, too few candles to measure its unit (${unitText(strategy)}) even once; give more`);
    return { period: { ...period, from }, notes: [`${strategy.name} begins at ${iso(from)}, when its unit (${unitText(strategy)}) is known`] };
  }

  #longestWarmUp(symbol: string): number {
    return Math.max(...this.#plans.filter(({ strategy }) => strategy.symbol === symbol).map(({ strategy }) => warmUpMs(strategy)));
  }

  // ---- what goes with them ---------------------------------------------------------------------------------------------

  async #markOf(strategy: Strategy, source: string | null, candles: CandleColumns, period: Period): Promise<Table | null> {
    const { mark: paths, isMarkLast } = this.#wish;
    if (isMarkLast) return null;
    if (paths.length > 0) {
      const path = fileOfSymbol(paths, strategy.symbol, this.#symbols, '--mark');
      if (path === null) throw inputError(`there is no --mark file of ${strategy.symbol}: ${namedSymbols(paths)}; give one, or leave --mark away`);
      return this.#asMark(await this.#file(path, null), candles, period);
    }
    // Of the store only marks as fine as the candles are taken unasked: a mark price that stands for an hour is none.
    const tables = source === null ? [] : await this.#store.find({ symbol: strategy.symbol, kind: 'mark', source });
    const fitting = tables.find((table) => candles.timeframeMs % (table.timeframeMs ?? Infinity) === 0 && table.from <= period.from && table.to >= period.to);
    return fitting === undefined ? null : this.#asMark(await this.#stored(fitting, null, period), candles, period);
  }

  #asMark(table: Table, candles: CandleColumns, period: Period): Table {
    const { path, candles: given } = table;
    const covers = given.length > 0 && (given.at[0] ?? 0) <= (candles.at[0] ?? 0) && (given.at[given.length - 1] ?? 0) + given.timeframeMs >= (candles.at[candles.length - 1] ?? 0);
    if (!covers) throw inputError(`--mark ${path} has ${reach(given)}, the candles ${reach(candles)}; give mark prices of all of that time, or a period within`);
    checkSameMarket(`--mark ${path}`, given, candles);
    const fit = given.timeframeMs < candles.timeframeMs ? coarserCandles(given, candles.timeframeMs) : given;
    // The bar that is open when the first candle begins belongs to it.
    return { ...table, candles: candlesBetween(fit, period.from - fit.timeframeMs + 1, period.to) };
  }

  async #fundingOf(strategy: Strategy, source: string | null, period: Period): Promise<ChosenFunding> {
    const { funding: wish } = this.#wish;
    switch (wish.type) {
      case 'none':
        return { columns: null, assumption: { type: 'none' }, origin: null, missing: [] };
      case 'assumed': {
        const columns = assumedFunding(wish.rate, period.from, period.to);
        return { columns, assumption: { type: 'assumed', rate: wish.rate }, origin: fundingOrigin(`assumed every ${timeframeText(ASSUMED_INTERVAL_MS)}`, columns, period), missing: [] };
      }
      case 'files': {
        const path = fileOfSymbol(wish.paths, strategy.symbol, this.#symbols, '--funding');
        if (path === null) throw inputError(`there is no --funding file of ${strategy.symbol}: ${namedSymbols(wish.paths)}; give one, or --funding assume:0.01% or none for all`);
        return fundingFrom(path, await readFundingFile(path, around(period)), period);
      }
      case 'store': {
        const dataset = await this.#storedFunding(strategy, source, period);
        return fundingFrom(storedName(dataset), await this.#store.readFunding(dataset, around(period)), period);
      }
    }
  }

  async #storedFunding({ symbol }: Strategy, source: string | null, period: Period): Promise<StoredDataset> {
    const { folder } = this.#wish;
    const tables = await this.#store.find({ symbol, kind: 'funding', ...(source !== null && { source }) });
    const covering = tables.filter((table) => table.from < period.to && table.to > period.from);
    const [first, ...others] = covering;
    const remedy = 'say what to take instead: --funding FILE, --funding assume:0.01% (every 8 hours) or --funding none';
    if (first === undefined) {
      const there = tables.length === 0 ? `there is no funding of ${symbol}${source === null ? '' : ` from ${source}`} in ${folder}` : `the funding of ${symbol} in ${folder} (${listed(tables)}) has nothing of ${iso(period.from)} to ${iso(period.to)}`;
      const elsewhere = source === null ? [] : (await this.#store.find({ symbol, kind: 'funding' })).filter((table) => table.from < period.to && table.to > period.from);
      const other = elsewhere[0] === undefined ? `download it (hedgerow fetch EXCHANGE ${symbol} --since …)` : `take that of ${listed(elsewhere)} with --funding ${elsewhere[0].path}`;
      throw inputError(`${there}; ${other}, or ${remedy}`);
    }
    if (others.length > 0) throw inputError(`several funding histories of ${symbol} fit: ${listed(covering)}; choose with --source, or ${remedy}`);
    return first;
  }

  async #detailOf({ symbol }: Strategy, candles: CandleColumns, period: Period): Promise<Table | null> {
    const { detail: paths } = this.#wish;
    if (paths.length === 0) return null;
    const path = fileOfSymbol(paths, symbol, this.#symbols, '--detail');
    if (path === null) throw inputError(`there is no --detail file of ${symbol}: ${namedSymbols(paths)}; give one, or leave --detail away`);
    const isTrades = isTradeHeader(await firstLineOf(path));
    const table = await this.#file(path, isTrades ? TRADE_BARS_MS : null);
    const { timeframeMs } = table.candles;
    if (timeframeMs >= candles.timeframeMs || candles.timeframeMs % timeframeMs !== 0) throw inputError(`--detail ${path} has bars of ${timeframeText(timeframeMs)}, which do not lie within candles of ${timeframeText(candles.timeframeMs)}; give finer ones`);
    const within = candlesBetween(isTrades ? filledCandles(table.candles, candles.timeframeMs) : table.candles, period.from, period.to);
    if (within.length === 0) throw inputError(`--detail ${path} has ${reach(table.candles)}, nothing of ${iso(period.from)} to ${iso(period.to)}`);
    checkSameMarket(`--detail ${path}`, within, candles);
    return { ...table, candles: within };
  }

  // ---- tables, each read once ------------------------------------------------------------------------------------------

  #file(path: string, timeframeMs: number | null): Promise<Table> {
    return this.#once(`${path} ${timeframeMs}`, async () => {
      const isTrades = isTradeHeader(await firstLineOf(path));
      const candles = await readCandleFile(path, { isShared: this.#options.isShared, ...(isTrades && { timeframeMs: timeframeMs ?? TRADE_BARS_MS }) });
      return { path, dataset: null, candles: timeframeMs === null ? candles : coarserCandles(candles, timeframeMs) };
    });
  }

  #stored(dataset: StoredDataset, timeframeMs: number | null, range: Period): Promise<Table> {
    return this.#once(`${dataset.path} ${timeframeMs} ${range.from} ${range.to}`, async () => {
      const candles = await this.#store.readCandles(dataset, { ...range, isShared: this.#options.isShared });
      return { path: dataset.path, dataset, candles: timeframeMs === null ? candles : coarserCandles(candles, timeframeMs) };
    });
  }

  #once(key: string, read: () => Promise<Table>): Promise<Table> {
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const table = read();
    this.#tables.set(key, table);
    return table;
  }
}

interface ChosenFunding {
  readonly columns: FundingColumns | null;
  readonly assumption: RunAssumptions['funding'];
  readonly origin: DataOrigin | null;
  readonly missing: readonly string[];
}

function fundingFrom(name: string, all: FundingColumns, period: Period): ChosenFunding {
  const columns = fundingBetween(all, period.from, period.to);
  const gaps = fundingGaps(all, period.from, period.to);
  const isAllMissing = columns.length === 0 && gaps.some(({ from, to }) => from <= period.from && to >= period.to);
  if (isAllMissing) throw inputError(`${name} has no funding between ${iso(period.from)} and ${iso(period.to)}; give a file that has, or --funding assume:0.01% or --funding none`);
  return { columns, assumption: { type: 'history', rows: columns.length }, origin: fundingOrigin(name, columns, period, gaps), missing: missingText('settlement', gaps, null, name) };
}

/** A plan of a real exchange is tried on that exchange's data. */
function placeOfData({ exchange }: Strategy): string | null {
  return exchange.id === 'simulated' ? null : placeOf(exchange.id, exchange.connection?.environment ?? 'production');
}

function around({ from, to }: Period): Period {
  return { from: from - FUNDING_MARGIN_MS, to: to + FUNDING_MARGIN_MS };
}

function sourceName({ path, dataset }: Table): string {
  return dataset === null ? path : storedName(dataset);
}

function storedName({ source, symbol }: StoredDataset): string {
  return `${source} ${symbol}`;
}

function reach({ at, length, timeframeMs }: CandleColumns): string {
  return length === 0 ? 'no candles' : `${timeframeText(timeframeMs)} candles from ${iso(at[0] ?? 0)} to ${iso((at[length - 1] ?? 0) + timeframeMs)}`;
}

function unitText({ unit }: Strategy): string {
  return unit.type === 'atr' ? `an ATR of ${unit.length} bars of ${unit.timeframe}` : unit.type;
}

function missingCandles(what: string, candles: CandleColumns, from: string): string[] {
  const gaps = candleGaps(candles);
  return missingText(what, gaps, gaps.reduce((sum, gap) => sum + gap.missing, 0), from);
}

function missingText(what: string, gaps: readonly Gap[], count: number | null, from: string): string[] {
  if (gaps.length === 0) return [];
  const shown = gaps.slice(0, GAPS_SHOWN_MAX).map((gap) => `${iso(gap.from)} to ${iso(gap.to)}`);
  const rest = gaps.length - shown.length;
  return [`${from}: ${count === null ? `${what}s are` : count === 1 ? `1 ${what} is` : `${count} ${what}s are`} missing: ${shown.join(', ')}${rest > 0 ? `, and ${rest} more gaps` : ''}`];
}
