import { afterEach, describe, expect, test } from 'vitest';
import { AccountCaller } from '../../../src/adapters/ccxt/account-caller.ts';
import { binanceUsdm } from '../../../src/adapters/ccxt/binanceusdm/binanceusdm.ts';
import { PLAIN_CONNECTION, createClient } from '../../../src/adapters/ccxt/ccxt-clients.ts';
import { RateBudget } from '../../../src/adapters/ccxt/rate-budget.ts';
import { RestClient } from '../../../src/adapters/ccxt/rest-client.ts';
import { HedgerowError } from '../../../src/domain/errors.ts';
import { httpAnswer, rawServer } from './raw-server.ts';
import type { RawServer } from './raw-server.ts';

/** For answers that never come; the others have all the time a loaded machine needs. */
const DEADLINE_MS = 300;
const LONG_MS = 20_000;
const CALL = { api: 'fapiPrivate', method: 'POST', path: 'algoOrder', params: { symbol: 'BTCUSDT', side: 'SELL', quantity: '0.01' }, weight: 1 } as const;
const CANARY = { apiKey: 'canary-key-1f7e', secret: 'canary-secret-9a3c' };

const open: RawServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function callerTo(port: number, deadlineMs: number): Promise<AccountCaller> {
  const client = await createClient({ exchangeId: 'binanceusdm', flavour: 'rest', dialect: binanceUsdm, connection: { ...PLAIN_CONNECTION, restUrl: `http://127.0.0.1:${port}` }, credentials: CANARY, timeoutMs: deadlineMs });
  const budget = new RateBudget(binanceUsdm.budget);
  const wire = new RestClient({ client, budget, deadlineMs });
  return new AccountCaller({ exchangeId: 'binanceusdm', dialect: binanceUsdm, read: wire, write: wire, budget, onClockRefusal: () => undefined });
}

async function serving(answer: Parameters<typeof rawServer>[0], deadlineMs = LONG_MS): Promise<{ readonly server: RawServer; readonly caller: AccountCaller }> {
  const server = await rawServer(answer);
  open.push(server);
  return { server, caller: await callerTo(server.port, deadlineMs) };
}

function deadlineFor(name: string): number {
  return /^no answer|never comes/.test(name) ? DEADLINE_MS : LONG_MS;
}

describe('what becomes of a write', () => {
  test.each<[string, Parameters<typeof rawServer>[0], unknown]>([
    ['a whole answer', (socket) => socket.write(httpAnswer('200 OK', '{"algoId":1}')), { type: 'ok', json: { algoId: 1 } }],
    ['no answer', () => undefined, { type: 'unknown', message: expect.stringContaining('no whole answer within 300 ms') as unknown }],
    ['headers, and a body that never comes', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{'), { type: 'unknown', message: expect.stringContaining('no whole answer') as unknown }],
    [
      'a connection reset in the middle of the body',
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"algoId":1', () => socket.destroy()),
      { type: 'unknown', message: expect.any(String) as unknown },
    ],
    ['a reset before any byte', (socket) => void socket.destroy(), { type: 'unknown', message: expect.any(String) as unknown }],
    ['junk with 200', (socket) => socket.write(httpAnswer('200 OK', '<html>hello</html>')), { type: 'unknown', message: 'HTTP 200' }],
    ['nothing with 200', (socket) => socket.write(httpAnswer('200 OK', '')), { type: 'unknown', message: 'HTTP 200' }],
    ['half of its JSON', (socket) => socket.write(httpAnswer('200 OK', '{"algoId":')), { type: 'unknown', message: 'HTTP 200' }],
    ['502 from a gateway', (socket) => socket.write(httpAnswer('502 Bad Gateway', 'oops')), { type: 'unknown', message: 'HTTP 502' }],
    ['503 with an unknown outcome', (socket) => socket.write(httpAnswer('503 Service Unavailable', '{"code":-1000,"msg":"Unknown error, please check your request or try again later."}')), { type: 'unknown', message: expect.stringContaining('-1000') as unknown }],
    ['408 with a code that says timeout', (socket) => socket.write(httpAnswer('408 Request Timeout', '{"code":-1007,"msg":"Timeout waiting for response from backend server."}')), { type: 'unknown', message: expect.stringContaining('-1007') as unknown }],
    ['503 that says it was too busy', (socket) => socket.write(httpAnswer('503 Service Unavailable', '{"code":-1008,"msg":"Server is currently overloaded"}')), { type: 'refused', code: 'MARKET_HALTED', message: expect.stringContaining('-1008') as unknown }],
    ['a code on the list', (socket) => socket.write(httpAnswer('400 Bad Request', '{"code":-2021,"msg":"Order would immediately trigger."}')), { type: 'refused', code: 'WOULD_TRIGGER_IMMEDIATELY', message: '-2021 Order would immediately trigger.' }],
    ['a whitelisted code behind a 5xx', (socket) => socket.write(httpAnswer('500 Internal Server Error', '{"code":-2021,"msg":"x"}')), { type: 'unknown', message: '-2021 x' }],
    ['a code that is not on the list', (socket) => socket.write(httpAnswer('400 Bad Request', '{"code":-9999,"msg":"new"}')), { type: 'unknown', message: '-9999 new' }],
    ['403 with a page', (socket) => socket.write(httpAnswer('403 Forbidden', '<html/>')), { type: 'unknown', message: 'HTTP 403' }],
    ['429', (socket) => socket.write(httpAnswer('429 Too Many Requests', '{"code":-1003,"msg":"slow down"}', ['retry-after: 7'])), { type: 'refused', code: 'RATE_LIMITED', message: '-1003 slow down', retryAfterMs: 7_000 }],
  ])('%s', async (name, answer, outcome) => {
    const { server, caller } = await serving(answer, deadlineFor(name));
    expect(await caller.write(CALL, 'write')).toEqual(outcome);
    expect(server.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
  });

  test('nobody listens: it certainly never left', async () => {
    const server = await rawServer(() => undefined);
    const { port } = server;
    await server.close();
    expect(await (await callerTo(port, LONG_MS)).write(CALL, 'write')).toMatchObject({ type: 'refused', code: 'MARKET_HALTED' });
  });

  test('during a ban nothing is sent, and the refusal says how long', async () => {
    const { server, caller } = await serving((socket) => socket.write(httpAnswer('418 Banned', '{"code":-1003,"msg":"banned"}', ['retry-after: 120'])));
    await caller.write(CALL, 'write');
    const outcome = await caller.write(CALL, 'protect');
    expect(outcome).toMatchObject({ type: 'refused', code: 'RATE_LIMITED' });
    expect(outcome.type === 'refused' ? outcome.retryAfterMs : 0).toBeGreaterThan(100_000);
    expect(server.requests).toHaveLength(1);
  });
});

describe('what a read gives', () => {
  const READ = { api: 'fapiPrivate', method: 'GET', path: 'openOrders', params: {}, weight: 40 } as const;

  test.each<[string, Parameters<typeof rawServer>[0]]>([
    ['no answer', () => undefined],
    ['junk', (socket) => socket.write(httpAnswer('200 OK', 'null'))],
    ['an error', (socket) => socket.write(httpAnswer('400 Bad Request', '{"code":-1021,"msg":"Timestamp"}'))],
    ['a gateway', (socket) => socket.write(httpAnswer('504 Gateway Timeout', ''))],
  ])('%s is no answer, never an empty one', async (name, answer) => {
    const { caller } = await serving(answer, deadlineFor(name));
    const error: unknown = await caller.read(READ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HedgerowError);
    expect(error).toMatchObject({ code: 'EXCHANGE_UNAVAILABLE', message: expect.stringMatching(/^binanceusdm GET openOrders: /) as unknown });
  });
});

test('no message carries a key, a signature or an address', async () => {
  const texts: string[] = [];
  for (const answer of [() => undefined, (socket: { destroy(): unknown }) => void socket.destroy()]) {
    const { caller } = await serving(answer, DEADLINE_MS);
    texts.push(JSON.stringify(await caller.write(CALL, 'write')));
    texts.push(String(await caller.read({ ...CALL, method: 'GET' }).catch((error: unknown) => error)));
  }
  for (const text of texts) expect(text).not.toMatch(/canary|signature|127\.0\.0\.1|timestamp=/);
});
