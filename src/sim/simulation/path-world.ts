/**
 * The world of one path: the simulated exchange under the path's conditions, the whole bot on it with a store in memory, and the
 * auditor listening to both. Everything follows from strategy and path (I22).
 */
import { D, dec, floorToStep, maxOf, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { Candle } from '../../domain/candle.ts';
import type { Strategy } from '../../domain/strategy.ts';

import type { PlanRunner } from '../../engine/plan-runner.ts';
import type { RunnerDeps } from '../../engine/runner-parts.ts';
import { openRunner } from '../../engine/recovery.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import { Auditor } from '../auditor/auditor.ts';
import type { DeliveryPolicy, SimulatedMarket } from '../exchange/config.ts';
import { SimulatedExchange } from '../exchange/simulated-exchange.ts';
import { forwardingStore } from '../forwarding-store.ts';
import { createMemoryStore } from '../memory-store.ts';
import { seededRandom } from '../random.ts';
import { neededTimeframes, simulatedAccounts, simulatedMarkets } from '../simulated-market.ts';
import { WatchedExchange, World } from '../world.ts';
import type { Conditions } from './sim-path.ts';

export interface PathWorld {
  readonly world: World;
  readonly runner: PlanRunner;
  readonly auditor: Auditor;
  readonly random: Random;
  readonly exchange: SimulatedExchange;
}

export const PATH_START_AT = 1_735_689_600_000;
const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
/** Candles before the first price, enough for any length of an ATR. */
const HISTORY_CANDLES = 600;
/** A true range of 0.7 % of the price, a usual hour of a liquid coin: open and close at the price, high and low around it. */
const HISTORY_RANGE = new D('0.0035');

export async function openPathWorld(strategy: Strategy, conditions: Conditions, startPrice: DecimalString, observer: NonNullable<RunnerDeps['observer']>): Promise<PathWorld> {
  const random = seededRandom(conditions.seed).fork('world');
  const network = { isUp: false };
  const exchange = new SimulatedExchange({
    markets: simulatedMarkets([strategy]).map((market) => marketUnder(market, conditions, strategy, startPrice)),
    accounts: simulatedAccounts([strategy]),
    fillPrice: conditions.fillPrice,
    capabilities: { amendsConditional: conditions.amends },
    deliver: delivery(conditions, random.fork('latency'), network),
    startAt: PATH_START_AT,
  });
  for (const timeframeMs of neededTimeframes([strategy])) exchange.keepCandles(strategy.symbol, timeframeMs, history(startPrice, timeframeMs, strategy));
  const auditor = new Auditor(simulatedMarkets([strategy]));
  exchange.onDelta((delta) => auditor.heard(delta));
  const watched = new WatchedExchange(exchange);
  const memory = createMemoryStore(exchange);
  const store = forwardingStore(memory, {
    commit: async (batch) => {
      await memory.commit(batch);
      auditor.committed(batch);
    },
  });
  const runner = await openRunner(strategy, 'simulation', 'simulation', { exchange: watched.port, store, clock: exchange, log: SILENT, observer });
  network.isUp = true;
  return { world: new World(exchange, watched, [runner]), runner, auditor, random: random.fork('prices'), exchange };
}

export function marketUnder(market: SimulatedMarket, { pieces, parts, slippageBps }: Conditions, strategy: Strategy, startPrice: DecimalString): SimulatedMarket {
  const slippage = slippageBps === null ? {} : { slippage: plain(new D(slippageBps).times('0.0001')) };
  if (!pieces && parts === 0) return { ...market, ...slippage };
  // An eighth of the largest wallet's position at the start: fragments fill in a few parts, whole positions in many.
  const capital = strategy.wallets.reduce((most, wallet) => maxOf(most, dec(wallet.capital)), dec('0'));
  const step = dec(market.amountStep);
  const part = maxOf(step, floorToStep(capital.times(strategy.leverage).div(startPrice).div(8), step));
  return { ...market, ...slippage, maxAmountPerTrade: plain(part), tradesPerTick: parts === 0 ? null : parts };
}

/** Requests take once to three times the latency, answers as well; while the world is being opened they take none. */
function delivery({ latencyMs }: Conditions, random: Random, network: { readonly isUp: boolean }): DeliveryPolicy {
  const once = { requestMs: 0, responseMs: 0, applied: 1, answer: null } as const;
  if (latencyMs === 0) return () => once;
  const delay = (): number => latencyMs + random.integer(2 * latencyMs);
  return () => (network.isUp ? { ...once, requestMs: delay(), responseMs: delay() } : once);
}

/** Even candles up to the first price, for units of ATR. */
export function history(price: DecimalString, timeframeMs: number, { exchange }: Strategy): Candle[] {
  const end = PATH_START_AT - (PATH_START_AT % timeframeMs);
  const tick = dec(exchange.market?.tickSize ?? '0.01');
  const half = maxOf(tick, floorToStep(dec(price).times(HISTORY_RANGE), tick));
  const candle = { open: price, high: plain(dec(price).plus(half)), low: plain(maxOf(tick, dec(price).minus(half))), close: price, volume: '1' };
  return Array.from({ length: HISTORY_CANDLES }, (_, index) => ({ at: end - (HISTORY_CANDLES - index) * timeframeMs, ...candle }));
}
