/** A raw TCP "exchange": every connection gets the bytes a test wants it to get, so that answers can break anywhere. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface RawServer {
  readonly port: number;
  readonly requests: string[];
  close(): Promise<void>;
}

export async function rawServer(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      requests.push(String(data));
      answer(socket, String(data));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

export function httpAnswer(status: string, body: string, headers: readonly string[] = []): string {
  return [`HTTP/1.1 ${status}`, `content-length: ${Buffer.byteLength(body)}`, 'content-type: application/json', ...headers, '', body].join('\r\n');
}
