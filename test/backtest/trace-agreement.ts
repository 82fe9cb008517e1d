/**
 * The plain backtest beside `hedgerow trace` on one price path: the same fills between two prices, and the same wallets at each. A trace
 * asks no exchange: every margin is granted and every size is taken, without slippage.
 */
import { HedgerowError } from '../../src/domain/errors.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { trace } from '../../src/engine/trace.ts';
import type { FillMode, TraceDocument, TraceFill } from '../../src/engine/trace.ts';
import { instrumentOf } from '../fixtures.ts';
import { nearest, num, text } from './plain/numbers.ts';
import { NotModelled } from './plain/not-modelled.ts';
import { plainPath } from './plain/plain-backtest.ts';
import type { PlainFill } from './plain/plain-backtest.ts';
import type { PathPoint } from './plain/tape.ts';

export interface TraceComparison {
  readonly difference: string | null;
  /** Prices that were compared. */
  readonly steps: number;
  readonly fills: number;
}

/** So far apart that no two prices on the way share a moment. */
const STEP_MS = 1_000_000_000;

/** Prices on the tick: off it the exchange rounds what trades at market, a trace does not. */
export function onTick(strategy: Strategy, prices: readonly string[]): string[] {
  const tick = num(strategy.exchange.market?.tickSize ?? '1');
  return prices.map((price) => text(nearest(num(price), num(1), tick))).map((price) => (price === '0' ? text(tick) : price));
}

export function compareWithTrace(given: Strategy, prices: readonly string[], fill: FillMode, atr: string | null): TraceComparison {
  const strategy = withoutSlippage(given);
  let documents: TraceDocument[];
  try {
    documents = [...trace({ strategy, instrument: instrumentOf(strategy), prices, fill, atr })];
  } catch (error) {
    if (!(error instanceof HedgerowError) || error.code !== 'STRATEGY_TOO_SMALL') throw error;
    documents = [];
  }
  const steps: string[] = [];
  let seen = 0;
  let fills = 0;
  const path = prices.map((price, index): PathPoint => ({ at: index * STEP_MS, price: num(price), isOpen: index === 0 || fill === 'gap', mark: null, rates: [] }));
  const market = { ...instrumentOf(strategy), slippage: '0' };
  try {
    plainPath(
      {
        strategy,
        market,
        takesEverything: true,
        fixedAtr: atr,
        onPoint: (wallets, all) => {
          if (wallets.length === 0) return;
          const price = num(prices[steps.length] ?? '0');
          const states = wallets.map((wallet) =>
            [wallet.spec.name, wallet.cycle, wallet.phase, wallet.unit, wallet.top, wallet.rungsOut, text(wallet.long), text(wallet.short), text(wallet.equityAt(price)), text(wallet.fees), text(wallet.anchor), text(wallet.unitSize)].join(' '),
          );
          const filled = asTraced(all.slice(seen));
          seen = all.length;
          fills += filled.length;
          steps.push([...states, ...filled].join('\n'));
        },
      },
      path,
    );
  } catch (error) {
    if (!(error instanceof NotModelled)) throw error;
    // A plan that a reset has made too small pauses: from there on each goes its own way.
    documents = documents.slice(0, steps.length);
  }
  const expected = documents.map((document) =>
    [
      ...document.wallets.map((wallet) => [wallet.wallet, wallet.cycle, wallet.phase, wallet.unit, wallet.top, wallet.rungsOut, wallet.long, wallet.short, wallet.equity, wallet.fees, wallet.anchor, wallet.unitSize].join(' ')),
      ...document.fills.map(lineOf).sort(),
    ].join('\n'),
  );
  const at = Array.from({ length: Math.max(expected.length, steps.length) }, (_, index) => index).find((index) => expected[index] !== steps[index]);
  const difference = at === undefined ? null : `step ${at} at ${prices[at] ?? ''}:\ntrace\n${expected[at] ?? 'nothing'}\nplain\n${steps[at] ?? 'nothing'}`;
  return { difference, steps: steps.length, fills };
}

type Line = Pick<TraceFill, 'wallet' | 'role' | 'level' | 'price' | 'amount' | 'fee'> | PlainFill;

function lineOf({ wallet, role, level, price, amount, fee }: Line): string {
  return `${wallet} ${role} ${level ?? 'market'} ${price} ${amount} ${fee}`;
}

/** A flip is one fill of twice the fragment there. */
function asTraced(fills: readonly PlainFill[]): string[] {
  const lines = new Map<string, PlainFill>();
  fills.forEach((fill, index) => {
    const isFlip = fill.role.startsWith('flip');
    const key = isFlip ? [fill.at, fill.wallet, fill.role, fill.level, fill.cycle].join() : String(index);
    const other = lines.get(key);
    lines.set(key, other === undefined ? fill : { ...fill, amount: text(num(fill.amount).plus(other.amount)), fee: text(num(fill.fee).plus(other.fee)) });
  });
  return [...lines.values()].map(lineOf).sort();
}

function withoutSlippage(strategy: Strategy): Strategy {
  const { market } = strategy.exchange;
  if (market === null) throw new Error('a generated strategy has a market');
  const { significantFigures: _, ...rest } = market;
  return { ...strategy, exchange: { ...strategy.exchange, market: { ...rest, slippage: '0' } } };
}
