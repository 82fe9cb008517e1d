/** What plans would do now: one that runs, from the store and its exchange; one that was never started, from a price. Writes and sends nothing. */
import type { OperatorStore } from '../../adapters/control/control-protocol.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { dec } from '../../domain/decimal.ts';
import type { Instrument, Strategy } from '../../domain/strategy.ts';
import { openingPreview } from '../../engine/opening-preview.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import { findRunner } from '../../engine/recovery.ts';
import { factsOf, operationOf, phaseOf, planFactsOf, planPhaseOf } from '../../engine/step.ts';
import type { PlanState } from '../../engine/step.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Exchange, ExchangeCapabilities } from '../../ports/exchange.ts';
import type { Log } from '../../ports/log.ts';
import type { Plan, WorkingOrder } from '../../window/plan.ts';
import { readOnlyStore } from '../operator/read-only-store.ts';
import type { Style } from '../style.ts';
import { actionDocument, orderDocument, planText } from './plan-text.ts';

export interface Preview {
  readonly strategy: Strategy;
  readonly state: PlanState | null;
  readonly price: DecimalString;
  /** In the order they would happen; a plan that was never started has two. */
  readonly stages: readonly { readonly title: string; readonly plan: Plan; readonly resting: readonly WorkingOrder[] }[];
}

/** The exchange a running plan is compared with. */
export interface PreviewPlace {
  readonly venue: string;
  readonly exchange: Exchange;
  readonly clock: Clock;
}

/** While a bot runs, store and exchange are read again until both are of one moment, at most so often. */
const READINGS_MAX = 5;
const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Null when the plan never ran there, or when `look` finds no exchange. `look` is asked for each reading; `price`: what would happen at
 * this one instead of the last; `ready` waits for what the runner has to hear first.
 */
export async function runningPreview(
  strategy: Strategy,
  store: OperatorStore,
  look: () => Promise<PreviewPlace | null>,
  { price, ready = () => Promise.resolve() }: { readonly price: DecimalString | null; readonly ready?: (runner: PlanRunner) => Promise<void> },
): Promise<Preview | null> {
  let preview: Preview | null = null;
  for (let reading = 0; reading < READINGS_MAX; reading += 1) {
    const place = await look();
    if (place === null) return null;
    const identity = { venue: place.venue, name: strategy.name };
    const before = await store.findPlan(identity);
    const runner = await findRunner(strategy, place.venue, { exchange: place.exchange, store: readOnlyStore(store), clock: place.clock, log: SILENT });
    if (runner === null) return null;
    await ready(runner);
    preview = await previewOf(runner, price);
    if ((await store.findPlan(identity))?.seq === before?.seq) break;
  }
  return preview;
}

async function previewOf(runner: PlanRunner, price: DecimalString | null): Promise<Preview> {
  const at = Math.max(runner.memory.tradesAt, runner.prices?.at ?? 0) + 1;
  if (price !== null) runner.receive({ type: 'price', symbol: runner.strategy.symbol, last: price, mark: price, index: price, at });
  const resting = runner.workingOrders;
  const plan = await runner.peek();
  return { strategy: runner.strategy, state: runner.state, price: runner.prices?.last ?? '0', stages: [{ title: price === null ? 'now' : `at ${price}`, plan, resting }] };
}

/** A plan that was never started: the opening, and what rests afterwards. */
export function freshPreview(strategy: Strategy, instrument: Instrument, price: DecimalString, atr: DecimalString | null, capabilities: ExchangeCapabilities): Preview {
  const { opening, opened, state } = openingPreview(strategy, instrument, price, atr, capabilities);
  const stages = [
    { title: `to start at ${price}`, plan: opening, resting: [] },
    { title: 'once that is filled', plan: opened, resting: [] },
  ];
  return { strategy, state, price, stages };
}

export function previewDocument({ strategy, state, price, stages }: Preview): Readonly<Record<string, unknown>> {
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

/** `neverStarted`: what is said of a plan that never ran there. */
export function previewText({ strategy, state, price, stages }: Preview, neverStarted: string, style: Style): string {
  const wallets = (state?.wallets ?? []).map((wallet) => `${wallet.name} ${phaseOf(wallet)} at unit ${factsOf(wallet).unit}, cycle ${factsOf(wallet).cycle}`);
  const reason = state === null ? null : planFactsOf(state).reason;
  const status = stages.length > 1 ? neverStarted : state === null ? 'waiting for prices' : `${operationOf(state)}${reason === null ? '' : ` (${reason})`}, ${planPhaseOf(state)}: ${wallets.join('; ')}`;
  const head = `${style.bold(strategy.name)}  ${strategy.symbol} at ${dec(price).toFixed()}, ${strategy.exchange.positionMode} position mode\n  ${status}\n`;
  return `${head}${stages.map(({ title, plan, resting }) => `\n  ${style.bold(title)}\n${planText(plan, resting, style)}\n`).join('')}\n`;
}
