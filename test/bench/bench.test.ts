/** `npm run bench` prints what it says it prints. How fast anything was is nobody's business here. */
import { describe, expect, it } from 'vitest';
import { ROOT, hedgerow, run } from '../cli/hedgerow-process.ts';
import type { Outcome } from '../cli/hedgerow-process.ts';
import { measure } from '../../src/bench/measure.ts';

const GROUP = 'XState against plain calls';

/** Through the launcher first, which builds if the build is stale. */
async function bench(...args: readonly string[]): Promise<Outcome> {
  await hedgerow(['--build-only']);
  return run(process.execPath, [`${ROOT}dist/src/bench/main.js`, ...args]);
}

describe('a goal of the 99th percentile', () => {
  const rowOf = async (slow: number, count: number): Promise<unknown> => {
    const samples = Array.from({ length: count }, (_, index) => (index < slow ? 90 : 1));
    const open = { round: () => Promise.resolve({ answer: samples }), close: () => Promise.resolve() };
    const rows = [{ name: 'answer', unit: 'ms', goal: { p99AtMost: 5 } }];
    const [row] = await measure({ group: 'tails', rows, warmsUp: false, open: () => Promise.resolve(open) }, 1);
    return [row?.median, row?.p99, row?.isGoalMet];
  };

  it('is missed by a slow tail, whatever the median says', async () => {
    expect(await rowOf(10, 400)).toEqual([1, 90, false]);
    expect(await rowOf(2, 400)).toEqual([1, 1, true]);
  });

  it('is not judged on too few samples', async () => {
    expect(await rowOf(0, 100)).toEqual([1, null, null]);
  });
});

describe('npm run bench', () => {
  it('prints a table with the asked rows under the name of their group', async () => {
    const { code, stdout, stderr } = await bench('--only', 'xstate', '--rounds', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [first = '', , header = ''] = stdout.split('\n');
    expect(first).toMatch(/^Node v\d+.*cores/);
    expect(header.trim().split(/\s{2,}/)).toEqual(['median', 'p99', 'rounds from … to', 'goal', 'ratio']);
    expect(stdout).toContain(`\n${GROUP}\n`);
    expect(stdout).toMatch(/ {2}a step of one wallet by its machine \[1\] +[\d.,]+ +µs .* × the same by the domain function/);
    expect(stdout).not.toContain('start-up');
  });

  it('tells its options with --help, and so does the campaign', async () => {
    expect(await bench('--help')).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^npm run bench -- \[options\][^]*--only[^]*--rounds[^]*--json/) as string });
    const campaign = await run(process.execPath, [`${ROOT}dist/src/campaign/main.js`, '--help']);
    expect(campaign).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^npm run campaign -- \[options\][^]*--planted[^]*--storage/) as string });
  });

  it('prints one JSON document with --json', async () => {
    const { code, stdout } = await bench('--only', 'domain function', '--rounds', '2', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      node: process.version,
      cores: expect.any(Number),
      rows: [
        {
          group: GROUP,
          name: 'the same by the domain function',
          unit: 'µs',
          median: expect.any(Number),
          p99: null,
          low: expect.any(Number),
          high: expect.any(Number),
          rounds: 2,
          goal: null,
          isGoalMet: null,
          ratio: null,
          note: null,
        },
      ],
    });
  });

  it.each([
    [['--only', 'nothing like it'], /names no row; groups are: prices that touch nothing; /],
    [['--rounds', '0'], /--rounds "0" is not a whole number from 1 to/],
    [['--fast'], /Unknown option '--fast'/],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await bench(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
