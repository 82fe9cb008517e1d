/** `hedgerow plan`: what the bot would place, move and cancel now, and why. Reads the store and the simulated exchange's book, writes nothing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../adapters/postgres/open-store.ts';
import { dec } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { openingPreview } from '../../engine/opening-preview.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import { findRunner } from '../../engine/recovery.ts';
import { factsOf, operationOf, phaseOf, planFactsOf, planPhaseOf } from '../../engine/step.ts';
import type { PlanState } from '../../engine/step.ts';
import type { Log } from '../../ports/log.ts';
import type { PriceFeed } from '../../ports/price-feed.ts';
import type { Store } from '../../ports/store.ts';
import { DEFAULT_CAPABILITIES } from '../../sim/exchange/config.ts';
import type { SimulatedExchange } from '../../sim/exchange/simulated-exchange.ts';
import type { Plan, WorkingOrder } from '../../window/plan.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, CommandAction } from '../command-spec.ts';
import { openCandleSource, atrOf } from '../candle-source.ts';
import { matchFeeds } from '../run/feed-match.ts';
import { loadStrategies } from '../run/run-action.ts';
import { feedChoiceOf, peekSimulatedRun } from '../run/simulated-run.ts';
import { simulatedInstrument } from '../file-instrument.ts';
import { styleFor } from '../style.ts';
import { actionDocument, orderDocument, planText } from './plan-text.ts';

interface Preview {
  readonly strategy: Strategy;
  readonly state: PlanState | null;
  readonly price: DecimalString;
  /** In the order they would happen; a plan that was never started has two. */
  readonly stages: readonly { readonly title: string; readonly plan: Plan; readonly resting: readonly WorkingOrder[] }[];
}

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

export const planAction: CommandAction = async (input, io) => {
  const given = input.argumentList(0);
  const { strategies } = await matchFeeds(await loadStrategies(given.length === 0 ? ['strategies'] : given), input.texts('feed'));
  const dataDir = input.text('data') ?? '.hedgerow';
  const world = await peekSimulatedRun(strategies, feedChoiceOf(input), dataDir);
  const store = await existingStore(dataDir, io);
  try {
    const previews: Preview[] = [];
    for (const strategy of strategies) {
      const runner = world.exchange === null || store === null ? null : await runnerOf(strategy, world.venue, world.exchange, store);
      previews.push(runner === null ? await fresh(strategy, input, world.feed) : await running(runner, input));
    }
    if (input.flag('json')) io.stdout.write(`${JSON.stringify({ venue: world.venue, plans: previews.map(previewDocument) })}\n`);
    else for (const preview of previews) io.stdout.write(previewText(preview, io));
    return 0;
  } finally {
    await store?.close();
  }
};

/** Null when nothing was ever stored: looking must not create a database. */
async function existingStore(dataDir: string, io: CliIo): Promise<Store | null> {
  const databaseUrl = io.env['DATABASE_URL'] ?? '';
  if (databaseUrl !== '') return openStore({ databaseUrl });
  return existsSync(join(dataDir, 'db')) ? openStore({ dataDir }) : null;
}

function runnerOf(strategy: Strategy, venue: string, exchange: SimulatedExchange, store: Store): Promise<PlanRunner | null> {
  return findRunner(strategy, venue, { exchange, store, clock: exchange, log: SILENT });
}

async function running(runner: PlanRunner, input: CommandInput): Promise<Preview> {
  const price = input.positive('price');
  const at = runner.memory.tradesAt + 1;
  if (price !== null) runner.receive({ type: 'price', symbol: runner.strategy.symbol, last: price, mark: price, index: price, at });
  const resting = runner.workingOrders;
  const plan = await runner.peek();
  return { strategy: runner.strategy, state: runner.state, price: runner.prices?.last ?? '0', stages: [{ title: price === null ? 'now' : `at ${price}`, plan, resting }] };
}

/** A plan that was never started: the opening, and what rests afterwards. */
async function fresh(strategy: Strategy, input: CommandInput, feed: PriceFeed): Promise<Preview> {
  const price = input.positive('price') ?? (await firstPrice(feed, strategy.symbol));
  const instrument = simulatedInstrument(strategy);
  if (instrument === null) throw inputError(`${strategy.name} trades on ${strategy.exchange.id}; set exchange.id to simulated to try it`);
  const { opening, opened, state } = openingPreview(strategy, instrument, price, await atrFor(strategy, input), DEFAULT_CAPABILITIES);
  const stages = [
    { title: `to start at ${price}`, plan: opening, resting: [] },
    { title: 'once that is filled', plan: opened, resting: [] },
  ];
  return { strategy, state, price, stages };
}

async function atrFor({ name, unit }: Strategy, input: CommandInput): Promise<DecimalString | null> {
  if (unit.type !== 'atr') return null;
  const [path] = input.texts('feed');
  if (path === undefined) throw inputError(`${name} measures its unit by ATR and was never started; give candles with --feed FILE`);
  return atrOf(await openCandleSource(path), unit);
}

async function firstPrice(feed: PriceFeed, symbol: string): Promise<DecimalString> {
  for await (const tick of feed.ticks(null)) if (tick.symbol === symbol) return tick.last;
  throw inputError(`the feed has no price of ${symbol}; give --price`);
}

function previewDocument({ strategy, state, price, stages }: Preview): Readonly<Record<string, unknown>> {
  return {
    plan: strategy.name,
    symbol: strategy.symbol,
    price,
    operation: state === null ? 'waiting' : operationOf(state),
    phase: state === null ? null : planPhaseOf(state),
    stages: stages.map(({ title, plan, resting }) => ({
      stage: title,
      actions: plan.actions.map(actionDocument),
      resting: resting.map(({ clientOrderId, side, amount, filled, triggerPrice, positionSide }) => ({ clientOrderId, side, amount, filled, triggerPrice, positionSide })),
      withheld: plan.withheld.map(({ order, reason }) => ({ ...orderDocument(order), reason })),
    })),
  };
}

function previewText({ strategy, state, price, stages }: Preview, io: CliIo): string {
  const style = styleFor(io.stdout, io.env);
  const wallets = (state?.wallets ?? []).map((wallet) => `${wallet.name} ${phaseOf(wallet)} at unit ${factsOf(wallet).unit}, cycle ${factsOf(wallet).cycle}`);
  const status = stages.length > 1 ? 'never started in this world (give run\'s files and --feed, --seed, --data to see a running one)' : state === null ? 'waiting for prices' : `${operationOf(state)}${planFactsOf(state).reason === null ? '' : ` (${planFactsOf(state).reason})`}, ${planPhaseOf(state)}: ${wallets.join('; ')}`;
  const head = `${style.bold(strategy.name)}  ${strategy.symbol} at ${dec(price).toFixed()}, ${strategy.exchange.positionMode} position mode\n  ${status}\n`;
  return `${head}${stages.map(({ title, plan, resting }) => `\n  ${style.bold(title)}\n${planText(plan, resting, style)}\n`).join('')}\n`;
}
