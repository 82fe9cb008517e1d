/** Takes a file of any format into the store, when it has no faults; says what was seen in it. */
import { basename } from 'node:path';
import { HedgerowError } from '../../../domain/errors.ts';
import { parseTimeframe, timeframeText } from '../../../domain/timeframe.ts';
import { feedError } from '../csv-lines.ts';
import { sha256Of } from '../dataset/part-file.ts';
import type { DatasetKey } from './dataset-file.ts';
import type { OpenTable, Origin, Taken } from './open-table.ts';
import { isStoreTable } from './read-candle-file.ts';
import { readCandleTable, readFundingTable, readTableMetadata } from './read-table.ts';
import { readTableFile, type TableFile } from './read-table-file.ts';
import type { StoredKind } from './stored-dataset.ts';
import { tableError, type TableAudit } from './table-fault.ts';
import { tableFileFacts } from './table-file-facts.ts';

/** What is said about a file; null: what its name or content says. */
export interface ImportWish {
  readonly path: string;
  readonly source: string | null;
  readonly symbol: string | null;
  readonly timeframe: string | null;
  readonly kind: StoredKind | null;
}

/** A file without faults, ready to be put into the store. */
export interface ReadyImport {
  readonly key: DatasetKey;
  readonly rows: number;
  readonly audit: Pick<TableAudit, 'gaps' | 'missing'>;
  /** Of a trade tape, whose candles were made here. */
  readonly tradeCount: number | null;
  /** Into the table of its key. */
  takeInto(table: OpenTable, isReplacing: boolean): Promise<Taken>;
}

const SOURCE = /^[a-z0-9][a-z0-9.-]{0,60}$/i;
const SYMBOL = /^[^\s/:]{1,40}\/[A-Z0-9]{1,20}(?::[A-Z0-9]{1,20})?$/;

/** Throws INPUT_INVALID when something has to be said about the file, FEED_INVALID naming every faulty row. */
export async function prepareImport(wish: ImportWish): Promise<ReadyImport> {
  const origin = async (): Promise<Origin> => ({ file: basename(wish.path), sha256: await sha256Of(wish.path) });
  if (isStoreTable(wish.path)) return ownTable(wish, origin);
  const facts = tableFileFacts(wish.path);
  const kind = wish.kind ?? facts.kind;
  const timeframeMs = wish.timeframe === null ? facts.timeframeMs : parseTimeframe(wish.timeframe);
  const file = await readTableFile(wish.path, { kind, timeframeMs, isShared: false });
  if (file.table.faultCount > 0) throw tableError(wish.path, file.table, file.rowWord);
  const key = {
    source: said(wish, 'source', wish.source ?? facts.source),
    symbol: said(wish, 'symbol', wish.symbol ?? facts.symbol),
    kind: kindOf(wish, kind, file),
    timeframeMs: file.shape === 'funding' ? null : statedTimeframe(wish, timeframeMs, file.table.stepMs),
  };
  return {
    key: checkedKey(key),
    rows: file.table.columns.length,
    audit: file.table,
    tradeCount: file.shape === 'candles' ? file.tradeCount : null,
    takeInto: async (table, isReplacing) => (file.shape === 'funding' ? table.takeFunding(file.table.columns, await origin(), isReplacing) : table.takeCandles(file.table.columns, await origin(), isReplacing)),
  };
}

/** A table of another store: it says all by itself. */
function ownTable(wish: ImportWish, origin: () => Promise<Origin>): ReadyImport {
  const { path, source, symbol, kind, timeframe } = wish;
  const metadata = readTableMetadata(path);
  if (metadata === null) throw feedError({ path, line: null }, 'this is no table of this program', 'get it again');
  const isOther = (kind !== null && kind !== metadata.kind) || (timeframe !== null && parseTimeframe(timeframe) !== metadata.timeframeMs);
  if (isOther) throw new HedgerowError('INPUT_INVALID', `${path} holds ${metadata.kind}${metadata.timeframeMs === null ? '' : ` of ${timeframeText(metadata.timeframeMs)}`}; leave --kind and --timeframe away`);
  const key = checkedKey({ source: source ?? metadata.source, symbol: symbol ?? metadata.symbol, kind: metadata.kind, timeframeMs: metadata.timeframeMs });
  return {
    key,
    rows: metadata.rows,
    audit: { gaps: [], missing: 0 },
    tradeCount: null,
    takeInto: async (table, isReplacing) => (key.kind === 'funding' ? table.takeFunding(readFundingTable(path), await origin(), isReplacing) : table.takeCandles(readCandleTable(path), await origin(), isReplacing)),
  };
}

function said(wish: ImportWish, flag: 'source' | 'symbol', value: string | null): string {
  if (value !== null) return value;
  const example = flag === 'source' ? '--source binanceusdm' : '--symbol BTC/USDT:USDT';
  const what = flag === 'source' ? 'which exchange its rows are of' : 'which market its rows are of';
  throw new HedgerowError('INPUT_INVALID', `${wish.path}: its name does not say ${what}; say it, such as ${example}`);
}

function statedTimeframe({ path }: ImportWish, timeframeMs: number | null, stepMs: number | null): number {
  if (timeframeMs !== null) return timeframeMs;
  const hint = stepMs === null || stepMs % 1_000 !== 0 ? '1m' : timeframeText(stepMs);
  throw new HedgerowError('INPUT_INVALID', `${path}: its name does not say how long its candles are${stepMs === null ? '' : `; its rows are ${hint} apart`}; say it, such as --timeframe ${hint}`);
}

/** Mark-price candles have no volume; candles without any volume that nobody called either are not guessed. */
function kindOf({ path }: ImportWish, kind: StoredKind | null, file: TableFile): StoredKind {
  if (file.shape === 'funding') return 'funding';
  if (kind === 'mark' || kind === 'candles') return kind;
  if (file.table.isVolumeZero && file.tradeCount === null) throw new HedgerowError('INPUT_INVALID', `${path}: all volumes are 0, as in candles of the mark price; say --kind mark, or --kind candles`);
  return 'candles';
}

function checkedKey(key: DatasetKey): DatasetKey {
  if (!SOURCE.test(key.source)) throw new HedgerowError('INPUT_INVALID', `--source ${JSON.stringify(key.source)} cannot name a folder; write letters, digits, - and ., such as binanceusdm`);
  if (!SYMBOL.test(key.symbol)) throw new HedgerowError('INPUT_INVALID', `--symbol ${JSON.stringify(key.symbol)} is no symbol as ccxt writes it; write it such as BTC/USDT:USDT`);
  if (key.timeframeMs !== null) timeframeText(key.timeframeMs);
  return key;
}
