/** The control socket: who may enter its folder, what it answers, and that nothing a client sends harms it (I20, I23). */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectControl, remoteStore } from '../../../src/adapters/control/control-client.ts';
import { REQUEST_BYTES_MAX } from '../../../src/adapters/control/control-protocol.ts';
import type { ControlRequest } from '../../../src/adapters/control/control-protocol.ts';
import { openControlServer } from '../../../src/adapters/control/control-server.ts';
import type { ControlServer } from '../../../src/adapters/control/control-server.ts';
import { HedgerowError } from '../../../src/domain/errors.ts';

describe('control socket', () => {
  let folder = '';
  let server: ControlServer;
  let heard: ControlRequest[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hedgerow-control-'));
    heard = [];
    server = await openControlServer(folder, async (request) => {
      heard.push(request);
      if (request.method === 'describe') return { description: 'a store' };
      if (request.method === 'loadGenerations') return [['slot|1', 3]];
      if (request.method === 'loadAction') throw new HedgerowError('LEASE_LOST', 'not here');
      if (request.method === 'listPlans') throw new TypeError('a bug');
      return null;
    });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const socketPath = (): string => join(folder, 'control', 'bot.sock');

  /** What comes back for these bytes until the other side ends or `lines` lines are there. */
  const say = (bytes: string | Buffer, lines = 1): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(socketPath(), () => socket.write(bytes));
      let text = '';
      socket.on('data', (data: Buffer) => {
        text += data.toString();
        if (text.split('\n').length > lines) socket.end();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });

  it('belongs to its owner alone, also when the folder was open before', async () => {
    expect(statSync(socketPath()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'control')).mode & 0o777).toBe(0o700);
    await server.close();
    chmodSync(join(folder, 'control'), 0o755);
    server = await openControlServer(folder, async () => null);
    expect(statSync(join(folder, 'control')).mode & 0o777).toBe(0o700);
  });

  it('hands over requests with the values they came with, and gives errors their code', async () => {
    const client = await connectControl(folder);
    if (client === null) throw new Error('nobody listens');
    const store = await remoteStore(client);
    expect(store.description).toBe('a store');
    expect(await store.findPlan({ venue: 'v', name: 'btc' })).toBeNull();
    expect(await store.loadGenerations(1, 2)).toEqual(new Map([['slot|1', 3]]));
    expect(heard.slice(1)).toMatchObject([
      { method: 'findPlan', args: [{ venue: 'v', name: 'btc' }] },
      { method: 'loadGenerations', args: [1, 2] },
    ]);
    await expect(store.loadAction('x')).rejects.toMatchObject({ code: 'LEASE_LOST', message: 'not here' });
    await expect(store.listPlans()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'a bug' });
    await store.close();
  });

  it.each([
    ['no JSON', 'hello\n'],
    ['no object', '[1]\n'],
    ['an unknown method', '{"id":1,"method":"commit","args":[]}\n'],
    ['a method of every object', '{"id":1,"method":"constructor","args":[]}\n'],
    ['too few values', '{"id":1,"method":"findPlan","args":[]}\n'],
    ['a wrong type', '{"id":1,"method":"loadAction","args":[7]}\n'],
    ['a field too many', '{"id":1,"method":"findPlan","args":[{"venue":"v","name":"n","x":1}]}\n'],
    ['a page without end', '{"id":1,"method":"readJournal","args":[1,0,1000000]}\n'],
    ['an action nobody knows', '{"id":1,"method":"requestAction","args":[{"actionId":"a","planId":1,"action":"explode","reason":"","requestedBy":"me","requestedAt":1}]}\n'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x0a])],
  ])('answers %s with an error, and the next one as ever', async (_, bytes) => {
    const answer = JSON.parse(await say(bytes)) as { error?: { code: string } };
    expect(answer.error?.code).toBe('INPUT_INVALID');
    expect(heard).toEqual([]);
    expect(JSON.parse(await say('{"id":4,"method":"describe","args":[]}\n'))).toEqual({ id: 4, result: { description: 'a store' } });
  });

  it('refuses a line that is too long and ends the connection', async () => {
    expect(await say('x'.repeat(REQUEST_BYTES_MAX + 1))).toContain('longer than');
    expect(await say(`${'x'.repeat(REQUEST_BYTES_MAX + 1)}\n`)).toContain('longer than');
    expect(await say('{"id":1,"method":"describe","args":[]}\n'.repeat(3), 3)).toMatch(/^(\{"id":1,"result".*\}\n){3}$/);
  });

  it('refuses more requests at once than it keeps', async () => {
    expect(await say('{"id":1,"method":"describe","args":[]}\n'.repeat(200), 300)).toContain('requests wait');
  });

  it('goes on when clients come in crowds and leave in the middle of a word', async () => {
    await Promise.all(
      Array.from({ length: 60 }, () => new Promise<void>((resolve) => {
        const socket = connect(socketPath(), () => socket.write('{"id":1,"meth', () => socket.destroy()));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      })),
    );
    expect(JSON.parse(await say('{"id":4,"method":"describe","args":[]}\n'))).toMatchObject({ id: 4 });
  });

  it('is not there when no bot runs, nor where none ever ran', async () => {
    await server.close();
    expect(await connectControl(folder)).toBeNull();
    expect(await connectControl(join(folder, 'nowhere'))).toBeNull();
  });

  it('tells that the bot has ended when it does before it answers', async () => {
    const client = await connectControl(folder);
    if (client === null) throw new Error('nobody listens');
    await client.call('describe');
    const asked = client.call('loadAction', 'x').catch((error: unknown) => error);
    await server.close();
    expect(await asked).toBeInstanceOf(HedgerowError);
    await expect(client.call('describe')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('works in a folder whose path is longer than a socket address may be', async () => {
    const deep = join(folder, 'a'.repeat(60), 'b'.repeat(60));
    mkdirSync(deep, { recursive: true });
    const other = await openControlServer(deep, async () => ({ description: 'deep' }));
    const client = await connectControl(deep);
    expect(await client?.call('describe')).toEqual({ description: 'deep' });
    client?.close();
    await other.close();
  });
});
