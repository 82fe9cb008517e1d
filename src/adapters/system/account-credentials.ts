/** Credentials of one account, in an object that shows itself as `[secret]` wherever it is printed (I19). */
import { inspect } from 'node:util';
import { REDACTED } from './redaction.ts';

/** By ccxt's names, and the vault or sub-account Hyperliquid trades for. */
export const CREDENTIAL_FIELDS = ['apiKey', 'secret', 'password', 'walletAddress', 'privateKey', 'vaultAddress'] as const;
export type CredentialField = (typeof CREDENTIAL_FIELDS)[number];
export type CredentialValues = Readonly<Partial<Record<CredentialField, string>>>;

export class AccountCredentials {
  readonly account: string;
  /** Where they come from, for people: `the environment`, or the file. */
  readonly from: string;
  readonly #values: CredentialValues;

  constructor(account: string, from: string, values: CredentialValues) {
    this.account = account;
    this.from = from;
    this.#values = values;
  }

  has(field: CredentialField): boolean {
    return this.#values[field] !== undefined;
  }

  /** The values themselves. Only for the constructor of a client. */
  reveal(): CredentialValues {
    return this.#values;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
