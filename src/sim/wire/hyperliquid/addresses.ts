/**
 * Addresses in place of account names: which account a user address means, and for which account a key may sign. A key signs for its
 * own account; agents sign for the account that approved them and, naming the vault address, for its sub-accounts.
 */
import { HedgerowError } from '../../../domain/errors.ts';
import type { WireAccount } from '../wire-world.ts';
import { addressOf } from './l1-signature.ts';

export interface AddressOptions {
  /** Sub-accounts: the sub-account's name → its master's name. Keys of both sign for the master; the sub-account is named as vault. */
  readonly masterOf?: Readonly<Record<string, string>>;
}

export type Role = { readonly role: 'missing' } | { readonly role: 'user' } | { readonly role: 'agent' | 'subAccount'; readonly data: Readonly<Record<string, string>> };

export class Addresses {
  readonly #accounts = new Map<string, string>();
  readonly #addressByAccount = new Map<string, string>();
  /** Signer address → account it signs for. */
  readonly #signers = new Map<string, string>();
  readonly #masterOf: Readonly<Record<string, string>>;

  constructor(accounts: readonly WireAccount[], { masterOf = {} }: AddressOptions = {}) {
    this.#masterOf = masterOf;
    for (const each of accounts) this.#addAddress(each);
    for (const each of accounts) this.#addSigners(each);
  }

  #addAddress({ account, walletAddress, privateKey }: WireAccount): void {
    const address = walletAddress ?? (privateKey === undefined ? undefined : addressOf(privateKey));
    if (address === undefined) throw new HedgerowError('INPUT_INVALID', `account ${account} has neither walletAddress nor privateKey; Hyperliquid's accounts are addresses`);
    this.#accounts.set(address.toLowerCase(), account);
    this.#addressByAccount.set(account, address.toLowerCase());
  }

  #addSigners({ account, privateKey, agents = [] }: WireAccount): void {
    const master = this.#masterOf[account] ?? account;
    for (const signer of [...(privateKey === undefined ? [] : [addressOf(privateKey)]), ...agents]) this.#signers.set(signer.toLowerCase(), master);
  }

  accountOfUser(address: string): string | null {
    return this.#accounts.get(address.toLowerCase()) ?? null;
  }

  addressOfAccount(account: string): string {
    return this.#addressByAccount.get(account) ?? '0x0000000000000000000000000000000000000000';
  }

  /** The account an action changes; null when this signer may not change it. */
  actingAccount(signer: string, vaultAddress: string | null): string | null {
    const master = this.#signers.get(signer);
    if (master === undefined || vaultAddress === null) return master ?? null;
    const vault = this.accountOfUser(vaultAddress);
    return vault !== null && this.#masterOf[vault] === master ? vault : null;
  }

  isSigner(address: string): boolean {
    return this.#signers.has(address);
  }

  agentsOf(account: string): readonly string[] {
    const own = this.addressOfAccount(account);
    return [...this.#signers].flatMap(([signer, master]) => (master === account && signer !== own ? [signer] : []));
  }

  subAccountsOf(account: string): readonly string[] {
    return Object.entries(this.#masterOf).flatMap(([sub, master]) => (master === account ? [sub] : []));
  }

  roleOf(address: string): Role {
    const account = this.accountOfUser(address);
    const master = account === null ? undefined : this.#masterOf[account];
    if (master !== undefined) return { role: 'subAccount', data: { master: this.addressOfAccount(master) } };
    if (account !== null) return { role: 'user' };
    const user = this.#signers.get(address.toLowerCase());
    return user === undefined ? { role: 'missing' } : { role: 'agent', data: { user: this.addressOfAccount(user) } };
  }
}
