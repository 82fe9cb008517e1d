/**
 * Previews of plans on a real exchange: on paper from the book on disk, live from the exchange itself, which needs its keys. A plan that
 * was never started is shown at the exchange's present price.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CcxtExchange } from '../../adapters/ccxt/ccxt-exchange.ts';
import type { OperatorStore } from '../../adapters/control/control-protocol.ts';
import { averageTrueRange } from '../../domain/atr.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { parseTimeframe } from '../../domain/timeframe.ts';
import { ATR_LENGTHS } from '../../engine/atr-watch.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import { unlessUnavailable } from '../../engine/unavailable.ts';
import { inputError } from '../command-input.ts';
import { accountKeys, openRealExchange } from '../real-exchange.ts';
import { peekPaperRun } from '../run/paper-run.ts';
import type { RealVenue } from '../run/venue-choice.ts';
import type { PlanRequest, Previews } from './plan-action.ts';
import { freshPreview, runningPreview } from './plan-previews.ts';
import type { Preview, PreviewPlace } from './plan-previews.ts';

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };
/** A price counts as young once another one has followed it: waited for at most so long. */
const YOUNG_PRICE_MS = 4_000;
const LOOK_MS = 300;

export async function realPreviews(request: PlanRequest, venue: RealVenue): Promise<Previews> {
  const { strategies, dataDir, access, input, io } = request;
  const price = input.positive('price');
  const isLive = venue.type === 'live';
  const keys = isLive ? await accountKeys(venue.exchangeId, strategies, dataDir, input, io.env) : null;
  const [missing] = keys?.missing ?? [];
  if (missing !== undefined) throw inputError(`a live plan is compared with what its account holds, and account ${missing[0]} has no whole credentials (${missing[1].join(', ')}); set them, or leave --live away for the plan on paper`);
  const paper = isLive ? null : peekPaperRun(dataDir, venue);
  const place: PreviewPlace | null = paper === null ? null : { venue: venue.name, exchange: paper, clock: paper };
  const stored = place === null || access === null ? [] : await Promise.all(strategies.map((strategy) => runningPreview(strategy, access.store, () => Promise.resolve(place), { price })));
  if (stored.length > 0 && stored.every((preview) => preview !== null)) return { venue: venue.name, previews: stored, neverStarted: '' };
  const exchange = await openRealExchange({ exchangeId: venue.exchangeId, connection: venue.connection, symbols: strategies.map(({ symbol }) => symbol), keys: keys?.whole ?? new Map(), log: SILENT });
  try {
    const previews: Preview[] = [];
    for (const [index, strategy] of strategies.entries()) {
      previews.push(stored[index] ?? (await livePreview(strategy, exchange, isLive ? venue.name : null, access?.store ?? null, price)));
    }
    return { venue: venue.name, previews, neverStarted: `never started on ${venue.name}` };
  } finally {
    await exchange.close();
  }
}

/** `venue` null: the plan is not live, so what the accounts hold is nothing to it. Rejects with EXCHANGE_UNAVAILABLE. */
export async function livePreview(strategy: Strategy, exchange: CcxtExchange, venue: string | null, store: OperatorStore | null, price: DecimalString | null): Promise<Preview> {
  const look = (): Promise<PreviewPlace | null> => Promise.resolve(venue === null ? null : { venue, exchange, clock: exchange.clock });
  const running = store === null ? null : await runningPreview(strategy, store, look, { price, ready: (runner) => youngPrice(runner, exchange) });
  if (running !== null) return running;
  const { symbol } = strategy;
  const now = await exchange.fetchPrice(symbol);
  if (now === null) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `${exchange.capabilities.exchangeId} has no price of ${symbol}`);
  return freshPreview(strategy, await exchange.fetchInstrument(symbol), price ?? now[strategy.exchange.triggerBy], await atrOf(strategy, exchange), exchange.capabilities);
}

/** The runner opens nothing on a price that may have been lying about: it is shown a second one. */
async function youngPrice(runner: PlanRunner, exchange: CcxtExchange): Promise<void> {
  const { symbol } = runner.strategy;
  const first = runner.prices?.at ?? 0;
  for (const until = performance.now() + YOUNG_PRICE_MS; performance.now() < until; await sleep(LOOK_MS)) {
    const price = await unlessUnavailable(() => exchange.fetchPrice(symbol), null);
    if (price !== null) runner.receive({ type: 'price', symbol, ...price });
    if (price !== null && price.at > first && first > 0) return;
  }
}

/** As the plan itself would measure it now; null for units of another kind. */
export async function atrOf({ name, symbol, unit }: Strategy, exchange: Pick<CcxtExchange, 'fetchCandles' | 'capabilities'>): Promise<DecimalString | null> {
  if (unit.type !== 'atr') return null;
  const candles = await exchange.fetchCandles(symbol, parseTimeframe(unit.timeframe), unit.length * ATR_LENGTHS);
  if (candles.length < unit.length) throw inputError(`${name} measures its unit by ${unit.length} candles of ${unit.timeframe}, ${exchange.capabilities.exchangeId} has ${candles.length} of ${symbol}; give a shorter length or timeframe`);
  return averageTrueRange(candles, unit.length);
}
