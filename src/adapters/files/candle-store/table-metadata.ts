/**
 * What a file of the store says about itself, in the metadata of its Arrow schema: texts, so that any reader shows them. Read without the
 * library for schemas, which takes longer to load than a year of candles.
 */
import { HedgerowError } from '../../../domain/errors.ts';
import { parseTimeframe, timeframeText } from '../../../domain/timeframe.ts';
import { feedError } from '../csv-lines.ts';
import { CHECKSUM_KEY, NO_CHECKSUM } from './head-checksum.ts';
import { STORED_KINDS, type StoredDataset, type StoredKind } from './stored-dataset.ts';

/** Raised when an older program could misread the columns. */
const VERSION = 1;
/** Only files of this program have it. */
export const VERSION_KEY = 'hedgerow_version';

/** A file that rows came from. */
export interface SourceFile {
  readonly file: string;
  readonly sha256: string;
  readonly rows: number;
  /** Times of its first and last row, ISO. */
  readonly from: string;
  readonly to: string;
}

export interface TableMetadata extends Omit<StoredDataset, 'path'> {
  /** Of candles: a price is `value / 10^priceDecimals`. */
  readonly priceDecimals: number;
  readonly sourceFiles: readonly SourceFile[];
}

/** Still without its checksum. */
export function metadataText({ source, symbol, kind, timeframeMs, priceDecimals, rows, from, to, sourceFiles }: TableMetadata): Map<string, string> {
  return new Map([
    [VERSION_KEY, String(VERSION)],
    ['exchange', source],
    ['symbol', symbol],
    ['kind', kind],
    ...(timeframeMs === null ? [] : ([['timeframe', timeframeText(timeframeMs)], ['price_decimals', String(priceDecimals)], ['price_unit', `open, high, low and close are whole numbers of 10^-${priceDecimals}`]] as const)),
    ['rows', String(rows)],
    ['from_ms', String(from)],
    ['to_ms', String(to)],
    ['source_files', JSON.stringify(sourceFiles)],
    [CHECKSUM_KEY, NO_CHECKSUM],
  ]);
}

/** Null when the file was not written by this program. Throws STORE_TOO_NEW, or FEED_INVALID when what it says cannot be understood. */
export function readMetadata(path: string, texts: ReadonlyMap<string, string> | null | undefined): TableMetadata | null {
  const version = texts?.get(VERSION_KEY);
  if (version === undefined || texts === null || texts === undefined) return null;
  if (Number(version) > VERSION) throw new HedgerowError('STORE_TOO_NEW', `${path} was written by a newer version of hedgerow; update this one, or import the data again into another folder`);
  const kind = STORED_KINDS.find((each) => each === texts.get('kind'));
  const [source, symbol, timeframe, sourceFiles] = [texts.get('exchange'), texts.get('symbol'), texts.get('timeframe'), sourceFilesOf(texts.get('source_files') ?? '')];
  const [priceDecimals = Number.NaN, rows = Number.NaN, from = Number.NaN, to = Number.NaN] = ['price_decimals', 'rows', 'from_ms', 'to_ms'].map((key) => wholeNumber(texts.get(key) ?? (key === 'price_decimals' && kind === 'funding' ? '0' : '')));
  const isWhole = kind !== undefined && source !== undefined && symbol !== undefined && sourceFiles !== null && [priceDecimals, rows, from, to].every(Number.isSafeInteger);
  if (!isWhole || rows < 1 || (kind !== 'funding' && timeframe === undefined)) throw feedError({ path, line: null }, 'its metadata cannot be understood', 'move it away and import its data again');
  return { source, symbol, kind, timeframeMs: timeframeOf(kind, timeframe), priceDecimals, rows, from, to, sourceFiles };
}

/** NaN for anything else. */
function wholeNumber(text: string): number {
  return /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}

function sourceFilesOf(text: string): readonly SourceFile[] | null {
  const list = json(text);
  return Array.isArray(list) && list.every(isSourceFile) ? list : null;
}

function isSourceFile(value: unknown): value is SourceFile {
  if (typeof value !== 'object' || value === null) return false;
  const { file, sha256, rows, from, to } = value as Partial<Record<keyof SourceFile, unknown>>;
  return [file, sha256, from, to].every((text) => typeof text === 'string') && typeof rows === 'number';
}

function timeframeOf(kind: StoredKind, timeframe: string | undefined): number | null {
  return kind === 'funding' || timeframe === undefined ? null : parseTimeframe(timeframe);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
