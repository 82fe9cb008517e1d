// Loaded into the bot before everything else (`--import`), also into its threads: writes down what each write to the embedded database
// replaced, and each sync, so that power-cut.ts can take back what a power cut would have lost. Changes nothing the bot can see.
//
// HEDGEROW_POWER_CUT_LOG: the file to write; HEDGEROW_POWER_CUT_FOLDER: the database's folder, absolute. A record is a line of JSON, for
// writes followed by `bytes` raw bytes. It is complete before the write it is about begins.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { sep } from 'node:path';

const logPath = process.env.HEDGEROW_POWER_CUT_LOG;
const folder = `${process.env.HEDGEROW_POWER_CUT_FOLDER}${sep}`;
const { openSync, closeSync, writeSync, readSync, fstatSync, statSync, fsyncSync, fdatasyncSync, unlinkSync, renameSync } = fs;

/** Inode by descriptor, of files in the folder. */
const watched = new Map();
let log = null;

function note(record, bytes = null) {
  log ??= openSync(logPath, 'a');
  const head = Buffer.from(`${JSON.stringify(record)}\n`);
  const whole = bytes === null ? head : Buffer.concat([head, bytes]);
  for (let written = 0; written < whole.length; ) written += writeSync(log, whole, written);
}

function inodeAt(path) {
  return String(path).startsWith(folder) ? statSync(path, { throwIfNoEntry: false })?.ino : undefined;
}

fs.openSync = (path, ...rest) => {
  const descriptor = openSync(path, ...rest);
  if (String(path).startsWith(folder)) watched.set(descriptor, fstatSync(descriptor).ino);
  return descriptor;
};

fs.closeSync = (descriptor) => {
  watched.delete(descriptor);
  closeSync(descriptor);
};

fs.writeSync = (descriptor, buffer, offset, length, position) => {
  const inode = watched.get(descriptor);
  if (inode !== undefined) {
    if (typeof position !== 'number') throw new Error('the power cut recorder knows writes at a position only');
    const { size } = fstatSync(descriptor);
    const old = Buffer.alloc(Math.max(0, Math.min(length, size - position)));
    if (old.length > 0) readSync(descriptor, old, 0, old.length, position);
    note({ type: 'write', inode, position, length, size, bytes: old.length }, old);
  }
  return writeSync(descriptor, buffer, offset, length, position);
};

for (const [name, sync] of [['fsyncSync', fsyncSync], ['fdatasyncSync', fdatasyncSync]]) {
  fs[name] = (descriptor) => {
    sync(descriptor);
    const inode = watched.get(descriptor);
    if (inode !== undefined) note({ type: 'sync', inode });
  };
}

fs.unlinkSync = (path) => {
  const inode = inodeAt(path);
  if (inode !== undefined) note({ type: 'gone', inode, path });
  unlinkSync(path);
};

fs.renameSync = (from, to) => {
  const inode = inodeAt(to);
  if (inode !== undefined) note({ type: 'gone', inode, path: to });
  if (inodeAt(from) !== undefined) note({ type: 'moved', path: from });
  renameSync(from, to);
};

syncBuiltinESMExports();
