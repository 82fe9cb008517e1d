/** Puts the capital of strategies into a simulated exchange, once. */
import type { Strategy } from '../../domain/strategy.ts';
import type { SimulatedMarket } from '../../sim/exchange/config.ts';
import type { SimulatedExchange } from '../../sim/exchange/simulated-exchange.ts';
import { simulatedAccounts } from '../../sim/simulated-market.ts';

/** Every strategy brings its wallets' capital once: with the first start on its symbol. */
export function fundAccounts(exchange: SimulatedExchange, strategies: readonly Strategy[], markets: readonly SimulatedMarket[] = []): void {
  const known = new Map(exchange.truth().accounts.map((account) => [account.account, new Set(Object.keys(account.symbols))]));
  for (const account of simulatedAccounts(strategies, markets)) {
    const isNew = !known.has(account.account);
    const newcomers = strategies.filter((strategy) => !known.get(account.account)?.has(strategy.symbol));
    exchange.ensureAccount(account);
    if (isNew) continue;
    for (const strategy of newcomers) {
      for (const wallet of strategy.wallets) if (wallet.account === account.account) exchange.deposit(account.account, wallet.capital);
    }
  }
}
