/** Does what an act of a tape says: to the exchange, to the account, to the machine the bot runs on, or by asking the bot. */
import { D, dec, floorToStep, plain } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { floorPrice, priceGridOf } from '../../domain/price-grid.ts';
import type { PriceRules } from '../../domain/price-grid.ts';
import type { PositionMode } from '../../domain/strategy.ts';
import type { Store } from '../../ports/store.ts';
import type { SymbolSettings } from '../exchange/config.ts';
import type { MarketChange } from '../exchange/faults.ts';
import type { Incident, WriteKind } from '../exchange/faults.ts';
import type { GroundTruth, TrueAccount } from '../exchange/truth.ts';
import type { CampaignWorld } from './campaign-world.ts';
import { VENUE } from './bot-process.ts';
import { INCIDENT_ACTS, isOperator } from './tape-acts.ts';
import type { TapeAct } from './tape-acts.ts';

const WRITES: readonly WriteKind[] = ['place', 'amend', 'cancel'];
/** Waiting time an exchange asks for with a 429, ms. */
const RETRY_AFTER_MS = 2_000;
/** Where somebody's own limit order rests, in prices of now. */
const FAR_ABOVE = new D('1.5');
const FAR_BELOW = new D('0.5');
const UNANSWERED = { type: 'unknown', message: 'internal error; unable to process your request' } as const;

export async function carryOut(act: TapeAct, world: CampaignWorld): Promise<void> {
  if ((INCIDENT_ACTS as readonly string[]).includes(act.name)) return beginIncident(act, world);
  if (isOperator(act.name)) return askOperator(act.name, world);
  const [first = '', second = ''] = act.args;
  switch (act.name) {
    case 'clock':
      return world.stepClock(Number(first));
    case 'blind':
      return world.blind(Number(first));
    case 'deposit':
      return world.exchange.others.transfer(world.strategy.exchange.account, first);
    case 'cancel-all':
      return world.exchange.acts.cancelAll('CANCELED_BY_EXCHANGE');
    case 'liquidate':
      return world.exchange.acts.liquidate(world.strategy.exchange.account);
    case 'market':
      return world.exchange.acts.changeMarket(world.strategy.symbol, { [first]: marketValue(second) } as MarketChange);
    case 'settings':
      return changeSettings(first, second, world);
    default:
      return actOnAccount(act, world);
  }
}

/** What a person changes on the exchange's own page; the exchange refuses another margin or position mode while something is held. */
async function changeSettings(name: string, value: string, { exchange, strategy, auditor }: CampaignWorld): Promise<void> {
  const { account } = strategy.exchange;
  if (name !== 'positionMode') {
    await exchange.others.changeSettings(account, strategy.symbol, { [name]: value } as Partial<SymbolSettings>);
    return;
  }
  if (await exchange.others.changePositionMode(account, value as PositionMode)) auditor.modeChanged(account);
}

function marketValue(text: string): string | number | null {
  if (text === 'null') return null;
  return text.startsWith('#') ? Number(text.slice(1)) : text;
}

/** What others do with what is held or rests on the first account that holds something. */
async function actOnAccount({ name, args }: TapeAct, { exchange, strategy }: CampaignWorld): Promise<void> {
  const [first = '', second = '0.5'] = args;
  const truth = exchange.truth();
  const { symbol } = strategy;
  const market = strategy.exchange.market;
  const amountOf = (held: string): string => plain(floorToStep(dec(held).abs().times(new D(second)), dec(market?.amountStep ?? '0.001')));
  for (const account of truth.accounts) {
    const leg = legNamed(account, symbol, first);
    const amount = leg === undefined ? '0' : amountOf(leg.amount);
    if (name === 'cancel') return cancelNth(truth, Number(first), async (id) => void (await exchange.others.cancel(account.account, symbol, id)));
    if (leg === undefined || dec(amount).isZero()) continue;
    const side = leg.positionSide;
    if (name === 'adl') return exchange.acts.deleverage(account.account, symbol, side, amount);
    if (name === 'close') return void (await exchange.others.closePosition(account.account, symbol, side, amount));
    const isShort = side === 'short' || dec(leg.amount).isNegative();
    const order = { account: account.account, symbol, side: isShort ? ('sell' as const) : ('buy' as const), amount, positionSide: side === 'both' ? null : side };
    const limit = args[2] === 'rest' ? restingPrice(truth, symbol, isShort, market ?? { tickSize: '0.1' }) : null;
    return void (await exchange.others.place(limit === null ? order : { ...order, price: limit }));
  }
}

/** A limit so far away that it rests. */
function restingPrice({ prices }: GroundTruth, symbol: string, isShort: boolean, rules: PriceRules): string {
  const last = dec(prices.find((price) => price.symbol === symbol)?.last ?? '0');
  return plain(floorPrice(priceGridOf(rules), last.times(isShort ? FAR_ABOVE : FAR_BELOW)));
}

function legNamed({ positions }: TrueAccount, symbol: string, side: string): TrueAccount['positions'][number] | undefined {
  return positions.find((leg) => leg.symbol === symbol && (leg.positionSide === side || leg.positionSide === 'both'));
}

async function cancelNth({ accounts }: GroundTruth, index: number, cancel: (clientOrderId: string) => Promise<void>): Promise<void> {
  const open = accounts[0]?.openOrders ?? [];
  const order = open[index % Math.max(1, open.length)];
  if (order !== undefined) await cancel(order.clientOrderId);
}

function beginIncident({ name, args }: TapeAct, world: CampaignWorld): void {
  const [lasts = '60000', ...more] = args;
  const from = world.now;
  const until = from + Math.max(1, Number(lasts));
  world.exchange.beginIncident(incidentOf(name, more, { from, until }));
  world.incidentsUntil = Math.max(world.incidentsUntil, until);
}

function incidentOf(name: TapeAct['name'], [first = '', second = '', third = '']: readonly string[], window: { readonly from: number; readonly until: number }): Incident {
  const tellsGap = first === 'gap' || second === 'gap' || third === 'gap';
  switch (name) {
    case 'limit':
      return { ...window, type: 'rate-limit', retryAfterMs: RETRY_AFTER_MS };
    case 'ban':
      return { ...window, type: 'ban' };
    case 'maintenance':
      return { ...window, type: 'maintenance', answer: first === 'unknown' ? 'unknown' : 'halted', tellsGap, cancelsAll: second === 'cancels' ? 'CANCELED_BY_EXCHANGE' : null };
    case 'freeze':
      return { ...window, type: 'freeze', tellsGap };
    case 'wrong':
      return { ...window, type: 'wrong-answer', kinds: WRITES, answer: UNANSWERED };
    case 'refuse':
      return { ...window, type: 'refusal', kinds: WRITES, code: first };
    case 'silence':
      return { ...window, type: 'silence', of: first === 'prices' || first === 'account' ? first : 'all', tellsGap };
    case 'stale':
      return { ...window, type: 'stale-prices' };
    default:
      throw new HedgerowError('INPUT_INVALID', `--tape: @${name} is no incident`);
  }
}

/** Writes the action down, as a person at another terminal does, and lets the bot know that there is something to read. */
async function askOperator(action: Parameters<Store['requestAction']>[0]['action'], world: CampaignWorld): Promise<void> {
  const store = world.durable.open();
  const plan = await store.findPlan({ venue: VENUE, name: world.strategy.name });
  if (plan === null) return;
  world.actionsAsked += 1;
  await store.requestAction({ actionId: `act-${world.actionsAsked}`, planId: plan.planId, action, reason: `the tape says ${action}`, requestedBy: 'campaign', requestedAt: world.now });
  world.process?.engine?.readActions();
}
