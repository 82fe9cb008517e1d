/** With a single fragment a wallet passes two phases at one fill (DOMAIN §3). */
import { describe, expect, it } from 'vitest';
import { trace } from '../../src/engine/trace.ts';
import { equalWeights, hedgeWallet, instrumentOf, longWallet, strategy } from '../fixtures.ts';
import type { WalletSpec } from '../../src/domain/strategy.ts';
import { walkWallet } from './machine-graph.ts';

const one = { weights: equalWeights(1) };

describe.each<[string, WalletSpec]>([
  ['rotation', hedgeWallet(one)],
  ['scaling', hedgeWallet({ ...one, cycle: 'scaling' })],
  ['fragments', longWallet(one)],
])('%s with one fragment', (cycle, spec) => {
  const walk = walkWallet(spec);

  it('goes from ADVANCE to DECLINE at the fill of its only rung', () => {
    const direct = walk.steps.filter(({ from, to }) => from.value === 'ADVANCE' && to.value === 'DECLINE');
    expect(direct.length).toBeGreaterThan(0);
    expect(new Set(direct.map(({ event }) => event.type))).toEqual(new Set(['fill.booked']));
  });

  it('goes from DECLINE to RESET at the fill that brings it back, never resting in RECOVERY', () => {
    expect(walk.steps.some(({ from, to, event }) => from.value === 'DECLINE' && to.value === 'RESET' && event.type === 'fill.booked')).toBe(true);
    expect(walk.snapshots.every(({ value }) => value !== 'RECOVERY')).toBe(true);
  });

  it('rests in RETRACEMENT only in a rotation whose long is closed before its short is opened', () => {
    const resting = walk.snapshots.filter(({ value }) => value === 'RETRACEMENT');
    if (cycle !== 'rotation') expect(resting).toEqual([]);
    else expect(resting.every(({ context }) => context.longClosedAt !== null || context.rungs.some(({ short }) => short !== '0') || context.hasTraded)).toBe(true);
  });

  it('is back in ADVANCE of the next cycle after one unit down and one unit up', () => {
    const plan = strategy({ wallets: [spec] });
    const documents = [...trace({ strategy: plan, instrument: instrumentOf(plan), prices: ['10000', '9900', '10000'], fill: 'touch', atr: null })];
    expect(documents.map(({ wallets }) => [wallets[0]?.phase, wallets[0]?.cycle])).toEqual([
      ['ADVANCE', 0],
      ['DECLINE', 0],
      ['ADVANCE', 1],
    ]);
  });
});
