/** What a bot's store and its simulated exchange say, read side by side as the dead process left them. Writes nothing. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlDatabase, SqlRow } from '../../adapters/postgres/database.ts';
import { openPglite } from '../../adapters/postgres/pglite-database.ts';
import { openPostgres } from '../../adapters/postgres/postgres-database.ts';
import { SimulatedBook } from '../../adapters/files/simulated-book.ts';
import type { BookDelta, ReceivedRequest } from '../../sim/exchange/delta.ts';
import type { OrderRecord, TradeRecord } from '../../ports/exchange.ts';

export type StoreKind = 'pglite' | 'postgres';

/** Where one bot of the campaign keeps what it knows. */
export interface BotPlace {
  readonly dataDir: string;
  /** Null: the embedded store in the data folder. */
  readonly databaseUrl: string | null;
}

export interface ExchangeRows {
  readonly requests: readonly ReceivedRequest[];
  readonly trades: readonly TradeRecord[];
  /** Last version of each order, by account and client order id. */
  readonly orders: ReadonlyMap<string, OrderRecord>;
  readonly fundingIds: readonly string[];
  /** Cash, fees and funding of each account, and what it holds. */
  readonly accounts: unknown;
  /** Requests ever received; more than `requests` when the book has forgotten some. */
  readonly requestsEver: number;
}

/** The book's lines as they are; a torn last one is left out, as the exchange does. */
export function readExchange(dataDir: string): ExchangeRows | null {
  const folder = join(dataDir, 'simulated');
  const [world] = existsSync(folder) ? readdirSync(folder) : [];
  const deltas = world === undefined ? [] : SimulatedBook.read<BookDelta>(join(folder, world));
  if (deltas.length === 0) return null;
  const requests = new Map<number, ReceivedRequest>();
  const trades = new Map<string, TradeRecord>();
  const orders = new Map<string, OrderRecord>();
  const fundingIds = new Set<string>();
  const accounts = new Map<string, unknown>();
  const legs = new Map<string, unknown>();
  for (const delta of deltas) {
    for (const request of delta.requests ?? []) requests.set(request.sequence, request);
    for (const trade of delta.trades ?? []) trades.set(trade.id, trade);
    for (const { order } of delta.orders ?? []) orders.set(`${order.account} ${order.clientOrderId}`, order);
    for (const event of delta.events ?? []) if (event.type === 'funding') fundingIds.add(event.id);
    for (const account of delta.accounts ?? []) accounts.set(account.account, account);
    for (const leg of delta.legs ?? []) {
      const key = `${leg.account} ${leg.symbol} ${leg.positionSide}`;
      if (leg.amount === '0') legs.delete(key);
      else legs.set(key, leg);
    }
  }
  const sorted = (map: ReadonlyMap<string, unknown>): unknown => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    requests: [...requests.values()],
    trades: [...trades.values()],
    orders,
    fundingIds: [...fundingIds],
    accounts: [sorted(accounts), sorted(legs)],
    requestsEver: deltas.at(-1)!.counters.request,
  };
}

/** Runs `work` on the bot's database. That of an embedded store is copied first, so that its recovery is left to the bot. Null when there is none yet. */
export async function withDatabase<T>({ dataDir, databaseUrl }: BotPlace, work: (database: SqlDatabase) => Promise<T>): Promise<T | null> {
  if (databaseUrl !== null) return closing(openPostgres(databaseUrl), work);
  const folder = join(dataDir, 'db');
  if (!existsSync(folder)) return null;
  const copy = mkdtempSync(join(tmpdir(), 'hedgerow-copy-'));
  try {
    cpSync(folder, join(copy, 'db'), { recursive: true });
    return await closing(await openPglite(join(copy, 'db'), 'a copy of the store'), work);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function closing<T>(database: SqlDatabase, work: (database: SqlDatabase) => Promise<T>): Promise<T | null> {
  try {
    const [schema] = await database.query("select to_regclass('hedgerow.intents') is not null as exists");
    return schema?.['exists'] === true ? await work(database) : null;
  } finally {
    await database.close();
  }
}

/** All rows of a table of the bot's. */
export function rowsOf(database: SqlDatabase, table: 'journal' | 'orders' | 'intents' | 'trades' | 'heads'): Promise<readonly SqlRow[]> {
  return database.query(`select * from hedgerow.${table}`);
}
