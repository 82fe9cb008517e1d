/** The whole bot but its disk: engine, simulated exchange and memory store on generated prices, three plans on three markets. */
import { openRunner } from '../engine/recovery.ts';
import type { PlanRunner } from '../engine/plan-runner.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { PriceFeed } from '../ports/price-feed.ts';
import type { Random } from '../ports/random.ts';
import type { Store } from '../ports/store.ts';
import { SimulatedExchange } from '../sim/exchange/simulated-exchange.ts';
import { createMemoryStore } from '../sim/memory-store.ts';
import { EXAMPLE_SYMBOLS, generatedFeed } from '../sim/price-generator.ts';
import { pathFeed } from '../sim/path-feed.ts';
import { seededRandom } from '../sim/random.ts';
import { simulatedAccounts, simulatedMarkets } from '../sim/simulated-market.ts';
import { WatchedExchange, World } from '../sim/world.ts';
import type { Bench, OpenBench } from './bench.ts';
import { START_PRICE, UNIT, benchStrategy } from './bench-strategies.ts';
import { SILENT } from './loaded-plans.ts';

const DAYS = 2;
const TOUCHED_PRICES = 300;
/** The path of touches stays this many units around its start. */
const UNITS_MAX = 40;
const TICKS = 'ticks of generated prices, three plans';
const TOUCHES = 'touches, a level at every tick, with orders and fills';
const FEED = 'ticks of the feed alone';

export const wholeBot: Bench = {
  group: 'whole bot, memory store',
  warmsUp: true,
  rows: [
    { name: TICKS, unit: 'ticks/s', yardstick: FEED },
    { name: TOUCHES, unit: 'touches/s', yardstick: TICKS, note: 'one plan of two wallets in a market that chops: about two trades and four requests for each touch' },
    { name: FEED, unit: 'ticks/s' },
  ],
  open: async (): Promise<OpenBench> => ({
    round: async () => ({ [TICKS]: [await runGenerated()], [TOUCHES]: [await runTouches()], [FEED]: [await runFeed()] }),
    close: async () => {},
  }),
};

/** A unit of one percent of the price, as the examples have. */
function strategies(): Strategy[] {
  return EXAMPLE_SYMBOLS.map(({ symbol }, index) => ({
    ...benchStrategy({ name: symbol, symbol, account: `account-${index}`, hedge: index === 1 ? 'scaling' : 'rotation', positionMode: index === 2 ? 'one-way' : 'hedge' }),
    unit: { type: 'percent', fraction: '0.01' },
  }));
}

async function runGenerated(): Promise<number> {
  const { ticks, seconds } = await runBot(strategies(), generatedFeed({ symbols: EXAMPLE_SYMBOLS, days: DAYS }));
  return ticks / seconds;
}

async function runTouches(): Promise<number> {
  const plan = benchStrategy();
  const random = seededRandom('whole bot');
  let unit = 0;
  const prices = Array.from({ length: TOUCHED_PRICES }, () => String(START_PRICE + UNIT * (unit += nextStep(unit, random))));
  const { touches, seconds } = await runBot([plan], pathFeed({ symbol: plan.symbol, prices }));
  return touches / seconds;
}

function nextStep(unit: number, random: Random): number {
  const step = random.integer(2) === 0 ? 1 : -1;
  return Math.abs(unit + step) > UNITS_MAX ? -step : step;
}

interface BotRun {
  readonly ticks: number;
  readonly touches: number;
  readonly seconds: number;
}

/** Throws when a plan stopped. */
export async function runBot(plans: readonly Strategy[], feed: PriceFeed, store: Store = createMemoryStore()): Promise<BotRun> {
  const exchange = new SimulatedExchange({ markets: simulatedMarkets(plans), accounts: simulatedAccounts(plans), keepHistory: false });
  const watched = new WatchedExchange(exchange);
  const runners: PlanRunner[] = [];
  for (const plan of plans) runners.push(await openRunner(plan, 'bench', 'bench', { exchange: watched.port, store, clock: exchange, log: SILENT }));
  const world = new World(exchange, watched, runners);
  let ticks = 0;
  const startedAt = performance.now();
  await world.run(feed, { afterTick: () => void (ticks += 1) });
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const { failure } of runners) if (failure !== null) throw failure;
  return { ticks, touches: runners.reduce((total, { counters }) => total + counters.touches, 0), seconds };
}

async function runFeed(): Promise<number> {
  let ticks = 0;
  const startedAt = performance.now();
  for await (const _ of generatedFeed({ symbols: EXAMPLE_SYMBOLS, days: DAYS }).ticks(null)) ticks += 1;
  return (ticks / (performance.now() - startedAt)) * 1_000;
}
