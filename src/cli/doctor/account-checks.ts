/** `doctor`: what concerns one account: its key, its modes and leverage, its money, and what others have left on it. */
import { dec, plain, sum } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { exchangeLeverage } from '../../sim/simulated-market.ts';
import type { AccountSnapshot, Exchange, OrderRecord } from '../../ports/exchange.ts';
import type { ExchangeSetup } from '../../ports/exchange-setup.ts';
import { decodeClientOrderId } from '../../window/client-order-id.ts';
import { fail, pass, warn } from './finding.ts';
import type { Finding } from './finding.ts';

export interface AccountCase {
  readonly strategy: Strategy;
  readonly account: string;
  readonly exchange: Exchange;
  readonly setup: ExchangeSetup;
  /** The plan is in the store already: orders and positions on its symbol are its own affair. */
  readonly isStarted: boolean;
}

export async function checkAccount(given: AccountCase): Promise<Finding[]> {
  const snapshot = await given.exchange.fetchSnapshot(given.account);
  return [...(await checkKey(given)), ...(await checkSettings(given, snapshot)), ...(await checkFees(given)), ...checkMoney(given, snapshot), ...checkForeign(given, snapshot, await given.setup.fetchOpenOrders(given.account))];
}

async function checkKey({ setup, account }: AccountCase): Promise<Finding[]> {
  const { canTrade, canWithdraw, isIpRestricted, accountType, unsupported } = await setup.fetchKeyPermissions(account);
  const findings: Finding[] = [unsupported === null ? pass('account-type', account, accountType) : fail('account-type', account, `${accountType}: ${unsupported}`, 'use an account of a kind that is traded')];
  if (canTrade === false) findings.push(fail('key-permissions', account, 'the key may not trade futures', 'allow it at the exchange, and nothing else'));
  else if (canTrade === null) findings.push(warn('key-permissions', account, 'the exchange does not tell whether the key may trade', 'look at its page of API keys'));
  else findings.push(pass('key-permissions', account, 'the key may trade'));
  if (canWithdraw === true) findings.push(fail('withdrawals', account, 'the key may withdraw or transfer money out', 'make a key that may only trade; whoever steals this one takes everything'));
  else if (canWithdraw === null) findings.push(warn('withdrawals', account, 'the exchange does not tell whether the key may withdraw', 'make sure at the exchange that it may not'));
  else findings.push(pass('withdrawals', account, 'the key may not withdraw'));
  if (isIpRestricted === true) findings.push(pass('ip-restriction', account, 'the key works from fixed addresses only'));
  else findings.push(warn('ip-restriction', account, isIpRestricted === false ? 'the key works from any address' : 'the exchange does not tell whether the key is bound to addresses', 'bind it to the address the bot runs at'));
  return findings;
}

async function checkSettings({ strategy, account, exchange, setup }: AccountCase, snapshot: AccountSnapshot): Promise<Finding[]> {
  const { positionMode, marginMode } = strategy.exchange;
  const settings = await exchange.fetchSettings(account, strategy.symbol);
  const apply = isFlat(snapshot, await setup.fetchOpenOrders(account)) ? `hedgerow doctor --apply sets it, or change exchange.` : 'close its positions and cancel its orders first, then hedgerow doctor --apply sets it, or change exchange.';
  return [
    settings.positionMode === positionMode
      ? pass('position-mode', account, positionMode)
      : fail('position-mode', account, `the account is in ${settings.positionMode} position mode, the strategy wants ${positionMode}`, `${apply}positionMode in the file`),
    settings.marginMode === marginMode
      ? pass('margin-mode', account, marginMode)
      : fail('margin-mode', account, `${strategy.symbol} has ${settings.marginMode} margin, the strategy wants ${marginMode}`, `${apply}marginMode in the file`),
    leverageFinding(strategy, account, settings.leverage),
  ];
}

function leverageFinding(strategy: Strategy, account: string, leverage: string): Finding {
  const wanted = exchangeLeverage(strategy);
  const text = `${strategy.symbol} is set to ${leverage}x, the strategy trades ${strategy.leverage}x`;
  if (dec(leverage).lessThan(strategy.leverage)) return fail('leverage', account, `${text}: its orders would be refused`, `hedgerow doctor --apply sets ${wanted}x`);
  if (strategy.exchange.marginMode === 'isolated' && !dec(leverage).equals(wanted)) return warn('leverage', account, `${text}: with isolated margin it also moves the liquidation price`, `hedgerow doctor --apply sets ${wanted}x`);
  if (dec(leverage).lessThan(wanted)) return warn('leverage', account, `${text}: after a loss, re-entries of a cycle may lack margin`, `hedgerow doctor --apply sets ${wanted}x, which changes no position's size`);
  return pass('leverage', account, text);
}

async function checkFees({ strategy, account, exchange, setup }: AccountCase): Promise<Finding[]> {
  const assumed = await exchange.fetchInstrument(strategy.symbol);
  const fees = await setup.fetchFees(account, strategy.symbol).catch((error: unknown) => {
    if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
    return null;
  });
  if (fees === null) return [warn('fees', account, `the exchange does not tell what the account pays; orders are sized with taker ${percent(assumed.takerFee)}, as listed`, 'look at its page of fees')];
  const text = `taker ${percent(fees.takerFee)}, maker ${percent(fees.makerFee)}`;
  if (dec(fees.takerFee).lessThanOrEqualTo(assumed.takerFee)) return [pass('fees', account, text)];
  return [warn('fees', account, `${text}: more than the ${percent(assumed.takerFee)} orders are sized with`, 'keep some margin free, or pay the exchange\'s usual fees')];
}

function percent(fraction: string): string {
  return `${plain(dec(fraction).times(100))}%`;
}

function checkMoney({ strategy, account, isStarted }: AccountCase, { balance }: AccountSnapshot): Finding[] {
  const capital = sum(strategy.wallets.filter((wallet) => wallet.account === account).map((wallet) => dec(wallet.capital)));
  const text = `equity ${balance.equity} ${balance.currency}, free ${balance.free}; the plan's wallets here start with ${plain(capital)}`;
  if (isStarted) return [pass('balance', account, text)];
  if (dec(balance.equity).lessThan(capital)) return [fail('balance', account, text, 'transfer money to the futures account, or lower capital')];
  if (dec(balance.free).lessThan(capital)) return [fail('balance', account, `${text}, part of it is bound elsewhere`, 'free it, or give the plan an account of its own')];
  return [pass('balance', account, text)];
}

/** Whoever else trades on the account moves its margin; on the symbol itself the plan could not tell his positions from its own. */
function checkForeign({ strategy, account, isStarted }: AccountCase, { positions }: AccountSnapshot, openOrders: readonly OrderRecord[]): Finding[] {
  const { symbol } = strategy;
  const foreign = openOrders.filter((order) => decodeClientOrderId(order.clientOrderId) === null);
  const here = foreign.filter((order) => order.symbol === symbol);
  const ours = openOrders.filter((order) => order.symbol === symbol && decodeClientOrderId(order.clientOrderId) !== null);
  const held = positions.filter((position) => position.symbol === symbol && !dec(position.amount).isZero());
  const elsewhere = [...foreign.filter((order) => order.symbol !== symbol), ...positions.filter((position) => position.symbol !== symbol && !dec(position.amount).isZero())].map((each) => each.symbol);
  const findings: Finding[] = [];
  if (here.length > 0) findings.push(fail('foreign-orders', account, `${here.length} orders on ${symbol} are not hedgerow's: ${here.slice(0, 3).map(({ clientOrderId }) => clientOrderId).join(', ')}`, 'cancel them, or give the plan an account of its own'));
  if (!isStarted && held.length > 0) findings.push(fail('positions', account, `${symbol} is held already: ${held.map(({ positionSide, amount }) => `${amount} ${positionSide}`).join(', ')}`, 'close it first: a new plan starts flat'));
  if (!isStarted && ours.length > 0) findings.push(fail('own-orders', account, `${ours.length} orders on ${symbol} are of a plan of hedgerow that this store does not know`, 'use the database it ran with, or cancel them'));
  if (elsewhere.length > 0) findings.push(warn('other-symbols', account, `also traded on this account: ${[...new Set(elsewhere)].join(', ')}; cross margin is shared with it`, 'give the plan an account of its own'));
  return findings.length > 0 ? findings : [pass('foreign-orders', account, 'nothing of anybody else is on the account')];
}

/** Nothing is held and nothing rests: modes may be changed. */
export function isFlat({ positions }: AccountSnapshot, openOrders: readonly OrderRecord[]): boolean {
  return openOrders.length === 0 && positions.every(({ amount }) => dec(amount).isZero());
}
