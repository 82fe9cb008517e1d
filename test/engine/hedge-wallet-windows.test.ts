/**
 * The windows of the document the hedge wallet was created from ("Hedge Wallet Phases"), phase by phase: four fragments, unit 100,
 * anchor 10 000. Where the document and DOMAIN differ, DOMAIN decides, and the test says so.
 */
import { describe, expect, it } from 'vitest';
import { trace } from '../../src/engine/trace.ts';
import type { TraceDocument } from '../../src/engine/trace.ts';
import { instrumentOf, strategy } from '../fixtures.ts';

const plan = strategy();

/** The last document of a path given in units from the anchor. */
function after(units: readonly number[]): TraceDocument {
  const prices = units.map((unit) => String(10_000 + 100 * unit));
  const document = [...trace({ strategy: plan, instrument: instrumentOf(plan), prices, fill: 'touch', atr: null })].at(-1);
  if (document === undefined) throw new Error('a path has at least one price');
  return document;
}

/** Levels of a window relative to the current unit, nearest first. */
function window(document: TraceDocument, role: string): number[] {
  const unit = document.wallets[0]?.unit ?? NaN;
  return document.orders.filter((order) => order.role === role).map((order) => (order.level ?? NaN) - unit).sort((a, b) => Math.abs(a) - Math.abs(b));
}

describe('ADVANCE: 100 % long, stop-loss ready', () => {
  it.each([[[0]], [[0, 1]], [[0, 5]], [[0, 3, 2.5, 4]], [[0, 12]]])('on the way %j the stop is at current−1 and the entries at current−1 … current−4', (units) => {
    const document = after(units);
    expect(document.wallets[0]).toMatchObject({ phase: 'ADVANCE', rungsOut: 0, short: '0' });
    expect(window(document, 'stop-loss')).toEqual([-1]);
    expect(window(document, 'stop-entry-short')).toEqual([-1, -2, -3, -4]);
    expect(window(document, 'cover')).toEqual([]);
  });

  it('the stop is for the whole position, each entry for a quarter of the notional', () => {
    const document = after([0]);
    expect(document.orders.find(({ role }) => role === 'stop-loss')?.amount).toBe('1');
    expect(document.orders.filter(({ role }) => role === 'stop-entry-short').map(({ amount }) => amount)).toEqual(['0.2525', '0.2551', '0.2577', '0.2604']);
  });

  it('half a unit changes nothing', () => {
    expect(after([0, 3, 2.5]).orders).toEqual(after([0, 3]).orders);
    expect(after([0, 3, 3.5, 2.1, 3.9]).orders).toEqual(after([0, 3]).orders);
  });
});

describe('RETRACEMENT: cash on the way to short', () => {
  it('begins with the full stop; the first quarter is short at once, its cover at current+1', () => {
    const document = after([0, -1]);
    expect(document.wallets[0]).toMatchObject({ phase: 'RETRACEMENT', long: '0', short: '0.2525', rungsOut: 1 });
    expect(window(document, 'stop-loss')).toEqual([]);
    expect(window(document, 'stop-entry-short')).toEqual([-1, -2, -3]);
    expect(window(document, 'cover')).toEqual([1]);
  });

  it.each([
    [[0, -2], [-1, -2], [1, 2]],
    [[0, -3], [-1], [1, 2, 3]],
  ])('after %j each entry that triggered has a cover one unit above it', (units, entries, covers) => {
    const document = after(units);
    expect(window(document, 'stop-entry-short')).toEqual(entries);
    expect(window(document, 'cover')).toEqual(covers);
  });

  it('a cover that triggers brings its entry back at current−1', () => {
    const document = after([0, -3, -2]);
    expect(document.wallets[0]).toMatchObject({ phase: 'RETRACEMENT', rungsOut: 2 });
    expect(window(document, 'stop-entry-short')).toEqual([-1, -2]);
    expect(window(document, 'cover')).toEqual([1, 2]);
  });

  it('goes to RESET when every cover has triggered, and is long again at once', () => {
    const document = after([0, -2, 0]);
    expect(document.wallets[0]).toMatchObject({ phase: 'ADVANCE', cycle: 1, short: '0', unit: 0, anchor: '10000' });
    expect(document.fills.map(({ role, level }) => [role, level])).toEqual([['cover', -1], ['cover', 0], ['market-buy', null]]);
  });
});

describe('DECLINE: maximum short exposure', () => {
  it.each([[[0, -4]], [[0, -6]], [[0, -4, -8]], [[0, -7, -6.5, -9]]])('on the way %j the covers are at current+1 … current+4', (units) => {
    const document = after(units);
    expect(document.wallets[0]).toMatchObject({ phase: 'DECLINE', rungsOut: 4, long: '0' });
    expect(window(document, 'cover')).toEqual([1, 2, 3, 4]);
    expect(window(document, 'stop-entry-short')).toEqual([]);
  });

  it('every cover is for exactly what its entry shorted', () => {
    const document = after([0, -4]);
    expect(document.orders.map(({ level, amount }) => [level, amount])).toEqual([[0, '0.2525'], [-1, '0.2551'], [-2, '0.2577'], [-3, '0.2604']]);
  });
});

describe('RECOVERY: partially covered', () => {
  it.each([
    [[0, -6, -5], 3, [-1], [1, 2, 3]],
    [[0, -6, -4], 2, [-1, -2], [1, 2]],
    [[0, -6, -3], 1, [-1, -2, -3], [1]],
  ])('after %j %i fragments are short, entries below, covers above', (units, out, entries, covers) => {
    const document = after(units);
    expect(document.wallets[0]).toMatchObject({ phase: 'RECOVERY', rungsOut: out });
    expect(window(document, 'stop-entry-short')).toEqual(entries);
    expect(window(document, 'cover')).toEqual(covers);
  });

  it('goes back to DECLINE when the entries trigger again', () => {
    expect(after([0, -6, -5, -6]).wallets[0]).toMatchObject({ phase: 'DECLINE', rungsOut: 4 });
  });
});

describe('RESET: cash with the profits of the short cycle', () => {
  it('buys long with everything, counts units from 0 again and places the windows of ADVANCE', () => {
    const document = after([0, -8, -4]);
    const wallet = document.wallets[0];
    expect(wallet).toMatchObject({ phase: 'ADVANCE', cycle: 1, unit: 0, anchor: '9600', short: '0' });
    // Holding one unit all the way would be worth 9 600 now.
    expect(Number(wallet?.equity)).toBeGreaterThan(9_600);
    // With 9 600 a unit, what the equity buys in whole lots of 0.0001.
    expect(Number(wallet?.long)).toBe(Math.floor((Number(wallet?.equity) / 9_600) * 10_000) / 10_000);
    expect([window(document, 'stop-loss'), window(document, 'stop-entry-short'), window(document, 'cover')]).toEqual([[-1], [-1, -2, -3, -4], []]);
  });
});
