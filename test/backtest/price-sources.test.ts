/** Last and mark price that stand units apart: what README advises against is seen to trade without end, and what it advises is not. */
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/strategy.ts';
import { hedgeWallet, instrumentOf, longWallet, strategy } from '../fixtures.ts';
import { WITHOUT_END, runDense } from './dense-tape.ts';
import type { DenseRun } from './dense-tape.ts';
import { straightCandles } from './path-candles.ts';

type Source = 'last' | 'mark';

const MARKET = { tickSize: '10', amountStep: '0.0001', minAmount: '0.0001', minCost: '5', takerFee: '0', makerFee: '0', slippage: '0' };
const PATH = [10_000, 10_700, 10_300, 9_900, 10_300, 11_000, 10_100];

/** Windows of falling prices by `down`, of rising ones by `up`. */
function planOf(down: Source, up: Source, wallet: 'hedge' | 'long'): Strategy {
  const plan = strategy({ exchange: { triggerBy: down, market: MARKET }, wallets: [wallet === 'hedge' ? hedgeWallet() : longWallet()] });
  const rising = { ...plan.windows.cover, triggerBy: up };
  const falling = { ...plan.windows.cover, triggerBy: down };
  return { ...plan, windows: { 'stop-loss': falling, 'stop-entry-short': falling, 'flip-short': falling, cover: rising, 'stop-entry-long': rising, 'flip-long': rising } };
}

/** Along PATH, with the mark `basis` above the last price; of units, which are 100. */
function runOf(plan: Strategy, basis: number): Promise<DenseRun> {
  return runDense(plan, instrumentOf(plan), straightCandles(PATH), straightCandles(PATH.map((price) => price + basis)), null);
}

describe.each(['hedge', 'long'] as const)('the windows of a %s wallet', (wallet) => {
  test.each([-350, -150, 150, 350])('that watch one price come to an end, with the mark %i away', async (basis) => {
    for (const source of ['last', 'mark'] as const) {
      const { failure, fills } = await runOf(planOf(source, source, wallet), basis);
      expect({ source, failure, hasTraded: fills.length > 5 }).toEqual({ source, failure: null, hasTraded: true });
    }
  });

  test('that watch two do not, with the mark below', async () => {
    expect((await runOf(planOf('mark', 'last', wallet), -150)).failure?.message).toBe(WITHOUT_END);
  });
});
