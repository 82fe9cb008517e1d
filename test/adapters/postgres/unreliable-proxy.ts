/** A way to a PostgreSQL server that can be told to swallow what the server says, to break, and to refuse new connections. */
import { createServer, connect, type Socket } from 'node:net';

export interface UnreliableProxy {
  /** The server's URL, by way of this proxy. */
  readonly url: string;
  /** From now on requests arrive and answers do not. */
  swallowAnswers(): void;
  /** Everything open breaks; answers arrive again on new connections. */
  breakAll(): void;
  /** While true, new connections are closed at once. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

export async function unreliableProxy(serverUrl: string): Promise<UnreliableProxy> {
  const server = new URL(serverUrl);
  const open = new Set<Socket>();
  let isSwallowing = false;
  let isRefusing = false;
  const proxy = createServer((client) => {
    if (isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(server.port), server.hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        // A broken client is not told to the server at once: what it was asked is done first.
        if (socket === upstream) client.destroy();
        else upstream.end();
      });
    }
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      if (!isSwallowing) client.write(data);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  const breakAll = (): void => {
    isSwallowing = false;
    for (const socket of open) socket.destroy();
  };
  return {
    url: url.href,
    swallowAnswers: () => void (isSwallowing = true),
    breakAll,
    refuse: (on) => void (isRefusing = on),
    close: async () => {
      breakAll();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}
