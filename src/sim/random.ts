/**
 * Seeded randomness on pure-rand's xoroshiro128+. The same seed gives the same sequence on every machine (I22): only
 * integer operations, the four basic operations and the square root are used, all of which are exactly specified.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { invariant } from '../domain/invariant.ts';
import type { Random } from '../ports/random.ts';
import { naturalLog } from './deterministic-log.ts';

const INTEGER_BOUND_MAX = 2 ** 32;

type Key = readonly [number, number, number, number];

const ROOT_KEY: Key = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];

/** `42` and `'42'` are the same seed, so that a seed from a command line equals one from code. */
export function seededRandom(seed: number | string): Random {
  return streamOf(childKey(ROOT_KEY, `seed:${seed}`));
}

function streamOf(key: Key): Random {
  const generator = xoroshiro128plusFromState(key);
  let spareNormal: number | null = null;

  const fraction = (): number => uniformFloat64(generator);

  // Marsaglia's polar form of Box-Muller: needs no trigonometry, gives two at a time.
  const normal = (): number => {
    if (spareNormal !== null) {
      const value = spareNormal;
      spareNormal = null;
      return value;
    }
    for (;;) {
      const x = 2 * fraction() - 1;
      const y = 2 * fraction() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * naturalLog(square)) / square);
      spareNormal = y * scale;
      return x * scale;
    }
  };

  return {
    integer(bound) {
      invariant(Number.isInteger(bound) && bound >= 1 && bound <= INTEGER_BOUND_MAX, 'I22 a random bound is a whole number in 1…2^32', { bound });
      return uniformInt(generator, 0, bound - 1);
    },
    fraction,
    normal,
    fork: (label) => streamOf(childKey(key, label)),
  };
}

/** 128-bit mix of a key and a label (after MurmurHash3's finalizer); never the all-zero state the generator cannot leave. */
function childKey(parent: Key, label: string): Key {
  let [a, b, c, d] = parent;
  for (let i = 0; i < label.length; i += 1) {
    const code = label.charCodeAt(i);
    a = b ^ Math.imul(a ^ code, 0x239b961b);
    b = c ^ Math.imul(b ^ code, 0xab0e9789);
    c = d ^ Math.imul(c ^ code, 0x38b34ae5);
    d = a ^ Math.imul(d ^ code, 0xa1e38b93);
  }
  a = finalMix(a ^ label.length);
  b = finalMix(b ^ a);
  c = finalMix(c ^ b);
  d = finalMix(d ^ c);
  a = finalMix(a ^ d);
  return (a | b | c | d) === 0 ? ROOT_KEY : [a, b, c, d];
}

function finalMix(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}
