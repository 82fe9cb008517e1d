/** Where credentials come from, what a file of them has to be, and that no error repeats one. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CREDENTIAL_FIELDS, type AccountCredentials } from '../../../src/adapters/system/account-credentials.ts';
import { envName, loadCredentials } from '../../../src/adapters/system/load-credentials.ts';
import { Redactor } from '../../../src/adapters/system/redaction.ts';
import { HedgerowError } from '../../../src/domain/errors.ts';

const CANARY = 'kAnArY-5ecret-value';
const ADDRESS = `0x${'aB'.repeat(20)}`;
const PRIVATE_KEY = `0x${'4c08'.repeat(16)}`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-keys-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function keysFile(text: string, mode = 0o600): string {
  const path = join(folder, `keys-${(files += 1)}.yaml`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

interface Given {
  readonly accounts?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly isRequired?: boolean;
  readonly secrets?: Redactor;
}

function load({ accounts = ['main'], env = {}, file, isRequired = file !== undefined, secrets = new Redactor() }: Given): Promise<ReadonlyMap<string, AccountCredentials>> {
  return loadCredentials({ accounts, env, keysFile: { path: file ?? join(folder, 'none.yaml'), isRequired }, secrets });
}

/** The message of the refusal, which repeats nothing. */
async function refusal(given: Given): Promise<string> {
  const error = await load(given).then(() => null, (thrown: unknown) => thrown);
  if (!(error instanceof HedgerowError) || error.code !== 'INPUT_INVALID') throw new Error(`expected INPUT_INVALID, got ${String(error)}`);
  expect(`${error.message} ${error.stack} ${inspect(error)}`).not.toMatch(/kAnArY|4c084c08/);
  return error.message.replaceAll(folder, '');
}

describe('from the environment', () => {
  test('every field under its name, accounts in capitals', async () => {
    const values = { apiKey: CANARY, secret: `${CANARY}2`, password: 'pass phrase', walletAddress: ADDRESS, privateKey: PRIVATE_KEY, vaultAddress: ADDRESS };
    const env = Object.fromEntries(CREDENTIAL_FIELDS.map((field) => [envName('sub-1', field), values[field]]));
    expect(Object.keys(env)).toEqual(['HEDGEROW_SUB_1_API_KEY', 'HEDGEROW_SUB_1_SECRET', 'HEDGEROW_SUB_1_PASSWORD', 'HEDGEROW_SUB_1_WALLET_ADDRESS', 'HEDGEROW_SUB_1_PRIVATE_KEY', 'HEDGEROW_SUB_1_VAULT_ADDRESS']);
    const loaded = await load({ accounts: ['main', 'sub-1', 'sub-1'], env });
    expect([...loaded.keys()]).toEqual(['sub-1']);
    expect(loaded.get('sub-1')?.reveal()).toEqual(values);
    expect(loaded.get('sub-1')?.from).toBe('the environment');
  });

  test('an account of a longer name is another one', async () => {
    const loaded = await load({ accounts: ['sub'], env: { HEDGEROW_SUB_1_API_KEY: CANARY, HEDGEROW_SUB_1_SECRET: CANARY } });
    expect(loaded.size).toBe(0);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['a misspelt field', { HEDGEROW_MAIN_APIKEY: CANARY }, /^the environment has HEDGEROW_MAIN_APIKEY, which names no credential; for account main there are HEDGEROW_MAIN_API_KEY, HEDGEROW_MAIN_SECRET, /],
    ['an empty value', { HEDGEROW_MAIN_SECRET: '' }, /^HEDGEROW_MAIN_SECRET is empty; /],
    ['a line break at the end', { HEDGEROW_MAIN_SECRET: `${CANARY}\n` }, /^HEDGEROW_MAIN_SECRET begins or ends with blanks or a line break; /],
    ['a line break within', { HEDGEROW_MAIN_SECRET: `${CANARY}\n${CANARY}` }, /^HEDGEROW_MAIN_SECRET holds a line break /],
    ['a short one', { HEDGEROW_MAIN_PASSWORD: 'kAnArY' }, /^HEDGEROW_MAIN_PASSWORD has fewer than 8 characters/],
    ['a word', { HEDGEROW_MAIN_PASSWORD: 'positions' }, /^HEDGEROW_MAIN_PASSWORD is made of letters or digits alone: /],
    ['a number', { HEDGEROW_MAIN_PASSWORD: '1748736000' }, /^HEDGEROW_MAIN_PASSWORD is made of letters or digits alone: /],
    ['a book', { HEDGEROW_MAIN_SECRET: CANARY.repeat(1_000) }, /^HEDGEROW_MAIN_SECRET is longer than 8192 characters/],
    ['a private key for an address', { HEDGEROW_MAIN_WALLET_ADDRESS: PRIVATE_KEY }, /^HEDGEROW_MAIN_WALLET_ADDRESS is no address: /],
    ['an address for a private key', { HEDGEROW_MAIN_PRIVATE_KEY: ADDRESS }, /^HEDGEROW_MAIN_PRIVATE_KEY is no private key: /],
  ])('refuses %s', async (_, env, message) => {
    expect(await refusal({ env })).toMatch(message);
  });

  test('takes a key of several lines', async () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHc\n-----END PRIVATE KEY-----\n';
    expect((await load({ env: { HEDGEROW_MAIN_SECRET: pem } })).get('main')?.reveal().secret).toBe(pem);
  });
});

describe('from a file', () => {
  const text = `main:\n  apiKey: ${CANARY}\n  secret: "12345678901234567890"\nhedge: { privateKey: ${PRIVATE_KEY}, walletAddress: "${ADDRESS}" }\nother: { apiKey: ${CANARY}3 }\n`;

  test('accounts that are asked for, values as they are written', async () => {
    const file = keysFile(text);
    const loaded = await load({ accounts: ['main', 'hedge', 'absent'], file });
    expect([...loaded].map(([account, credentials]) => [account, credentials.reveal()])).toEqual([
      ['main', { apiKey: CANARY, secret: '12345678901234567890' }],
      ['hedge', { privateKey: PRIVATE_KEY, walletAddress: ADDRESS }],
    ]);
    expect(loaded.get('main')?.from).toBe(file);
  });

  test('the redactor knows all of it, also what nobody asked for', async () => {
    const secrets = new Redactor();
    await load({ file: keysFile(text), secrets });
    expect(secrets.text(`${CANARY} ${CANARY}3 ${PRIVATE_KEY}`)).toBe('[secret] [secret] [secret]');
  });

  test('need not be there unless it was named', async () => {
    expect((await load({})).size).toBe(0);
    expect(await refusal({ isRequired: true })).toMatch(/^\/none\.yaml does not exist; name the file of credentials with --keys/);
  });

  test('not beside the environment, so that a key never meets the secret of another', async () => {
    expect(await refusal({ file: keysFile(text), env: { HEDGEROW_MAIN_SECRET: CANARY } })).toMatch(/^account main has credentials in the environment \(HEDGEROW_MAIN_…\) and in \/keys-\d+\.yaml; keep them in one place/);
  });

  test.each([0o644, 0o640, 0o604, 0o660, 0o700, 0o400, 0o4600])('of mode %o is refused', async (mode) => {
    expect(await refusal({ file: keysFile(text, mode) })).toMatch(new RegExp(`^/keys-\\d+\\.yaml has mode ${mode.toString(8).padStart(4, '0')}, expected 0600, so that nobody else can read it: chmod 600 `));
  });

  test('that is a link, a folder, a pipe or too large is refused', async () => {
    const link = join(folder, 'link.yaml');
    symlinkSync(keysFile(text), link);
    expect(await refusal({ file: link })).toMatch(/is a symbolic link/);
    const directory = join(folder, 'directory');
    mkdirSync(directory, { mode: 0o600 });
    expect(await refusal({ file: directory })).toMatch(/is no regular file/);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    expect(await refusal({ file: pipe })).toMatch(/is no regular file/);
    expect(await refusal({ file: keysFile(`${text}#${'x'.repeat(64 * 1_024)}`) })).toMatch(/is larger than 64 kB/);
  });

  test.runIf(process.getuid?.() === 0)('of another user is refused', async () => {
    const file = keysFile(text);
    execFileSync('chown', ['12345', file]);
    expect(await refusal({ file })).toMatch(/belongs to another user \(uid 12345, this is 0\); it has to be yours: chown 0 /);
  });

  test.each<[string, string, RegExp]>([
    ['no YAML', `main: { apiKey: "${CANARY} }\n`, /:\d+:\d+: not readable as a file of credentials/],
    ['a value alone', CANARY, /:1:1: not readable as a file of credentials/],
    ['a doubled key', `main: { apiKey: ${CANARY}, apiKey: ${CANARY} }`, /:1:38: not readable as a file of credentials; check .* doubled keys/],
    ['a tag', `main: { apiKey: !!str ${CANARY} }`, /:1:\d+: not readable/],
    ['an account that is no name', `${CANARY}: { apiKey: ${CANARY} }`, /:1:1: found a key that is no account name/],
    ['a value in the place of a block', `main: ${CANARY}`, /:1:1: found no block of credentials, expected fields of apiKey, secret, password, walletAddress, privateKey, vaultAddress/],
    ['a secret in the place of a key', `main: { ${CANARY}: x }`, /:1:9: found a key of account main that is none of apiKey, secret, /],
    ['a misspelt field', `main:\n  api_key: ${CANARY}\n`, /:2:3: found a key of account main that is none of apiKey, /],
    ['a list', `main: { apiKey: [${CANARY}] }`, /:1:9: found no text for main\.apiKey/],
    ['nothing', 'main: { apiKey: }', /:1:9: found no text for main\.apiKey/],
    ['a wrong address', `main: { walletAddress: ${CANARY} }`, /: main\.walletAddress is no address/],
  ])('with %s is refused', async (_, content, message) => {
    expect(await refusal({ file: keysFile(content) })).toMatch(message);
  });
});

test('credentials show themselves as [secret]', async () => {
  const credentials = (await load({ env: { HEDGEROW_MAIN_API_KEY: CANARY } })).get('main');
  const shown = [String(credentials), `${credentials}`, JSON.stringify({ credentials }), inspect({ deep: { credentials } }, { depth: 9, showHidden: true }), format('%o %s %j', credentials, credentials, credentials)];
  for (const text of shown) {
    expect(text).toContain('[secret]');
    expect(text).not.toContain('kAnArY');
  }
  expect(Object.keys(credentials ?? {})).not.toContain('values');
});
