/**
 * The thread in which the embedded PostgreSQL (PGlite) runs, away from the price path: a query blocks its thread from start to end.
 *
 * Plain JavaScript, because neither the TypeScript build copies it nor can Node 20 start a worker from TypeScript; it is started from
 * `src/` in both cases. Serves I2: what was answered as committed survives power loss, which PGlite alone does not promise: it runs with
 * fsync off (`-F`) and its file system layer has no fsync. Both are mended below through private surface, so the version is pinned, the
 * mend is checked at every open, and a test counts the calls.
 *
 * workerData: { mode: 'create' | 'open', folder }. Messages in: { id, kind: 'query' | 'script' | 'fsyncs' | 'close', text, parameters };
 * with a `name` when the statement
 * is to stay prepared; out: { id, value } or { id, error }, once each, in order; first `{ id: 0 }` when the database is ready.
 */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, parse, protocol } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** Memory of the server's page cache. The working set is a few MB; PostgreSQL's default of 128 MB would be touched in full over time. */
const SHARED_BUFFERS = '16MB';

let fsyncs = 0;

class SyncingNodeFs extends NodeFS {
  async init(pg, options) {
    const result = await super.init(pg, options);
    const giveFsync = (module) => {
      module.NODEFS.stream_ops.fsync = (stream) => {
        fsyncs += 1;
        fsyncSync(stream.nfd);
        return 0;
      };
    };
    result.emscriptenOpts.preRun = [...(result.emscriptenOpts.preRun ?? []), giveFsync];
    return result;
  }
}

/** PGlite's own start parameters, with fsync on. `wal_sync_method` because its fdatasync is an empty stub. */
function startParams() {
  const defaults = PGlite.defaultStartParams;
  if (!defaults.includes('-F')) throw new Error('PGlite no longer starts with -F; its fsync mend has to be looked at again');
  return [...defaults.filter((parameter) => parameter !== '-F'), '-c', 'wal_sync_method=fsync', '-c', `shared_buffers=${SHARED_BUFFERS}`];
}

function openDatabase(folder) {
  return PGlite.create({ dataDir: folder, fs: new SyncingNodeFs(folder), startParams: startParams() });
}

function syncPath(path) {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The first start writes about a thousand files and syncs hardly any of them. */
function syncTree(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncPath(path);
  }
  syncPath(folder);
}

/** Builds a new database beside its final place and moves it there whole, so that a folder of that name is always complete. */
async function createDatabase(folder) {
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const database = await openDatabase(unfinished);
  await database.close();
  syncTree(unfinished);
  renameSync(unfinished, folder);
  syncPath(dirname(folder));
}

/** Commits something that leaves no trace but has to reach the disk, and sees whether it did. */
async function checkFsync(database) {
  const before = fsyncs;
  await database.query("select pg_logical_emit_message(true, 'hedgerow', 'fsync check')");
  if (fsyncs === before) throw new Error('a commit did not reach the disk (fsync was not called); this build of PGlite must not be used');
}

const prepared = new Set();

/** Like database.query, but the statement is parsed and planned once: a commit spends half its time there. */
async function queryPrepared(database, name, text, parameters) {
  const { serialize } = protocol;
  const send = (...messages) => database.execProtocol(Buffer.concat([...messages, serialize.sync()]));
  if (!prepared.has(name)) {
    await send(serialize.parse({ name, text }));
    prepared.add(name);
  }
  const values = parameters.map((value) => (value === null ? null : String(value)));
  const { messages } = await send(serialize.bind({ statement: name, values }), serialize.describe({ type: 'P' }), serialize.execute({}));
  return parse.parseResults(messages, database.parsers)[0].rows;
}

async function answer(database, { kind, text, parameters, name }) {
  switch (kind) {
    case 'query':
      return name === undefined ? (await database.query(text, parameters)).rows : await queryPrepared(database, name, text, parameters);
    case 'script':
      await database.exec(text);
      return null;
    case 'fsyncs':
      return fsyncs;
    case 'close':
      await database.close();
      return null;
    default:
      throw new Error(`unknown request ${kind}`);
  }
}

/** Errors of PGlite carry more than can be cloned between threads. */
function plainError(error) {
  return { message: String(error?.message ?? error), code: error?.code, constraint: error?.constraint };
}

try {
  if (workerData.mode === 'create') {
    await createDatabase(workerData.folder);
    parentPort.postMessage({ id: 0, value: null });
  } else {
    const database = await openDatabase(workerData.folder);
    await checkFsync(database);
    let last = Promise.resolve();
    parentPort.on('message', (request) => {
      last = last
        .then(() => answer(database, request))
        .then(
          (value) => parentPort.postMessage({ id: request.id, value }),
          (error) => parentPort.postMessage({ id: request.id, error: plainError(error) }),
        );
    });
    parentPort.postMessage({ id: 0, value: null });
  }
} catch (error) {
  parentPort.postMessage({ id: 0, error: plainError(error) });
}
