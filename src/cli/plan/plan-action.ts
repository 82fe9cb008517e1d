/** `hedgerow plan`: what the bot would place, move and cancel now, and why. Reads the store and the simulated exchange's book, writes nothing. */
import type { OperatorStore } from '../../adapters/control/control-protocol.ts';
import { aggregateCandles, averageTrueRange } from '../../domain/atr.ts';
import type { Candle } from '../../domain/candle.ts';
import { dec } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { parseTimeframe } from '../../domain/timeframe.ts';
import { openingPreview } from '../../engine/opening-preview.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import { findRunner } from '../../engine/recovery.ts';
import { factsOf, operationOf, phaseOf, planFactsOf, planPhaseOf } from '../../engine/step.ts';
import type { PlanState } from '../../engine/step.ts';
import type { Log } from '../../ports/log.ts';
import type { PriceFeed } from '../../ports/price-feed.ts';
import { DEFAULT_CAPABILITIES } from '../../sim/exchange/config.ts';
import type { Plan, WorkingOrder } from '../../window/plan.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, CommandAction } from '../command-spec.ts';
import { openCandleSource, atrOf } from '../candle-source.ts';
import { dataDirOf } from '../data-dir.ts';
import { openOperatorAccess } from '../operator/operator-access.ts';
import { readOnlyStore } from '../operator/read-only-store.ts';
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
  const dataDir = dataDirOf(input);
  const access = await openOperatorAccess(dataDir, io);
  try {
    const choice = feedChoiceOf(input);
    const previews: Preview[] = [];
    const peek: Peek = () => peekSimulatedRun(strategies, choice, dataDir);
    const { venue, feed } = await peek();
    for (const strategy of strategies) {
      const preview = access === null ? null : await stored(strategy, input, access.store, peek);
      previews.push(preview ?? (await fresh(strategy, input, feed)));
    }
    if (input.flag('json')) io.stdout.write(`${JSON.stringify({ venue, plans: previews.map(previewDocument) })}\n`);
    else for (const preview of previews) io.stdout.write(previewText(preview, io));
    return 0;
  } finally {
    await access?.close();
  }
};

/** While a bot runs, store and book are read again until both are of one moment, at most so often. */
const READINGS_MAX = 5;

type Peek = () => ReturnType<typeof peekSimulatedRun>;

/** Null when the plan never ran in this world. */
async function stored(strategy: Strategy, input: CommandInput, store: OperatorStore, peek: Peek): Promise<Preview | null> {
  let preview: Preview | null = null;
  for (let reading = 0; reading < READINGS_MAX; reading += 1) {
    const { exchange, venue } = await peek();
    if (exchange === null) return null;
    const identity = { venue, name: strategy.name };
    const before = await store.findPlan(identity);
    const runner = await findRunner(strategy, venue, { exchange, store: readOnlyStore(store), clock: exchange, log: SILENT });
    if (runner === null) return null;
    preview = await running(runner, input);
    if ((await store.findPlan(identity))?.seq === before?.seq) break;
  }
  return preview;
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
  const { opening, opened, state } = openingPreview(strategy, instrument, price, await atrFor(strategy, input, feed), DEFAULT_CAPABILITIES);
  const stages = [
    { title: `to start at ${price}`, plan: opening, resting: [] },
    { title: 'once that is filled', plan: opened, resting: [] },
  ];
  return { strategy, state, price, stages };
}

/** Of the file given, else of the first bars the world's own prices give, as the plan itself would measure it. */
async function atrFor({ name, symbol, unit }: Strategy, input: CommandInput, feed: PriceFeed): Promise<DecimalString | null> {
  if (unit.type !== 'atr') return null;
  const [path] = input.texts('feed');
  if (path !== undefined) return atrOf(await openCandleSource(path), unit);
  const timeframeMs = parseTimeframe(unit.timeframe);
  const candles: Candle[] = [];
  for await (const { at, last, symbol: of } of feed.ticks(null)) {
    const [first] = candles;
    if (first !== undefined && at - first.at >= unit.length * timeframeMs) break;
    if (of === symbol) candles.push({ at, open: last, high: last, low: last, close: last, volume: '0' });
  }
  const [first, second] = candles;
  const bars = first === undefined || second === undefined ? [] : aggregateCandles(candles, second.at - first.at, timeframeMs);
  if (bars.length < unit.length) throw inputError(`${name} measures its unit by ATR, was never started, and the prices given are fewer than ${unit.length} bars of ${unit.timeframe}; give candles with --feed FILE`);
  return averageTrueRange(bars.slice(0, unit.length), unit.length);
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
