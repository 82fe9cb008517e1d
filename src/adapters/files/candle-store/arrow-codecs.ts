/** Decompression for Arrow files of others; this program writes uncompressed ones, which are read where they lie. */
import { decompress as unpackZstd } from 'fzstd';
// @ts-expect-error: the package brings no types
import * as lz4 from 'lz4js';
import { arrow } from './arrow-library.ts';

/** Returns how long the content is, also when it does not fit. */
const { decompressFrame } = lz4 as { readonly decompressFrame: (packed: Uint8Array, into: Uint8Array) => number };

/** Registers LZ4 frames and ZSTD, the two codecs of the format. */
export function registerArrowCodecs(): void {
  arrow.setCompressionCodec(arrow.CompressionType.LZ4_FRAME, { encode: refused, decode: unpackLz4 });
  arrow.setCompressionCodec(arrow.CompressionType.ZSTD, { encode: refused, decode: unpackZstdWhole });
}

function unpackLz4(packed: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  checkSize(decompressFrame(packed, bytes), size);
  return bytes;
}

function unpackZstdWhole(packed: Uint8Array, size: number): Uint8Array {
  const bytes = unpackZstd(packed, new Uint8Array(size));
  checkSize(bytes.length, size);
  return bytes;
}

function checkSize(found: number, expected: number): void {
  if (found !== expected) throw new Error(`a compressed column unpacks to ${found} bytes instead of ${expected}`);
}

function refused(): never {
  throw new Error('this program does not compress Arrow files');
}
