/**
 * What a power cut leaves of the embedded database's folder. The process ran under power-cut-recorder.mjs and was killed; here the writes
 * its disk had not been told to keep are taken back.
 *
 * The disk's model: a write is safe once its file was synced after it. Of the others each 4-KiB piece is lost or kept by itself (`some`), or
 * all are lost (`all`); bytes of a lost piece are what they were before, zero where there were none. What happens to folders (files made,
 * renamed, deleted) is kept, in order, as file systems with a journal do. `untilSync` is a disk that lies: it loses everything after a
 * chosen sync, also what was synced.
 */
import { closeSync, existsSync, ftruncateSync, fstatSync, openSync, readFileSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HedgerowError } from '../../domain/errors.ts';
import { packageRoot } from '../../adapters/postgres/package-root.ts';

export type DiskLoss =
  | { readonly type: 'all' }
  /** `isLost` is asked for each piece. */
  | { readonly type: 'some'; readonly isLost: () => boolean }
  /** Back to the state right after this sync, counted from 1. */
  | { readonly type: 'untilSync'; readonly sync: number };

export interface CutResult {
  /** Syncs the process made. */
  readonly syncs: number;
  /** Bytes that were taken back. */
  readonly lostBytes: number;
}

interface Write {
  readonly type: 'write';
  readonly inode: number;
  readonly position: number;
  readonly length: number;
  /** Of the file, before. */
  readonly size: number;
  readonly bytes: number;
}

type LogRecord = (Write & { readonly old: Buffer }) | { readonly type: 'sync'; readonly inode: number } | { readonly type: 'gone'; readonly inode: number } | { readonly type: 'moved' };

const PIECE_BYTES = 4_096;
const NEWLINE = 0x0a;

/** Environment that makes a bot with the embedded store in `dataDir` write down what it writes. */
export function recorderEnvironment(dataDir: string, logPath: string): Readonly<Record<string, string>> {
  const recorder = pathToFileURL(join(packageRoot(), 'src/campaign/storage/power-cut-recorder.mjs')).href;
  return { NODE_OPTIONS: `--import ${recorder}`, HEDGEROW_POWER_CUT_LOG: logPath, HEDGEROW_POWER_CUT_FOLDER: join(dataDir, 'db') };
}

/** Syncs one may go back to: after the last one before them, no file was deleted or renamed. */
export function reachableSyncs(logPath: string): { readonly first: number; readonly last: number } {
  let last = 0;
  let first = 1;
  for (const record of readLog(logPath)) {
    if (record.type === 'sync') last += 1;
    else if (record.type !== 'write') first = last + 1;
  }
  return { first, last };
}

/** Takes back what `loss` loses. The process is dead. Throws INPUT_INVALID for a sync that cannot be gone back to. */
export function cutPower(dataDir: string, logPath: string, loss: DiskLoss): CutResult {
  if (!existsSync(logPath)) return { syncs: 0, lostBytes: 0 };
  const records = readLog(logPath);
  const files = filesByInode(join(dataDir, 'db'));
  let lostBytes = 0;
  for (const write of lostWrites(records, loss, logPath).reverse()) {
    const path = files.get(write.inode);
    if (path !== undefined) lostBytes += takeBack(path, write, loss);
  }
  return { syncs: records.filter(({ type }) => type === 'sync').length, lostBytes };
}

function readLog(path: string): readonly LogRecord[] {
  const log = readFileSync(path);
  const records: LogRecord[] = [];
  for (let at = 0; at < log.length; ) {
    const end = log.indexOf(NEWLINE, at);
    if (end === -1) break;
    const record = JSON.parse(log.toString('utf8', at, end)) as Write | Exclude<LogRecord, Write>;
    const bytes = record.type === 'write' ? record.bytes : 0;
    at = end + 1 + bytes;
    // The last record may be torn: then its write never began.
    if (at > log.length) break;
    records.push(record.type === 'write' ? { ...record, old: log.subarray(end + 1, at) } : record);
  }
  return records;
}

/** Oldest first. */
function lostWrites(records: readonly LogRecord[], loss: DiskLoss, logPath: string): (Write & { readonly old: Buffer })[] {
  if (loss.type === 'untilSync') {
    const { first, last } = reachableSyncs(logPath);
    if (loss.sync < first || loss.sync > last) throw new HedgerowError('INPUT_INVALID', `sync ${loss.sync} is not among ${first} to ${last}, which the recording can go back to`);
    let sync = 0;
    return records.flatMap((record) => {
      if (record.type === 'sync') sync += 1;
      return record.type === 'write' && sync >= loss.sync ? [record] : [];
    });
  }
  const safeUntil = new Map<number, number>();
  records.forEach((record, index) => {
    if (record.type === 'sync' || record.type === 'gone') safeUntil.set(record.inode, index);
  });
  return records.flatMap((record, index) => (record.type === 'write' && index > (safeUntil.get(record.inode) ?? -1) ? [record] : []));
}

function filesByInode(folder: string): ReadonlyMap<number, string> {
  const files = new Map<number, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(statSync(path).ino, path);
  }
  return files;
}

/** Bytes taken back. */
function takeBack(path: string, write: Write & { readonly old: Buffer }, loss: DiskLoss): number {
  const file = openSync(path, 'r+');
  try {
    return loss.type === 'some' ? takeBackPieces(file, write, loss.isLost) : takeBackWhole(file, write);
  } finally {
    closeSync(file);
  }
}

function takeBackWhole(file: number, { position, length, size, old }: Write & { readonly old: Buffer }): number {
  const now = fstatSync(file).size;
  // It may have been cut shorter since.
  const back = old.subarray(0, Math.max(0, now - position));
  if (back.length > 0) writeSync(file, back, 0, back.length, position);
  if (now > size) ftruncateSync(file, size);
  return length;
}

function takeBackPieces(file: number, { position, length, old }: Write & { readonly old: Buffer }, isLost: () => boolean): number {
  const before = Buffer.concat([old, Buffer.alloc(length - old.length)]);
  const end = Math.min(length, Math.max(0, fstatSync(file).size - position));
  let lost = 0;
  for (let at = 0; at < end; at += PIECE_BYTES) {
    if (!isLost()) continue;
    const bytes = Math.min(PIECE_BYTES, end - at);
    writeSync(file, before, at, bytes, position + at);
    lost += bytes;
  }
  return lost;
}
