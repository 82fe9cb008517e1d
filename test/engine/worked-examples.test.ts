/** The two tables of DOMAIN §4, row by row (unit 100, anchor 10 000, N = 4, fees 0), and the window seeds of the hedge wallet's document. */
import { describe, expect, it } from 'vitest';
import { trace } from '../../src/engine/trace.ts';
import type { TraceDocument } from '../../src/engine/trace.ts';
import { hedgeWallet, instrumentOf, longWallet, strategy } from '../fixtures.ts';
import type { Strategy } from '../../src/domain/strategy.ts';

function run(plan: Strategy, units: readonly number[]): TraceDocument[] {
  const prices = units.map((unit) => String(10_000 + 100 * unit));
  return [...trace({ strategy: plan, instrument: instrumentOf(plan), prices, fill: 'touch', atr: null })];
}

function levels(document: TraceDocument | undefined, role: string, anchorUnit = 0): number[] {
  return (document?.orders ?? []).filter((order) => order.role === role).map((order) => (order.level ?? NaN) + anchorUnit);
}

describe('rotation, confirmation 1', () => {
  const rows: [number, string, number[], number[], number[]][] = [
    [0, 'ADVANCE', [-1], [-1, -2, -3, -4], []],
    [7, 'ADVANCE', [6], [6, 5, 4, 3], []],
    [6, 'RETRACEMENT', [], [5, 4, 3], [7]],
    [4, 'RETRACEMENT', [], [3], [7, 6, 5]],
    [3, 'DECLINE', [], [], [7, 6, 5, 4]],
    [-1, 'DECLINE', [], [], [3, 2, 1, 0]],
    [0, 'RECOVERY', [], [-1], [3, 2, 1]],
    [2, 'RECOVERY', [], [1, 0, -1], [3]],
  ];
  const documents = run(strategy(), [...rows.map(([unit]) => unit), 3]);

  it.each(rows)('at unit %i the phase is %s', (unit, phase, stopLoss, entries, covers) => {
    const document = documents[rows.findIndex((row) => row[0] === unit)];
    const at = unit === 0 && phase === 'RECOVERY' ? documents[6] : document;
    expect([at?.wallets[0]?.phase, at?.phase]).toEqual([phase, phase]);
    expect(levels(at, 'stop-loss')).toEqual(stopLoss);
    expect(levels(at, 'stop-entry-short')).toEqual(entries);
    expect(levels(at, 'cover')).toEqual(covers);
  });

  it('is back in RECOVERY with one cover filled when the price returns to unit 0', () => {
    const document = documents[6];
    expect(document?.wallets[0]).toMatchObject({ phase: 'RECOVERY', rungsOut: 3, long: '0' });
    expect(levels(document, 'stop-entry-short')).toEqual([-1]);
    expect(levels(document, 'cover')).toEqual([3, 2, 1]);
  });

  it('resets at +3: everything covered, bought back at 10 300, which is the new unit 0', () => {
    const document = documents.at(-1);
    expect(document?.wallets[0]).toMatchObject({ cycle: 1, phase: 'ADVANCE', unit: 0, top: -1, rungsOut: 0, anchor: '10300', short: '0' });
    expect(levels(document, 'stop-loss')).toEqual([-1]);
    expect(levels(document, 'stop-entry-short')).toEqual([-1, -2, -3, -4]);
    expect(document?.fills.map((fill) => [fill.role, fill.level, fill.price])).toEqual([['cover', 3, '10300'], ['market-buy', null, '10300']]);
  });

  it('closes the long before it opens the first short at the same level', () => {
    expect(documents[2]?.fills.map((fill) => [fill.role, fill.level, fill.price, fill.amount])).toEqual([
      ['stop-loss', 6, '10600', '1'],
      ['stop-entry-short', 6, '10600', '0.2358'],
    ]);
  });
});

describe('long wallet with confirmation 2 and scaling hedge, joint reset: the v3.0 matrix', () => {
  const plan = strategy({
    reset: { policy: 'joint', onAdvance: null },
    wallets: [longWallet({ confirmation: 2 }), hedgeWallet({ cycle: 'scaling' })],
  });
  const share = (document: TraceDocument | undefined, wallet: string, side: 'long' | 'short'): number => {
    const facts = document?.wallets.find((entry) => entry.wallet === wallet);
    return Math.round(Number(facts?.[side] ?? NaN) * 100);
  };
  const down: [number, number, number, number, string][] = [
    [0, 100, 100, 0, 'ADVANCE'],
    [-1, 100, 75, 25, 'RETRACEMENT'],
    [-2, 75, 50, 50, 'RETRACEMENT'],
    [-3, 50, 25, 75, 'RETRACEMENT'],
    [-4, 25, 0, 100, 'RETRACEMENT'],
    [-5, 0, 0, 100, 'DECLINE'],
  ];
  const up: [number, number, number, number, string][] = [
    [1, 0, 25, 75, 'RECOVERY'],
    [2, 25, 50, 50, 'RECOVERY'],
    [3, 50, 75, 25, 'RECOVERY'],
    [4, 75, 100, 0, 'RECOVERY'],
  ];
  const documents = run(plan, [...down.map(([unit]) => unit), ...up.map(([unit]) => unit - 5), 0]);

  it.each(down)('%i units from the peak', (unit, long, hedgeLong, hedgeShort, phase) => {
    const document = documents[-unit];
    expect(document?.phase).toBe(phase);
    expect([share(document, 'long', 'long'), share(document, 'hedge', 'long'), share(document, 'hedge', 'short')]).toEqual([long, hedgeLong, hedgeShort]);
  });

  it.each(up)('+%i units from the valley', (unit, long, hedgeLong, hedgeShort, phase) => {
    const document = documents[5 + unit];
    expect(document?.phase).toBe(phase);
    // The long wallet buys back for a fixed quote amount below where it sold, so it holds slightly more than 25 % steps of the start.
    expect(Math.abs(share(document, 'long', 'long') - long)).toBeLessThanOrEqual(4);
    expect([share(document, 'hedge', 'long'), share(document, 'hedge', 'short')]).toEqual([hedgeLong, hedgeShort]);
  });

  it('+5: both are long again and the plan resets', () => {
    const document = documents.at(-1);
    expect(document?.phase).toBe('ADVANCE');
    expect(document?.wallets.map((wallet) => [wallet.cycle, wallet.phase, wallet.unit, wallet.rungsOut, wallet.anchor])).toEqual([
      [1, 'ADVANCE', 0, 0, '10000'],
      [1, 'ADVANCE', 0, 0, '10000'],
    ]);
  });
});
