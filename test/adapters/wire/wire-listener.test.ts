/** The transport of a wire server: every fault once, seen from plain clients, with a protocol that counts what reached it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WireListener } from '../../../src/adapters/wire/wire-listener.ts';
import type { FrameFault, WireFault, WireProtocol, WireSocket } from '../../../src/ports/wire.ts';

const BODY = JSON.stringify({ answer: 'x'.repeat(200) });

class CountingProtocol implements WireProtocol {
  applied = 0;
  readonly open = new Set<WireSocket>();
  readonly heard: string[] = [];

  async request(): Promise<{ status: number; body: string }> {
    this.applied += 1;
    return { status: 200, body: BODY };
  }
  opened(socket: WireSocket): void {
    this.open.add(socket);
  }
  received(_: WireSocket, text: string): void {
    this.heard.push(text);
  }
  closed(socket: WireSocket): void {
    this.open.delete(socket);
  }
  clock(): void {}
  incidentReply(incident: string, retryAfterMs: number): { status: number; body: string } {
    return { status: 429, body: `${incident} ${retryAfterMs}` };
  }
}

let protocol: CountingProtocol;
let listener: WireListener;

beforeEach(async () => {
  protocol = new CountingProtocol();
  listener = new WireListener({ protocol });
  await listener.start();
});
afterEach(() => listener.close());

/** Status and body, or the name of what went wrong. */
async function ask(fault: WireFault, path = '/a?b=1', timeoutMs = 300): Promise<string> {
  listener.requestPolicy = () => fault;
  try {
    const response = await fetch(`http://${listener.address}${path}`, { method: 'POST', body: 'c=2', signal: AbortSignal.timeout(timeoutMs) });
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return (error as Error).name;
  }
}

const settled = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('requests', () => {
  it.each<[WireFault, string | RegExp, number]>([
    [{ type: 'none' }, `200 ${BODY}`, 1],
    [{ type: 'timeout-before-apply' }, 'TimeoutError', 0],
    [{ type: 'timeout-after-apply' }, 'TimeoutError', 1],
    [{ type: 'reset-before-apply' }, 'TypeError', 0],
    [{ type: 'reset-mid-body' }, 'TypeError', 1],
    [{ type: 'server-error', status: 502, applied: false }, /^502 /, 0],
    [{ type: 'server-error', status: 503, applied: true }, /^503 /, 1],
    [{ type: 'html-page', status: 403, applied: false }, /^403 <html>/, 0],
    [{ type: 'html-page', status: 200, applied: true }, /^200 <html>/, 1],
    [{ type: 'truncated-json' }, `200 ${BODY.slice(0, BODY.length / 2)}`, 1],
    [{ type: 'empty-body' }, '200 ', 1],
    [{ type: 'incident', incident: 'maintenance', retryAfterMs: 7 }, '429 maintenance 7', 0],
    [{ type: 'delay', requestMs: 20, responseMs: 20 }, `200 ${BODY}`, 1],
    [{ type: 'apply-late', afterMs: 1 }, 'TimeoutError', 1],
  ])('%j', async (fault, seen, applied) => {
    expect(await ask(fault)).toEqual(typeof seen === 'string' ? seen : expect.stringMatching(seen));
    expect(protocol.applied).toBe(applied);
  });

  it('are carried out late when their answer is lost', async () => {
    expect(await ask({ type: 'apply-late', afterMs: 150 }, '/', 50)).toBe('TimeoutError');
    expect(protocol.applied).toBe(0);
    await settled(200);
    expect(protocol.applied).toBe(1);
  });

  it('are logged with what was sent, what was answered and the fault', async () => {
    await ask({ type: 'none' });
    await ask({ type: 'timeout-before-apply' }, '/d', 30);
    expect(listener.requests.map(({ method, path, query, body, status, fault }) => ({ method, path, query, body, status, fault }))).toEqual([
      { method: 'POST', path: '/a', query: 'b=1', body: 'c=2', status: 200, fault: 'none' },
      { method: 'POST', path: '/d', query: '', body: 'c=2', status: null, fault: 'timeout-before-apply' },
    ]);
    listener.forgetRequests();
    expect(listener.requests).toEqual([]);
  });

  it('that are too large are refused', async () => {
    const response = await fetch(`http://${listener.address}/`, { method: 'POST', body: 'x'.repeat(1_100_000) });
    expect(response.status).toBe(413);
    expect(protocol.applied).toBe(0);
  });
});

describe('sockets', () => {
  const open = (path = '/ws?listenKey=1'): Promise<WebSocket> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://${listener.address}${path}`);
      socket.once('open', () => resolve(socket));
      socket.once('error', reject);
    });
  const broadcast = (...texts: string[]): void => {
    for (const socket of protocol.open) for (const text of texts) socket.send(text);
  };
  /** What a client hears of the frames 1, 2, 3 when the policy does this to the first. */
  const heardWith = async (fault: FrameFault): Promise<string[]> => {
    listener.sockets.framePolicy = ({ sequence }) => (sequence === 1 ? fault : { type: 'none' });
    const client = await open();
    const heard: string[] = [];
    client.on('message', (data) => heard.push(String(data)));
    client.on('close', (code) => heard.push(`closed ${code}`));
    broadcast('1', '2', '3');
    await settled(60);
    client.terminate();
    return heard;
  };

  it('carry text both ways and know their path', async () => {
    const client = await open();
    client.send('hello');
    await settled(30);
    expect(protocol.heard).toEqual(['hello']);
    expect(listener.sockets.list().map(({ path, query }) => ({ path, query }))).toEqual([{ path: '/ws', query: 'listenKey=1' }]);
    client.terminate();
    await settled(30);
    expect(protocol.open.size).toBe(0);
  });

  it.each<[FrameFault, string[]]>([
    [{ type: 'none' }, ['1', '2', '3']],
    [{ type: 'drop' }, ['2', '3']],
    [{ type: 'duplicate' }, ['1', '1', '2', '3']],
    [{ type: 'reorder' }, ['2', '1', '3']],
    [{ type: 'silence' }, []],
    [{ type: 'close', code: 1001 }, ['closed 1001']],
  ])('%j', async (fault, heard) => {
    expect(await heardWith(fault)).toEqual(heard);
  });

  it('answer pings unless they are silent', async () => {
    const client = await open();
    let pongs = 0;
    client.on('pong', () => (pongs += 1));
    client.ping();
    await settled(30);
    expect(pongs).toBe(1);
    listener.sockets.silence();
    client.ping();
    client.send('unheard');
    await settled(30);
    expect([pongs, protocol.heard, client.readyState]).toEqual([1, [], WebSocket.OPEN]);
    client.terminate();
  });

  it('are refused when told so', async () => {
    listener.sockets.refusesNew = true;
    await expect(open()).rejects.toThrow();
  });
});

describe('a server', () => {
  it('goes down with its sockets and answers under way, and comes back on its port', async () => {
    const { port } = listener;
    const waiting = ask({ type: 'delay', requestMs: 5_000, responseMs: 0 }, '/', 5_000);
    await settled(30);
    await listener.stop();
    expect(await waiting).toBe('TypeError');
    expect(await ask({ type: 'none' })).toBe('TypeError');
    await listener.start();
    expect(listener.port).toBe(port);
    expect(await ask({ type: 'none' })).toBe(`200 ${BODY}`);
    expect(protocol.applied).toBe(1);
  });

  it('says what to do when its port is taken', async () => {
    const other = new WireListener({ protocol, port: listener.port });
    await expect(other.start()).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('--port') });
  });
});
