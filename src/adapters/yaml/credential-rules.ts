/**
 * Strategy files are shared, committed and sent to people who help: nothing in them may be a credential (I19). Found by its key or by its
 * looks, anywhere in the file; what it is is never repeated.
 */
import type { RuleFinding } from './tree-values.ts';
import { valuesBelow } from './tree-values.ts';
import type { Tree } from './yaml-tree.ts';

export const CREDENTIALS_REMEDY = 'credentials come from the environment (HEDGEROW_<ACCOUNT>_API_KEY, …) or from a 0600 file of their own (--keys FILE); take it out, and if anyone else can have seen this file, revoke it at the exchange';

/** Keys in lower case without separators: these words alone, or anywhere within a key. */
const WHOLE_KEYS: ReadonlySet<string> = new Set(['uid', 'login', 'user', 'username', 'token', 'accesstoken', 'apitoken', 'authtoken', 'bearertoken', 'authorization', 'signature', 'listenkey', 'key', 'keys', 'pin', 'otp', 'seed']);
const KEY_PARTS = /apikey|secret|passw|passphrase|privatekey|mnemonic|seedphrase|credential|twofa|2fa|totp|walletaddress|vaultaddress|subaccountaddress/;
/** Private keys, and the API keys and secrets of exchanges that hand out 64 characters. */
const VALUE_LOOKS = /^(?:0x)?[0-9a-f]{64,}$/i;
const PEM_LOOKS = /-----BEGIN [A-Z ]{0,40}KEY/;

/** True for text that only a key or a secret looks like. */
export function looksLikeKey(text: string): boolean {
  const isMixed = text.length === 64 && /^[A-Za-z0-9]+$/.test(text) && /[0-9]/.test(text) && /[A-Za-z]/.test(text);
  return isMixed || VALUE_LOOKS.test(text) || PEM_LOOKS.test(text);
}

/** `https://user:password@host` */
const URL_LOGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@/i;

/** True for a word that names a credential and cannot mean anything else, such as `api-key`. */
export function namesCredential(word: string): boolean {
  return KEY_PARTS.test(word.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

function isCredentialKey(key: string): boolean {
  return WHOLE_KEYS.has(key.toLowerCase().replace(/[^a-z0-9]/g, '')) || namesCredential(key);
}

const LOGIN_WITHIN = /:\/\/[^\s/]*@/;

/** True for a source line that may hold a credential: messages do not quote it. */
export function mayHoldCredential(line: string): boolean {
  const words = line.match(/[A-Za-z0-9_-]+/g) ?? [];
  return LOGIN_WITHIN.test(line) || PEM_LOOKS.test(line) || words.some((word) => isCredentialKey(word) || looksLikeKey(word));
}

export function credentialFindings(tree: Tree): RuleFinding[] {
  return [...valuesBelow(tree)].flatMap(({ path, value }): RuleFinding[] => {
    const key = path.at(-1);
    if (typeof key === 'string' && isCredentialKey(key)) return [{ path, at: 'key', message: `found a key that names a credential, expected none in a strategy file; ${CREDENTIALS_REMEDY}` }];
    if (typeof value !== 'string') return [];
    if (URL_LOGIN.test(value)) return [{ path, at: 'key', message: 'found an address with a login in it, expected one without; use a proxy on this machine that knows the login' }];
    if (!looksLikeKey(value.trim())) return [];
    return [{ path, at: 'key', message: `found a value that looks like a key or a secret, expected none in a strategy file; ${CREDENTIALS_REMEDY}` }];
  });
}
