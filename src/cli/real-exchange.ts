/** A real exchange as the command line asks for it: the strategies' connection, credentials of their accounts, nothing that leaks them. */
import { join } from 'node:path';
import { openCcxtExchange } from '../adapters/ccxt/open-ccxt-exchange.ts';
import type { CcxtExchange } from '../adapters/ccxt/ccxt-exchange.ts';
import { credentialsNeeded } from '../adapters/ccxt/dialects.ts';
import type { CcxtExchangeId } from '../adapters/ccxt/load-exchange.ts';
import { envName, loadCredentials } from '../adapters/system/load-credentials.ts';
import type { AccountCredentials, CredentialField } from '../adapters/system/account-credentials.ts';
import { processSecrets } from '../adapters/system/redaction.ts';
import type { ConnectionSpec, Strategy } from '../domain/strategy.ts';
import type { Log } from '../ports/log.ts';
import type { CommandInput } from './command-input.ts';
import type { CliIo } from './command-spec.ts';

const KEYS_FILE = 'keys.yaml';

export interface AccountKeys {
  /** By account; accounts whose credentials are missing or not whole are left out. */
  readonly whole: ReadonlyMap<string, AccountCredentials>;
  /** What each of the other accounts lacks, as the environment names it. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
}

/** From the environment, `--keys`, or the data folder's own file. Throws INPUT_INVALID for what is there and wrong. */
export async function accountKeys(exchangeId: CcxtExchangeId, strategies: readonly Strategy[], dataDir: string, input: Pick<CommandInput, 'text'>, env: CliIo['env']): Promise<AccountKeys> {
  const accounts = [...new Set(strategies.flatMap(({ wallets }) => wallets.map(({ account }) => account)))];
  const named = input.text('keys');
  const found = await loadCredentials({ accounts, env, keysFile: { path: named ?? join(dataDir, KEYS_FILE), isRequired: named !== null }, secrets: processSecrets });
  const needed: readonly CredentialField[] = credentialsNeeded(exchangeId);
  const lacks = (account: string): readonly string[] => needed.filter((field) => found.get(account)?.has(field) !== true).map((field) => envName(account, field));
  return {
    whole: new Map([...found].filter(([account]) => lacks(account).length === 0)),
    missing: new Map(accounts.flatMap((account): [string, readonly string[]][] => (lacks(account).length === 0 ? [] : [[account, lacks(account)]]))),
  };
}

export interface RealExchangeWishes {
  readonly exchangeId: CcxtExchangeId;
  readonly connection: ConnectionSpec;
  readonly symbols: readonly string[];
  /** Empty: public data only. */
  readonly keys: ReadonlyMap<string, AccountCredentials>;
  /** Sign the questions about public facts that some exchanges answer only then; nothing is traded with them. */
  readonly factsKeys?: AccountCredentials | null;
  readonly log: Log;
}

/** Opened, its streams not started. Rejects with EXCHANGE_UNAVAILABLE, or INPUT_INVALID for a symbol it does not have. */
export function openRealExchange({ exchangeId, connection, symbols, keys, factsKeys, log }: RealExchangeWishes): Promise<CcxtExchange> {
  const credentials = new Map([...keys].map(([account, own]) => [account, own.reveal()]));
  return openCcxtExchange({ exchangeId, connection, credentials, symbols: [...new Set(symbols)], log, ...(factsKeys == null ? {} : { factsCredentials: factsKeys.reveal() }) });
}
