/**
 * Looks at everything live trading rests on, and says what is wrong and what to do about it. It changes nothing, except `applySettings`,
 * which sets modes and leverage on accounts that are flat and without orders.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { exchangeLeverage } from '../../sim/simulated-market.ts';
import type { Exchange } from '../../ports/exchange.ts';
import type { ExchangeSetup, SetupOutcome } from '../../ports/exchange-setup.ts';
import { checkAccount, isFlat } from './account-checks.ts';
import { fail, pass } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkCapabilities, checkClock, checkMarket, checkPlan } from './market-checks.ts';

/** The remedy where the exchange did not answer: nothing is known to be wrong. */
export const TRY_AGAIN = 'try again; if it stays so, look at the key and at the exchange\'s status page';
/** It answered, and will not answer otherwise: the key is wrong, or of another environment. */
const DEFINITE = /: BAD_REQUEST /;
const CHECK_KEY = 'the exchange refuses the request itself: look at the key, its permissions, its address restriction, and whether it is of this environment (demo, sandbox)';

export interface DoctorCase {
  readonly strategy: Strategy;
  readonly exchange: Exchange & ExchangeSetup;
  /** The plan is in the store already: what rests and is held on its symbol is its own affair. */
  readonly isStarted: boolean;
  /** Credentials that accounts lack, as the environment names them. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
}

/** Never rejects for what the exchange says or fails to say: that is a finding. */
export async function runDoctor({ strategy, exchange, isStarted, missing }: DoctorCase): Promise<Finding[]> {
  const findings: Finding[] = [];
  const look = async (check: string, account: string | null, work: () => Promise<readonly Finding[]> | readonly Finding[]): Promise<void> => {
    findings.push(...(await orFinding(check, account, work)));
  };
  const accounts = accountsOf(strategy);
  for (const account of accounts) {
    const lacks = missing.get(account);
    findings.push(lacks === undefined ? pass('credentials', account, 'there and whole') : fail('credentials', account, `missing: ${lacks.join(', ')}`, 'set them in the environment, or write them to a file with mode 0600 and name it with --keys'));
  }
  await look('clock', null, () => checkClock(exchange));
  await look('market', null, () => checkMarket(strategy, exchange, exchange));
  await look('plan', null, () => checkPlan(strategy, exchange));
  await look('windows', null, () => checkCapabilities(strategy, exchange));
  for (const account of accounts.filter((each) => exchange.accounts.includes(each))) {
    await look('account', account, () => checkAccount({ strategy, account, exchange, setup: exchange, isStarted }));
  }
  return findings;
}

export function accountsOf({ wallets }: Strategy): readonly string[] {
  return [...new Set(wallets.map(({ account }) => account))];
}

async function orFinding(check: string, account: string | null, work: () => Promise<readonly Finding[]> | readonly Finding[]): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HedgerowError) || error.code === 'INVARIANT_BROKEN') throw error;
    const remedy = error.code !== 'EXCHANGE_UNAVAILABLE' ? 'see the message' : DEFINITE.test(error.message) ? CHECK_KEY : TRY_AGAIN;
    return [fail(check, account, error.message, remedy)];
  }
}

/** Sets what the strategy wants where it differs, on flat accounts only. One finding for each thing that was to be set. */
export async function applySettings({ strategy, exchange }: Pick<DoctorCase, 'strategy' | 'exchange'>): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const account of accountsOf(strategy).filter((each) => exchange.accounts.includes(each))) {
    findings.push(...(await orFinding('apply', account, () => applyTo(account, strategy, exchange))));
  }
  return findings;
}

async function applyTo(account: string, strategy: Strategy, exchange: Exchange & ExchangeSetup): Promise<Finding[]> {
  const { symbol } = strategy;
  const { positionMode, marginMode } = strategy.exchange;
  const before = await exchange.fetchSettings(account, symbol);
  const leverage = exchangeLeverage(strategy);
  const wanted: [what: string, isSo: boolean, set: () => Promise<SetupOutcome>][] = [
    [`position mode ${positionMode}`, before.positionMode === positionMode, () => exchange.setPositionMode(account, symbol, positionMode)],
    [`${marginMode} margin`, before.marginMode === marginMode, () => exchange.setMarginMode(account, symbol, marginMode, leverage)],
    [`leverage ${leverage}x`, before.leverage === leverage, () => exchange.setLeverage(account, symbol, leverage)],
  ];
  const missing = wanted.filter(([, isSo]) => !isSo);
  if (missing.length === 0) return [];
  if (!isFlat(await exchange.fetchSnapshot(account), await exchange.fetchOpenOrders(account))) {
    return [fail('apply', account, `${missing.map(([what]) => what).join(', ')}: not set, because the account holds positions or orders`, 'close and cancel them first')];
  }
  const findings: Finding[] = [];
  for (const [what, , set] of missing) {
    const outcome = await set();
    findings.push(outcome.type === 'failed' ? fail('apply', account, `${what}: ${outcome.message}`, 'set it at the exchange by hand') : pass('apply', account, `${what} is set`));
  }
  return findings;
}
