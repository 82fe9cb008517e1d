/** Random paths through the whole bot: the auditor finds nothing, the same seed gives the same report, both position modes agree. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadStrategyFile } from '../../src/adapters/yaml/load-strategy.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { factsOf } from '../../src/engine/step.ts';
import { replay, simulate } from '../../src/sim/simulation.ts';
import { openPathWorld, PATH_START_AT } from '../../src/sim/simulation/path-world.ts';
import { runPath } from '../../src/sim/simulation/run-path.ts';
import { shrinkPath } from '../../src/sim/simulation/shrink-path.ts';
import { CALM, parsePath, pathText } from '../../src/sim/simulation/sim-path.ts';
import { exact, multiply, textOf, whole } from '../../src/sim/auditor/exact.ts';
import { hedgeWallet, longWallet, strategy } from '../fixtures.ts';
import { randomStrategy, startTicksOf, tinyRandom } from './auditor/random-strategies.ts';

const EXAMPLES = [
  ['strategies/btc-rotation.yaml', '60000'],
  ['strategies/eth-joint-scaling.yaml', '3000'],
  ['strategies/sol-independent.yaml', '150'],
] as const;

function startPriceOf(plan: Strategy): string {
  return textOf(multiply(exact(plan.exchange.market?.tickSize ?? '1'), whole(startTicksOf(plan))));
}

describe.each(EXAMPLES)('%s', (file, startPrice) => {
  it('keeps every invariant on random paths, with latency, fills in pieces and gaps', async () => {
    const report = await simulate({ strategy: await loadStrategyFile(file), startPrice, runs: 16, seed: 3, steps: 40, candles: null });
    expect(report.violation).toBeNull();
    expect(report.paths).toBe(16);
    expect(report.steps).toBe(16 * 41);
    expect(report.auditedSteps).toBeGreaterThan(report.steps * 0.7);
    expect(report.transitions.filter(([name, count]) => name.includes(': ADVANCE → RETRACEMENT') && count > 0).length).toBeGreaterThan(0);
  });
});

describe('random strategies', () => {
  it('keep every invariant at an exchange that answers at once and fills whole', async () => {
    for (let seed = 1; seed <= 24; seed += 1) {
      const plan = randomStrategy(tinyRandom(seed));
      const path = { moves: fc.sample(fc.array(fc.integer({ min: -150, max: 150 }), { minLength: 25, maxLength: 25 }), { seed, numRuns: 1 })[0]!.map((hundredths) => ({ type: 'by' as const, hundredths })), conditions: CALM };
      const { violation } = await runPath(plan, path, startPriceOf(plan));
      expect(violation, `strategy ${seed}, ${pathText(path)}`).toBeNull();
    }
  });
});

describe('a simulation', () => {
  it('gives the same report for the same seed and another for another', async () => {
    const plan = await loadStrategyFile(EXAMPLES[0][0]);
    const run = (seed: number) => simulate({ strategy: plan, startPrice: '60000', runs: 6, seed, steps: 25, candles: null });
    const first = JSON.stringify(await run(11));
    expect(JSON.stringify(await run(11))).toBe(first);
    expect(JSON.stringify(await run(12))).not.toBe(first);
  });

  it('counts a start the exchange would refuse instead of failing', async () => {
    const plan = strategy({ wallets: [hedgeWallet({ capital: '0.01' })] });
    const report = await replay({ strategy: plan, startPrice: '10000', seed: 1 }, parsePath('+1 -1'));
    expect(report).toMatchObject({ violation: null, refusedStarts: 1, refusal: expect.stringContaining('smallest capital') as string });
  });

  it('draws blocks of real candles when it is given some', async () => {
    const candles = Array.from({ length: 40 }, (_, index) => ({ at: index * 60_000, open: '100', high: `${101 + (index % 3)}`, low: '98', close: `${99 + (index % 4)}`, volume: '1' }));
    const report = await simulate({ strategy: strategy(), startPrice: '10000', runs: 12, seed: 5, steps: 20, candles });
    expect(report.violation).toBeNull();
    expect(report.pathsByKind['candles']).toBeGreaterThan(0);
  });
});

describe('both position modes', () => {
  const plans: readonly (readonly [string, Strategy])[] = [
    ['a rotation', strategy()],
    ['a scaling hedge', strategy({ wallets: [hedgeWallet({ cycle: 'scaling' })] })],
    ['two wallets on one account', strategy({ wallets: [longWallet(), hedgeWallet({ cycle: 'scaling' })], reset: { policy: 'joint', onAdvance: null } })],
  ];

  /** Fees of parts of a netted order are rounded to 18 decimals, so this compares without fees. */
  async function walletsAfter(plan: Strategy, positionMode: 'hedge' | 'one-way', moves: readonly number[]) {
    const { world, runner } = await openPathWorld({ ...plan, exchange: { ...plan.exchange, positionMode } }, CALM, '10000', {});
    let price = 10_000;
    for (const [index, move] of [0, ...moves].entries()) {
      price = Math.max(5_000, price + move);
      await world.tick({ symbol: plan.symbol, at: PATH_START_AT + index * 60_000, last: `${price}`, mark: `${price}`, index: `${price}` });
    }
    expect(runner.failure).toBeNull();
    return (runner.state?.wallets ?? []).map((wallet) => {
      const { cycle, anchor, unit, top, rungs, coreLong, ledger } = factsOf(wallet);
      return { phase: wallet.snapshot.value, cycle, anchor, unit, top, rungs: rungs.map(({ out, long, short }) => [out, long, short]), coreLong, balance: [ledger.bought, ledger.sold] };
    });
  }

  it.each(plans)('give %s the same results on the same path', async (_, plan) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(-100, 100, -50, 50, 30), { minLength: 1, maxLength: 30 }), async (moves) => {
        expect(await walletsAfter(plan, 'one-way', moves)).toEqual(await walletsAfter(plan, 'hedge', moves));
      }),
      { numRuns: 12, seed: 4 },
    );
  });
});

describe('what users would have seen before it was mended', () => {
  const cases: readonly (readonly [what: string, file: number, positionMode: 'hedge' | 'one-way', path: string])[] = [
    ['an entry refused for margin was sent again and again until the plan stopped', 1, 'hedge', 'gap | -1 -5 +14 +1'],
    ['a stop-limit of the last cycle that had fired still rested in the next one', 2, 'hedge', 'slippage=0 gap | -1.5 -1 -0.5 +1'],
    ['a reset hung for want of margin on shorts that opened while it began', 2, 'hedge', 'gap | -4 +5'],
    ['a stop that was filling in parts was sent a second time when the ladder slid', 0, 'hedge', 'parts=2 | +1 +1 +0.01 -0.05 -7 -0.1'],
    ['a stop filling in parts was sold again at market after the reset', 2, 'hedge', 'parts=2 | -0.05 -7 -0.1 L+5'],
    ['the plan stopped while a reset waited for a short that was already covered', 0, 'hedge', 'parts=1 | -1 -3 +1 L+1 +0 L-4 +0.03 L-1 L+2'],
    ['a flip whose opening was refused for margin did not close either', 1, 'one-way', 'gap basis=3 | L+2 +1 -7 +14'],
    ['a reduce-only stop was cut by the exchange because an entry at its level had filled', 2, 'one-way', 'parts=2 | +0.1 -0.5 +0.03 -1 +1'],
  ];

  it.each(cases)('%s', async (_, index, positionMode, text) => {
    const [file, startPrice] = EXAMPLES[index] as (typeof EXAMPLES)[number];
    const plan = await loadStrategyFile(file);
    const { violation } = await runPath({ ...plan, exchange: { ...plan.exchange, positionMode } }, parsePath(text), startPrice);
    expect(violation).toBeNull();
  });
});

describe('a path as text', () => {
  it('is read back as it was written', () => {
    for (const text of ['+1 -0.5 +0', 'latency=250 pieces parts=2 slippage=5 gap noamend basis=3 every=900 funding=7 seed=42 | L-1 L+0+1t -12.34']) expect(pathText(parsePath(text))).toBe(text);
  });

  it.each([
    ['', /no moves/],
    ['+1 up', /"up" is no move/],
    ['latncy=1 | +1', /"latncy=1" is no condition/],
    ['every=0 | +1', /"every=0" is no condition/],
    ['a | b | c', /more than one/],
  ])('%j is refused with the reason', (text, reason) => {
    expect(() => parsePath(text)).toThrow(reason);
  });
});

describe('shrinking', () => {
  it('finds the two moves and the condition that matter', async () => {
    const noise = Array.from({ length: 40 }, (_, index) => (index === 11 ? '-3.27' : index === 29 ? '+5.13' : '+0.1')).join(' ');
    const broken = parsePath(`latency=250 gap basis=3 seed=9 | ${noise}`);
    const smallest = await shrinkPath(broken, 30, async ({ moves, conditions }) => {
      const down = moves.findIndex((move) => move.type === 'by' && move.hundredths <= -300);
      const up = moves.findIndex((move, index) => index > down && move.type === 'by' && move.hundredths >= 500);
      return down >= 0 && up >= 0 && conditions.fillPrice === 'gap' ? up + 1 : null;
    });
    expect(pathText(smallest)).toBe('gap | -3 +5');
  });
});
