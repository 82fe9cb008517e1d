/**
 * Reads a table of the store. The Arrow library is shown the file's metadata in memory as large as the file, of which only the pages that
 * are filled exist; it says where each column lies, and of the columns only the rows that are asked for are read, straight into their place.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Table } from '@uwdata/flechette';
import type { CandleColumns, FundingColumns, PriceColumn } from '../../../domain/candle-columns.ts';
import { feedError } from '../csv-lines.ts';
import { arrow } from './arrow-library.ts';
import { PREFIX_BYTES, STREAM_START, isHeadSound, messageEnd } from './head-checksum.ts';
import type { ColumnOptions, StoredRange } from './stored-dataset.ts';
import { storedFault } from './stored-fault.ts';
import { VERSION_KEY, readMetadata, type TableMetadata } from './table-metadata.ts';

const MAGIC = 'ARROW1';
/** The end: end of stream, footer, length of the footer, magic. */
const TAIL_BYTES = 10;
/** Holds both messages of a file that came from some dozens of files; of others the rest is read as well. */
const HEAD_BYTES = 16 * 1_024;
const TIME_BYTES = 8;
const TIMES_PER_READ = 65_536;
const TWO_TO_32 = 2 ** 32;

/** Null when the file is no table of this program. Throws FEED_INVALID for one that is damaged. */
export function readTableMetadata(path: string): TableMetadata | null {
  return withFile(path, (file) => file.metadata);
}

/** Rows at or after `from` and before `to`. Throws FEED_INVALID for a file that is damaged or no table of candles of this program. */
export function readCandleTable(path: string, { from, to, isShared = false }: ColumnOptions = {}): CandleColumns {
  return withFile(path, (file) => {
    const { timeframeMs, priceDecimals } = file.metadata ?? { timeframeMs: null, priceDecimals: 0 };
    if (timeframeMs === null) throw feedError({ path, line: null }, 'this is no table of candles of this program', 'take it in with hedgerow import');
    const table = file.table(isShared);
    const times = file.view(table, 'timestamp');
    const [start, end] = file.range(times, { from, to });
    const values = (name: string): PriceColumn => {
      const view = file.view(table, name).subarray(start, end);
      if (!(view instanceof Int32Array) && !(view instanceof Float64Array)) throw file.damage(`its column ${name} has another type`);
      file.fill(view, view.byteOffset);
      return view;
    };
    const [open, high, low, close, volume] = [values('open'), values('high'), values('low'), values('close'), values('volume')];
    if (!(volume instanceof Float64Array)) throw file.damage('its column volume has another type');
    const columns: CandleColumns = { timeframeMs, length: end - start, priceDecimals, at: file.times(times, [start, end], isShared), open, high, low, close, volume };
    const fault = storedFault(columns);
    if (fault !== null) throw feedError({ path, line: null }, `row ${start + fault.index + 1}${fault.problem}`, 'the file is damaged or was changed: move it away and import its data again');
    return columns;
  });
}

/** As `readCandleTable`, of funding. */
export function readFundingTable(path: string, { from = -Infinity, to = Infinity }: StoredRange = {}): FundingColumns {
  return withFile(path, (file) => {
    if (file.metadata?.kind !== 'funding') throw feedError({ path, line: null }, 'this is no table of funding rates of this program', 'take it in with hedgerow import');
    const table = file.wholeTable();
    const times = table.getChild('timestamp').toArray() as ArrayLike<number>;
    const rates = table.getChild('rate').toArray() as ArrayLike<string>;
    const rows = Array.from({ length: times.length }, (_, row) => row).filter((row) => (times[row] as number) >= from && (times[row] as number) < to);
    return { length: rows.length, at: Float64Array.from(rows, (row) => times[row] as number), rate: rows.map((row) => rates[row] as string) };
  });
}

type View = Int32Array | Float64Array | BigInt64Array;

class TableFile {
  readonly #path: string;
  readonly #file: number;
  readonly #bytes: number;
  #head: Buffer;
  readonly metadata: TableMetadata | null;

  constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
    this.#bytes = fstatSync(file).size;
    this.#head = this.#read(0, Math.min(HEAD_BYTES, this.#bytes));
    if (this.#head.toString('latin1', 0, MAGIC.length) !== MAGIC) throw this.damage('it does not begin as an Arrow file');
    const schemaEnd = this.#messageEnd(STREAM_START);
    // Others may begin with another message.
    if (!this.#head.subarray(0, schemaEnd).includes(VERSION_KEY)) {
      this.metadata = null;
      return;
    }
    if (!isHeadSound(this.#head.subarray(0, this.#messageEnd(schemaEnd)))) throw this.damage('what it says about itself is not as it was written');
    this.metadata = readMetadata(path, this.#parsed(() => arrow.tableFromIPC(this.#head.subarray(STREAM_START, schemaEnd)).schema.metadata));
    if (this.#read(this.#bytes - MAGIC.length, MAGIC.length).toString('latin1') !== MAGIC) throw this.damage('it does not end as an Arrow file');
  }

  damage(problem: string, cause?: unknown): Error {
    return feedError({ path: this.#path, line: null }, problem, 'the file is damaged or cut off: move it away and import its data again', cause);
  }

  #read(position: number, bytes: number): Buffer {
    const piece = Buffer.alloc(Math.max(0, bytes));
    this.fill(piece, position);
    return piece;
  }

  fill(view: NodeJS.ArrayBufferView, position: number): void {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const count = position < 0 ? 0 : readSync(this.#file, bytes, done, bytes.length - done, position + done);
      if (count === 0) throw this.damage('it ends too early');
      done += count;
    }
  }

  /** Where the metadata of the message that begins at `start` ends; all of it is in the head then. */
  #messageEnd(start: number): number {
    this.#needHead(start + PREFIX_BYTES);
    const end = messageEnd(this.#head, start);
    if (end < start || end > this.#bytes) throw this.damage('it ends too early');
    this.#needHead(end);
    return end;
  }

  #needHead(bytes: number): void {
    if (bytes > this.#bytes) throw this.damage('it ends too early');
    if (bytes > this.#head.length) this.#head = this.#read(0, bytes);
  }

  /** Without its rows: the columns are views of memory that is still empty, at the same offsets as in the file. */
  table(isShared: boolean): Table {
    const memory = new Uint8Array(isShared ? new SharedArrayBuffer(this.#bytes) : new ArrayBuffer(this.#bytes));
    memory.set(this.#head);
    return this.#parsed(() => arrow.tableFromIPC(memory.subarray(STREAM_START, this.#bytes - TAIL_BYTES), { useBigInt: true }));
  }

  wholeTable(): Table {
    return this.#parsed(() => arrow.tableFromIPC(this.#read(0, this.#bytes)));
  }

  #parsed<Value>(parse: () => Value): Value {
    try {
      return parse();
    } catch (error) {
      throw this.damage(`it cannot be read (${(error as Error).message})`, error);
    }
  }

  view(table: Table, name: string): View {
    const batches = table.names.includes(name) ? table.getChild(name).data : [];
    const values = batches[0]?.values;
    const isView = values instanceof Int32Array || values instanceof Float64Array || values instanceof BigInt64Array;
    if (!isView || batches.length !== 1 || values.length !== this.metadata?.rows) throw this.damage(`its column ${name} is not as this program writes it`);
    return values;
  }

  /** The rows of a range, by bisection in the file. */
  range(times: View, { from = -Infinity, to = Infinity }: StoredRange): [start: number, end: number] {
    const position = (limit: number): number => {
      let [low, high] = [0, times.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (timeIn(this.#read(times.byteOffset + middle * TIME_BYTES, TIME_BYTES), 0) < limit) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    const start = from === -Infinity ? 0 : position(from);
    return [start, to === Infinity ? times.length : Math.max(start, position(to))];
  }

  times(times: View, [start, end]: readonly [number, number], isShared: boolean): Float64Array {
    const bytes = (end - start) * TIME_BYTES;
    const at = new Float64Array(isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    for (let row = start; row < end; row += TIMES_PER_READ) {
      const piece = this.#read(times.byteOffset + row * TIME_BYTES, Math.min(TIMES_PER_READ, end - row) * TIME_BYTES);
      const words = new Int32Array(piece.buffer, piece.byteOffset, piece.length / Int32Array.BYTES_PER_ELEMENT);
      putTimes(words, at, row - start);
    }
    return at;
  }
}

/** Whole milliseconds of 64 bits as floats; by halves, because BigInt is slow here. */
function putTimes(words: Int32Array, at: Float64Array, first: number): void {
  for (let index = 0; index < words.length; index += 2) at[first + index / 2] = (words[index + 1] as number) * TWO_TO_32 + ((words[index] as number) >>> 0);
}

function timeIn(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigInt64LE(offset));
}

function withFile<Value>(path: string, use: (file: TableFile) => Value): Value {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw feedError({ path, line: null }, 'the file cannot be opened', 'check the path and its permissions', error);
  }
  try {
    return use(new TableFile(path, file));
  } finally {
    closeSync(file);
  }
}
