/** Whatever stands in a file, reading it ends, and ends with a strategy or with STRATEGY_INVALID. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HedgerowError } from '../../../src/domain/errors.ts';
import { parseStrategy } from '../../../src/adapters/yaml/load-strategy.ts';
import { EXAMPLES } from './strategy-texts.ts';

/** Enough to notice a change for the worse; a long run is FUZZ_RUNS=20000 npm test -- yaml/fuzz. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 700);

/** Parses or is refused; the message of a refusal is well formed. Anything else fails the test. */
function survives(text: string): boolean {
  try {
    parseStrategy(text, 'f.yaml');
    return true;
  } catch (error) {
    if (!(error instanceof HedgerowError) || error.code !== 'STRATEGY_INVALID') throw error;
    expect(error.message.split('\n')[0]).toMatch(/^f\.yaml:\d+:\d+: .{5,}/);
    expect(error.message).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u);
    return false;
  }
}

const NASTY = [
  '{', '}', '[', ']', ':', ',', '&a ', '*a', '<<', '!', '!!map ', '|', '>', '"', "'", '#', '%', '- ', '? ', '\t', '\n', '\r', '---\n', '...\n', '\0', '\uFEFF', '\uD800', '\u2028', '\u202e',
  '~', 'null', '0', '-1', '1e9', '010', '0x', '1%', '100%', '.inf', 'true', '__proto__: ', 'constructor: ', 'toString: ', 'long: ', 'hedge: ', 'joint', 'scaling', '{}', '[]', ' '.repeat(20), 'é', '😀',
];

const text = fc.constantFrom(...EXAMPLES.map(([, content]) => content));
type Mutation = { readonly kind: 'delete' | 'insert' | 'replace' | 'copy' | 'swap'; readonly at: number; readonly length: number; readonly what: string; readonly to: number };
const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('delete', 'insert', 'replace', 'copy', 'swap'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 60 }),
  what: fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 8, unit: 'binary' })),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
});

function mutate(source: string, { kind, at, length, what, to }: Mutation): string {
  const start = Math.floor(at * source.length);
  const target = Math.floor(to * source.length);
  const piece = source.slice(start, start + length);
  switch (kind) {
    case 'delete':
      return source.slice(0, start) + source.slice(start + length);
    case 'insert':
      return source.slice(0, start) + what + source.slice(start);
    case 'replace':
      return source.slice(0, start) + what + source.slice(start + length);
    case 'copy':
      return source.slice(0, target) + piece + source.slice(target);
    case 'swap': {
      const lines = source.split('\n');
      const [a, b] = [Math.floor(at * lines.length), Math.floor(to * lines.length)];
      [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
      return lines.join('\n');
    }
  }
}

describe('random mutations of the example files', () => {
  test('parse or are refused, never anything else', () => {
    fc.assert(
      fc.property(text, fc.array(mutation, { minLength: 1, maxLength: 6 }), (source, mutations) => {
        survives(mutations.reduce(mutate, source));
      }),
      { numRuns: RUNS },
    );
  });

  test('values replaced by any value', () => {
    const value = fc.oneof(fc.constantFrom(...NASTY), fc.json({ maxDepth: 3 }), fc.string({ maxLength: 12 }), fc.double().map(String), fc.bigInt().map(String));
    fc.assert(
      fc.property(text, fc.nat(), value, (source, index, replacement) => {
        const slots = [...source.matchAll(/: *([^\s{}#][^\n,}#]*)/g)];
        const slot = slots[index % slots.length];
        if (slot?.[1] === undefined) return;
        const start = slot.index + slot[0].length - slot[1].length;
        survives(source.slice(0, start) + replacement + source.slice(start + slot[1].length));
      }),
      { numRuns: RUNS },
    );
  });

  test('any text at all', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.constantFrom(...NASTY), { maxLength: 60 }).map((parts) => parts.join(''))), (anything) => void survives(anything)), { numRuns: RUNS });
  });
});

/** Files built to exhaust time, memory or the stack; all just below the size limit. */
const COUNT = 120_000;
const BOMBS: Record<string, string> = {
  'flow lists': '['.repeat(COUNT),
  'closed flow lists': '['.repeat(COUNT) + ']'.repeat(COUNT),
  'flow maps': '{a: '.repeat(COUNT / 2),
  'compact lists': '- '.repeat(COUNT),
  'compact keys': '? '.repeat(COUNT),
  'indented maps': Array.from({ length: 700 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
  colons: ': '.repeat(COUNT),
  anchors: '&a '.repeat(COUNT / 2),
  tags: '!a '.repeat(COUNT / 2),
  'many keys': Array.from({ length: 22_000 }, (_, index) => `k${index}: 1`).join('\n'),
  'one key many times': 'a: 1\n'.repeat(COUNT / 3),
  'many documents': '---\n'.repeat(COUNT / 4),
  'many aliases': `a: &a 1\n${'b: *a\n'.repeat(COUNT / 4)}`,
  'billion laughs': `a0: &a0 x\n${Array.from({ length: 16 }, (_, index) => `a${index + 1}: &a${index + 1} [${Array(10).fill(`*a${index}`).join(',')}]`).join('\n')}`,
  'a long word': 'a'.repeat(COUNT * 2),
  'a long key': `${'a'.repeat(1000)}: 1\n`.repeat(200),
  'a long number': `leverage: ${'9'.repeat(COUNT * 2)}`,
  'a long count': `wallets: { hedge: { confirmation: ${'9'.repeat(COUNT * 2)}x } }`,
  'a long daily loss': `risk: { maxDailyLoss: { limit: "${' '.repeat(COUNT)}x%" } }`,
  'a long percentage': `unit: { percent: ${'1'.repeat(COUNT)}% }`,
  'a long separated number': `leverage: "${'1,234'.repeat(COUNT / 3)}"`,
  'a long blank name': `name: "${' '.repeat(COUNT)}x%"`,
  'a long symbol': `symbol: "${'A'.repeat(COUNT)}/B:C"`,
  'blank lines': '\n'.repeat(COUNT * 2),
  comments: '#\n'.repeat(COUNT),
};

test.each(Object.entries(BOMBS))('a bomb of %s is refused in time', (_what, bomb) => {
  const startMs = performance.now();
  expect(survives(bomb)).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(20_000);
});

test('nothing leaks into the prototype of objects', () => {
  survives('__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }\n');
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});
