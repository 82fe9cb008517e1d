/**
 * Canaries (I19): secrets are loaded, real ccxt clients are made to fail with them against a server that repeats all it is sent, and no way
 * out of the process shows one: log lines, errors, rows and files of the store, snapshots, latch files, answers on the socket.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCcxtClass, type CcxtExchangeId } from '../../../src/adapters/ccxt/load-exchange.ts';
import { openControlServer } from '../../../src/adapters/control/control-server.ts';
import { LatchFile } from '../../../src/adapters/files/latch-file.ts';
import { openStore } from '../../../src/adapters/postgres/open-store.ts';
import type { CredentialValues } from '../../../src/adapters/system/account-credentials.ts';
import { loadCredentials } from '../../../src/adapters/system/load-credentials.ts';
import { createPinoLog } from '../../../src/adapters/system/pino-log.ts';
import { redactedError, redactedExchange } from '../../../src/adapters/system/redacted-exchange.ts';
import { processSecrets } from '../../../src/adapters/system/redaction.ts';
import { reportError } from '../../../src/cli/report-error.ts';
import { HedgerowError } from '../../../src/domain/errors.ts';
import type { Exchange, OrderRequest } from '../../../src/ports/exchange.ts';

const CANARIES: Record<string, string> = {
  HEDGEROW_MAIN_API_KEY: 'canaryApiKey0123456789abcdef',
  HEDGEROW_MAIN_SECRET: 'canary/Secret+with=odd chars&"quotes"',
  HEDGEROW_MAIN_PASSWORD: 'canary pass phrase',
  HEDGEROW_MAIN_WALLET_ADDRESS: `0x${'ca4a'.repeat(10)}`,
  HEDGEROW_MAIN_PRIVATE_KEY: `0x${'ca4ae1'.repeat(10)}abcd`,
};
/** Anything of them, as it is or in an encoding. */
const TRACES = [/canary/i, /ca4aca4a/i, /ca4ae1ca4ae1/i, /Y2FuYXJ5|NhbmFye|jYW5hcn/, /63616e617279/i];
const IDS: readonly CcxtExchangeId[] = ['binanceusdm', 'bybit', 'okx', 'bitget', 'gate', 'hyperliquid'];

let server: Server;
let origin = '';
let folder = '';
let values: CredentialValues = {};
/** How the next request is answered. */
let answer: 'refusal' | 'html' | 'reset' = 'refusal';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-secrets-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += String(piece)));
    request.on('end', () => {
      if (answer === 'reset') return request.socket.destroy();
      const heard = `${request.url} ${JSON.stringify(request.headers)} ${body} ${Buffer.from(JSON.stringify(values)).toString('base64')}`;
      response.statusCode = answer === 'html' ? 404 : 400;
      response.end(answer === 'html' ? `<html>${heard}</html>` : JSON.stringify({ code: -2019, retCode: 10_001, msg: heard, retMsg: heard, label: heard, message: heard, status: 'err', response: heard }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const loaded = await loadCredentials({ accounts: ['main'], env: CANARIES, keysFile: { path: join(folder, 'none.yaml'), isRequired: false }, secrets: processSecrets });
  values = loaded.get('main')?.reveal() ?? {};
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function showsSecret(text: string): boolean {
  return traceIn(text) !== null;
}

/** The first trace with what stands around it. */
function traceIn(text: string): string | null {
  const place = TRACES.map((trace) => text.search(trace)).find((at) => at >= 0);
  return place === undefined ? null : text.slice(Math.max(0, place - 60), place + 60);
}

/** What a ccxt client says of itself and of a failed order, in every way a careless line of code could print it. */
async function wordsOf(id: CcxtExchangeId): Promise<{ readonly error: Error; readonly texts: readonly string[] }> {
  const Class = (await loadCcxtClass(id, 'pro')) as unknown as new (config: object) => {
    urls: { api: unknown };
    initializeClient?: () => Promise<boolean>;
    request(path: string, api: unknown, method: string, params: object): Promise<unknown>;
    last_request_url?: string;
  };
  const client = new Class({ ...values, enableRateLimit: false, timeout: 2_000 });
  client.urls.api = withOrigin(client.urls.api);
  client.initializeClient = async () => true;
  const [path, api] = PRIVATE_REQUESTS[id];
  const error = await client.request(path, api, 'POST', { symbol: 'BTCUSDT', note: values.apiKey, clientOrderId: values.secret }).then(
    () => new Error(`${id} did not fail`),
    (thrown: unknown) => thrown as Error,
  );
  return { error, texts: [error.message, String(error.stack), inspect(error, { depth: 9 }), JSON.stringify(client), inspect(client, { depth: 2 }), String(client.last_request_url)] };
}

const PRIVATE_REQUESTS: Readonly<Record<CcxtExchangeId, readonly [path: string, api: unknown]>> = {
  binanceusdm: ['order', 'fapiPrivate'],
  bybit: ['v5/order/create', 'private'],
  okx: ['trade/order', 'private'],
  bitget: ['v2/mix/order/place-order', ['private', 'mix']],
  gate: ['{settle}/orders', ['private', 'futures']],
  hyperliquid: ['exchange', 'private'],
};

function withOrigin(urls: unknown): unknown {
  if (typeof urls === 'string') return urls.replace(/^https?:\/\/[^/]+/, origin);
  return Object.fromEntries(Object.entries(urls as object).map(([key, value]) => [key, withOrigin(value)]));
}

test.each(IDS)('a client of %s says secrets, and none of it is left', async (id) => {
  const found: string[] = [];
  for (answer of ['refusal', 'html', 'reset'] as const) found.push(...(await wordsOf(id)).texts);
  expect(found.filter(showsSecret).length, 'the test proves something').toBeGreaterThan(3);
  for (const text of found) expect(traceIn(processSecrets.text(text))).toBeNull();
});

const REQUEST: OrderRequest = {
  account: 'main', symbol: 'BTC/USDT:USDT', clientOrderId: 'c1', side: 'buy', type: 'market', amount: '1', price: null, triggerPrice: null, triggerBy: 'mark',
  positionSide: null, reduceOnly: false, postOnly: false,
};

describe('ways out of the process', () => {
  let spoken = '';
  let error: Error;
  beforeAll(async () => {
    answer = 'refusal';
    const { error: thrown, texts } = await wordsOf('binanceusdm');
    error = thrown;
    spoken = texts.join('\n');
    expect(showsSecret(spoken)).toBe(true);
  });

  test('log lines, as JSON and for a terminal', async () => {
    for (const isReadable of [false, true]) {
      const lines: string[] = [];
      const log = await createPinoLog({ level: 'debug', write: (line) => lines.push(line), isReadable, clock: { now: () => 0 } });
      log.error({ spoken, nested: { values } }, spoken);
      expect(lines).toHaveLength(1);
      expect(lines.join('')).toContain('[secret]');
      expect(showsSecret(lines.join(''))).toBe(false);
    }
  });

  test.each(['0', '1'])('errors of the command line, HEDGEROW_DEBUG=%s', (debug) => {
    let told = '';
    const io = { stderr: { write: (text: string) => Boolean((told += text)) } as NodeJS.WriteStream, env: { HEDGEROW_DEBUG: debug } };
    reportError(error, io);
    reportError(new HedgerowError('EXCHANGE_UNAVAILABLE', spoken, { cause: error }), io);
    expect(told).toContain('[secret]');
    expect(showsSecret(told)).toBe(false);
  });

  test('what the engine hears of an exchange', async () => {
    const fails = (): Promise<never> => Promise.reject(error);
    const record = { ...REQUEST, id: '1', status: 'rejected', triggered: false, filled: '0', reason: spoken, createdAt: 0, updatedAt: 0 } as const;
    const trade = { id: 't', orderId: '1', clientOrderId: null, account: 'main', symbol: REQUEST.symbol, side: 'buy', positionSide: null, price: '1', amount: '1', fee: '0', takerOrMaker: 'taker', at: 0, info: { raw: [spoken, values.apiKey ?? ''] } } as const;
    const talkative: Exchange = {
      capabilities: { exchangeId: 'binanceusdm' } as Exchange['capabilities'],
      fetchInstrument: fails, fetchPrice: fails, fetchCandles: fails, fetchSettings: fails,
      placeOrder: async () => ({ type: 'unknown', message: spoken }),
      amendOrder: async () => ({ type: 'refused', code: 'BAD_REQUEST', message: spoken }),
      cancelOrder: async () => ({ type: 'done', value: record }),
      fetchOrder: async () => record,
      fetchTrades: async () => [trade],
      fetchSnapshot: async () => ({ account: 'main', startedAt: 0, endedAt: 0, complete: true, positions: [], openOrders: [record], balance: { account: 'main', currency: 'USDT', total: '0', equity: '0', free: '0', marginRatio: null } }),
      fetchAccountEvents: async () => [{ type: 'trade', trade, at: 0 }],
      subscribe: (listener) => {
        listener({ type: 'order', order: record, at: 0 });
        return () => undefined;
      },
    };
    const exchange = redactedExchange(talkative, processSecrets);
    const heard: unknown[] = [];
    exchange.subscribe((event) => heard.push(event));
    heard.push(await exchange.placeOrder(REQUEST), await exchange.amendOrder({ ...REQUEST }), await exchange.cancelOrder(REQUEST), await exchange.fetchOrder('main', REQUEST.symbol, 'c1'));
    heard.push(await exchange.fetchTrades('main', REQUEST.symbol, 0), await exchange.fetchSnapshot('main'), await exchange.fetchAccountEvents('main', 0));
    for (const call of [exchange.fetchInstrument, exchange.fetchPrice]) heard.push(await call(REQUEST.symbol).catch((thrown: unknown) => inspect(thrown, { depth: 9 })));
    expect(heard).toHaveLength(10);
    for (const each of heard) {
      expect(JSON.stringify(each)).toContain('[secret]');
      expect(showsSecret(JSON.stringify(each))).toBe(false);
    }
    expect(redactedError(new HedgerowError('LEASE_LOST', spoken), processSecrets)).not.toHaveProperty('cause');
  });

  test('rows and snapshots, and the files they lie in', async () => {
    const dataDir = join(folder, 'data');
    const store = await openStore({ dataDir });
    try {
      const plan = await store.openPlan({ venue: 'v', name: 'p' }, { note: spoken }, 'h', 0);
      await store.commit({
        planId: plan.planId,
        entries: [{ seq: 1, at: 0, type: 'request.answered', payload: { message: spoken } }],
        snapshot: { machine: 'm', version: 1, seq: 1, at: 0, snapshot: { last: spoken } },
        orders: [{ clientOrderId: 'c1', slot: 's', cycle: 1, generation: 1, request: REQUEST, legs: [spoken], status: 'unknown', exchangeOrderId: null, filled: '0', reason: spoken, updatedAt: 0 }],
        intents: [{ intentId: 'c1:place', clientOrderId: 'c1', kind: 'place', seq: 1, request: { spoken }, reason: spoken, outcome: 'pending', code: spoken, committedAt: 0, settledAt: null }],
        trades: [],
      });
      const action = await store.requestAction({ actionId: 'a', planId: plan.planId, action: 'halt', reason: spoken, requestedBy: 'me', requestedAt: 0 });
      const rows = [action, await store.listPlans(), await store.readJournal(plan.planId, 0, 9), await store.loadWorkingOrders(plan.planId), await store.loadPendingIntents(plan.planId)];
      for (const row of rows) {
        expect(JSON.stringify(row)).toContain('[secret]');
        expect(showsSecret(JSON.stringify(row))).toBe(false);
      }
    } finally {
      await store.close();
    }
    await new LatchFile(dataDir, 'v').set('p', { action: 'halt', reason: spoken, at: 0 });
    const files = filesBelow(dataDir);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((path) => showsSecret(readFileSync(path, 'latin1')))).toEqual([]);
  });

  test('answers on the control socket', async () => {
    const control = await openControlServer(folder, async (request) => {
      if (request.method === 'describe') return { description: spoken };
      throw error;
    });
    try {
      const said = await new Promise<string>((resolve, reject) => {
        let text = '';
        const socket = connect(join(folder, 'control', 'bot.sock'), () => socket.write('{"id":1,"method":"describe","args":[]}\n{"id":2,"method":"listPlans","args":[]}\n'));
        socket.on('data', (bytes) => {
          text += String(bytes);
          if (text.split('\n').length > 2) socket.end();
        });
        socket.on('error', reject);
        socket.on('close', () => resolve(text));
      });
      expect(said.split('\n').slice(0, 2).map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1, 2]);
      expect(said).toContain('[secret]');
      expect(showsSecret(said)).toBe(false);
    } finally {
      await control.close();
    }
  });
});

function filesBelow(path: string): string[] {
  return readdirSync(path).flatMap((name) => {
    const inner = join(path, name);
    return statSync(inner).isDirectory() ? filesBelow(inner) : [inner];
  });
}
