/**
 * What the bot sends is on the grid of the market, whatever the market (I15): the whole bot on the steps real perpetuals have, along
 * random prices, each request judged by the exchange's own rule for its numbers and not by the code that rounded them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dec } from '../../src/domain/decimal.ts';
import type { PositionMode, Spacing, Strategy, UnitSpec, WindowSpec } from '../../src/domain/strategy.ts';
import type { OrderRequest, RefusalCode } from '../../src/ports/exchange.ts';
import { exact } from '../../src/sim/auditor/exact.ts';
import { isMultiple } from '../../src/sim/auditor/price-steps.ts';
import { openPathWorld, PATH_START_AT } from '../../src/sim/simulation/path-world.ts';
import { PriceWalk } from '../../src/sim/simulation/price-walk.ts';
import { CALM } from '../../src/sim/simulation/sim-path.ts';
import { isOnPriceGrid } from '../../src/sim/wire/hyperliquid/assets.ts';
import { hedgeWallet, longWallet, strategy } from '../fixtures.ts';
import { REAL_MARKETS } from './real-markets.ts';
import type { RealMarket } from './real-markets.ts';

/** Refusals that say the numbers were wrong. */
const WRONG_NUMBERS: readonly RefusalCode[] = ['PRICE_OFF_TICK', 'AMOUNT_OFF_STEP', 'MIN_AMOUNT', 'BAD_REQUEST'];
const STEP_MS = 60_000;
/** Far more than any of these paths needs. */
const WITHOUT_END = 1_000;
/** A rung was sold and bought back at one price without end. */
const SOLD_AND_BOUGHT_BACK: Draw = { positionMode: 'hedge', spacing: 'geometric', permille: 4, offsetPermille: 5, cycle: 'scaling', halves: [-5, -5, 1, -3, 5, 3, 3, -3, -1, -4, -5, -5, 2, 2, -2, -2, 0, 1] };

interface Draw {
  readonly positionMode: PositionMode;
  readonly spacing: Spacing;
  readonly permille: number;
  readonly offsetPermille: number | null;
  readonly cycle: 'rotation' | 'scaling';
  readonly halves: readonly number[];
}

const draws: fc.Arbitrary<Draw> = fc.record({
  positionMode: fc.constantFrom<PositionMode>('hedge', 'one-way'),
  spacing: fc.constantFrom<Spacing>('arithmetic', 'geometric'),
  permille: fc.integer({ min: 3, max: 40 }),
  offsetPermille: fc.constantFrom(null, 1, 5),
  cycle: fc.constantFrom('rotation' as const, 'scaling' as const),
  halves: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 15, maxLength: 25 }),
});

function planOn({ market: { symbol, ...market } }: RealMarket, { positionMode, spacing, permille, offsetPermille, cycle }: Draw): Strategy {
  const unit: UnitSpec = { type: 'percent', fraction: `0.${String(permille).padStart(3, '0')}` };
  const window: Partial<WindowSpec> = offsetPermille === null ? {} : { order: 'stop-limit', limitOffset: `0.00${offsetPermille}` };
  const base = strategy({ symbol, spacing, unit, wallets: [longWallet(), hedgeWallet({ cycle, weights: ['4', '3', '2', '1'].map((numerator) => ({ numerator, denominator: '10' })) })], exchange: { positionMode, market: { ...market, slippage: '0' } } });
  return { ...base, windows: Object.fromEntries(Object.entries(base.windows).map(([role, each]) => [role, { ...each, ...window }])) as Strategy['windows'] };
}

/** The numbers of a request as the exchange itself would look at them; null when it takes them. */
function faultOf({ amount, price, triggerPrice }: OrderRequest, { exchange, market }: RealMarket): string | null {
  if (!isMultiple(exact(amount), exact(market.amountStep))) return `amount ${amount}`;
  for (const value of [price, triggerPrice]) {
    if (value === null) continue;
    const isTaken = exchange === 'hyperliquid' ? isOnPriceGrid(value, { szDecimals: dec(market.amountStep).decimalPlaces() }) : isMultiple(exact(value), exact(market.tickSize));
    if (!isTaken) return `price ${value}`;
  }
  return null;
}

async function requestsOf(plan: Strategy, price: string, halves: readonly number[]): Promise<readonly { readonly request: OrderRequest; readonly code: string | null }[]> {
  const { world, exchange, runner, random } = await openPathWorld(plan, { ...CALM, fillPrice: 'gap', basisTicks: 2 }, price, {});
  let received = 0;
  exchange.onDelta(() => {
    received += 1;
    if (received === WITHOUT_END) exchange.acts.halt(plan.symbol, true);
  });
  const walk = new PriceWalk(plan, CALM, price, random, () => runner.state);
  for (const [index, half] of [0, ...halves].entries()) {
    walk.move(index % 3 === 2 ? { type: 'level', units: Math.sign(half), ticks: half } : { type: 'by', hundredths: half * 50 });
    await world.tick(walk.tickAt(index, PATH_START_AT + index * STEP_MS));
    await world.passTimeUntil(PATH_START_AT + (index + 1) * STEP_MS - 1);
  }
  expect(received, 'the bot trades without end').toBeLessThan(WITHOUT_END);
  return exchange.truth().requests.flatMap(({ kind, request, code }) => (kind === 'cancel' ? [] : [{ request: request as OrderRequest, code }]));
}

describe.each(REAL_MARKETS.map((real) => [real.exchange, real.market.tickSize, real.market.amountStep, real.price, real] as const))('%s, tick %s, step %s, near %s', (_exchange, _tick, _step, price, real) => {
  it('takes every number the bot sends', async () => {
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(draws, async (draw) => {
        for (const { request, code } of await requestsOf(planOn(real, draw), price, draw.halves)) {
          expect({ fault: faultOf(request, real), request }).toEqual({ fault: null, request });
          expect(WRONG_NUMBERS).not.toContain(code);
          sent += 1;
        }
      }),
      { numRuns: 4, examples: [[SOLD_AND_BOUGHT_BACK]], endOnFailure: true },
    );
    expect(sent).toBeGreaterThan(30);
  });
});
