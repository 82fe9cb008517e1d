import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const ROOT = new URL('../..', import.meta.url).pathname;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A small checkout with the real launcher, whose main prints `says`, its arguments and its working folder. */
function checkout(says: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-launch-')));
  folders.push(folder);
  mkdirSync(join(folder, 'src', 'cli'), { recursive: true });
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true });
  copyFileSync(join(ROOT, 'src/cli/launch.mjs'), join(folder, 'src/cli/launch.mjs'));
  copyFileSync(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'launched', type: 'module', scripts: { hedgerow: 'node src/cli/launch.mjs' } }));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeMain(folder, says);
  return folder;
}

function writeMain(folder: string, says: string): void {
  writeFileSync(join(folder, 'src', 'main.ts'), `const said: string = '${says}';\nprocess.stdout.write([said, process.cwd(), ...process.argv.slice(2)].join('|'));\n`);
}

function run(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { INIT_CWD: _cwd, npm_lifecycle_event: _event, ...env } = process.env;
    const child = spawn(command, args, { cwd, env });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const launch = (folder: string, ...args: string[]) => run(process.execPath, [join(folder, 'src/cli/launch.mjs'), ...args], folder);
const builds = (folder: string) => readdirSync(folder).filter((name) => name.includes('dist'));

describe('launcher', () => {
  test('builds a fresh checkout, hands the arguments on, and prints nothing of its own', async () => {
    const folder = checkout('one');
    expect(await launch(folder, 'trace', '--seed', '1')).toEqual({ code: 0, stdout: `one|${folder}|trace|--seed|1`, stderr: '' });
    expect(builds(folder)).toEqual(['dist']);
  });

  test('builds again after an edit, an addition or a removal, and only then', async () => {
    const folder = checkout('one');
    await launch(folder);
    const builtAt = () => statSync(join(folder, 'dist/src/main.js')).ino;
    const first = builtAt();
    await launch(folder);
    expect(builtAt()).toBe(first);

    writeMain(folder, 'two');
    expect((await launch(folder)).stdout).toBe(`two|${folder}`);
    writeFileSync(join(folder, 'src', 'extra.ts'), 'export const extra = 1;\n');
    await launch(folder);
    expect(existsSync(join(folder, 'dist/src/extra.js'))).toBe(true);
    rmSync(join(folder, 'src', 'extra.ts'));
    await launch(folder);
    expect(existsSync(join(folder, 'dist/src/extra.js'))).toBe(false);
  });

  test('several at once, in a fresh checkout and after an edit, all run the current sources and leave one build', async () => {
    const folder = checkout('one');
    for (const says of ['one', 'two']) {
      writeMain(folder, says);
      const outcomes = await Promise.all(Array.from({ length: 4 }, () => launch(folder)));
      expect(outcomes).toEqual(Array.from({ length: 4 }, () => ({ code: 0, stdout: `${says}|${folder}`, stderr: '' })));
      expect(builds(folder)).toEqual(['dist']);
    }
  });

  test("sources that do not compile: tsc's messages on stderr, exit code 2, the last build untouched", async () => {
    const folder = checkout('one');
    await launch(folder);
    writeFileSync(join(folder, 'src', 'wrong.ts'), 'export const wrong: string = 1;\n');
    const outcome = await launch(folder);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toMatch(/src\/wrong\.ts.*TS2322[\s\S]*do not compile/);
    expect(builds(folder)).toEqual(['dist']);
    rmSync(join(folder, 'src', 'wrong.ts'));
    expect((await launch(folder)).stdout).toBe(`one|${folder}`);
  });

  test('--build-only builds and does not run', async () => {
    const folder = checkout('one');
    expect(await launch(folder, '--build-only')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(existsSync(join(folder, 'dist/src/main.js'))).toBe(true);
  });

  test('an installed package has no sources to compare: its dist is run as it is', async () => {
    const folder = checkout('one');
    await launch(folder);
    rmSync(join(folder, 'tsconfig.json'));
    writeMain(folder, 'two');
    expect((await launch(folder)).stdout).toBe(`one|${folder}`);
    rmSync(join(folder, 'dist'), { recursive: true });
    expect(await launch(folder)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/npm ci/) as string });
  });

  test('a lock left by a process that died in the swap is broken', async () => {
    const folder = checkout('one');
    mkdirSync(join(folder, '.dist-swap'));
    expect((await launch(folder)).stdout).toBe(`one|${folder}`);
    expect(builds(folder)).toEqual(['dist']);
  });

  test('npm run from a sub-directory sees the paths of that directory', async () => {
    const folder = checkout('one');
    const deep = join(folder, 'deep', 'er');
    expect(await run('npm', ['run', '--silent', 'hedgerow', '--', 'trace', 'x.yaml'], deep)).toMatchObject({ code: 0, stdout: `one|${deep}|trace|x.yaml` });
  });
});
