/**
 * The checksum of what a table's file says about itself, kept in its own metadata: a length there that is wrong by one bit would send a
 * reader of Arrow, which trusts them, through billions of entries. The head is the beginning of the file up to the first column.
 */
import { createHash } from 'node:crypto';

export const CHECKSUM_KEY = 'head_sha256';
const MARK = 'head-sha256:';
const HEX_CHARS = 64;
/** What the checksum is taken over stands here as zeros. */
export const NO_CHECKSUM = `${MARK}${'0'.repeat(HEX_CHARS)}`;

/** In the file format the stream of messages begins here. */
export const STREAM_START = 8;
/** A message begins with four bytes of ones and the length of its metadata. */
export const PREFIX_BYTES = 8;

/** Where the metadata of the message that begins at `start` ends; `head` holds its prefix. */
export function messageEnd(head: Buffer, start: number): number {
  return start + PREFIX_BYTES + head.readInt32LE(start + PREFIX_BYTES / 2);
}

/** Writes the checksum of the head of a new file, which says `NO_CHECKSUM`, wherever that stands. */
export function sealHead(file: Uint8Array): void {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const head = bytes.subarray(0, messageEnd(bytes, messageEnd(bytes, STREAM_START)));
  const checksum = MARK + checksumOf(head);
  for (let place = bytes.indexOf(NO_CHECKSUM); place !== -1; place = bytes.indexOf(NO_CHECKSUM, place)) place += bytes.write(checksum, place, 'latin1');
}

/** False when a bit of the head is not as it was written. */
export function isHeadSound(head: Buffer): boolean {
  const place = head.indexOf(MARK);
  if (place === -1) return false;
  const stated = head.toString('latin1', place + MARK.length, place + MARK.length + HEX_CHARS);
  const unsealed = Buffer.from(head);
  unsealed.write(NO_CHECKSUM, place, 'latin1');
  return checksumOf(unsealed) === stated;
}

function checksumOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
