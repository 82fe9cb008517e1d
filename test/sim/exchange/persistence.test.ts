import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedBook } from '../../../src/adapters/files/simulated-book.ts';
import type { BookDelta } from '../../../src/sim/exchange/delta.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import { configs, play, steps } from './life.ts';
import { BTC, World, configOf } from './world.ts';

function throughJson(delta: BookDelta): BookDelta {
  return JSON.parse(JSON.stringify(delta)) as BookDelta;
}

describe('restoring from deltas', () => {
  it('gives the live exchange again, at every point of any life, and the same future', async () => {
    const property = fc.asyncProperty(configs, steps, steps, fc.boolean(), async (config, life, future, fromSnapshot) => {
      const live = new SimulatedExchange(config);
      const deltas: BookDelta[] = [throughJson(live.snapshot())];
      live.onDelta((delta) => deltas.push(throughJson(delta)));
      await play(live, life);
      const restored = SimulatedExchange.restore(config, fromSnapshot ? [throughJson(live.snapshot())] : deltas);
      restored.advanceTo(live.now());
      expect(restored.truth()).toEqual(live.truth());
      expect(restored.lastTickAt()).toBe(live.lastTickAt());
      await play(live, future, undefined, 1000);
      await play(restored, future, undefined, 1000);
      expect(restored.truth()).toEqual(live.truth());
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('needs no first snapshot when the configuration is the same', async () => {
    const world = new World();
    const deltas: BookDelta[] = [];
    world.exchange.onDelta((delta) => deltas.push(delta));
    world.price('10001');
    await world.done({ side: 'buy', amount: '1' });
    const restored = SimulatedExchange.restore(configOf(), deltas);
    expect(restored.truth().accounts).toEqual(world.exchange.truth().accounts);
  });

  it('tells each delta before the events it explains', async () => {
    const world = new World();
    const told: string[] = [];
    world.exchange.onDelta((delta) => told.push(`delta ${delta.trades?.length ?? 0}`));
    world.exchange.subscribe((event) => told.push(event.type));
    await world.done({ side: 'buy', amount: '1' });
    expect(told).toEqual(['delta 1', 'order', 'trade', 'order']);
  });

  it('remembers used client order ids, halts and settings', async () => {
    const options = { keepHistory: false, retain: 1 } as const;
    const world = new World(options);
    await world.done({ side: 'buy', amount: '0.1', clientOrderId: 'first' });
    await world.done({ side: 'buy', amount: '0.1' });
    await world.done({ side: 'buy', amount: '0.1' });
    world.exchange.changeSettings('main', BTC, { leverage: '7' });
    world.exchange.halt(BTC, true);
    const restored = SimulatedExchange.restore(configOf(options), [throughJson(world.exchange.snapshot())]);
    const again = new World({ ...options, price: null }, restored);
    expect(await again.code({ side: 'buy', amount: '0.1', clientOrderId: 'first' })).toBe('DUPLICATE_CLIENT_ORDER_ID');
    expect(await again.code({ side: 'buy', amount: '0.1', clientOrderId: 'other' })).toBe('MARKET_HALTED');
    expect((await restored.fetchSettings('main', BTC)).leverage).toBe('7');
  });

  it('refuses a newer version and another position mode', () => {
    const snapshot = new SimulatedExchange(configOf()).snapshot();
    expect(() => SimulatedExchange.restore(configOf(), [{ ...snapshot, version: 2 as never }])).toThrow(/version 2/);
    expect(() => SimulatedExchange.restore(configOf({ account: { positionMode: 'one-way' } }), [snapshot])).toThrow(/hedge mode/);
  });
});

describe('the book file', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'simulated-book-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function reopen(): { readonly exchange: SimulatedExchange; readonly deltas: readonly BookDelta[] } {
    const { book, deltas } = SimulatedBook.open<BookDelta>(folder);
    book.close();
    return { exchange: SimulatedExchange.restore(configOf(), deltas), deltas };
  }

  async function lived(compactAfterLines?: number): Promise<World> {
    const world = new World();
    const { book, deltas } = SimulatedBook.open<BookDelta>(folder, compactAfterLines === undefined ? {} : { compactAfterLines });
    expect(deltas).toEqual([]);
    const end = book.follow(world.exchange);
    await world.done({ side: 'buy', amount: '1' });
    await world.done({ side: 'sell', amount: '1', positionSide: 'long', triggerPrice: '9900' });
    for (let n = 0; n < 30; n += 1) world.price(String(10000 + n));
    world.price('9890');
    end();
    book.close();
    return world;
  }

  it('holds the exchange of a process that was killed', async () => {
    const world = await lived();
    const { exchange, deltas } = reopen();
    expect(deltas.length).toBe(34);
    expect(exchange.truth()).toEqual(world.exchange.truth());
    expect(exchange.lastTickAt()).toBe(world.exchange.lastTickAt());
  });

  it('is compacted into one line now and then, through a temporary file', async () => {
    const world = await lived(10);
    const { exchange, deltas } = reopen();
    expect(deltas.length).toBeLessThan(34);
    expect(exchange.truth()).toEqual(world.exchange.truth());
    writeFileSync(join(folder, 'book.jsonl.tmp'), 'half a compaction');
    expect(reopen().exchange.truth()).toEqual(world.exchange.truth());
    expect(readdirSync(folder)).toEqual(['book.jsonl']);
  });

  it('drops a last line torn at any byte, and goes on after it', async () => {
    await lived();
    const path = join(folder, 'book.jsonl');
    const whole = readFileSync(path);
    const lastStart = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let length = lastStart; length < whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length));
      expect(reopen().deltas.length).toBe(33);
      expect(readFileSync(path).length).toBe(lastStart);
    }
    const { book, deltas } = SimulatedBook.open<BookDelta>(folder);
    book.append({ version: 1, at: 99, counters: { order: 9, trade: 9, event: 9, request: 9 } });
    book.close();
    expect(reopen().deltas.length).toBe(deltas.length + 1);
  });

  it.each([
    ['missing in the middle', (lines: string[]) => lines.splice(10, 3), /book\.jsonl:11: line 11 .* is missing, line 14 stands/],
    ['missing at the start', (lines: string[]) => lines.splice(0, 1), /book\.jsonl:1: line 1 .* is missing, line 2 stands/],
    ['doubled', (lines: string[]) => lines.splice(10, 0, lines[9] ?? ''), /book\.jsonl:11: line 11 .* is missing, line 10 stands/],
    ['moved', (lines: string[]) => lines.splice(20, 0, ...lines.splice(10, 1)), /book\.jsonl:11/],
    ['replaced by one of an older book', (lines: string[]) => lines.splice(10, 1, '{"version":1,"at":1,"counters":{}}'), /book\.jsonl:11: line 11 .* one without a number/],
  ] as const)('names a line that is %s', async (_, spoil, message) => {
    await lived();
    const path = join(folder, 'book.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    spoil(lines);
    writeFileSync(path, lines.join('\n'));
    expect(() => reopen()).toThrow(message);
    expect(() => SimulatedBook.read(folder)).toThrow(message);
  });

  it('may lack its last lines, as after a power cut', async () => {
    await lived();
    const path = join(folder, 'book.jsonl');
    writeFileSync(path, `${readFileSync(path, 'utf8').split('\n').slice(0, 20).join('\n')}\n`);
    expect(reopen().deltas.length).toBe(20);
  });

  it('loads books from before lines had numbers, and goes on with numbers', async () => {
    const world = await lived();
    const path = join(folder, 'book.jsonl');
    const old = readFileSync(path, 'utf8').replaceAll(/^\{"line":\d+,/gm, '{');
    writeFileSync(path, old);
    expect(reopen().exchange.truth()).toEqual(world.exchange.truth());
    const { book, deltas } = SimulatedBook.open<BookDelta>(folder);
    book.append({ version: 1, at: world.exchange.now(), counters: world.exchange.snapshot().counters });
    book.close();
    expect(readFileSync(path, 'utf8').split('\n').at(-2)).toMatch(new RegExp(`^{"line":${deltas.length + 1},`));
    expect(reopen().deltas.length).toBe(deltas.length + 1);
    writeFileSync(path, readFileSync(path, 'utf8').split('\n').toSpliced(5, 1).join('\n'));
    expect(() => reopen()).toThrow(/book\.jsonl:34/);
  });

  it('names a damaged line in the middle instead of losing what follows', async () => {
    await lived();
    const path = join(folder, 'book.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[4] = '{"version":1,"at":';
    writeFileSync(path, lines.join('\n'));
    expect(() => reopen()).toThrow(/book\.jsonl:5/);
    truncateSync(path, 0);
    appendFileSync(path, '');
    expect(reopen().deltas).toEqual([]);
  });
});
