/**
 * Credentials of accounts: from the environment or from a file that only its owner can read, and nowhere else. They are known to the
 * redactor from the moment they are read (I19). Errors name places, never values.
 */
import { HedgerowError } from '../../domain/errors.ts';
import { AccountCredentials, CREDENTIAL_FIELDS, type CredentialField, type CredentialValues } from './account-credentials.ts';
import { readKeysFile } from './keys-file.ts';
import { MIN_SECRET_CHARS, type Redactor } from './redaction.ts';

/** Fields as the environment names them: `HEDGEROW_<ACCOUNT>_<SUFFIX>`, the account in capitals, `-` as `_`. */
const ENV_SUFFIXES: Readonly<Record<CredentialField, string>> = {
  apiKey: 'API_KEY',
  secret: 'SECRET',
  password: 'PASSWORD',
  walletAddress: 'WALLET_ADDRESS',
  privateKey: 'PRIVATE_KEY',
  vaultAddress: 'VAULT_ADDRESS',
};

/** Far above the longest RSA key. */
const MAX_VALUE_CHARS = 8_192;

export interface CredentialSources {
  readonly accounts: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file to read, and whether it was asked for by name: then it has to be there. */
  readonly keysFile: { readonly path: string; readonly isRequired: boolean };
  /** Told every value before anything can go wrong with it. */
  readonly secrets: Redactor;
}

/** Credentials per account; an account without any is not in the map. Throws INPUT_INVALID. */
export async function loadCredentials({ accounts, env, keysFile, secrets }: CredentialSources): Promise<ReadonlyMap<string, AccountCredentials>> {
  const names = [...new Set(accounts)];
  const fromEnv = new Map(names.map((account) => [account, valuesOfEnv(account, env)]));
  const fromFile = await readKeysFile(keysFile, secrets);
  secrets.add([...fromEnv.values()].flatMap((values) => Object.values(values)));
  return new Map(
    names.flatMap((account): [string, AccountCredentials][] => {
      const [given, filed] = [fromEnv.get(account) ?? {}, fromFile.get(account)];
      const isGiven = Object.keys(given).length > 0;
      if (isGiven && filed !== undefined) {
        throw wrong(`account ${account} has credentials in the environment (${envName(account, 'apiKey').replace(/API_KEY$/, '…')}) and in ${keysFile.path}; keep them in one place, so that a key never meets the secret of another`);
      }
      const from = isGiven ? 'the environment' : keysFile.path;
      const values = isGiven ? given : (filed ?? {});
      for (const field of CREDENTIAL_FIELDS) checkValue(values[field], field, isGiven ? envName(account, field) : `${keysFile.path}: ${account}.${field}`);
      return Object.keys(values).length === 0 ? [] : [[account, new AccountCredentials(account, from, values)]];
    }),
  );
}

/** `HEDGEROW_SUB_1_API_KEY` for account `sub-1`. */
export function envName(account: string, field: CredentialField): string {
  return `${envPrefix(account)}${ENV_SUFFIXES[field]}`;
}

function envPrefix(account: string): string {
  return `HEDGEROW_${account.toUpperCase().replaceAll('-', '_')}_`;
}

function valuesOfEnv(account: string, env: CredentialSources['env']): CredentialValues {
  const prefix = envPrefix(account);
  const known = Object.values(ENV_SUFFIXES);
  for (const name of Object.keys(env)) {
    // A longer name may be another account's: HEDGEROW_SUB_1_API_KEY is none of account sub.
    const isOurs = name.startsWith(prefix) && !known.some((suffix) => name.endsWith(`_${suffix}`));
    if (isOurs) throw wrong(`the environment has ${name}, which names no credential; for account ${account} there are ${known.map((suffix) => `${prefix}${suffix}`).join(', ')}`);
  }
  return Object.fromEntries(CREDENTIAL_FIELDS.flatMap((field) => {
    const value = env[envName(account, field)];
    return value === undefined ? [] : [[field, value]];
  }));
}

/** A word or a number can stand in any row, and what is stored must not change because it looks like a secret. */
const PLAIN_TEXT = /^(?:[A-Za-z]+|[0-9.]+)$/;
const PLAIN_CHARS_MAX = 19;
const ADDRESS = /^0x[0-9a-f]{40}$/i;
const PRIVATE_KEY = /^(?:0x)?[0-9a-f]{64}$/i;

/** Mistakes of copying, told without the value. */
function checkValue(value: string | undefined, field: CredentialField, place: string): void {
  if (value === undefined) return;
  const fault = faultOf(value, field);
  if (fault !== null) throw wrong(`${place} ${fault}`);
}

function faultOf(value: string, field: CredentialField): string | null {
  if (value === '') return 'is empty; give it its value, or leave it away';
  const isPem = value.startsWith('-----BEGIN ');
  if (!isPem && value.trim() !== value) return 'begins or ends with blanks or a line break; copy it again without them';
  if (!isPem && /[\p{Cc}]/u.test(value)) return 'holds a line break or another control character; copy it again without';
  if (value.length > MAX_VALUE_CHARS) return `is longer than ${MAX_VALUE_CHARS} characters, so it is something else`;
  if (value.length < MIN_SECRET_CHARS) return `has fewer than ${MIN_SECRET_CHARS} characters: too short to keep it out of logs, and to be safe; choose a longer one at the exchange`;
  if (PLAIN_TEXT.test(value) && value.length <= PLAIN_CHARS_MAX) return 'is made of letters or digits alone: a word or a number cannot be kept out of logs, and is not safe; choose another one at the exchange';
  if ((field === 'walletAddress' || field === 'vaultAddress') && !ADDRESS.test(value)) return 'is no address: 0x and 40 hexadecimal digits';
  if (field === 'privateKey' && !PRIVATE_KEY.test(value)) return 'is no private key: 64 hexadecimal digits, with or without 0x';
  return null;
}

function wrong(message: string): HedgerowError {
  return new HedgerowError('INPUT_INVALID', message);
}
