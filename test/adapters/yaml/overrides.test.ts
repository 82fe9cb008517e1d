/** Values put in the place of a strategy file's own: where they may go, that every rule holds for them, and who is named when not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStrategy } from '../../../src/adapters/yaml/load-strategy.ts';
import { parseOverride } from '../../../src/adapters/yaml/overrides.ts';
import { HedgerowError } from '../../../src/domain/errors.ts';
import type { Strategy } from '../../../src/domain/strategy.ts';

const TEXT = `version: 1
name: btc-rotation
symbol: BTC/USDT:USDT
leverage: 3
unit: { percent: 1% }
wallets:
  hedge: { capital: 5000, cycle: rotation, fragments: [40%, 30%, 20%, 10%] }
risk:
  maxDrawdown: { limit: 60%, action: halt }
`;

function strategyWith(...texts: readonly string[]): Strategy {
  return parseStrategy(TEXT, 'a.yaml', texts.map((text) => parseOverride(text, '--set')));
}

function refusal(...texts: readonly string[]): string {
  try {
    strategyWith(...texts);
  } catch (error) {
    if (error instanceof HedgerowError) return error.message;
    throw error;
  }
  throw new Error(`${texts.join(' ')} was taken`);
}

test('a value, a list, a block, a value that was not there, and one taken away', () => {
  const strategy = strategyWith('unit.percent=2%', 'wallets.hedge.fragments=[50%,50%]', 'unit={margin: 5%}', 'reset.onAdvance = 20', 'risk.maxDrawdown=', 'exchange.market.takerFee=0.04%');
  expect(strategy).toMatchObject({ unit: { type: 'margin', fraction: '0.05' }, reset: { onAdvance: 20 }, risk: [], exchange: { market: { takerFee: '0.0004' } } });
  expect(strategy.wallets.map(({ weights }) => weights)).toEqual([[{ numerator: '50', denominator: '100' }, { numerator: '50', denominator: '100' }]]);
});

test('one value of a list, and a new wallet after those of the file', () => {
  const strategy = strategyWith('wallets.hedge.fragments[0]=45%', 'wallets.hedge.fragments[1]=25%', 'wallets.long={capital: 100}');
  expect(strategy.wallets.map(({ name }) => name)).toEqual(['hedge', 'long']);
  expect(strategy.wallets[0]?.weights.map(({ numerator }) => numerator)).toEqual(['45', '25', '20', '10']);
});

test('the last of several values of one path holds', () => {
  expect(strategyWith('leverage=4', 'leverage=5').leverage).toBe('5');
});

test('nothing set is the file as it is', () => {
  expect(parseStrategy(TEXT, 'a.yaml', [])).toEqual(parseStrategy(TEXT, 'a.yaml'));
});

describe('what is wrong names the flag and the path', () => {
  test.each<[readonly string[], RegExp]>([
    [['unit.percent=2'], /^a\.yaml, --set unit\.percent: found "2", expected .*%/],
    [['unit.percentage=2%'], /^a\.yaml, --set unit\.percentage: unknown key "percentage"; did you mean "percent"\?/],
    [['unit.price=100'], /^a\.yaml:5:1: unit: found price and percent, expected exactly one of .* \(with --set unit\.price\)/],
    [['leverage='], /^a\.yaml, --set leverage: missing, expected /],
    [['wallets.hedge={cycle: rotatoin}'], /^a\.yaml, --set wallets\.hedge: wallets\.hedge\.cycle: found "rotatoin"/],
    [['wallets.hedge.fragments=[50%,40%]'], /--set wallets\.hedge\.fragments: .*100%/],
    [['name.first=x'], /^--set name\.first: name is a value in the file, not a block/],
    [['wallets.hedge.fragments.first=x'], /^--set wallets\.hedge\.fragments\.first: wallets\.hedge\.fragments is a list in the file/],
    [['wallets.hedge.fragments[4]=1%'], /^--set wallets\.hedge\.fragments\[4\]: wallets\.hedge\.fragments has 4 values, the last one is wallets\.hedge\.fragments\[3\]/],
    [['leverage[0]=1'], /^--set leverage\[0\]: leverage is no list/],
    [['leverage'], /^--set "leverage": found no =, write path=value/],
    [['=3'], /^--set "": found no path before =/],
    [['a b=3'], /^--set "a b": found no path before =/],
    [['wallets..hedge=1'], /found no path before =/],
    [['__proto__.x=1'], /^a\.yaml, --set __proto__\.x: __proto__: unknown key "__proto__"/],
    [['unit=[1, 2'], /^--set unit: not readable as YAML/],
    [['unit=!!map {}'], /^--set unit: the tag/],
    [['unit=*a'], /^--set unit: /],
    [['unit="a\nb"'], /^a\.yaml, --set unit: found/],
  ])('%j', (texts, message) => {
    expect(refusal(...texts)).toMatch(message);
  });

  test('a fault of the file itself keeps its place', () => {
    expect(() => parseStrategy(TEXT.replace('leverage: 3', 'leverage: 3x'), 'a.yaml', [parseOverride('unit.percent=2%', '--set')])).toThrow(/^a\.yaml:4:11: leverage: found "3x"/);
  });

  test('a credential is refused and not repeated', () => {
    for (const text of ['exchange.apiKey=abcdefg', 'exchange.options.secret=abcdefg', `exchange.account=${'a1'.repeat(32)}`]) {
      const message = refusal(text);
      expect(message).toMatch(/credential|key or a secret/);
      expect(message).not.toContain(text.split('=')[1]);
    }
  });
});

test('no text makes anything but a strategy or an error for the user', () => {
  const path = fc.constantFrom('unit', 'unit.percent', 'wallets', 'wallets.hedge', 'wallets.hedge.fragments[1]', 'symbol', 'exchange.options.a', 'constructor', 'windows.cover');
  fc.assert(
    fc.property(path, fc.oneof(fc.string(), fc.constantFrom('{a: [1, {b: 2}]}', '[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]', '&a [*a]', '{}', '[]', '%', '# x', '- 1', '? x'), fc.string({ unit: 'binary' })), (where, value) => {
      try {
        expect(strategyWith(`${where}=${value}`).version).toBe(1);
      } catch (error) {
        expect(error).toBeInstanceOf(HedgerowError);
        expect((error as HedgerowError).code).toMatch(/STRATEGY_INVALID|INPUT_INVALID/);
      }
    }),
    { numRuns: 300 },
  );
});
