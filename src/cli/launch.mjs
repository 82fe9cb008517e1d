#!/usr/bin/env node
// The entry of `hedgerow`: in a checkout it compiles TypeScript to dist/ when dist/ is missing or older than the sources,
// then runs dist/src/main.js in this process. An installed package brings its dist/ along and is run as it is.
// Nothing is ever written to stdout here: stdout belongs to the command.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DIST = join(ROOT, 'dist');
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const SOURCE_FOLDERS = ['src', 'machines'];
const SOURCE_FILES = ['tsconfig.json', 'package.json'];
const STAMP_FILE = '.stamp';
/** Same code as every other fault of the input or the installation. */
const EXIT_CANNOT_RUN = 2;
/** The swap of two folders takes far below a millisecond; a lock this old was left by a process that died in it. */
const SWAP_LOCK_STALE_MS = 2_000;
/** A build folder this old was left by a process that died; no compile takes so long. */
const LEFTOVER_MS = 10 * 60_000;

/** One line per source file, so that any edit, removal or addition shows. Taken before compiling: later edits make it stale. */
function sourceStamp() {
  const lines = [];
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(ROOT, path));
    lines.push(`${path} ${size} ${mtimeMs}`);
  };
  const walk = (folder) => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (/\.(?:ts|json)$/.test(entry.name)) add(path);
    }
  };
  for (const folder of SOURCE_FOLDERS) if (existsSync(join(ROOT, folder))) walk(folder);
  for (const file of SOURCE_FILES) add(file);
  return `${lines.sort().join('\n')}\n`;
}

function builtStamp() {
  try {
    return readFileSync(join(DIST, STAMP_FILE), 'utf8');
  } catch {
    return null;
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(EXIT_CANNOT_RUN);
}

/** Compiles into a folder of this process and puts it in the place of dist/ in one step. */
async function build(stamp) {
  const { spawnSync } = await import('node:child_process');
  const startedAt = Date.now();
  if (process.stderr.isTTY) process.stderr.write('hedgerow: compiling the sources…\n');
  removeLeftovers(startedAt);
  const fresh = join(ROOT, `.dist-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  const tsc = spawnSync(process.execPath, [TSC, '-p', 'tsconfig.json', '--outDir', fresh], { cwd: ROOT, encoding: 'utf8' });
  if (tsc.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    fail(`${tsc.stdout ?? ''}${tsc.stderr ?? ''}${tsc.error?.message ?? ''}hedgerow: the sources do not compile; correct them, then run the command again`);
  }
  writeFileSync(join(fresh, STAMP_FILE), stamp);
  swap(fresh, stamp);
}

/** Under a lock, so that of two builders of the same sources the second never takes away what the first already runs from. */
function swap(fresh, stamp) {
  const lock = join(ROOT, '.dist-swap');
  const old = `${fresh}-old`;
  takeLock(lock);
  try {
    if (builtStamp() !== stamp) {
      if (existsSync(DIST)) renameSync(DIST, old);
      renameSync(fresh, DIST);
    }
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
}

function takeLock(lock) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      mkdirSync(lock);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const heldSince = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (heldSince !== undefined && Date.now() - heldSince > SWAP_LOCK_STALE_MS) rmSync(lock, { recursive: true, force: true });
    else Atomics.wait(pause, 0, 0, 5);
  }
}

function removeLeftovers(now) {
  for (const name of readdirSync(ROOT)) {
    if (!/^\.dist-\d+(?:-old)?$/.test(name)) continue;
    const since = statSync(join(ROOT, name), { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && now - since > LEFTOVER_MS) rmSync(join(ROOT, name), { recursive: true, force: true });
  }
}

const canBuild = existsSync(join(ROOT, 'tsconfig.json')) && existsSync(TSC);
if (canBuild) {
  const stamp = sourceStamp();
  if (builtStamp() !== stamp) await build(stamp);
} else if (!existsSync(join(DIST, 'src', 'main.js'))) {
  fail('hedgerow: dist/ is missing and cannot be built because TypeScript is not installed; run `npm ci` in the folder of package.json, then try again');
}
// npm runs scripts in the folder of package.json; the paths on the command line are meant from where the user stands.
const typedIn = process.env.INIT_CWD;
if (typedIn !== undefined && process.env.npm_lifecycle_event === 'hedgerow' && join(process.cwd(), '/') === join(ROOT, '/')) {
  delete process.env.INIT_CWD;
  process.chdir(typedIn);
}
if (process.argv[2] !== '--build-only') await import(pathToFileURL(join(DIST, 'src', 'main.js')).href);
