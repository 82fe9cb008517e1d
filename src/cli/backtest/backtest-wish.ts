/** What `hedgerow backtest` was asked for, read from its command line. What depends on the data is worked out where the data is. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseOverride, type Override } from '../../adapters/yaml/overrides.ts';
import type { FillModel } from '../../backtest/fill-model.ts';
import type { PathOrder } from '../../backtest/run-record.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { parseTimeframe } from '../../domain/timeframe.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import { dataDirOf } from '../data-dir.ts';
import { feesOf, type ChosenFees } from './fees-option.ts';
import { fundingWishOf, type FundingWish } from './funding-choice.ts';
import { checkOutputs } from './output-paths.ts';

export interface OutputWish {
  /** One document of all plans to standard output, in the place of the summary. */
  readonly isJson: boolean;
  readonly json: string | null;
  /** Of one plan only. */
  readonly trades: string | null;
  readonly equity: string | null;
  readonly html: string | null;
  /** Folder for everything of every plan. */
  readonly out: string | null;
}

export interface DataWish {
  /** `<data>/data`. */
  readonly folder: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly timeframeMs: number | null;
  readonly candles: readonly string[];
  /** Of the candle store. */
  readonly source: string | null;
  readonly mark: readonly string[];
  /** Mark price is the last price, whatever the store has. */
  readonly isMarkLast: boolean;
  readonly funding: FundingWish;
  readonly detail: readonly string[];
  readonly areGapsAllowed: boolean;
}

export interface BacktestWish {
  readonly paths: readonly string[];
  readonly overrides: readonly Override[];
  /** As given with --set. */
  readonly overrideTexts: readonly string[];
  readonly data: DataWish;
  readonly path: PathOrder;
  readonly fills: FillModel;
  readonly slippage: DecimalString | null;
  readonly fees: ChosenFees | null;
  readonly tiersFile: string | null;
  readonly threads: number;
  readonly output: OutputWish;
  readonly given: GivenTexts;
}

/** Options as they were written, for the command that makes a result again. */
export interface GivenTexts {
  readonly timeframe: string | null;
  readonly fees: string | null;
  readonly slippage: string | null;
  readonly rangeSlippage: string | null;
  readonly volumeShare: string | null;
  readonly maxStopSlip: string | null;
  readonly funding: readonly string[];
  readonly dataFolder: string | null;
}

const PATHS = ['ohlc', 'worst', 'best'] as const;
const THREADS_MAX = 256;
/** `--json strategy.yaml` would write over it. */
const STRATEGY_FILE = /\.ya?ml$/i;
const MARK_LAST = 'last';
const OUTPUT_FILES = ['json', 'trades', 'equity', 'html'] as const;
/** Words such as `none` among them are no files, and are in the way of a file of that name only. */
const INPUT_FILES = ['candles', 'mark', 'funding', 'detail', 'tiers'] as const;

/** Throws INPUT_INVALID. */
export function backtestWishOf(input: CommandInput): BacktestWish {
  const overrideTexts = input.texts('set');
  return {
    paths: input.argumentList(0),
    overrides: overrideTexts.map((text) => parseOverride(text, '--set')),
    overrideTexts,
    data: dataWishOf(input),
    path: input.choice('path', PATHS, 'ohlc'),
    fills: { rangeSlippage: input.fraction('range-slippage') ?? '0', volumeShare: input.fraction('volume-share', { above: '0' }), maxStopSlip: input.fraction('max-stop-slip', { below: '100' }) },
    slippage: input.fraction('slippage', { atMost: '50' }),
    fees: feesOf(input.text('fees')),
    tiersFile: input.text('tiers'),
    threads: input.whole('threads', 1, THREADS_MAX) ?? Math.min(availableParallelism(), THREADS_MAX),
    output: outputWishOf(input),
    given: {
      timeframe: input.text('timeframe'),
      fees: input.text('fees'),
      slippage: input.text('slippage'),
      rangeSlippage: input.text('range-slippage'),
      volumeShare: input.text('volume-share'),
      maxStopSlip: input.text('max-stop-slip'),
      funding: input.texts('funding'),
      dataFolder: input.text('data'),
    },
  };
}

function dataWishOf(input: CommandInput): DataWish {
  const timeframe = input.text('timeframe');
  const marks = input.texts('mark');
  const isMarkLast = marks.includes(MARK_LAST);
  if (isMarkLast && marks.length > 1) throw inputError(`--mark ${MARK_LAST} means that no mark price is used; leave the other --mark away`);
  return {
    folder: join(dataDirOf(input), 'data'),
    from: input.text('from'),
    to: input.text('to'),
    timeframeMs: timeframe === null ? null : timeframeOf(timeframe),
    candles: input.texts('candles'),
    source: input.text('source'),
    mark: isMarkLast ? [] : marks,
    isMarkLast,
    funding: fundingWishOf(input.texts('funding')),
    detail: input.texts('detail'),
    areGapsAllowed: input.flag('allow-gaps'),
  };
}

function timeframeOf(text: string): number {
  try {
    return parseTimeframe(text);
  } catch (error) {
    throw inputError(`--timeframe: ${(error as Error).message}`);
  }
}

function outputWishOf(input: CommandInput): OutputWish {
  const fileOf = (name: string): string | null => {
    const path = input.text(name);
    if (path === null) return null;
    if (path.trim() === '') throw inputError(`--${name} is empty; name a file`);
    if (STRATEGY_FILE.test(path)) throw inputError(`--${name} ${path} would write over a strategy file; name the strategy before the options, or another file after --${name}`);
    return path;
  };
  const wish: OutputWish = { isJson: input.flag('json'), json: fileOf('json'), trades: fileOf('trades'), equity: fileOf('equity'), html: fileOf('html'), out: fileOf('out') };
  checkOutputs(
    OUTPUT_FILES.flatMap((name) => (wish[name] === null ? [] : [{ option: `--${name}`, path: wish[name] }])),
    INPUT_FILES.flatMap((name) => [...input.texts(name), input.text(name) ?? []].flat().map((path) => ({ option: `--${name}`, path }))),
  );
  return wish;
}
