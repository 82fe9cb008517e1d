/** Each proxy setting carries what it says, through the real client: requests and streams, by CONNECT and by SOCKS 5. */
import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { PLAIN_CONNECTION, createClient } from '../../../src/adapters/ccxt/ccxt-clients.ts';
import type { ProxySetting } from '../../../src/domain/strategy.ts';

let exchange: Server;
let sockets: WebSocketServer;
let tunnel: Server;
let socks: TcpServer;
/** What each proxy was asked to reach, and what the exchange heard. */
let through: string[] = [];
let heard: string[] = [];
const open = new Set<Socket>();

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

function joined(client: Socket, host: string, port: number, ready: () => void): void {
  const target = connect(port, host, () => {
    ready();
    client.pipe(target).pipe(client);
  });
  for (const socket of [client, target]) {
    open.add(socket);
    socket.on('error', () => socket.destroy());
  }
}

/** SOCKS 5 without a login: greeting, then CONNECT to an address or a name. */
function serveSocks(client: Socket): void {
  open.add(client);
  client.once('data', () => {
    client.write(Buffer.from([5, 0]));
    client.once('data', (request: Buffer) => {
      const isName = request[3] === 3;
      const host = isName ? request.subarray(5, 5 + (request[4] ?? 0)).toString() : [...request.subarray(4, 8)].join('.');
      const port = request.readUInt16BE(isName ? 5 + (request[4] ?? 0) : 8);
      through.push(`socks ${host}:${port}`);
      joined(client, host, port, () => client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])));
    });
  });
}

beforeAll(async () => {
  exchange = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify({ retCode: 0, retMsg: 'OK', result: { timeSecond: '1' }, time: 1_000 }));
  });
  sockets = new WebSocketServer({ server: exchange });
  sockets.on('connection', (socket, request) => {
    heard.push(`stream ${request.url}`);
    socket.on('message', () => socket.send('{"topic":"hello"}'));
  });
  tunnel = createServer();
  tunnel.on('connect', (request, client: Socket) => {
    through.push(`connect ${request.url}`);
    const [host = '', port = ''] = (request.url ?? '').split(':');
    joined(client, host, Number(port), () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
  });
  socks = createTcpServer(serveSocks);
  for (const server of [exchange, tunnel, socks]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  sockets.close();
  exchange.closeAllConnections();
  for (const server of [exchange, tunnel, socks]) await new Promise<void>((resolve) => server.close(() => resolve()));
});
beforeEach(() => {
  through = [];
  heard = [];
});

interface Streams {
  onConnected: () => void;
  fetchTime(): Promise<number>;
  watch(url: string, hash: string, message: object, subscription: string): Promise<unknown>;
  close(): Promise<void>;
}

async function clientWith(setting: ProxySetting): Promise<{ readonly client: Streams; readonly host: string }> {
  const url = setting.toLowerCase().includes('socks') ? `socks5://127.0.0.1:${portOf(socks)}` : `http://127.0.0.1:${portOf(tunnel)}`;
  const host = `127.0.0.1:${portOf(exchange)}`;
  const connection = { ...PLAIN_CONNECTION, restUrl: `http://${host}`, streamUrl: `ws://${host}`, proxies: { [setting]: url } };
  return { client: (await createClient({ exchangeId: 'bybit', flavour: 'pro', dialect: { config: {} }, connection, credentials: null, timeoutMs: 5_000 })) as unknown as Streams, host };
}

test.each<[ProxySetting, string]>([
  ['httpProxy', 'connect'],
  ['httpsProxy', 'connect'],
  ['socksProxy', 'socks'],
])('%s carries requests', async (setting, kind) => {
  const { client, host } = await clientWith(setting);
  expect(await client.fetchTime()).toBe(1_000);
  expect([through, heard]).toEqual([[`${kind} ${host}`], ['GET /v5/market/time']]);
});

test.each<[ProxySetting, RegExp]>([
  ['wssProxy', /^connect /],
  ['wsSocksProxy', /^socks /],
])('%s carries streams', async (setting, kind) => {
  const { client, host } = await clientWith(setting);
  const isConnected = new Promise<void>((resolve) => {
    client.onConnected = resolve;
  });
  const watching = client.watch(`ws://${host}/v5/public/linear`, 'hello', { op: 'hello' }, 'hello').catch(() => undefined);
  await isConnected;
  await client.close();
  await watching;
  expect(heard).toEqual(['stream /v5/public/linear']);
  expect(through.join()).toMatch(kind);
});
