/** Geometric levels that fall on one tick: the bot once opened and closed the same short there without end, at a price that stood still. */
import { expect, it } from 'vitest';
import { gridFrom, levelPrice } from '../../src/domain/grid.ts';
import { trace } from '../../src/engine/trace.ts';
import { hedgeWallet, instrumentOf, longWallet, strategy } from '../fixtures.ts';

it.each([
  ['rotation', hedgeWallet()],
  ['fragments', longWallet()],
] as const)('%s opens nothing at a level whose counterpart has the same price, and still closes', (_, wallet) => {
  const plan = strategy({
    spacing: 'geometric',
    unit: { type: 'percent', fraction: '0.03' },
    wallets: [wallet],
    exchange: { market: { ...strategy().exchange.market!, tickSize: '0.01', amountStep: '1', minAmount: '1' } },
  });
  const prices = ['0.5', '0.4', '0.3', '0.25', '0.2', '0.19', '0.18', '0.17', '0.16', '0.15', '0.16', '0.17'];
  for (const document of trace({ strategy: plan, instrument: instrumentOf(plan), prices, fill: 'touch', atr: null })) {
    const facts = document.wallets[0];
    if (facts === undefined) throw new Error('a plan has a wallet');
    const grid = gridFrom(facts.anchor, facts.unitSize, 'geometric', { tickSize: '0.01' });
    for (const { role, level } of document.orders) {
      if (role === 'stop-entry-short') expect(levelPrice(grid, (level ?? 0) + 1).greaterThan(levelPrice(grid, level ?? 0)), `at ${document.price}`).toBe(true);
      if (role === 'stop-entry-long') expect(levelPrice(grid, (level ?? 0) - 1).lessThan(levelPrice(grid, level ?? 0)), `at ${document.price}`).toBe(true);
    }
  }
});
