/**
 * The bot on a real exchange, live or on paper, in a process of its own: ccxt's client on an exchange server of this machine, intents
 * committed to PostgreSQL before they are sent. The server is this process, so that what is measured is seen from the exchange's side of the wire.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLAIN_CONNECTION } from '../adapters/ccxt/ccxt-clients.ts';
import { openCcxtExchange } from '../adapters/ccxt/open-ccxt-exchange.ts';
import { openStore } from '../adapters/postgres/open-store.ts';
import { temporaryDatabase } from '../adapters/postgres/temporary-database.ts';
import { WireListener } from '../adapters/wire/wire-listener.ts';
import { findPostgres, startPostgres } from '../campaign/storage/postgres-server.ts';
import type { BotVenue } from '../cli/run/bot-venue.ts';
import { LateLog } from '../cli/run/late-log.ts';
import { openPaperRun } from '../cli/run/paper-run.ts';
import { liveVenue } from '../cli/run/run-live.ts';
import type { RealVenue } from '../cli/run/venue-choice.ts';
import type { Strategy } from '../domain/strategy.ts';
import { openRunner } from '../engine/recovery.ts';
import { SimulatedExchange } from '../sim/exchange/simulated-exchange.ts';
import { simulatedMarkets } from '../sim/simulated-market.ts';
import { BinanceProtocol } from '../sim/wire/binanceusdm/binance-protocol.ts';
import { WireWorld } from '../sim/wire/wire-world.ts';
import { START_PRICE } from './bench-strategies.ts';
import { SILENT } from './loaded-plans.ts';

const ACCOUNT = { account: 'main', apiKey: 'benchmark-key', secret: 'benchmark-secret' } as const;
const SERVER_URL = process.env['HEDGEROW_TEST_DATABASE_URL'];
const ORDER_VARIABLE = 'HEDGEROW_BENCH_BOT';
/** No benchmark waits longer for its bot. */
const PATIENCE_MS = 90_000;

/** Why nothing can be measured here; null when it can. */
export const MISSING_POSTGRES = SERVER_URL !== undefined || findPostgres() !== null ? null : 'needs PostgreSQL: install one, or set HEDGEROW_TEST_DATABASE_URL=postgres://user@host:5432/postgres';

interface BotOrder {
  readonly type: 'live' | 'paper';
  readonly strategies: readonly Strategy[];
  /** Of each plan that rest when it is ready. */
  readonly ordersPerPlan: number;
  readonly address: string;
  readonly databaseUrl: string;
}

export interface Usage {
  /** Processor time used so far, ms. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Called at a request that changes something, when all of it has arrived. */
export type OnWrite = (method: string, path: string) => void;

export class LiveBot {
  readonly world: WireWorld;
  readonly listener: WireListener;
  onWrite: OnWrite = () => {};
  readonly #child: ChildProcess;
  readonly #end: () => Promise<void>;

  private constructor(world: WireWorld, listener: WireListener, child: ChildProcess, end: () => Promise<void>) {
    this.world = world;
    this.listener = listener;
    this.#child = child;
    this.#end = end;
    listener.requestPolicy = ({ method, path }) => {
      if (method !== 'GET') this.onWrite(method, path);
      return { type: 'none' };
    };
  }

  /** With every plan started and its orders placed. */
  static async start({ type, strategies, ordersPerPlan }: Pick<BotOrder, 'type' | 'strategies' | 'ordersPerPlan'>): Promise<LiveBot> {
    const database = await benchDatabase();
    const markets = simulatedMarkets(strategies);
    const exchange = new SimulatedExchange({
      markets,
      accounts: [{ account: ACCOUNT.account, deposit: '100000000', positionMode: 'hedge', leverage: '5' }],
      capabilities: { exchangeId: 'binanceusdm', amendsConditional: false, reduceOnlyInHedgeMode: false, triggerSources: ['last', 'mark'], requestDeadlineMs: 0 },
      keepHistory: false,
      startAt: Date.now(),
    });
    const world = new WireWorld({ exchange, markets, accounts: [ACCOUNT], now: Date.now });
    for (const { symbol } of markets) world.tick(symbol, String(START_PRICE));
    const listener = new WireListener({ protocol: new BinanceProtocol({ world }), logMax: 1_000_000 });
    await listener.start();
    const order: BotOrder = { type, strategies, ordersPerPlan, address: listener.address, databaseUrl: database.url };
    const child = fork(new URL(import.meta.url), { env: { ...process.env, [ORDER_VARIABLE]: JSON.stringify(order) }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const bot = new LiveBot(world, listener, child, async () => {
      await listener.close();
      await database.drop();
    });
    try {
      await bot.#ready();
      return bot;
    } catch (error) {
      await bot.close();
      throw error;
    }
  }

  #ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error('the bot of this benchmark never came to where all its orders rest'));
      const timer = setTimeout(fail, PATIENCE_MS);
      this.#child.once('exit', fail);
      this.#child.once('message', () => {
        clearTimeout(timer);
        this.#child.off('exit', fail);
        resolve();
      });
    });
  }

  usage(): Promise<Usage> {
    return new Promise((resolve) => {
      this.#child.once('message', (usage) => resolve(usage as Usage));
      this.#child.send('usage');
    });
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      // It ends by itself then, and takes its folder away.
      this.#child.disconnect();
      await ended;
    }
    await this.#end();
  }
}

async function benchDatabase(): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> {
  if (SERVER_URL !== undefined) return temporaryDatabase(SERVER_URL);
  const programs = findPostgres();
  if (programs === null) throw new Error(MISSING_POSTGRES ?? '');
  const server = await startPostgres(programs);
  return { url: server.url, drop: () => server.remove() };
}

/** What the child process does, until it is killed. */
async function runBot(order: BotOrder): Promise<void> {
  const { strategies, ordersPerPlan, databaseUrl } = order;
  const venue = await openVenue(order);
  const store = await openStore({ databaseUrl });
  const runners = await Promise.all(strategies.map((strategy) => openRunner(strategy, 'bench', venue.name, { exchange: venue.exchange, store, clock: venue.clock, log: SILENT })));
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() } satisfies Usage);
  });
  let isReady = false;
  const afterStep = (): void => {
    if (isReady || runners.some(({ workingOrders }) => workingOrders.length < ordersPerPlan)) return;
    isReady = true;
    process.send?.('ready');
  };
  await venue.drive(runners, SILENT).run({ isOver: () => !process.connected, afterStep });
  process.exit();
}

async function openVenue({ type, strategies, address }: BotOrder): Promise<BotVenue> {
  const connection = { ...PLAIN_CONNECTION, restUrl: `http://${address}`, streamUrl: `ws://${address}` };
  const credentials = new Map(type === 'live' ? [[ACCOUNT.account, ACCOUNT]] : []);
  const real = await openCcxtExchange({ exchangeId: 'binanceusdm', connection, credentials, symbols: strategies.map(({ symbol }) => symbol), log: SILENT });
  const venue: RealVenue = { type, exchangeId: 'binanceusdm', connection, name: `${type}/bench` };
  if (type === 'live') return liveVenue(venue, real, new LateLog());
  const dataDir = mkdtempSync(join(tmpdir(), 'hedgerow-bench-'));
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  return openPaperRun({ venue, strategies, dataDir, exchange: real, log: new LateLog(), tell: () => {} });
}

const order = process.env[ORDER_VARIABLE];
if (order !== undefined && process.send !== undefined) await runBot(JSON.parse(order) as BotOrder);
