/** `--funding`: history from files or the store, a rate that is assumed, or none. */
import { fractionOfPercent, readPercent } from '../../adapters/yaml/number-text.ts';
import { quoted } from '../../adapters/yaml/problems.ts';
import type { FundingColumns } from '../../domain/candle-columns.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { inputError } from '../command-input.ts';

export type FundingWish =
  | { readonly type: 'store' }
  | { readonly type: 'files'; readonly paths: readonly string[] }
  /** A fraction, at each of the usual settlements. */
  | { readonly type: 'assumed'; readonly rate: DecimalString }
  | { readonly type: 'none' };

const NONE = 'none';
const ASSUME = 'assume:';
/** Most exchanges settle at 00, 08 and 16 o'clock UTC. */
export const ASSUMED_INTERVAL_MS = 8 * 3_600_000;

/** Throws INPUT_INVALID. */
export function fundingWishOf(texts: readonly string[]): FundingWish {
  const [first] = texts;
  if (first === undefined) return { type: 'store' };
  const word = texts.find((text) => text === NONE || text.startsWith(ASSUME));
  if (word === undefined) return { type: 'files', paths: texts };
  if (texts.length > 1) throw inputError(`--funding ${quoted(word)} is for all symbols; leave the other --funding away`);
  return word === NONE ? { type: 'none' } : { type: 'assumed', rate: rateOf(word) };
}

function rateOf(word: string): DecimalString {
  const text = word.slice(ASSUME.length).trim();
  const isNegative = text.startsWith('-');
  const reading = readPercent(isNegative ? text.slice(1) : text, { atMost: '10' });
  if (!reading.ok) throw inputError(`--funding ${quoted(word)}: ${text === '' ? 'the rate is missing' : `${quoted(text)} is no rate`}; write assume: and a rate up to 10%, such as assume:0.01%; longs pay positive ones`);
  const fraction = fractionOfPercent(reading.value);
  return isNegative && fraction !== '0' ? `-${fraction}` : fraction;
}

/** One rate at every usual settlement at or after `from` and before `to`. */
export function assumedFunding(rate: DecimalString, from: number, to: number): FundingColumns {
  const first = Math.ceil(from / ASSUMED_INTERVAL_MS) * ASSUMED_INTERVAL_MS;
  const length = Math.max(0, Math.ceil((to - first) / ASSUMED_INTERVAL_MS));
  const at = Float64Array.from({ length }, (_, index) => first + index * ASSUMED_INTERVAL_MS);
  return { length, at, rate: Array.from({ length }, () => rate) };
}
