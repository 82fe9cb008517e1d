/** Around every command: help, version, exit codes, error messages, broken pipes, and what is loaded when. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, hedgerow, importedModules, removeTempFiles, run } from './hedgerow-process.ts';

const BTC = 'strategies/btc-rotation.yaml';

beforeAll(async () => {
  expect(await hedgerow(['--build-only'])).toMatchObject({ code: 0 });
});
afterAll(removeTempFiles);

describe('help', () => {
  const commandNames = async () => [...(await hedgerow(['--help'])).stdout.matchAll(/^ {2}([a-z-]+) (?:\[|<)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');

  test('lists the commands, an example of each, and the exit codes', async () => {
    const names = await commandNames();
    expect(names).toEqual(expect.arrayContaining(['check', 'trace']));
    const { code, stdout, stderr } = await hedgerow(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  hedgerow ${name}`, 'm'));
    expect(stdout).toMatch(/0 {2}done\n {2}1 {2}found something wrong\n {2}2 {2}wrong input/);
  });

  test('each command shows an example and only fitting lines', async () => {
    for (const name of await commandNames()) {
      const { code, stdout } = await hedgerow([name, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`Examples?:\n  hedgerow ${name}`));
      expect(stdout).toBe((await hedgerow(['help', name])).stdout);
      expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    }
  });

  test('the version is that of package.json', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await hedgerow(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('a wrong command line exits 2, names the nearest right word, and writes nothing to standard output', () => {
  test.each<[readonly string[], RegExp]>([
    [['trac'], /^hedgerow: unknown command 'trac'; did you mean trace\? see hedgerow --help \[INPUT_INVALID\]\n$/],
    [['help', 'chek'], /^hedgerow: unknown command 'chek'; did you mean check\?/],
    [['trace', BTC, '--prcies', '1'], /^hedgerow: unknown option '--prcies'; did you mean --prices\? see hedgerow trace --help \[INPUT_INVALID\]\n$/],
    [['check', BTC, '--jsno'], /did you mean --json\?/],
    [['trace'], /^hedgerow: missing required argument 'strategy'; see hedgerow trace --help \[INPUT_INVALID\]\n$/],
    [['check'], /^hedgerow: missing required argument 'file'/],
    [['trace', BTC, 'second', '--prices', '1'], /^hedgerow: too many arguments for 'trace'\. Expected 1 argument but got 2; see/],
    [['trace', BTC, '--prices'], /^hedgerow: option '--prices <list>' argument missing; see/],
    [['trace', BTC, '--prices', '1', '--prices', '2'], /^hedgerow: option '--prices <list>' argument '2' is invalid\. It is given twice; give it once; see/],
    [['status', '--data', ''], /^hedgerow: --data is empty; name a folder, or leave it away for \.hedgerow \[INPUT_INVALID\]\n$/],
    [['run', BTC, '--data', '/proc/hedgerow'], /^hedgerow: the data folder \/proc\/hedgerow cannot be made: .*name another folder \[STORE_UNAVAILABLE\]\n$/],
    [[], /no command was given \[INPUT_INVALID\]\n$/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await hedgerow(args);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test('HEDGEROW_DEBUG=1 adds the stack and its cause', async () => {
    const { code, stderr } = await hedgerow(['trace', 'missing.yaml', '--prices', '1'], { env: { HEDGEROW_DEBUG: '1' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^hedgerow: missing\.yaml does not exist.*\[INPUT_INVALID\]\nHedgerowError: [\s\S]*\n {4}at [\s\S]*caused by Error: ENOENT/);
  });
});

describe('what is loaded', () => {
  const HEAVY = /node_modules\/(?:ccxt|pg|@electric-sql|fast-check|pino|xstate|zod|yaml|decimal\.js)\//;

  test('--help loads commander and metadata, nothing else', async () => {
    for (const args of [['--help'], ['trace', '--help'], ['check', '--help'], ['--version']]) {
      const modules = await importedModules(args);
      expect(modules.some((url) => url.includes('/node_modules/commander/'))).toBe(true);
      expect(modules.filter((url) => HEAVY.test(url))).toEqual([]);
    }
  });

  test('check and trace load neither an exchange library nor a database', async () => {
    for (const args of [['check', BTC], ['trace', BTC, '--prices', '100000']]) {
      const modules = await importedModules(args);
      expect(modules.some((url) => url.includes('/node_modules/zod/'))).toBe(true);
      expect(modules.filter((url) => /node_modules\/(?:ccxt|pg|@electric-sql|fast-check|pino)\/|src\/adapters\/postgres\//.test(url))).toEqual([]);
    }
  });
});

describe('as it is called', () => {
  test('npm run --silent hedgerow and npx hedgerow give the same bytes as the launcher', async () => {
    const args = ['trace', BTC, '--prices', '100000,99000', '--json'];
    const direct = await hedgerow(args);
    expect(direct).toMatchObject({ code: 0, stderr: '' });
    for (const [command, ...before] of [['npm', 'run', '--silent', 'hedgerow', '--'], ['npx', 'hedgerow']] as const) {
      const { code, stdout } = await run(command, [...before, ...args]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: direct.stdout });
    }
  });

  test.runIf(existsSync('/dev/full'))('an output without room is told as that', async () => {
    const { stdout, stderr } = await run('bash', ['-c', `node src/cli/launch.mjs trace ${BTC} --prices 100000 --json > /dev/full; echo "code $?"`]);
    expect(stdout).toBe('code 2\n');
    expect(stderr).toMatch(/^hedgerow: standard output cannot be written: ENOSPC/);
  });

  test('a reader that goes away is no error', async () => {
    const prices = Array.from({ length: 5_000 }, (_, index) => 100_000 + (index % 7) * 10).join(',');
    const { stdout, stderr } = await run('bash', ['-c', `set -o pipefail; node src/cli/launch.mjs trace ${BTC} --prices ${prices} --json | head -1; echo "code $?"`]);
    expect(stdout).toMatch(/^\{"step":0,.*\}\ncode 0\n$/);
    expect(stderr).toBe('');
  });
});

describe('secrets on the command line are refused, and not repeated', () => {
  const CANARY = 'kAnArY5ecret';
  const HEX = `0x${'4c08'.repeat(16)}`;
  test.each([
    [['run', '--api-key', CANARY]],
    [['run', `--secret=${CANARY}`]],
    [['run', '--main-private-key', HEX]],
    [[`--password=${CANARY}`]],
    [['halt', 'plan', '--reason', HEX]],
    [['check', `x=${HEX.slice(2)}`]],
  ])('%j', async (args) => {
    const { code, stdout, stderr } = await hedgerow(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^hedgerow: .*set it in the environment \(HEDGEROW_<ACCOUNT>_API_KEY, …\) or in a 0600 file \(--keys FILE\).*\[INPUT_INVALID\]\n$/);
    expect(`${stdout}${stderr}`).not.toMatch(/kAnArY|4c084c08/);
  });
});
