/** What the tables of the replay have no words for: such a run is the live engine's from its first price to its last. */
import { D } from '../domain/decimal.ts';
import type { ReplayInput } from './replay.ts';

/** Why this plan cannot be replayed from tables at all; null where it can. */
export function replayObstacle({ strategy, market, tape }: Pick<ReplayInput, 'strategy' | 'market' | 'tape'>): string | null {
  if (tape.mark !== null && [strategy.exchange, ...Object.values(strategy.windows)].some(({ triggerBy }) => triggerBy !== 'last')) return 'triggers that watch a mark price of their own';
  if (strategy.exchange.marginMode === 'isolated') return 'isolated margin';
  const slippage = new D(market.slippage ?? '0');
  const isClamped = Object.values(strategy.windows).some(({ order, limitOffset }) => order === 'stop-limit' && slippage.greaterThan(limitOffset ?? '0'));
  if (isClamped) return 'a stop-limit order whose limit is nearer than the slippage';
  const caps = [market.maxAmountPerTrade, market.tradesPerTick, market.maxConditionalOrders, market.maxOpenOrders];
  return caps.some((cap) => cap !== undefined && cap !== null) ? 'a market that caps orders or trades' : null;
}
