/**
 * Paper trading: real prices of an exchange, orders filled by the simulated exchange with that exchange's limits, fees, margins and
 * abilities. Its book lies on disk beside the store, as with generated prices, and goes on where it was. No key is needed.
 */
import { join } from 'node:path';
import type { CcxtExchange } from '../../adapters/ccxt/ccxt-exchange.ts';
import { SimulatedBook } from '../../adapters/files/simulated-book.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { Exchange } from '../../ports/exchange.ts';
import type { Tick } from '../../ports/price-feed.ts';
import type { SimulatedExchangeConfig } from '../../sim/exchange/config.ts';
import type { BookDelta } from '../../sim/exchange/delta.ts';
import { SimulatedExchange } from '../../sim/exchange/simulated-exchange.ts';
import { WatchedExchange, World } from '../../sim/world.ts';
import type { BotVenue } from './bot-venue.ts';
import { fundAccounts } from './fund-accounts.ts';
import type { LateLog } from './late-log.ts';
import { LivePrices } from './live-prices.ts';
import { PaperDrive } from './paper-drive.ts';
import { readPaperRecord, writePaperRecord } from './paper-file.ts';
import type { PaperRecord } from './paper-file.ts';
import { paperCapabilities, paperMarkets } from './paper-market.ts';
import type { RealVenue } from './venue-choice.ts';

/** Where the book of a paper venue lies. */
export function paperFolder(dataDir: string, { name }: Pick<RealVenue, 'name'>): string {
  return join(dataDir, ...name.split('/'));
}

export interface PaperParts {
  readonly venue: RealVenue;
  readonly strategies: readonly Strategy[];
  readonly dataDir: string;
  /** Public; closed with the run. */
  readonly exchange: CcxtExchange;
  /** The exchange's own. */
  readonly log: LateLog;
  readonly tell: (line: string) => void;
}

/** Rejects with EXCHANGE_UNAVAILABLE. The caller holds the data folder's lock: the book is rewritten. */
export async function openPaperRun({ venue, strategies, dataDir, exchange: real, log, tell }: PaperParts): Promise<BotVenue> {
  const folder = paperFolder(dataDir, venue);
  const { markets, assumptions } = await paperMarkets(real, strategies);
  let record: PaperRecord = { markets, capabilities: paperCapabilities(real.capabilities), fundedAt: readPaperRecord(folder)?.fundedAt ?? {} };
  writePaperRecord(folder, record);
  const { book, deltas } = SimulatedBook.open<BookDelta>(folder);
  const exchange = exchangeOf(record, deltas, real.clock.now());
  const endFollowing = book.follow(exchange);
  fundAccounts(exchange, strategies, markets);
  const symbols = markets.map(({ symbol }) => symbol);
  const watched = new WatchedExchange(withRealCandles(exchange, real));
  for (const line of assumptions) tell(line);
  return {
    name: venue.name,
    exchange: watched.port,
    clock: exchange,
    title: `Paper trading on ${venue.exchangeId}`,
    description: `live prices of ${venue.exchangeId}`,
    isRealTime: true,
    lastPriceAt: () => exchange.lastTickAt(),
    caveat: 'Filled at the last price, without spread, depth and delay: real fills are worse.\n',
    farewell: '',
    drive: (runners, runLog) => {
      log.target = runLog;
      const prices = new LivePrices({ exchange: real, exchangeId: venue.exchangeId, symbols, newest: (symbol) => newestTick(exchange, symbol), fundedAt: (symbol) => record.fundedAt[symbol] ?? null, tell });
      const onFunded = (symbol: string, settledAt: number): void => {
        record = { ...record, fundedAt: { ...record.fundedAt, [symbol]: settledAt } };
        writePaperRecord(folder, record);
      };
      real.start();
      return new PaperDrive({ world: new World(exchange, watched, runners), prices, symbols, clock: real.clock, onFunded });
    },
    close: async () => {
      endFollowing();
      book.close();
      await real.close();
    },
  };
}

/** A look at the exchange as the last run left it; null when paper trading never ran there. Writes and asks nothing. */
export function peekPaperRun(dataDir: string, venue: RealVenue): SimulatedExchange | null {
  const folder = paperFolder(dataDir, venue);
  const record = readPaperRecord(folder);
  const deltas = SimulatedBook.read<BookDelta>(folder);
  return record === null || deltas.length === 0 ? null : exchangeOf(record, deltas, 0);
}

/** Markets that are traded no more stay as they were, for what may still be held there. */
function exchangeOf({ markets, capabilities }: PaperRecord, deltas: readonly BookDelta[], startAt: number): SimulatedExchange {
  const config: SimulatedExchangeConfig = { markets, accounts: [], capabilities, keepHistory: false, startAt };
  return deltas.length === 0 ? new SimulatedExchange(config) : SimulatedExchange.restore(config, deltas);
}

/** Units of ATR are measured by the market's own candles. */
function withRealCandles(exchange: SimulatedExchange, real: Pick<Exchange, 'fetchCandles'>): Exchange {
  return {
    capabilities: exchange.capabilities,
    fetchInstrument: (...args) => exchange.fetchInstrument(...args),
    fetchPrice: (...args) => exchange.fetchPrice(...args),
    fetchCandles: (...args) => real.fetchCandles(...args),
    fetchSettings: (...args) => exchange.fetchSettings(...args),
    placeOrder: (...args) => exchange.placeOrder(...args),
    amendOrder: (...args) => exchange.amendOrder(...args),
    cancelOrder: (...args) => exchange.cancelOrder(...args),
    fetchOrder: (...args) => exchange.fetchOrder(...args),
    fetchTrades: (...args) => exchange.fetchTrades(...args),
    fetchSnapshot: (...args) => exchange.fetchSnapshot(...args),
    fetchAccountEvents: (...args) => exchange.fetchAccountEvents(...args),
    subscribe: (listener) => exchange.subscribe(listener),
  };
}

function newestTick(exchange: SimulatedExchange, symbol: string): Tick | null {
  const price = exchange.truth().prices.find((each) => each.symbol === symbol);
  return price === undefined ? null : { symbol, last: price.last, mark: price.mark, index: price.index, at: price.at };
}
