/** The list of planted bugs fits the code as it compiles today: each text to be replaced is there once, and what comes of it parses. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changedFiles } from '../../src/campaign/planted/broken-copy.ts';
import { hunt } from '../../src/campaign/planted/hunt.ts';
import { huntText } from '../../src/campaign/planted/hunt-table.ts';
import type { PlantedBug } from '../../src/campaign/planted/planted-bug.ts';
import { PLANTED_BUGS } from '../../src/campaign/planted/planted-bugs.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
/** What the issue asks for at least. */
const BUGS_MIN = 25;

/** Found by the first seeds. */
const QUICK = ['send-before-commit', 'fee-sign'];
const QUICK_SEEDS = 2;

let built = '';

beforeAll(() => {
  built = mkdtempSync(join(ROOT, '.dist-planted-test-'));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'tsconfig.json'), '--outDir', built, '--sourceMap', 'false']);
});

afterAll(() => rmSync(built, { recursive: true, force: true }));

const read = (file: string): string => readFileSync(join(built, file), 'utf8');

test('there are enough of them, each named once, each with a story and a source', () => {
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(BUGS_MIN);
  expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
  for (const { name, story, source, edits } of PLANTED_BUGS) {
    expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    expect(story.includes('\n')).toBe(false);
    expect(Math.min(story.length, source.length, edits.length)).toBeGreaterThan(0);
  }
});

describe('planted in the compiled bot', () => {
  test.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))('%s changes what it says', (_, bug) => {
    const changed = changedFiles(bug, read);
    for (const [file, text] of changed) expect(text).not.toBe(read(file));
  });

  test('every changed file parses', () => {
    const texts = PLANTED_BUGS.flatMap((bug) => [...changedFiles(bug, read)].map(([file, text]) => ({ name: `${bug.name}: ${file}`, text })));
    expect(faultsOf(texts)).toEqual([]);
    expect(faultsOf([{ name: 'a slip of the pen', text: 'export const a = {;' }])).toHaveLength(1);
  });
});

test('a text that is not there, or there twice, is told with the name of the bug', () => {
  const bug: PlantedBug = { name: 'made-up', story: 'none', source: 'none', edits: [{ file: 'a.js', find: 'x', replace: 'y' }] };
  expect(() => changedFiles(bug, () => 'abc')).toThrow(/made-up.*0 times/);
  expect(() => changedFiles(bug, () => 'x x')).toThrow(/made-up.*2 times/);
  expect([...changedFiles(bug, () => 'x')]).toEqual([['a.js', 'y']]);
});

test('the campaign sees two of them, and nothing in a bot that is not broken', async () => {
  const harmless: PlantedBug = { name: 'harmless', story: 'an error says something else', source: 'none', edits: [{ file: 'src/engine/outbox.js', find: "'it never reached the exchange'", replace: "'it did not arrive'" }] };
  const bugs = [...PLANTED_BUGS.filter(({ name }) => QUICK.includes(name)), harmless];
  const results = await hunt(bugs, { root: ROOT, dist: built, firstSeed: 1, seeds: QUICK_SEEDS, workers: 2 });
  expect(results.map(({ bug, sight }) => [bug.name, sight?.invariant ?? null])).toEqual([
    ['send-before-commit', 'I2'],
    ['fee-sign', 'I14'],
    ['harmless', null],
  ]);
  expect(huntText(results)).toMatch(/2\/3 planted bugs found; .*not found: harmless/);
});

/** Parses modules in a process with the VM's modules switched on; gives what is wrong with them. */
function faultsOf(texts: readonly { readonly name: string; readonly text: string }[]): string[] {
  const input = join(built, 'texts.json');
  writeFileSync(input, JSON.stringify(texts));
  const program = `import { readFileSync } from 'node:fs';
    import { SourceTextModule } from 'node:vm';
    const faults = [];
    for (const { name, text } of JSON.parse(readFileSync(process.argv[1], 'utf8'))) try { new SourceTextModule(text); } catch (error) { faults.push(name + ': ' + error.message); }
    process.stdout.write(JSON.stringify(faults));`;
  return JSON.parse(execFileSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', '--input-type=module', '-e', program, input], { encoding: 'utf8' })) as string[];
}
