/**
 * Reads what `hedgerow report` shows out of the ledger's views: sums made as numeric by the server, figures as exact decimal text. Keeps
 * I14: totals are the machines' own, and the cycles' profits add up to them.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { Sql, SqlRow } from '../database.ts';

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Results of the period, quote. */
export interface PeriodFigures {
  /** Before fees and funding. */
  readonly realised: DecimalString;
  readonly fees: DecimalString;
  /** Received is positive. */
  readonly funding: DecimalString;
  /** realised − fees + funding. */
  readonly net: DecimalString;
  readonly turnover: DecimalString;
  readonly fills: number;
}

/** What is held at the end, quote. */
export interface PresentFigures {
  readonly capital: DecimalString;
  readonly equity: DecimalString;
  readonly unrealised: DecimalString;
  /** equity − capital, since the plan began. */
  readonly profit: DecimalString;
}

export interface CycleRow {
  readonly cycle: number;
  readonly startedAt: string;
  /** Null while it runs. */
  readonly endedAt: string | null;
  readonly startReason: string;
  readonly endReason: string | null;
  readonly seconds: number;
  readonly anchor: DecimalString;
  readonly unitSize: DecimalString;
  readonly profit: DecimalString;
  readonly profitPercent: number | null;
  readonly realised: DecimalString;
  readonly unrealisedChange: DecimalString;
  readonly fees: DecimalString;
  readonly funding: DecimalString;
  readonly turnover: DecimalString;
  readonly fills: number;
}

export interface PhaseRow {
  readonly phase: string;
  readonly entered: number;
  readonly seconds: number;
  /** Of the time in all phases, 0…1. */
  readonly share: number;
}

export interface RoleRow extends PeriodFigures {
  readonly role: string;
  /** Paid beyond the trigger price, quote; negative is better than the trigger; null for orders without one. */
  readonly slippage: DecimalString | null;
  /** The same against the value at the trigger price, basis points. */
  readonly slippageBps: number | null;
  readonly orders: OrderCounts;
  /** From the request to the first fill; the time an order rests is part of it, so for orders at market it is the latency. Null without fills. */
  readonly orderToFillMs: Percentiles | null;
}

export interface OrderCounts {
  readonly placed: number;
  readonly filled: number;
  readonly partlyFilled: number;
  readonly cancelled: number;
  readonly refused: number;
  readonly working: number;
}

export interface RequestRow {
  readonly kind: string;
  readonly sent: number;
  readonly done: number;
  readonly refused: number;
  readonly unknown: number;
  readonly pending: number;
  readonly answerMs: Percentiles | null;
}

export interface WalletReport extends PeriodFigures, PresentFigures {
  readonly wallet: string;
  readonly account: string;
  readonly phase: string;
  readonly unit: number;
  readonly entryPrice: DecimalString;
  readonly long: DecimalString;
  readonly short: DecimalString;
  /** Cycles that ended. */
  readonly resets: number;
  /** Of these, with a profit. */
  readonly wonCycles: number;
  /** 0…1; null before a cycle has ended. */
  readonly winRate: number | null;
  readonly phases: readonly PhaseRow[];
  readonly roles: readonly RoleRow[];
  readonly cycles: readonly CycleRow[];
}

export interface PlanReport extends PeriodFigures, PresentFigures {
  readonly planId: number;
  readonly plan: string;
  readonly venue: string;
  readonly symbol: string;
  readonly operation: string;
  readonly operationReason: string | null;
  readonly phase: string;
  readonly startedAt: string;
  /** The newest snapshot; everything is as of then. */
  readonly asOf: string;
  readonly price: DecimalString;
  readonly resets: number;
  readonly wonCycles: number;
  readonly winRate: number | null;
  readonly requests: readonly RequestRow[];
  readonly wallets: readonly WalletReport[];
}

/** A plan in the store, whether it has begun or not. */
export interface KnownPlan {
  readonly planId: number;
  readonly plan: string;
  readonly venue: string;
  /** Newest snapshot, ms; null before the plan has begun. */
  readonly asOf: number | null;
}

export async function knownPlans(sql: Sql): Promise<readonly KnownPlan[]> {
  const rows = await sql.query('select plan_id, name, venue, snapshot_at from hedgerow.plans join hedgerow.heads using (plan_id) order by name, venue');
  return rows.map((row) => ({ planId: whole(row, 'plan_id'), plan: text(row, 'name'), venue: text(row, 'venue'), asOf: row['snapshot_at'] === null ? null : whole(row, 'snapshot_at') }));
}

/** Reports of plans that have begun, in the order of their names. The period begins at `since` (ms); null: with the plan. */
export async function readReports(sql: Sql, planIds: readonly number[], since: number | null): Promise<readonly PlanReport[]> {
  const ids = `{${planIds.join(',')}}`;
  const parameters = [ids, since];
  const plans = await sql.query(PLANS, [ids]);
  const wallets = await sql.query(WALLETS, [ids]);
  const figures = await sql.query(FIGURES, parameters);
  const orders = await sql.query(ORDERS, parameters);
  const phases = await sql.query(PHASES, parameters);
  const cycles = await sql.query(CYCLES, parameters);
  const requests = await sql.query(REQUESTS, parameters);
  return plans.map((plan) => {
    const isOfPlan = (row: SqlRow): boolean => row['plan_id'] === plan['plan_id'];
    const reports = wallets.filter(isOfPlan).map((wallet) => {
      const isOfWallet = (row: SqlRow): boolean => isOfPlan(row) && row['wallet'] === wallet['wallet'];
      return walletReport(wallet, figures.filter(isOfWallet), orders.filter(isOfWallet), phases.filter(isOfWallet), cycles.filter(isOfWallet));
    });
    const sums = figures.find((row) => isOfPlan(row) && row['wallet'] === null);
    return planReport(plan, sums, reports, requests.filter(isOfPlan).map(requestRow));
  });
}

/** `$1` is the text of an array of plan ids, so that both drivers take it; `$2` the beginning of the period, ms. */
const OF_PLANS = 'plan_id = any ($1::text::integer[])';
const IN_PERIOD = "($2::float8 is null or at >= to_timestamp($2::float8 / 1000))";

const PLANS = `select plan_id, plan, venue, symbol, operation, operation_reason, phase, ${iso('started_at')} as started_at, ${iso('updated_at')} as as_of,
  price, capital, equity, unrealised, equity - capital as profit from hedgerow.trading_plans where ${OF_PLANS} and operation is not null order by plan, venue`;

const WALLETS = `select plan_id, wallet, account, phase, unit, entry_price, long, short, capital, equity, unrealised, equity - capital as profit
  from hedgerow.wallet_positions where ${OF_PLANS} order by plan_id, wallet desc`;

/** By role, by wallet (role null, `is_total`) and by plan (wallet null). Summed by role first: that leaves a handful of rows to sort. */
const FIGURES = `select r.plan_id, r.wallet, r.role, grouping(r.role) = 1 as is_total, sum(r.realised) as realised, sum(r.fees) as fees,
    sum(r.funding) as funding, sum(r.realised) - sum(r.fees) + sum(r.funding) as net, coalesce(sum(r.turnover), 0) as turnover, sum(r.fills) as fills,
    sum(r.slippage) as slippage, round(sum(r.slippage) * 10000 / nullif(sum(r.at_trigger), 0), 4) as slippage_bps
  from (
    select e.plan_id, e.wallet, e.role, sum(e.realised) as realised, sum(e.fee) as fees, sum(e.funding) as funding, sum(e.price * e.amount) as turnover,
      count(*) filter (where e.kind = 'fill') as fills, sum(t.trigger_price * e.amount) as at_trigger,
      sum(case when e.leg in ('open-long', 'close-short') then e.price - t.trigger_price else t.trigger_price - e.price end * e.amount) as slippage
    from hedgerow.ledger_entries e
    left join hedgerow.orders o using (plan_id, client_order_id)
    cross join lateral (select (o.request ->> 'triggerPrice')::numeric as trigger_price) t
    where e.${OF_PLANS} and ${IN_PERIOD.replace('at >=', 'e.at >=')}
    group by e.plan_id, e.wallet, e.role
  ) r
  group by grouping sets ((r.plan_id, r.wallet, r.role), (r.plan_id, r.wallet), (r.plan_id))`;

/** Orders asked for in the period, straight from the tables: order_lives knows more than is needed here. */
const ORDERS = `select r.plan_id, r.wallet, r.role, count(*) as placed, count(*) filter (where r.is_ended and r.filled >= r.amount) as filled,
    count(*) filter (where r.is_ended and r.filled > 0 and r.filled < r.amount) as partly_filled,
    count(*) filter (where r.status = 'closed' and r.filled = 0) as cancelled, count(*) filter (where r.status = 'refused' and r.filled = 0) as refused,
    count(*) filter (where not r.is_ended) as working, percentile_disc(0.5) within group (order by r.to_fill) as p50,
    percentile_disc(0.99) within group (order by r.to_fill) as p99, max(r.to_fill) as max
  from (
    select o.plan_id, o.legs -> 0 ->> 'wallet' as wallet, o.legs -> 0 ->> 'role' as role, o.status, o.status in ('closed', 'refused') as is_ended,
      o.filled::numeric as filled, (o.request ->> 'amount')::numeric as amount, t.at - i.committed_at as to_fill
    from hedgerow.orders o
    left join hedgerow.intents i on i.plan_id = o.plan_id and i.kind = 'place' and i.client_order_id = o.client_order_id
    left join (select plan_id, client_order_id, min(at) as at from hedgerow.trades where ${OF_PLANS} group by plan_id, client_order_id) t
      on t.plan_id = o.plan_id and t.client_order_id = o.client_order_id
    where o.${OF_PLANS} and ($2::float8 is null or i.committed_at >= $2::float8)
  ) r
  group by r.plan_id, r.wallet, r.role`;

/** Time before the period does not count, phases that were entered before it do. */
const PHASES = `select plan_id, wallet, to_phase as phase, count(*) filter (where ${IN_PERIOD}) as entered,
    sum(extract(epoch from until - greatest(at, coalesce(to_timestamp($2::float8 / 1000), at))))::float8 as seconds
  from hedgerow.phase_transitions
  where ${OF_PLANS} and ($2::float8 is null or until >= to_timestamp($2::float8 / 1000))
  group by plan_id, wallet, to_phase order by to_phase`;

/** Cycles that ended in the period or run. */
const CYCLES = `select plan_id, wallet, cycle, ${iso('started_at')} as started_at, ${iso('ended_at')} as ended_at, start_reason, end_reason,
    extract(epoch from duration)::float8 as seconds, anchor, unit_size, profit, profit_percent::float8 as profit_percent, realised, unrealised_change,
    fees, funding, turnover, fills
  from hedgerow.cycles where ${OF_PLANS} and ($2::float8 is null or not is_finished or ended_at >= to_timestamp($2::float8 / 1000)) order by plan_id, wallet, cycle`;

const REQUESTS = `select plan_id, kind, count(*) as sent, count(*) filter (where outcome = 'done') as done, count(*) filter (where outcome = 'refused') as refused,
    count(*) filter (where outcome = 'unknown') as unknown, count(*) filter (where outcome = 'pending') as pending,
    percentile_disc(0.5) within group (order by settled_at - committed_at) as p50,
    percentile_disc(0.99) within group (order by settled_at - committed_at) as p99, max(settled_at - committed_at) as max
  from hedgerow.intents where ${OF_PLANS} and ($2::float8 is null or committed_at >= $2::float8) group by plan_id, kind order by kind`;

function iso(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

const NOTHING: PeriodFigures = { realised: '0', fees: '0', funding: '0', net: '0', turnover: '0', fills: 0 };
const NO_ORDERS: OrderCounts = { placed: 0, filled: 0, partlyFilled: 0, cancelled: 0, refused: 0, working: 0 };

function planReport(row: SqlRow, sums: SqlRow | undefined, wallets: readonly WalletReport[], requests: readonly RequestRow[]): PlanReport {
  return {
    planId: whole(row, 'plan_id'),
    plan: text(row, 'plan'),
    venue: text(row, 'venue'),
    symbol: text(row, 'symbol'),
    operation: text(row, 'operation'),
    operationReason: textOrNull(row, 'operation_reason'),
    phase: text(row, 'phase'),
    startedAt: text(row, 'started_at'),
    asOf: text(row, 'as_of'),
    price: money(row, 'price'),
    ...presentFigures(row),
    ...(sums === undefined ? NOTHING : periodFigures(sums)),
    ...cycleCounts(wallets.flatMap(({ cycles }) => cycles)),
    requests,
    wallets,
  };
}

function walletReport(row: SqlRow, figures: readonly SqlRow[], orders: readonly SqlRow[], phases: readonly SqlRow[], cycleRows: readonly SqlRow[]): WalletReport {
  const cycles = cycleRows.map(cycleRow);
  const sums = figures.find((each) => each['is_total'] === true);
  const inPhases = phases.reduce((total, phase) => total + Number(phase['seconds']), 0);
  return {
    wallet: text(row, 'wallet'),
    account: text(row, 'account'),
    phase: text(row, 'phase'),
    unit: whole(row, 'unit'),
    entryPrice: money(row, 'entry_price'),
    long: money(row, 'long'),
    short: money(row, 'short'),
    ...presentFigures(row),
    ...(sums === undefined ? NOTHING : periodFigures(sums)),
    ...cycleCounts(cycles),
    phases: phases.map((phase) => ({ phase: text(phase, 'phase'), entered: whole(phase, 'entered'), seconds: Number(phase['seconds']), share: inPhases === 0 ? 0 : rounded(Number(phase['seconds']) / inPhases) })),
    roles: roleRows(figures, orders),
    cycles,
  };
}

/** Roles with fills, orders, or both, by name. */
function roleRows(figures: readonly SqlRow[], orders: readonly SqlRow[]): RoleRow[] {
  const ofRole = new Map(figures.filter((row) => row['is_total'] !== true && row['role'] !== null).map((row) => [text(row, 'role'), row]));
  const roles = new Set([...ofRole.keys(), ...orders.map((row) => text(row, 'role'))]);
  return [...roles].sort().map((role) => {
    const figure = ofRole.get(role);
    const order = orders.find((row) => row['role'] === role);
    return {
      role,
      ...(figure === undefined ? NOTHING : periodFigures(figure)),
      slippage: figure === undefined || figure['slippage'] === null ? null : money(figure, 'slippage'),
      slippageBps: figure === undefined || figure['slippage_bps'] === null ? null : Number(figure['slippage_bps']),
      orders: order === undefined ? NO_ORDERS : orderCounts(order),
      orderToFillMs: order === undefined ? null : percentiles(order),
    };
  });
}

function orderCounts(row: SqlRow): OrderCounts {
  return {
    placed: whole(row, 'placed'),
    filled: whole(row, 'filled'),
    partlyFilled: whole(row, 'partly_filled'),
    cancelled: whole(row, 'cancelled'),
    refused: whole(row, 'refused'),
    working: whole(row, 'working'),
  };
}

function cycleRow(row: SqlRow): CycleRow {
  return {
    cycle: whole(row, 'cycle'),
    startedAt: text(row, 'started_at'),
    endedAt: textOrNull(row, 'ended_at'),
    startReason: text(row, 'start_reason'),
    endReason: textOrNull(row, 'end_reason'),
    seconds: Number(row['seconds']),
    anchor: money(row, 'anchor'),
    unitSize: money(row, 'unit_size'),
    profit: money(row, 'profit'),
    profitPercent: row['profit_percent'] === null ? null : Number(row['profit_percent']),
    realised: money(row, 'realised'),
    unrealisedChange: money(row, 'unrealised_change'),
    fees: money(row, 'fees'),
    funding: money(row, 'funding'),
    turnover: money(row, 'turnover'),
    fills: whole(row, 'fills'),
  };
}

function requestRow(row: SqlRow): RequestRow {
  return {
    kind: text(row, 'kind'),
    sent: whole(row, 'sent'),
    done: whole(row, 'done'),
    refused: whole(row, 'refused'),
    unknown: whole(row, 'unknown'),
    pending: whole(row, 'pending'),
    answerMs: percentiles(row),
  };
}

function cycleCounts(cycles: readonly CycleRow[]): Pick<WalletReport, 'resets' | 'wonCycles' | 'winRate'> {
  const finished = cycles.filter(({ endedAt }) => endedAt !== null);
  const won = finished.filter(({ profit }) => dec(profit).greaterThan(0)).length;
  return { resets: finished.length, wonCycles: won, winRate: finished.length === 0 ? null : rounded(won / finished.length) };
}

function presentFigures(row: SqlRow): PresentFigures {
  return { capital: money(row, 'capital'), equity: money(row, 'equity'), unrealised: money(row, 'unrealised'), profit: money(row, 'profit') };
}

function periodFigures(row: SqlRow): PeriodFigures {
  return { realised: money(row, 'realised'), fees: money(row, 'fees'), funding: money(row, 'funding'), net: money(row, 'net'), turnover: money(row, 'turnover'), fills: whole(row, 'fills') };
}

function percentiles(row: SqlRow): Percentiles | null {
  return row['max'] === null ? null : { p50: whole(row, 'p50'), p99: whole(row, 'p99'), max: whole(row, 'max') };
}

/** Shares are for people. */
function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

function whole(row: SqlRow, column: string): number {
  return Number(row[column]);
}

function text(row: SqlRow, column: string): string {
  return String(row[column]);
}

function textOrNull(row: SqlRow, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : String(value);
}

/** Both drivers hand numerics over as text. */
function money(row: SqlRow, column: string): DecimalString {
  return plain(dec(String(row[column])));
}
