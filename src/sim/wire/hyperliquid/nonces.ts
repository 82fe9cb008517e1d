/**
 * Nonces per signer, as the L1 keeps them: the highest hundred are remembered; a new one must be unused, above the smallest of them and
 * between two days before and one day after the server's time.
 */
const REMEMBERED = 100;
const DAY_MS = 86_400_000;
const OLDEST_MS = 2 * DAY_MS;
const NEWEST_MS = DAY_MS;

export class Nonces {
  readonly #bySigner = new Map<string, number[]>();

  /** Takes the nonce, or says in the exchange's words why not. */
  take(signer: string, nonce: number, now: number): string | null {
    const used = this.#bySigner.get(signer) ?? [];
    if (used.includes(nonce)) return `Invalid nonce: duplicate nonce ${nonce}`;
    const smallest = used.length < REMEMBERED ? -Infinity : Math.min(...used);
    const least = Math.max(smallest, now - OLDEST_MS);
    if (nonce <= least) return `Invalid nonce: nonce too low ${nonce} < ${least}`;
    if (nonce >= now + NEWEST_MS) return `Invalid nonce: nonce too high ${nonce} > ${now + NEWEST_MS}`;
    this.#bySigner.set(signer, [...used, nonce].sort((a, b) => b - a).slice(0, REMEMBERED));
    return null;
  }
}
