/** Accounts and their settings as the world outside sets them: created with a deposit, never twice. */
import { dec } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { invariant } from '../../domain/invariant.ts';
import { newAccount } from './book-state.ts';
import type { AccountState } from './book-state.ts';
import type { Book } from './book.ts';
import type { SimulatedAccount, SymbolSettings } from './config.ts';

const DEFAULT_CURRENCY = 'USDT';

/** Idempotent: an account that exists keeps everything and gets only the settings of symbols it has none for. */
export function addMissingAccount(book: Book, config: SimulatedAccount): void {
  const known = book.accounts.get(config.account);
  const account = known ?? createAccount(book, config);
  if (account.createdMode !== config.positionMode) {
    throw new HedgerowError('INPUT_INVALID', `account ${config.account} is in ${account.createdMode} mode, not ${config.positionMode}`);
  }
  for (const [symbol, settings] of Object.entries(config.symbols ?? {})) {
    if (!account.symbols.has(symbol)) changeSymbolSettings(book, account, symbol, settings);
  }
}

function createAccount(book: Book, config: SimulatedAccount): AccountState {
  const { marginMode = 'cross', leverage = '1' } = config;
  const account = newAccount(config.account, config.currency ?? DEFAULT_CURRENCY, config.positionMode, { marginMode, leverage });
  book.putAccount(account);
  book.addCash(account, 'deposits', dec(config.deposit));
  return account;
}

/** Margin mode changes only while the symbol is flat, as at real exchanges; leverage counts from the next opening on. */
export function changeSymbolSettings(book: Book, account: AccountState, symbol: string, change: Partial<SymbolSettings>): void {
  const current = book.settings(account, symbol);
  const settings = Object.freeze({ ...current, ...change });
  const { market } = book.marketOf(symbol);
  if (!dec(settings.leverage).greaterThan(0) || dec(settings.leverage).greaterThan(market.maxLeverage)) {
    throw new HedgerowError('INPUT_INVALID', `leverage ${settings.leverage} on ${symbol}: must be above 0 and at most ${market.maxLeverage.toFixed()}`);
  }
  const isFlat = [...account.legs.values()].every((leg) => leg.symbol !== symbol);
  invariant(isFlat || settings.marginMode === current.marginMode, 'margin mode changes only while flat', { account: account.account, symbol });
  account.symbols.set(symbol, settings);
  book.putAccount(account);
}
