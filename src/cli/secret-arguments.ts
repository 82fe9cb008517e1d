/** Command lines are read by every user of a machine and kept by shells: a secret in one is refused, and not repeated (I19). */
import { looksLikeKey, namesCredential } from '../adapters/yaml/credential-rules.ts';
import { HedgerowError } from '../domain/errors.ts';

const REMEDY =
  'other users of this machine can read command lines, and shells keep them: set it in the environment (HEDGEROW_<ACCOUNT>_API_KEY, …) or in a 0600 file (--keys FILE), and revoke this one at the exchange if it was real';

/** Throws INPUT_INVALID for the first argument that names or looks like a credential. */
export function refuseSecretArguments(argv: readonly string[]): void {
  for (const [index, argument] of argv.entries()) {
    const [name = ''] = argument.split('=');
    if (name.startsWith('-') && namesCredential(name)) throw refused(`an option that names a credential was given (argument ${index + 1}); there is none: ${REMEDY}`);
    if (argument.split('=').some(looksLikeKey)) throw refused(`argument ${index + 1} looks like a key or a secret; hedgerow takes none there: ${REMEDY}`);
  }
}

function refused(message: string): HedgerowError {
  return new HedgerowError('INPUT_INVALID', message);
}
