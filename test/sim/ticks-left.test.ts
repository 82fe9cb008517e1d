/** A restart between two prices of one moment: none of them is lost or comes twice. */
import { describe, expect, it } from 'vitest';
import type { PriceFeed, Tick } from '../../src/ports/price-feed.ts';
import type { BookDelta } from '../../src/sim/exchange/delta.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { simulatedAccounts, simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { ticksLeft } from '../../src/sim/ticks-left.ts';
import { strategy } from '../fixtures.ts';

const BTC = strategy();
const ETH = strategy({ name: 'other', symbol: 'ETH/USDT:USDT' });
const tick = (symbol: string, at: number, price: string): Tick => ({ symbol, at, last: price, mark: price, index: price });
/** Two symbols in the same minutes, and one trading several times in a millisecond. */
const TICKS: readonly Tick[] = [
  tick(BTC.symbol, 60_000, '100'),
  { ...tick(ETH.symbol, 60_000, '10'), fundingRate: '0.0001' },
  tick(BTC.symbol, 120_000, '101'),
  tick(BTC.symbol, 120_000, '102'),
  tick(ETH.symbol, 120_000, '11'),
  tick(BTC.symbol, 120_000, '102'),
  tick(ETH.symbol, 180_000, '12'),
];
const FEED: PriceFeed = { identity: 'ticks', ticks: (afterAt) => TICKS.filter(({ at }) => afterAt === null || at > afterAt) };
const CONFIG = { markets: simulatedMarkets([BTC, ETH]), accounts: simulatedAccounts([BTC, ETH]) };

describe.each(['its deltas', 'a snapshot'] as const)('an exchange restored from %s', (source) => {
  it.each(TICKS.map((_, index) => index))('stopped after %i prices is given exactly the others', async (stopAfter) => {
    const first = new SimulatedExchange(CONFIG);
    const deltas: BookDelta[] = [first.snapshot()];
    first.onDelta((delta) => deltas.push(delta));
    for (const each of TICKS.slice(0, stopAfter)) first.tick(each);
    const again = SimulatedExchange.restore(CONFIG, source === 'a snapshot' ? [first.snapshot()] : deltas);
    const left: Tick[] = [];
    for await (const each of ticksLeft(FEED, again)) left.push(each);
    expect(left).toEqual(TICKS.slice(stopAfter));
  });
});
