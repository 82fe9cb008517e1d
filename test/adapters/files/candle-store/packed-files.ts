/** Files as other programs write them, made for the tests: feather with and without compression, zip archives. */
import { CompressionType, Float64, TimestampMillisecond, compressionRegistry, tableToIPC, vectorFromArray, Table, type Vector } from 'apache-arrow';
import { Buffer } from 'node:buffer';
// @ts-expect-error: the package brings no types
import * as lz4 from 'lz4js';
import { ZipFile } from 'yazl';

export type Row = readonly [at: number, open: number, high: number, low: number, close: number, volume: number];

const { compress } = lz4 as { readonly compress: (bytes: Uint8Array) => Uint8Array };

/** As freqtrade has it: `date, open, high, low, close, volume`. */
export function feather(rows: readonly Row[], { isPacked = false } = {}): Buffer {
  const numbers = (column: number): Vector => vectorFromArray(rows.map((row) => row[column] as number), new Float64());
  const table = new Table({ date: vectorFromArray(rows.map(([at]) => new Date(at)), new TimestampMillisecond('UTC')), open: numbers(1), high: numbers(2), low: numbers(3), close: numbers(4), volume: numbers(5) });
  if (!isPacked) return Buffer.from(tableToIPC(table, 'file'));
  compressionRegistry.set(CompressionType.LZ4_FRAME, { encode: compress });
  return Buffer.from(tableToIPC(table, 'file', CompressionType.LZ4_FRAME));
}

export async function zip(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, text] of Object.entries(files)) archive.addBuffer(Buffer.from(text), name);
  archive.end();
  const pieces: Buffer[] = [];
  for await (const piece of archive.outputStream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
