/** The lock on a data folder: exactly one holder, whatever the order of arrivals, and none after a death (I16). */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockDataDir } from '../../../src/adapters/postgres/data-dir-lock.ts';
import { buildStore, outputOf, type BuiltStore } from './built-store.ts';
import { temporaryFolder, type TemporaryFolder } from './test-database.ts';

const ROUNDS = 20;
const RIVALS = 6;

/** Says whether it got the lock, holds it until it is told to end by a signal. */
const HOLDER = `
import { lockDataDir } from './src/adapters/postgres/data-dir-lock.js';
try {
  await lockDataDir(process.argv[2]);
  console.log('held');
  setInterval(() => {}, 1000);
} catch (error) {
  console.log(error.code);
}`;

let folder: TemporaryFolder;
let built: BuiltStore;

beforeAll(() => {
  folder = temporaryFolder();
  built = buildStore();
});

afterAll(() => {
  folder?.remove();
  built?.remove();
});

function newFolder(name: string): string {
  const path = join(folder.path, name);
  mkdirSync(path, { recursive: true });
  return path;
}

test('of several that come at once exactly one gets it, and releasing leaves nothing behind', async () => {
  const path = newFolder('at-once');
  for (let round = 0; round < ROUNDS; round += 1) {
    const results = await Promise.allSettled(Array.from({ length: RIVALS }, () => lockDataDir(path)));
    const held = results.filter((result) => result.status === 'fulfilled');
    expect(held.length).toBe(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'STORE_LOCKED' });
    await held[0]?.value.release();
    expect(readdirSync(path)).toEqual([]);
  }
});

test('of several processes that come at once exactly one gets it; killed with -9, it leaves the lock to the next', async () => {
  const path = newFolder('processes');
  const children = Array.from({ length: RIVALS }, () => built.run(HOLDER, path));
  const outputs = children.map((child) => outputOf(child));
  const first = await Promise.all(children.map((child) => new Promise<string>((resolve) => child.stdout!.once('data', (text) => resolve(String(text).trim())))));
  expect(first.toSorted()).toEqual([...Array<string>(RIVALS - 1).fill('STORE_LOCKED'), 'held']);
  const holder = children[first.indexOf('held')]!;
  await expect(lockDataDir(path)).rejects.toMatchObject({ code: 'STORE_LOCKED', message: expect.stringContaining(`pid ${holder.pid}`) });
  holder.kill('SIGKILL');
  await Promise.all(outputs);
  expect(readdirSync(path).length).toBe(1);
  const lock = await lockDataDir(path);
  expect(readdirSync(path).length).toBe(1);
  await lock.release();
});

test('a stopped holder that cannot answer still holds', async () => {
  const path = newFolder('stopped');
  const child = built.run(HOLDER, path);
  const output = outputOf(child);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  child.kill('SIGSTOP');
  await expect(lockDataDir(path)).rejects.toMatchObject({ code: 'STORE_LOCKED', message: expect.stringContaining(`pid ${child.pid}`) });
  child.kill('SIGKILL');
  await output;
});

test.runIf(process.platform === 'linux')('a folder with a path longer than a socket address can be locked', async () => {
  const path = newFolder(Array(12).fill('a-rather-long-name').join('/'));
  const lock = await lockDataDir(path);
  await expect(lockDataDir(path)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await lock.release();
  expect(readdirSync(path)).toEqual([]);
  await (await lockDataDir(path)).release();
});

test('a folder that cannot hold a lock is told by name', async () => {
  await expect(lockDataDir(join(folder.path, 'missing'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('missing') });
});
