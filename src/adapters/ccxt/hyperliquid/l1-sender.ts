/**
 * Sends actions: our own objects, signed by ccxt and sent by its endpoint. Every action carries a nonce that its signer never uses again
 * and a deadline, both signed, so a request that was lost on the way cannot be carried out later (I3).
 */
import type { Json } from '../../../domain/json.ts';
import type { Caller, Verdict } from '../dialect.ts';
import type { CcxtClient } from '../load-exchange.ts';
import type { Priority } from '../rate-budget.ts';

/** An action dies this long after it was signed, ms. */
export const EXPIRES_AFTER_MS = 5_000;

/** What of ccxt's client is used here; its own types have none of it. */
interface Signing {
  readonly privateKey: string;
  readonly walletAddress: string;
  readonly options: { readonly vaultAddress?: string };
  signL1Action(action: Json, nonce: number, vaultAddress: string | undefined, expiresAfter: number): { readonly r: string; readonly s: string; readonly v: number };
  ethGetAddressFromPrivateKey(privateKey: string): string;
}

/** Nonces count per signer: two accounts of one process may share a key. A few keys a process, so it stays small. */
const lastNonces = new Map<string, number>();

export class L1Sender {
  readonly #caller: Caller;
  readonly #signing: Signing;
  readonly #now: () => number;
  /** Of the key, 0x and 40 hex digits in lower case. */
  readonly signerAddress: string;
  /** The account that is traded. */
  readonly address: string;
  /** Who owns it: the same, or the master of the sub-account. */
  readonly ownerAddress: string;

  constructor(caller: Caller, signer: CcxtClient, now: () => number) {
    this.#caller = caller;
    this.#signing = signer as unknown as Signing;
    this.#now = now;
    this.signerAddress = this.#signing.ethGetAddressFromPrivateKey(this.#signing.privateKey).toLowerCase();
    this.ownerAddress = this.#signing.walletAddress.toLowerCase();
    this.address = this.#vaultAddress ?? this.ownerAddress;
  }

  get #vaultAddress(): string | null {
    return this.#signing.options.vaultAddress?.toLowerCase() ?? null;
  }

  /** The order of keys is part of what is signed. */
  send(action: Record<string, Json>, priority: Priority): Promise<Verdict> {
    const now = this.#now();
    const nonce = Math.max(now, (lastNonces.get(this.signerAddress) ?? 0) + 1);
    lastNonces.set(this.signerAddress, nonce);
    const expiresAfter = now + EXPIRES_AFTER_MS;
    const vaultAddress = this.#vaultAddress;
    const { r, s, v } = this.#signing.signL1Action(action, nonce, vaultAddress?.replace('0x', ''), expiresAfter);
    const params = { action, nonce, signature: { r, s, v }, expiresAfter, ...(vaultAddress === null ? {} : { vaultAddress }) };
    return this.#caller.write({ api: 'private', method: 'POST', path: 'exchange', params, weight: 1 }, priority);
  }
}
