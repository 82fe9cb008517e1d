/**
 * Which strategies run on the given files. Those of a file's symbol do; others are left out. When no strategy names the symbol of the
 * one file given, all of them are tried on it, with tick and amount step read off the file and an account of its own for each.
 */
import { candleBatches } from '../../adapters/files/candle-file.ts';
import { guessSymbol } from '../../adapters/files/file-symbol.ts';
import { tradeBatches } from '../../adapters/files/trade-tape.ts';
import { D, dec, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { inputError } from '../command-input.ts';
import { isCandleFile } from './first-line.ts';

export interface FeedMatch {
  readonly strategies: readonly Strategy[];
  /** What was left out or changed, in words. */
  readonly notes: readonly string[];
}

export async function matchFeeds(strategies: readonly Strategy[], files: readonly string[]): Promise<FeedMatch> {
  const symbols = files.map(guessSymbol);
  if (files.length === 0 || strategies.length === 1) return { strategies, notes: [] };
  const matching = strategies.filter(({ symbol }) => symbols.includes(symbol));
  if (matching.length > 0) {
    const left = strategies.filter((strategy) => !matching.includes(strategy));
    return { strategies: matching, notes: left.map(({ name, symbol }) => `${name} is left out: no --feed of ${symbol}`) };
  }
  const [path] = files;
  const [symbol] = symbols;
  if (path === undefined || symbol === undefined || symbol === null || files.length > 1) {
    throw inputError(`no strategy trades ${symbols.map((each) => each ?? 'a symbol that the file name does not tell').join(', ')}; the strategies trade ${strategies.map((strategy) => strategy.symbol).join(', ')}`);
  }
  const movable = strategies.filter(({ unit }) => unit.type !== 'price');
  if (movable.length === 0) throw inputError(`no strategy trades ${symbol}, and all of them count units in prices of their own symbol; write one for ${symbol}`);
  const [model] = movable;
  if (model === undefined || model.exchange.market === null) throw inputError('only strategies of the simulated exchange can be tried on another symbol');
  // One symbol has one market: fees and minimum cost are the first strategy's.
  const market = { ...model.exchange.market, ...(await marketOf(path)) };
  return {
    strategies: movable.map((strategy) => moved(strategy, symbol, { ...market, minAmount: market.amountStep })),
    notes: [`no strategy names ${symbol}: ${movable.map(({ name }) => name).join(', ')} run on it, each on an account of its own, tick ${market.tickSize}, amount step ${market.amountStep}`],
  };
}

/** The strategy was moved to the symbol of a file, onto an account of its own. */
export function isOnOwnAccount({ name, exchange }: Strategy): boolean {
  return exchange.account.startsWith(ownAccount(name, ''));
}

function ownAccount(name: string, account: string): string {
  return `${name}-${account}`;
}

function moved(strategy: Strategy, symbol: string, market: NonNullable<Strategy['exchange']['market']>): Strategy {
  const { exchange, wallets } = strategy;
  const own = (account: string): string => ownAccount(strategy.name, account);
  return {
    ...strategy,
    symbol,
    exchange: { ...exchange, account: own(exchange.account), market },
    wallets: wallets.map((wallet) => ({ ...wallet, account: own(wallet.account) })),
  };
}

/** A tenth of the smallest usual order, 5 quote, in the next smaller power of ten. */
const STEP_QUOTE = 0.5;

/** The finest price step of the file's beginning, and an amount step that suits its price. */
async function marketOf(path: string): Promise<{ readonly tickSize: DecimalString; readonly amountStep: DecimalString }> {
  const prices = await firstPrices(path);
  const decimals = Math.max(...prices.map((price) => dec(price).decimalPlaces()));
  const price = Number(prices[0] ?? '1');
  return { tickSize: plain(new D(10).pow(-decimals)), amountStep: plain(new D(10).pow(Math.floor(Math.log10(STEP_QUOTE / price)))) };
}

async function firstPrices(path: string): Promise<DecimalString[]> {
  if (await isCandleFile(path)) {
    for await (const batch of candleBatches(path)) return batch.flatMap(({ open, high, low, close }) => [open, high, low, close]);
  } else {
    for await (const batch of tradeBatches(path)) return batch.map(({ price }) => price);
  }
  throw inputError(`${path}: the file holds no prices`);
}
