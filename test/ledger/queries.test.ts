/** The analyst's queries on real runs: one whose every number was worked out by hand, and one of three example strategies whose ledger must add up. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sql, SqlRow } from '../../src/adapters/postgres/database.ts';
import type { LedgerStore } from '../../src/adapters/postgres/ledger/open-ledger.ts';
import { dec, plain } from '../../src/domain/decimal.ts';
import { gridOf } from '../../src/domain/wallet.ts';
import { levelPrice } from '../../src/domain/grid.ts';
import { nearestPrice, priceGridOf } from '../../src/domain/price-grid.ts';
import type { PlanRunner } from '../../src/engine/plan-runner.ts';
import { factsOf } from '../../src/engine/step.ts';
import type { Store } from '../../src/ports/store.ts';
import type { World } from '../../src/sim/world.ts';
import { hedgeWallet, instrument, longWallet, strategy } from '../fixtures.ts';
import { ask, exampleStrategies, planIdOf, QUERIES, QUERY_NAMES, runInto } from './ledger-run.ts';
import { PLACES, type Place } from './places.ts';

const { symbol: _, ...LIMITS } = instrument({ takerFee: '0.001' });
const FEES = { ...LIMITS, slippage: '0' };
/** One unit a minute: up seven, down to −1, up to the reset at 10 300 and one more. Buys exactly 1 at the start. */
const WORKED = strategy({ name: 'worked', wallets: [hedgeWallet({ capital: '10010' })], exchange: { market: FEES } });
const PATH = [100, 101, 102, 103, 104, 105, 106, 107, 106, 105, 104, 103, 102, 101, 100, 99, 100, 101, 102, 103, 104].map((hundreds) => String(hundreds * 100));
/** Touches no level of a geometric ladder exactly, and jumps over several; at the price where five significant figures make the tick coarser. */
const GEOMETRIC = strategy({ name: 'geometric', spacing: 'geometric', symbol: 'ETH/USDT:USDT', wallets: [longWallet({ account: 'eth' })], exchange: { account: 'eth', market: { ...FEES, significantFigures: 5 } } });
const JAGGED = ['10000', '10350', '10620', '10200', '9870', '9600', '9250', '9420', '9800', '10010', '9700', '10150', '10400'];
/** Two wallets on one net position: their orders at one level are one order, whose fills are split. */
const NETTED = strategy({
  name: 'netted',
  symbol: 'XRP/USDT:USDT',
  reset: { policy: 'joint', onAdvance: null },
  wallets: [longWallet({ account: 'xrp' }), hedgeWallet({ cycle: 'scaling', account: 'xrp' })],
  exchange: { account: 'xrp', positionMode: 'one-way', market: FEES },
});
/** More than a third of the margin is lost at one price. */
const RECKLESS = strategy({ name: 'reckless', leverage: '20', symbol: 'SOL/USDT:USDT', wallets: [hedgeWallet({ account: 'sol' })], exchange: { account: 'sol', market: FEES } });

async function pauseAndResume(store: Store, [runner]: readonly PlanRunner[], world: World): Promise<void> {
  const [plan] = await store.listPlans();
  for (const [actionId, action] of [['a1', 'pause'], ['a2', 'resume']] as const) {
    await store.requestAction({ planId: plan!.planId, reason: 'lunch, "late"', requestedBy: 'cli ann@desk', actionId, action, requestedAt: world.exchange.now() });
    runner!.readActions();
    await world.quiesce();
  }
}

/** Rows with numbers as plain decimals and times as ISO text, whatever the driver makes of them. */
function evened(rows: readonly SqlRow[]): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, even(value)])));
}

function even(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? plain(dec(value)) : value;
}

describe.each(PLACES)('queries on %s', (_, makePlace) => {
  let place: Place;
  let ledger: LedgerStore;
  let runners: readonly PlanRunner[];

  beforeAll(async () => {
    place = await makePlace();
    const bookDir = place.folder;
    const [, ...others] = await runInto(
      place.location,
      { strategies: [WORKED], choice: { prices: PATH }, bookDir, after: { ticks: PATH.length - 1, act: pauseAndResume } },
      { strategies: [GEOMETRIC], choice: { prices: JAGGED }, bookDir },
      { strategies: [RECKLESS], choice: { prices: ['10000', '9000', '9010'] }, bookDir },
      { strategies: [NETTED], choice: { prices: PATH }, bookDir },
      { strategies: await exampleStrategies(), choice: { days: 4 }, bookDir },
    );
    runners = others;
    ledger = await place.open();
  }, 180_000);

  afterAll(async () => {
    await ledger?.close();
    await place?.end();
  });

  function onPlan(plan: string, name: string, more: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>[]> {
    return ledger.read(async (sql) => evened(await ask(sql, name, { plan_id: await planIdOf(sql, plan), ...more })));
  }

  function rows(text: string): Promise<Record<string, unknown>[]> {
    return ledger.read(async (sql: Sql) => evened(await sql.query(text)));
  }

  test.each(QUERY_NAMES)('%s returns exactly the columns its head names', async (name) => {
    const [order] = await rows("select client_order_id from hedgerow.orders join hedgerow.plans using (plan_id) where name = 'btc-rotation' order by 1 limit 1");
    const [{ venue }] = (await rows("select venue from hedgerow.plans where name = 'btc-rotation'")) as [{ venue: string }];
    const more = { within: '12 hours', client_order_id: String(order!['client_order_id']), venue };
    const [first] = await onPlan('btc-rotation', name, more);
    const head = readFileSync(join(QUERIES, `${name}.sql`), 'utf8').split('\n').filter((line) => line.startsWith('-- ')).map((line) => line.slice(3)).join(' ');
    const [, parameters = ''] = /Parameters: (.*?)\. Columns:/.exec(head) ?? [];
    const [, columns = ''] = /Columns: (.*)$/.exec(head) ?? [];
    expect(parameters).toMatch(/^(plan_id|venue)/);
    expect(columns).not.toBe('');
    if (MUST_BE_EMPTY.has(name)) expect(first).toBeUndefined();
    else for (const column of Object.keys(first ?? {}).filter((each) => each !== 'seq' || name !== 'order-life')) expect(columns).toMatch(new RegExp(`\\b${column}\\b`));
    if (!MUST_BE_EMPTY.has(name) && !MAY_BE_EMPTY.has(name)) expect(first).toBeDefined();
  });

  const MUST_BE_EMPTY: ReadonlySet<string> = new Set(['ledger-check', 'unmatched-trades']);
  const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['operator-history']);

  test('the list of queries is complete', () => {
    const readme = readFileSync(join(QUERIES, 'README.md'), 'utf8');
    expect([...readme.matchAll(/^\| \[([a-z-]+)\]\(\1\.sql\)/gm)].map(([, name]) => name)).toEqual([...QUERY_NAMES].sort());
    expect(QUERY_NAMES.length).toBeGreaterThanOrEqual(15);
  });

  test('the ledger of every plan adds up to its machines, and every trade is matched', async () => {
    for (const plan of ['worked', 'geometric', 'reckless', 'netted', 'btc-rotation', 'eth-joint-scaling', 'sol-independent']) {
      expect(await onPlan(plan, 'ledger-check')).toEqual([]);
      expect(await onPlan(plan, 'unmatched-trades')).toEqual([]);
    }
  });

  test('pnl-per-cycle: the worked example, to the last digit', async () => {
    expect(await onPlan('worked', 'pnl-per-cycle')).toMatchObject([
      { wallet: 'hedge', cycle: '0', end_reason: 'ladder-complete', realised: '887.04', fees: '51.15265', funding: '0', unrealised_change: '0', profit: '835.88735', total: '835.88735' },
      { wallet: 'hedge', cycle: '1', end_reason: null, ended_at: null, realised: '0', fees: '0', unrealised_change: '105.29', profit: '105.29', total: '941.17735' },
    ]);
  });

  test('fills-per-level: one short and one cover per level', async () => {
    const fills = await onPlan('worked', 'fills-per-level');
    expect(fills.map(({ role, level, fills: count, amount }) => `${String(role)} ${String(level)} ${String(count)} ${String(amount)}`)).toEqual([
      'cover 3 1 0.2358',
      'cover 2 1 0.238',
      'cover 1 1 0.2403',
      'cover 0 1 0.2427',
      'stop-entry-short 6 1 0.2358',
      'stop-entry-short 5 1 0.238',
      'stop-entry-short 4 1 0.2403',
      'stop-entry-short 3 1 0.2427',
      'stop-loss 6 1 1',
    ]);
    expect(fills.at(-1)).toMatchObject({ turnover: '10600', fees: '10.6', realised: '600' });
  });

  test('the other answers of the worked example', async () => {
    expect(await onPlan('worked', 'reset-history')).toMatchObject([{ reset: '1', reason: 'ladder-complete', profit: '835.88735', equity: '10845.88735', old_anchor: '10000', new_anchor: '10300' }]);
    expect(await onPlan('worked', 'win-rate')).toMatchObject([{ cycles: '1', won: '1', win_percent: '100', profit_factor: null }]);
    expect(await onPlan('worked', 'day-pnl')).toMatchObject([{ fills: '11', realised: '887.04', fees: '51.15265', funding: '0', net: '835.88735' }]);
    expect(await onPlan('worked', 'fees-of-turnover')).toMatchObject([{ taker_or_maker: 'taker', trades: '11', turnover: '51152.65', fees: '51.15265', bps: '10' }]);
    expect(await onPlan('worked', 'slippage-by-role')).toMatchObject([{ cost: '0' }, { cost: '0' }, { cost: '0' }]);
    expect((await onPlan('worked', 'round-trips')).map(({ position_side, trips, pnl, close_reason }) => [position_side, trips, pnl, close_reason])).toEqual([
      ['long', '1', '600', 'stop-loss'],
      ['short', '1', '287.04', 'cover'],
    ]);
    const phases = await onPlan('worked', 'time-in-phases');
    expect(Object.fromEntries(phases.map(({ phase, entered, percent }) => [phase, `${String(entered)} ${String(percent)}`]))).toEqual({
      ADVANCE: '2 45',
      RETRACEMENT: '1 15',
      DECLINE: '1 25',
      RECOVERY: '1 15',
      RESET: '1 0',
    });
    expect(await onPlan('worked', 'exposure-over-time')).toContainEqual(expect.objectContaining({ price: '10300', long: '0', short: '0.9568', net: '-9855.04' }));
    expect(await onPlan('worked', 'whipsaws', { within: '1 hour' })).toEqual([]);
  });

  test('allocations before and after, in amounts, percent and rungs', async () => {
    const changes = await rows(`select reason, long_percent_before as lb, long_percent_after as la, short_percent_before as sb, short_percent_after as sa, cash_percent_after as cash,
      rungs_out_before as rb, rungs_out_after as ra, phase, is_reset from hedgerow.allocation_changes where plan = 'worked' order by seq`);
    expect(changes.slice(1, 5)).toMatchObject([
      { reason: 'reset: start', la: '100', sa: '0', is_reset: true },
      { reason: 'stop-loss', lb: '100', la: '0', cash: '100', rb: '0', ra: '0', phase: 'ADVANCE' },
      { reason: 'stop-entry-short', sb: '0', sa: '23.58', cash: '76.42', rb: '0', ra: '1', phase: 'RETRACEMENT' },
      { reason: 'stop-entry-short', sb: '23.58', sa: '47.38', rb: '1', ra: '2' },
    ]);
    expect(changes.at(-1)).toMatchObject({ reason: 'reset: ladder-complete', rb: '0', ra: '0', la: '100', is_reset: true });
  });

  test('operator actions are told with who, why and what came of them', async () => {
    const history = await onPlan('worked', 'operator-history');
    expect(history).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ event: 'asked for pause', by: 'cli ann@desk', reason: 'lunch, "late"', result: expect.stringMatching(/^done/) }),
        expect.objectContaining({ event: 'running → paused', reason: 'lunch, "late"' }),
        expect.objectContaining({ event: 'paused → running' }),
      ]),
    );
  });

  test('touches follow the price unit by unit, at the prices of the levels', async () => {
    const touches = await rows("select cycle, unit, level_price from hedgerow.unit_touches where plan = 'worked' order by seq, unit * direction");
    expect(touches.map(({ cycle, unit, level_price }) => `${String(cycle)}:${String(unit)}@${String(level_price)}`).join(' ')).toBe(
      [1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1, 0, -1, 0, 1, 2, 3].map((unit) => `0:${unit}@${10_000 + unit * 100}`).concat('1:1@10400').join(' '),
    );
  });

  test('geometric levels have the prices of the grid', async () => {
    const facts = factsOf(runners.find(({ strategy: { name } }) => name === 'geometric')!.state!.wallets[0]!);
    const grid = gridOf(facts);
    const touches = await rows(`select unit, level_price from hedgerow.unit_touches where plan = 'geometric' and cycle = ${facts.cycle}`);
    expect(touches.length).toBeGreaterThan(0);
    for (const { unit, level_price } of touches) expect(level_price).toBe(plain(levelPrice(grid, Number(unit))));
    const [levels] = await rows(`select ${[-30, -7, -1, 0, 1, 9, 40].map((unit) => `hedgerow.level_price(${facts.anchor}, ${facts.unitSize}, 'geometric', 0.1, 5, ${unit}) as "${unit}"`).join(', ')}`);
    for (const [unit, price] of Object.entries(levels!)) expect(price).toBe(plain(levelPrice(grid, Number(unit))));
    const [wallet] = await rows("select peak_price, valley_price from hedgerow.wallet_positions where plan = 'geometric'");
    expect(wallet).toEqual({ peak_price: plain(levelPrice(grid, facts.peakUnit)), valley_price: plain(levelPrice(grid, facts.valleyUnit)) });
  });

  test('a price has the tick it has to the bot, also next to powers of ten', async () => {
    const grids = [null, 5, 3].map((significantFigures) => priceGridOf({ tickSize: '0.001', significantFigures }));
    const prices = ['0.0005', '0.001', '0.9996', '9.9996', '99.994', '99.995', '999.99949', '1000', '9999.9499', '9999.95', '10000.5', '99999.5', '123456.7'];
    const columns = prices.flatMap((price, index) =>
      grids.map(({ significantFigures }) => `hedgerow.nearest_price(${price}, hedgerow.tick_at(${price}, 0.001, ${significantFigures ?? 'null'})) as "${index} ${significantFigures}"`),
    );
    const [found] = await rows(`select ${columns.join(', ')}`);
    const expected = prices.flatMap((price, index) => grids.map((grid): [string, string] => [`${index} ${grid.significantFigures}`, plain(nearestPrice(grid, dec(price)))]));
    expect(found).toEqual(Object.fromEntries(expected));
  });

  test('a netted order has a leg for each wallet, and its trade a fill for each leg', async () => {
    const shared = await rows(`select f.trade_id, count(*) as fills, count(distinct f.wallet) as wallets, sum(f.amount) as filled, min(t.amount) as traded, min(o.leg_count) as legs
      from hedgerow.fills f join hedgerow.exchange_trades t using (plan_id, trade_id) join hedgerow.order_lives o on o.plan_id = f.plan_id and o.client_order_id = f.client_order_id
      where f.plan = 'netted' group by f.trade_id having count(*) > 1`);
    expect(shared.length).toBeGreaterThan(4);
    for (const { filled, traded, wallets } of shared) expect([filled, wallets]).toEqual([traded, '2']);
    const legs = await rows("select client_order_id, count(distinct wallet) as wallets from hedgerow.order_legs where plan = 'netted' group by 1 having count(distinct wallet) > 1");
    expect(legs.length).toBeGreaterThan(4);
  });

  test('what the exchange did to an account is an external event, and part of the sums', async () => {
    const events = await rows("select cause, position_side, amount, account from hedgerow.external_events where plan = 'reckless'");
    expect(events.length).toBeGreaterThan(0);
    expect(events[0]).toMatchObject({ account: 'sol' });
    const [plan] = await rows("select operation, operation_reason from hedgerow.trading_plans where plan = 'reckless'");
    expect(plan!['operation']).toBe('halted');
  });

  test('wallets and plans show what the machines hold', async () => {
    for (const { strategy: { name }, state } of runners) {
      for (const wallet of state!.wallets) {
        const facts = factsOf(wallet);
        const [row] = await rows(`select * from hedgerow.wallet_positions where plan = '${name}' and wallet = '${wallet.name}'`);
        expect(row).toMatchObject({
          cycle: String(facts.cycle), unit: String(facts.unit), top: String(facts.top), entry_price: facts.anchor, unit_size: facts.unitSize, price: facts.price,
          realised: facts.ledger.realised, fees: facts.ledger.fees, funding: facts.ledger.funding, bought: facts.ledger.bought, sold: facts.ledger.sold,
        });
      }
    }
  });

  test('cycles of every wallet follow each other without a gap, and their profits add up', async () => {
    const gaps = await rows(`select * from (select plan, wallet, cycle, started_at, lag(ended_at) over w as before, lag(cycle) over w as earlier from hedgerow.cycles
      window w as (partition by plan_id, wallet order by cycle)) c where cycle > 0 and (before is distinct from started_at or earlier <> cycle - 1)`);
    expect(gaps).toEqual([]);
    const off = await rows(`select * from hedgerow.cycles where profit <> realised + unrealised_change - fees + funding`);
    expect(off).toEqual([]);
    const reasons = await rows('select distinct start_reason from hedgerow.cycles order by 1');
    expect(reasons.map(({ start_reason }) => start_reason)).toEqual(expect.arrayContaining(['joint', 'ladder-complete', 'start']));
  });

  test('a fill that was not booked, and a trade that is not there, show', async () => {
    await ledger.close();
    const database = await place.database();
    await database.query("delete from hedgerow.journal where type = 'fill.booked' and payload ->> 'tradeId' = 't2' and plan_id = (select plan_id from hedgerow.plans where name = 'worked')");
    await database.query("delete from hedgerow.trades where trade_id = 't3' and plan_id = (select plan_id from hedgerow.plans where name = 'worked')");
    await database.close();
    ledger = await place.open();
    expect((await onPlan('worked', 'ledger-check')).map(({ figure }) => figure)).toEqual(['balance', 'fees', 'long', 'realised']);
    expect((await onPlan('worked', 'unmatched-trades')).map(({ problem, trade_id }) => `${String(problem)} ${String(trade_id)}`)).toEqual(['trade without fill t2', 'fill without trade t3']);
  });
});
