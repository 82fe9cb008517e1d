/**
 * Ground truth for backtests: the live engine on the simulated exchange, shown every single price of a candle path. Slow on purpose:
 * what a faster backtest skips is what it has to prove it may skip.
 *
 * The path of a candle: its open is jumped to; from there to each further point (low and high in the order of its direction, then the
 * close) the price visits every multiple of the tick, and the bot answers each of them before the next one comes.
 */
import type { CandleColumns, FundingColumns } from '../../src/domain/candle-columns.ts';
import { columnPrice } from '../../src/domain/candle-columns.ts';
import type { Candle } from '../../src/domain/candle.ts';
import { dec, plain } from '../../src/domain/decimal.ts';
import type { DecimalString } from '../../src/domain/decimal.ts';
import { balanceOf, equityOf } from '../../src/domain/ledger.ts';
import type { Fill } from '../../src/domain/ladder.ts';
import type { Strategy, WalletName } from '../../src/domain/strategy.ts';
import { longOf, positionOf, shortOf } from '../../src/domain/wallet.ts';
import type { RunnerObserver } from '../../src/engine/journalled-machines.ts';
import { openRunner } from '../../src/engine/recovery.ts';
import { factsOf, phaseOf } from '../../src/engine/step.ts';
import type { PlanInputEvent } from '../../src/engine/step.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Tick } from '../../src/ports/price-feed.ts';
import type { JournalEntry } from '../../src/ports/store.ts';
import type { SimulatedMarket } from '../../src/sim/exchange/config.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { forwardingStore } from '../../src/sim/forwarding-store.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';
import { neededTimeframes, simulatedAccounts } from '../../src/sim/simulated-market.ts';
import { WatchedExchange, World } from '../../src/sim/world.ts';

export interface DenseFill {
  readonly at: number;
  readonly wallet: WalletName;
  readonly cycle: number;
  readonly role: Fill['role'];
  readonly level: number | null;
  readonly leg: Fill['leg'];
  readonly price: DecimalString;
  readonly amount: DecimalString;
  readonly fee: DecimalString;
}

export interface DenseFunding {
  readonly at: number;
  readonly wallet: WalletName;
  /** Positive is received. */
  readonly amount: DecimalString;
  readonly rate: DecimalString;
  readonly markPrice: DecimalString;
}

/** What the exchange took by force, per wallet; an amount of 0 is a debt its insurance paid, a fee below 0. */
export interface DenseLiquidation {
  readonly at: number;
  readonly wallet: WalletName;
  readonly leg: Fill['leg'];
  readonly price: DecimalString;
  readonly amount: DecimalString;
  readonly fee: DecimalString;
}

export interface DenseEnd {
  readonly wallet: WalletName;
  readonly balance: DecimalString;
  /** Balance and position at the last mark price. */
  readonly equity: DecimalString;
  readonly long: DecimalString;
  readonly short: DecimalString;
  readonly cycle: number;
  readonly phase: string;
}

export interface DenseRun {
  readonly fills: readonly DenseFill[];
  readonly funding: readonly DenseFunding[];
  readonly liquidations: readonly DenseLiquidation[];
  /** In file order; empty when the plan never started. */
  readonly ends: readonly DenseEnd[];
  readonly operations: readonly { readonly at: number; readonly operation: string; readonly reason: string | null }[];
  /** Why the plan stopped working; null while it works. */
  readonly failure: Error | null;
  /** Requests that were refused and orders that ended unfilled or without being asked to: rare paths of the engine that were taken. */
  readonly troubles: readonly { readonly at: number; readonly what: string }[];
  /** Prices that were shown. */
  readonly ticks: number;
}

export interface DenseOptions {
  /** Closed candles before the first one, in the timeframe of the strategy's ATR, oldest first. */
  readonly history?: readonly Candle[];
  /** Asked after every price; true ends the run there. */
  readonly isEnough?: (tick: Tick) => boolean;
}

/** Fills at one moment beyond any ladder's: the plan buys and sells without end, and is stopped with this error. */
const FILLS_AT_ONCE_MAX = 2_000;
export const WITHOUT_END = 'the plan trades without end at one price';

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** `mark`: of the same or a coarser timeframe; null: mark is last. `funding`: null when none is paid. */
export async function runDense(
  strategy: Strategy,
  market: SimulatedMarket,
  candles: CandleColumns,
  mark: CandleColumns | null,
  funding: FundingColumns | null,
  { history = [], isEnough = () => false }: DenseOptions = {},
): Promise<DenseRun> {
  const log = new RunLog();
  const exchange = new SimulatedExchange({ markets: [market], accounts: simulatedAccounts([strategy], [market]), startAt: candles.at[0] ?? 0 });
  for (const timeframeMs of neededTimeframes([strategy])) exchange.keepCandles(strategy.symbol, timeframeMs, history);
  const watched = new WatchedExchange(exchange);
  const memory = createMemoryStore(exchange);
  const store = forwardingStore(memory, {
    commit: async (batch) => {
      await memory.commit(batch);
      for (const entry of batch.entries) log.note(entry);
      const [early, newest] = [log.fills.at(-FILLS_AT_ONCE_MAX), log.fills.at(-1)];
      if (early !== undefined && early.at === newest?.at) throw new Error(WITHOUT_END);
    },
  });
  const observer: RunnerObserver = { operationChanged: (_, operation, reason) => log.operations.push({ at: exchange.now(), operation, reason }) };
  const runner = await openRunner(strategy, 'dense', 'dense', { exchange: watched.port, store, clock: exchange, log: SILENT, observer });
  exchange.subscribe((event) => {
    if (event.type === 'order' && ['rejected', 'expired'].includes(event.order.status)) log.troubles.push({ at: event.at, what: `order ${event.order.status}: ${event.order.reason ?? ''}` });
  });
  const world = new World(exchange, watched, [runner]);
  let ticks = 0;
  let last: Tick | null = null;
  for (const { settlements, ...tick } of denseTicks(market, candles, mark, funding)) {
    await settleBefore(world, tick, settlements);
    const due = settlements.at(-1);
    await world.tick(due === undefined ? tick : { ...tick, fundingRate: due });
    ticks += 1;
    last = tick;
    if (runner.failure !== null || isEnough(tick)) break;
  }
  const lastMark = dec(last?.mark ?? '1');
  const ends = (runner.state?.wallets ?? []).map((wallet): DenseEnd => {
    const facts = factsOf(wallet);
    return {
      wallet: wallet.name,
      balance: plain(balanceOf(facts.ledger)),
      equity: plain(equityOf(facts.ledger, positionOf(facts), lastMark)),
      long: plain(longOf(facts)),
      short: plain(shortOf(facts)),
      cycle: facts.cycle,
      phase: phaseOf(wallet),
    };
  });
  const { fills, funding: paid, liquidations, operations, troubles } = log;
  return { fills, funding: paid, liquidations, ends, operations, failure: runner.failure, troubles, ticks };
}

/** All settlements but the last, of several that are due at one price: the price is there, nothing trades yet. */
async function settleBefore(world: World, tick: Tick, settlements: readonly DecimalString[]): Promise<void> {
  if (settlements.length < 2) return;
  await world.passTimeUntil(tick.at);
  world.exchange.halt(tick.symbol, true);
  for (const fundingRate of settlements.slice(0, -1)) world.exchange.tick({ ...tick, fundingRate });
  world.exchange.halt(tick.symbol, false);
}

/** Reads what happened out of the plan's journal. */
class RunLog {
  readonly fills: DenseFill[] = [];
  readonly funding: DenseFunding[] = [];
  readonly liquidations: DenseLiquidation[] = [];
  readonly operations: { at: number; operation: string; reason: string | null }[] = [];
  readonly troubles: { at: number; what: string }[] = [];

  note({ at, type, payload }: JournalEntry): void {
    const about = payload as unknown as { readonly input?: PlanInputEvent; readonly rate?: string; readonly markPrice?: string; readonly tradeId?: string; readonly outcome?: string; readonly code?: string };
    if (type === 'order.answered' && about.outcome !== 'done') this.troubles.push({ at, what: `${about.outcome ?? ''} ${about.code ?? ''}` });
    const { input } = about;
    if (input === undefined || input.to !== 'wallet') return;
    const { wallet, event } = input;
    if (event.type === 'fill.booked') {
      const { role, level, leg, cycle, price, amount, fee } = event.fill;
      this.fills.push({ at: event.fill.at, wallet, cycle, role, level, leg, price, amount, fee });
    }
    if (event.type === 'funding.booked') this.funding.push({ at, wallet, amount: event.amount, rate: about.rate ?? '', markPrice: about.markPrice ?? '' });
    if (event.type === 'position.taken') {
      this.liquidations.push({ at, wallet, ...event.taken });
      if (about.tradeId !== undefined) this.troubles.push({ at, what: 'a fill closed what another wallet held' });
    }
  }
}

// ---- the tape ----------------------------------------------------------------------------------------------------------

export type DenseTick = Tick & { readonly settlements: readonly DecimalString[] };

interface PathPoint {
  readonly at: number;
  /** Whole numbers of the finest step of prices and tick. */
  readonly price: bigint;
  readonly isOpen: boolean;
}

/** Every price of the path, in order. */
export function* denseTicks(market: SimulatedMarket, candles: CandleColumns, mark: CandleColumns | null, funding: FundingColumns | null): Generator<DenseTick> {
  const decimals = Math.max(candles.priceDecimals, dec(market.tickSize).decimalPlaces());
  const tick = scaled(market.tickSize, decimals);
  const marks = mark === null ? null : [...pathPoints(mark, mark.priceDecimals)];
  const text = (price: bigint): DecimalString => plain(dec(price.toString()).times(dec(`1e-${decimals}`)));
  let markIndex = 0;
  let fundingIndex = 0;
  let markPrice: DecimalString | null = null;
  let previous: PathPoint | null = null;
  for (const point of pathPoints(candles, decimals)) {
    if (previous !== null && !point.isOpen) {
      for (const between of pricesBetween(previous, point, tick)) {
        const last = text(between.price);
        yield { symbol: market.symbol, at: between.at, last, mark: markPrice ?? last, index: markPrice ?? last, settlements: [] };
      }
    }
    if (marks !== null && mark !== null) {
      while (markIndex + 1 < marks.length && (marks[markIndex + 1] as PathPoint).at <= point.at) markIndex += 1;
      markPrice = columnPrice(Number((marks[markIndex] as PathPoint).price), mark.priceDecimals);
    }
    const settlements: DecimalString[] = [];
    for (; funding !== null && fundingIndex < funding.length && (funding.at[fundingIndex] as number) <= point.at; fundingIndex += 1) {
      // What was due before the first price concerned nobody.
      if (previous !== null || (funding.at[fundingIndex] as number) === point.at) settlements.push(funding.rate[fundingIndex] as DecimalString);
    }
    const last = text(point.price);
    yield { symbol: market.symbol, at: point.at, last, mark: markPrice ?? last, index: markPrice ?? last, settlements };
    previous = point;
  }
}

function scaled(text: DecimalString, decimals: number): bigint {
  return BigInt(plain(dec(text).times(dec(`1e${decimals}`))));
}

function* pathPoints(candles: CandleColumns, decimals: number): Generator<PathPoint> {
  const factor = 10n ** BigInt(decimals - candles.priceDecimals);
  for (let index = 0; index < candles.length; index += 1) {
    const at = candles.at[index] as number;
    const next = index + 1 < candles.length ? (candles.at[index + 1] as number) : Infinity;
    const spanMs = Math.min(candles.timeframeMs, next - at);
    const [open, high, low, close] = [candles.open, candles.high, candles.low, candles.close].map((column) => column[index] as number) as [number, number, number, number];
    const path = close >= open ? [open, low, high, close] : [open, high, low, close];
    for (const [k, price] of path.entries()) yield { at: at + Math.floor((k * (spanMs - 1)) / 3), price: BigInt(price) * factor, isOpen: k === 0 };
  }
}

/** Multiples of the tick strictly between two points, in the order they are passed. */
function* pricesBetween(from: PathPoint, to: PathPoint, tick: bigint): Generator<{ readonly at: number; readonly price: bigint }> {
  const isUp = to.price > from.price;
  const distance = isUp ? to.price - from.price : from.price - to.price;
  const duration = BigInt(to.at - from.at);
  let price = isUp ? (from.price / tick + 1n) * tick : ((from.price + tick - 1n) / tick - 1n) * tick;
  for (; isUp ? price < to.price : price > to.price; price += isUp ? tick : -tick) {
    const gone = isUp ? price - from.price : from.price - price;
    yield { at: from.at + Number((duration * gone) / distance), price };
  }
}
