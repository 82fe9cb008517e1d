/**
 * Between which prices a live world has nothing to do, in whole numbers of the tape; and whether its deadlines are worth coming to.
 *
 * The engine's own band lets more prices through than matter: all of them while a wallet is being reset, and all while the mark stands
 * beyond a level that the last price has not reached. What such a price does is to be remembered: it changes no ladder, no order and no
 * reset, and the next one replaces it. So only levels, prices that are waited for and limits on risk count here. Where equity is measured
 * against its past (drawdown, daily loss) or the margin is looked at, every price the engine takes in counts, and its own band holds.
 */
import { awaitsLaterPrice } from '../domain/ladder.ts';
import { isPriceBelow } from '../domain/candle.ts';
import type { RiskLimitName, Strategy, TriggerSource } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { PlanRunner } from '../engine/plan-runner.ts';
import { NO_BAND, levelBand, narrowed } from '../engine/price-band.ts';
import type { PriceBand } from '../engine/price-band.ts';
import { activeLimits } from '../engine/risk-watch.ts';
import { riskBand } from '../engine/risk.ts';
import { factsOf, operationOf, phaseOf } from '../engine/step.ts';
import type { PlanState } from '../engine/step.ts';
import type { RefusalCode } from '../ports/exchange.ts';
import type { ExchangeOrder } from '../window/exchange-orders.ts';
import type { LiveWorld } from './live-world.ts';
import { firstAtOrAbove, lastAtOrBelow } from './path-units.ts';
import type { Tape } from './tape.ts';

/** Whole-number prices strictly between which nothing happens. */
export interface Quiet {
  readonly lastLow: number;
  readonly lastHigh: number;
  readonly markLow: number;
  readonly markHigh: number;
  /** Nor before this time, ms. */
  readonly until: number;
}

const REMEMBERING: readonly RiskLimitName[] = ['maxDrawdown', 'maxDailyLoss', 'maxMarginRatio'];
/** Of these, limits to which a price means nothing while no position is held; a day has to begin all the same. */
const ON_EQUITY: readonly RiskLimitName[] = ['maxDrawdown', 'maxDailyLoss'];
const DAY_MS = 86_400_000;
/** Below any price, above any price. */
const WIDE: PriceBand = { low: 0, high: Infinity };

export function quietOf({ exchange, runner }: LiveWorld, strategy: Strategy, tape: Tape): Quiet {
  const { last, mark, index, until } = exchange.quietPrices(strategy.symbol);
  const engine = engineBands(runner, strategy);
  const dayEnd = strategy.risk.some(({ name }) => name === 'maxDailyLoss') ? (Math.floor(exchange.now() / DAY_MS) + 1) * DAY_MS : Infinity;
  const isByLast = strategy.exchange.triggerBy === 'last';
  const ofLast = isByLast ? engine.levels : WIDE;
  const ofMark = isByLast ? engine.risk : { low: Math.max(engine.levels.low, engine.risk.low), high: Math.min(engine.levels.high, engine.risk.high) };
  let [low, high] = [Math.max(last.low, ofLast.low), Math.min(last.high, ofLast.high)];
  const [markLow, markHigh] = [Math.max(mark.low, index.low, ofMark.low), Math.min(mark.high, index.high, ofMark.high)];
  if (tape.mark === null) [low, high] = [Math.max(low, markLow), Math.min(high, markHigh)];
  return {
    lastLow: lastAtOrBelow(low, tape.scale),
    lastHigh: firstAtOrAbove(high, tape.scale),
    markLow: tape.mark === null ? -Infinity : lastAtOrBelow(markLow, tape.mark.scale),
    markHigh: tape.mark === null ? Infinity : firstAtOrAbove(markHigh, tape.mark.scale),
    until: Math.min(until, dayEnd),
  };
}

/** `levels`: of the price the ladders follow; `risk`: of the mark. */
function engineBands(runner: PlanRunner, strategy: Strategy): { readonly levels: PriceBand; readonly risk: PriceBand } {
  const { state, band } = runner;
  const isResting = state !== null && isPausedInCash(state);
  if (state === null || strategy.risk.some(({ name }) => REMEMBERING.includes(name) && !(isResting && ON_EQUITY.includes(name)))) return { levels: band, risk: band };
  if (operationOf(state) === 'halted') return { levels: WIDE, risk: WIDE };
  if (awaitsAnyPrice(state)) return { levels: NO_BAND, risk: WIDE };
  const waitingOrders = runner.withheld.map(({ order }) => order).filter(({ triggerPrice }) => triggerPrice !== null);
  // When the engine looks at what waits for another source depends on where its own band stands.
  if (waitingOrders.some(({ triggerBy }) => triggerBy !== strategy.exchange.triggerBy)) return { levels: band, risk: band };
  const waiting = waitingOrders.flatMap(({ triggerPrice }) => triggerPrice ?? []);
  const { risk } = runner.memory;
  const limits = risk === null ? WIDE : riskBand(activeLimits(strategy.risk, state), risk, state.wallets.map(factsOf));
  return { levels: narrowed(levelBand(followersOf(state), priceSeen(state), waiting), WIDE), risk: narrowed(limits, WIDE) };
}

/** Of a plan that is paused: what a price does to equity is nothing. */
function isPausedInCash(state: PlanState): boolean {
  return operationOf(state) === 'paused' && state.wallets.every((wallet) => longOf(factsOf(wallet)).isZero() && shortOf(factsOf(wallet)).isZero());
}

/** While it is paused no order of a reset is sent, and a wallet that waits for one stays where its ladder was. */
function followersOf(state: PlanState): PlanState {
  if (operationOf(state) !== 'paused') return state;
  return { ...state, wallets: state.wallets.filter((wallet) => phaseOf(wallet) !== 'RESET') };
}

/** Of a plan that runs: the next price decides, whatever it is. */
function awaitsAnyPrice(state: PlanState): boolean {
  return operationOf(state) === 'running' && state.wallets.some((wallet) => awaitsLaterPrice(factsOf(wallet)));
}

function priceSeen(state: PlanState): string {
  return state.wallets[0]?.snapshot.context.price ?? '0';
}

/** Refusals that depend on the order alone: it is refused again as long as nothing happens. */
const LASTING: ReadonlySet<string> = new Set<RefusalCode>(['MIN_AMOUNT', 'AMOUNT_OFF_STEP', 'PRICE_OFF_TICK', 'MAX_CONDITIONAL_ORDERS', 'MAX_OPEN_ORDERS', 'POSITION_SIDE_MISMATCH']);

/** Every order that was refused will be refused again, at any price between those at which something happens. */
export function retriesInVain({ refusals, withheld, prices }: PlanRunner): boolean {
  return [...refusals].every(([slot, code]) => {
    if (LASTING.has(code)) return true;
    // What an order at its trigger costs stays the same; at market it costs what the price is.
    const order = withheld.find((each) => each.order.slot === slot)?.order;
    return code === 'MIN_COST' && order !== undefined && prices !== null && !isPassed(order, prices);
  });
}

function isPassed({ side, triggerPrice, triggerBy }: ExchangeOrder, prices: Readonly<Record<TriggerSource, string>>): boolean {
  return triggerPrice === null || (side === 'sell' ? !isPriceBelow(triggerPrice, prices[triggerBy]) : !isPriceBelow(prices[triggerBy], triggerPrice));
}

/** Readings and attempts change nothing that anybody could see, where the margin is not looked at. */
export function mayThin({ risk }: Strategy): boolean {
  return risk.every(({ name }) => name !== 'maxMarginRatio');
}
