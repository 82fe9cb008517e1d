/**
 * The file of credentials, `keys.yaml` in the data folder: accounts, and per account fields by ccxt's names. It has to be the user's own,
 * a regular file of mode 0600 and no link; it is looked at through the handle it is read by. What it says is never repeated.
 */
import { constants, open, type FileHandle } from 'node:fs/promises';
import { HedgerowError } from '../../domain/errors.ts';
import { lineAndColumn, type Path } from '../yaml/problems.ts';
import { isBlock } from '../yaml/tree-values.ts';
import { readYamlTree, type TreeReading } from '../yaml/yaml-tree.ts';
import { CREDENTIAL_FIELDS, type CredentialField, type CredentialValues } from './account-credentials.ts';
import type { Redactor } from './redaction.ts';

const MAX_BYTES = 64 * 1_024;
const MODE = 0o600;
const MODE_BITS = 0o7777;
const ACCOUNT = /^[a-z0-9-]{1,40}$/;
const EXAMPLE = 'main: { apiKey: …, secret: … }';

/** Accounts and what the file has for them. Without a file: none, if it was not asked for. Throws INPUT_INVALID. */
export async function readKeysFile({ path, isRequired }: { readonly path: string; readonly isRequired: boolean }, secrets: Redactor): Promise<ReadonlyMap<string, CredentialValues>> {
  const text = await readOwnFile(path);
  if (text === null) {
    if (isRequired) throw wrong(`${path} does not exist; name the file of credentials with --keys, or set them in the environment`);
    return new Map();
  }
  return accountsOf(path, text, secrets);
}

async function readOwnFile(path: string): Promise<string | null> {
  let file: FileHandle;
  try {
    // Without waiting for the writer of a pipe, and without following a link.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ELOOP') throw wrong(`${path} is a symbolic link; name the file of credentials itself`);
    throw wrong(`${path} cannot be read (${code}); it has to be a file of yours with mode 0600: chmod 600 ${path}`);
  }
  try {
    await refuseOthersFile(file, path);
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    if (bytesRead > MAX_BYTES) throw wrong(`${path} is larger than ${MAX_BYTES / 1_024} kB; a file of credentials has a few lines`);
    const bytes = buffer.subarray(0, bytesRead);
    const text = new TextDecoder('utf-8').decode(bytes);
    buffer.fill(0);
    return text;
  } finally {
    await file.close();
  }
}

async function refuseOthersFile(file: FileHandle, path: string): Promise<void> {
  const stats = await file.stat();
  if (!stats.isFile()) throw wrong(`${path} is no regular file; name a file of credentials`);
  const uid = process.getuid?.();
  // Windows has neither owners nor modes of this kind.
  if (uid === undefined) return;
  if (stats.uid !== uid) throw wrong(`${path} belongs to another user (uid ${stats.uid}, this is ${uid}); it has to be yours: chown ${uid} ${path}`);
  const mode = stats.mode & MODE_BITS;
  if (mode !== MODE) throw wrong(`${path} has mode ${mode.toString(8).padStart(4, '0')}, expected 0600, so that nobody else can read it: chmod 600 ${path}`);
}

function accountsOf(path: string, text: string, secrets: Redactor): ReadonlyMap<string, CredentialValues> {
  const reading = readYamlTree(text);
  const [problem] = reading.problems;
  if (problem !== undefined || !isBlock(reading.tree)) {
    const { line, column } = lineAndColumn(text, problem?.span.start ?? 0);
    throw wrong(`${path}:${line}:${column}: not readable as a file of credentials; check indentation, quotes and doubled keys, expected accounts such as ${EXAMPLE}`);
  }
  return new Map(
    Object.entries(reading.tree).map(([account, block]) => {
      // Before anything can be said about them.
      if (isBlock(block)) secrets.add(Object.values(block).filter((value) => typeof value === 'string'));
      if (!ACCOUNT.test(account)) throw wrongAt(path, text, reading, [account], 'found a key that is no account name (a-z, 0-9 and -)');
      if (!isBlock(block) || Object.keys(block).length === 0) throw wrongAt(path, text, reading, [account], `found no block of credentials, expected fields of ${CREDENTIAL_FIELDS.join(', ')}`);
      return [account, Object.fromEntries(Object.entries(block).map(([key, value]) => [fieldOf(path, text, reading, account, key), valueOf(path, text, reading, [account, key], value)]))];
    }),
  );
}

function fieldOf(path: string, text: string, reading: TreeReading, account: string, key: string): CredentialField {
  const field = CREDENTIAL_FIELDS.find((each) => each === key);
  if (field === undefined) throw wrongAt(path, text, reading, [account, key], `found a key of account ${account} that is none of ${CREDENTIAL_FIELDS.join(', ')}`);
  return field;
}

function valueOf(path: string, text: string, reading: TreeReading, at: Path, value: unknown): string {
  if (typeof value !== 'string') throw wrongAt(path, text, reading, at, `found no text for ${at.join('.')}; give it its value, or leave it away`);
  return value;
}

function wrongAt(path: string, text: string, reading: TreeReading, at: Path, message: string): HedgerowError {
  const { line, column } = lineAndColumn(text, reading.places.ofKey(at).start);
  return wrong(`${path}:${line}:${column}: ${message}`);
}

function wrong(message: string): HedgerowError {
  return new HedgerowError('INPUT_INVALID', message);
}
