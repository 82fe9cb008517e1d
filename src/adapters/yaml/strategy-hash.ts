/** Fingerprint of a resolved strategy: equal behaviour gives an equal hash, whatever comments, order of keys or defaults the file has (I21). */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Strategy } from '../../domain/strategy.ts';

const HASH_CHARS = 16;

/** First 16 hex digits of the SHA-256 of the strategy's canonical JSON (keys sorted, no blanks). */
export function strategyHash(strategy: Strategy): string {
  return createHash('sha256').update(canonicalJson(strategy)).digest('hex').slice(0, HASH_CHARS);
}
