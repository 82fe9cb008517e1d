/**
 * The simulated exchange that a set of strategies asks for: their markets, and accounts holding exactly their wallets' capital.
 */
import { D, ONE, dec, maxOf, minOf, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { Strategy } from '../domain/strategy.ts';
import { parseTimeframe } from '../domain/timeframe.ts';
import { DEFAULT_MAX_LEVERAGE } from './exchange/config.ts';
import type { SimulatedAccount, SimulatedMarket, SymbolSettings } from './exchange/config.ts';

/**
 * Leverage set at the exchange, which bounds initial margin only; sizes follow the strategy's own. With cross margin it is twice
 * that, so that after losses the re-entries of a cycle, whose quote amount is fixed, still find margin. Isolated margin keeps the
 * strategy's, because there the leverage also decides where the position is liquidated.
 */
export function exchangeLeverage(strategy: Strategy, maxLeverage: DecimalString = DEFAULT_MAX_LEVERAGE): DecimalString {
  if (strategy.exchange.marginMode === 'isolated') return plain(maxOf(dec(strategy.leverage), ONE));
  return plain(maxOf(minOf(dec(strategy.leverage).times(2).ceil(), dec(maxLeverage)), ONE));
}

export function simulatedMarkets(strategies: readonly Strategy[]): SimulatedMarket[] {
  const markets = new Map<string, SimulatedMarket>();
  for (const { symbol, name, exchange } of strategies) {
    if (exchange.market === null) {
      throw new HedgerowError('INPUT_INVALID', `${name} trades on ${exchange.id}, not on the simulated exchange; set exchange.id to simulated to try it there`);
    }
    const market: SimulatedMarket = { symbol, ...exchange.market };
    const known = markets.get(symbol);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(market)) {
      throw new HedgerowError('INPUT_INVALID', `${name} gives ${symbol} another exchange.market than the strategy before it; one symbol has one market`);
    }
    markets.set(symbol, market);
  }
  return [...markets.values()];
}

/** `markets` limit the leverage; of a symbol that is not among them it is the simulated exchange's own limit. */
export function simulatedAccounts(strategies: readonly Strategy[], markets: readonly SimulatedMarket[] = []): SimulatedAccount[] {
  const accounts = new Map<string, { deposit: D; positionMode: Strategy['exchange']['positionMode']; currency: string; symbols: Record<string, SymbolSettings> }>();
  for (const strategy of strategies) {
    for (const wallet of strategy.wallets) {
      const account = accounts.get(wallet.account) ?? { deposit: new D(0), positionMode: strategy.exchange.positionMode, currency: settleOf(strategy), symbols: {} };
      if (account.positionMode !== strategy.exchange.positionMode) {
        throw new HedgerowError('INPUT_INVALID', `${strategy.name} wants ${strategy.exchange.positionMode} position mode on account ${wallet.account}, another strategy the other; use separate accounts`);
      }
      if (account.currency !== settleOf(strategy)) {
        throw new HedgerowError('INPUT_INVALID', `${strategy.name} settles in ${settleOf(strategy)}, another strategy on account ${wallet.account} in ${account.currency}; use separate accounts`);
      }
      account.deposit = account.deposit.plus(wallet.capital);
      const maxLeverage = markets.find(({ symbol }) => symbol === strategy.symbol)?.maxLeverage;
      account.symbols[strategy.symbol] = { marginMode: strategy.exchange.marginMode, leverage: exchangeLeverage(strategy, maxLeverage) };
      accounts.set(wallet.account, account);
    }
  }
  return [...accounts].map(([account, { deposit, ...rest }]) => ({ account, deposit: plain(deposit), ...rest }));
}

/** `USDT` of `BTC/USDT:USDT`. */
function settleOf({ symbol }: Strategy): string {
  return symbol.split(':')[1] ?? 'USDT';
}

/** Timeframes whose candles the strategies measure their units with. */
export function neededTimeframes(strategies: readonly Strategy[]): number[] {
  return [...new Set(strategies.flatMap(({ unit }) => (unit.type === 'atr' ? [parseTimeframe(unit.timeframe)] : [])))];
}
