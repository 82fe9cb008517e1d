/** Files that are written whole: what fails leaves what was there, and nothing beside it. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeWhole } from '../../../src/adapters/files/dataset/durable-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-whole-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('replaces what was there', async () => {
  const path = join(folder, 'a.txt');
  await writeWhole(path, 'one');
  await writeWhole(path, 'two');
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(readdirSync(folder)).toEqual(['a.txt']);
});

test('that cannot be put in its place leaves nothing', async () => {
  const where = join(folder, 'full');
  mkdirSync(join(where, 'in-the-way'), { recursive: true });
  await expect(writeWhole(join(where, 'in-the-way'), 'three')).rejects.toThrow('in-the-way');
  expect(readdirSync(where)).toEqual(['in-the-way']);
});
