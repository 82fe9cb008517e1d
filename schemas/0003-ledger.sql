-- The ledger as analysts read it: views over plans, heads, journal, orders, intents, trades and operator actions. Nothing is stored twice.
--
-- Conventions. `at` and other times are timestamptz; `seq` is the number of the journal entry a row comes from. Money is quote currency,
-- amounts are base units, both exact numerics; percentages and averages are rounded and for reading only. `plan_id` identifies a plan,
-- `plan` is its name, unique within a venue only. Filter by plan_id: it reaches the indexes. What has not ended yet is measured up to the
-- plan's newest snapshot, as plans on simulated exchanges live in another time than the server.
-- The queries in schemas/queries show what the views are for.

-- Entries the views read. Prices and requests, most of a journal, stay out of the index.
create index journal_ledger on hedgerow.journal (plan_id, type, seq) where type in ('plan.started', 'cycle.started', 'phase.changed',
  'operation.changed', 'fill.booked', 'position.taken', 'funding.booked', 'external.booked', 'external.adopted');

create index trades_order on hedgerow.trades (plan_id, client_order_id);

-- Price of a level, as src/domain/grid.ts computes it. Geometric levels carry 40 digits before they are rounded to the tick.
create function hedgerow.level_price(anchor numeric, unit_size numeric, spacing text, tick_size numeric, unit integer) returns numeric
  language sql immutable parallel safe
  return case
    when spacing = 'arithmetic' then anchor + unit * unit_size
    when unit = 0 then anchor
    else floor(anchor * power((anchor + unit_size) * 1.0000000000000000000000000000000000000000 / anchor, unit) / tick_size + 0.5) * tick_size
  end;

-- What a wallet holds and is worth, from its machine's newest snapshot. `price` is the last one the wallet was shown, `as_of` its time.
create view hedgerow.wallet_positions as
select p.plan_id, p.venue, p.name as plan, m.machine ->> 'name' as wallet, s.spec ->> 'account' as account, p.strategy ->> 'symbol' as symbol,
  m.machine ->> 'value' as phase, c.cycle, (c.parameters ->> 'leverage')::numeric as leverage, c.anchor as entry_price, c."unitSize" as unit_size,
  case when c.anchor = 0 then 0 else round(c.notional * c."unitSize" / c.anchor, 8) end as unit_value,
  c.unit, c."peakUnit" as peak_unit, c."valleyUnit" as valley_unit, l.peak_price, l.valley_price, c.top,
  r.rungs, r.rungs_out, r.rungs_out > 0 and r.rungs_out < r.rungs as is_choppy,
  h.long, h.short, h.long - h.short as position,
  case when h.long > 0 then round((c.ledger ->> 'longCost')::numeric / h.long, 8) end as long_average_price,
  case when h.short > 0 then round((c.ledger ->> 'shortCost')::numeric / h.short, 8) end as short_average_price,
  v.capital, v.bought, v.sold, v.balance, c.price, v.balance + (h.long - h.short) * c.price as equity, v.realised,
  v.balance + (h.long - h.short) * c.price - v.capital - v.realised + v.fees - v.funding as unrealised, v.fees, v.funding,
  c."entriesAllowed" as entries_allowed, to_timestamp(d.snapshot_at::float8 / 1000) as as_of
from hedgerow.plans p
join hedgerow.heads d using (plan_id)
cross join lateral jsonb_array_elements(d.snapshot -> 'machines') as m (machine)
cross join lateral jsonb_to_record(m.machine -> 'context') as c (cycle integer, anchor numeric, "unitSize" numeric, notional numeric, unit integer,
  "peakUnit" integer, "valleyUnit" integer, top integer, rungs jsonb, "coreLong" numeric, "strayShort" numeric, price numeric,
  parameters jsonb, ledger jsonb, "entriesAllowed" boolean)
cross join lateral (
  select count(*)::integer as rungs, count(*) filter (where (rung ->> 'out')::boolean)::integer as rungs_out,
    coalesce(sum((rung ->> 'long')::numeric), 0) as long, coalesce(sum((rung ->> 'short')::numeric), 0) as short
  from jsonb_array_elements(c.rungs) as rung (rung)
) r
cross join lateral (select r.long + c."coreLong" as long, r.short + c."strayShort" as short) h
cross join lateral (
  select a.capital, a.bought, a.sold, a.fees, a.funding, a.realised, a.capital - a.bought + a.sold - a.fees + a.funding as balance
  from jsonb_to_record(c.ledger) as a (capital numeric, bought numeric, sold numeric, fees numeric, funding numeric, realised numeric)
) v
cross join lateral (
  select hedgerow.level_price(c.anchor, c."unitSize", g.spacing, g.tick_size, c."peakUnit") as peak_price,
    hedgerow.level_price(c.anchor, c."unitSize", g.spacing, g.tick_size, c."valleyUnit") as valley_price
  from (select c.parameters ->> 'spacing' as spacing, (c.parameters -> 'instrument' ->> 'tickSize')::numeric as tick_size) g
) l
left join lateral (select spec from jsonb_array_elements(p.strategy -> 'wallets') as spec (spec) where spec ->> 'name' = m.machine ->> 'name') s on true
where m.machine ->> 'machine' <> 'plan';

-- One row per plan. Sums over its wallets; `entry_price` and `unit` are null while the wallets are not at the same ones (wallet_positions has each).
create view hedgerow.trading_plans as
select p.plan_id, p.venue, p.name as plan, p.strategy ->> 'symbol' as symbol, p.strategy -> 'exchange' ->> 'id' as exchange,
  p.strategy -> 'exchange' ->> 'positionMode' as position_mode, p.strategy_hash, (p.strategy ->> 'leverage')::numeric as leverage,
  m.machine -> 'value' ->> 'operation' as operation, m.machine -> 'context' ->> 'reason' as operation_reason,
  m.machine -> 'value' ->> 'phase' as phase, (m.machine -> 'context' ->> 'isChoppy')::boolean as is_choppy,
  w.wallets, w.capital, w.equity as margin, w.unit_value, w.entry_price, w.unit, w.peak_price, w.valley_price, w.price,
  w.long, w.short, w.equity, w.realised, w.unrealised, w.fees, w.funding, w.reset_count,
  (select to_timestamp(j.at::float8 / 1000) from hedgerow.journal j
   where j.plan_id = p.plan_id and j.type = 'cycle.started' and (j.payload ->> 'cycle')::integer > 0 order by j.seq desc limit 1) as last_reset_at,
  (select to_timestamp(j.at::float8 / 1000) from hedgerow.journal j where j.plan_id = p.plan_id and j.type = 'plan.started' order by j.seq limit 1) as started_at,
  to_timestamp(d.snapshot_at::float8 / 1000) as updated_at, d.seq
from hedgerow.plans p
join hedgerow.heads d using (plan_id)
left join lateral (select machine from jsonb_array_elements(d.snapshot -> 'machines') as machine (machine) where machine ->> 'machine' = 'plan') m on true
left join lateral (
  select count(*)::integer as wallets, sum(capital) as capital, sum(equity) as equity, sum(unit_value) as unit_value,
    case when count(distinct entry_price) = 1 then min(entry_price) end as entry_price, case when count(distinct unit) = 1 then min(unit) end as unit,
    max(peak_price) as peak_price, min(valley_price) as valley_price, max(price) as price, sum(long) as long, sum(short) as short,
    sum(realised) as realised, sum(unrealised) as unrealised, sum(fees) as fees, sum(funding) as funding, sum(cycle)::integer as reset_count
  from hedgerow.wallet_positions where plan_id = p.plan_id
) w on true;

-- What the exchange must hold per account and position side, and how much of it is which wallet's (I5): the wallets of a plan, and what was
-- accepted as somebody else's, with wallet null.
create view hedgerow.position_contributions as
select w.plan_id, w.venue, w.plan, w.account, w.symbol, side.position_side, w.wallet, side.amount,
  case side.position_side when 'long' then w.long_average_price else w.short_average_price end as average_price
from hedgerow.wallet_positions w
cross join lateral (values ('long', w.long), ('short', w.short)) as side (position_side, amount)
where side.amount <> 0
union all
select p.plan_id, p.venue, p.name, e.account, p.strategy ->> 'symbol', e."positionSide", null, e.amount, null
from hedgerow.plans p
join hedgerow.heads d using (plan_id)
cross join lateral jsonb_to_recordset(d.snapshot -> 'engine' -> 'external') as e (account text, "positionSide" text, amount numeric)
where e.amount <> 0;

-- What moved a wallet's money or position, and the beginnings of its cycles between them, in order: what ledger_entries and cycles are made of.
-- `cycle` is the one in which it was booked: cycles only rise, so it is the last one begun before; the opening belongs to cycle 0.
create view hedgerow.ledger_steps as
select j.plan_id, x.wallet, j.seq, j.at, j.payload,
  case j.type when 'fill.booked' then 'fill' when 'funding.booked' then 'funding' when 'cycle.started' then 'cycle' else 'external' end as kind,
  coalesce(max((j.payload ->> 'cycle')::integer) over (partition by j.plan_id, x.wallet order by j.seq), 0) as cycle,
  f.role, f.level, f.leg, f.price, f.amount, coalesce(f.fee, 0) as fee,
  case when j.type = 'funding.booked' then (j.payload -> 'input' -> 'event' ->> 'amount')::numeric else 0 end as funding,
  coalesce((j.payload ->> 'realised')::numeric, 0) as realised
from hedgerow.journal j
cross join lateral (select coalesce(j.payload -> 'input' ->> 'wallet', j.payload ->> 'wallet') as wallet) x
cross join lateral jsonb_to_record(coalesce(j.payload -> 'input' -> 'event' -> 'fill', j.payload -> 'input' -> 'event' -> 'taken', '{}'))
  as f (role text, level integer, leg text, price numeric, amount numeric, fee numeric)
where j.type in ('fill.booked', 'position.taken', 'funding.booked', 'cycle.started');

-- Everything that moved a wallet's money or position: its fills, positions taken or given by others (liquidation, ADL, adoption), funding.
-- Sums of these columns are the wallet's ledger. `cash` is the change of its balance.
create view hedgerow.ledger_entries as
select plan_id, wallet, seq, to_timestamp(at::float8 / 1000) as at, kind, cycle, payload ->> 'clientOrderId' as client_order_id,
  case when kind = 'external' then 'external' else role end as role, level, leg, price, amount, fee, funding, realised,
  case when leg in ('open-short', 'close-long') then price * amount when leg is null then 0 else -price * amount end - fee + funding as cash,
  case leg when 'open-long' then amount when 'close-long' then -amount else 0 end as long_change,
  case leg when 'open-short' then amount when 'close-short' then -amount else 0 end as short_change
from hedgerow.ledger_steps
where kind <> 'cycle';

-- One row per wallet and execution, straight from fill.booked. A trade of a netted order gives one row per leg it filled. `cycle` is the one
-- the order was placed in. Slippage is what was paid beyond the trigger; negative is better than the trigger; null without one.
create view hedgerow.fills as
select j.plan_id, p.name as plan, j.payload -> 'input' ->> 'wallet' as wallet, j.seq, to_timestamp(j.at::float8 / 1000) as at,
  j.payload ->> 'tradeId' as trade_id, j.payload ->> 'clientOrderId' as client_order_id, case when j.type = 'position.taken' then 'external' else f.role end as role, f.level, f.rung, f.leg,
  case when f.leg in ('open-long', 'close-short') then 'buy' else 'sell' end as side, f.price, f.amount, f.price * f.amount as notional, f.fee, f.cycle,
  f."isComplete" as is_complete, (j.payload ->> 'realised')::numeric as realised, t.trigger_price,
  case when f.leg in ('open-long', 'close-short') then f.price - t.trigger_price else t.trigger_price - f.price end as slippage,
  round(case when f.leg in ('open-long', 'close-short') then f.price - t.trigger_price else t.trigger_price - f.price end * 10000 / t.trigger_price, 4) as slippage_bps
from hedgerow.journal j
join hedgerow.plans p using (plan_id)
left join hedgerow.orders o on o.plan_id = j.plan_id and o.client_order_id = j.payload ->> 'clientOrderId'
cross join lateral (select (o.request ->> 'triggerPrice')::numeric as trigger_price) t
cross join lateral jsonb_to_record(j.payload -> 'input' -> 'event' -> 'fill')
  as f (role text, level integer, rung integer, leg text, price numeric, amount numeric, fee numeric, cycle integer, "isComplete" boolean)
where j.type = 'fill.booked';

-- One row per wallet and cycle, with what it earned. Cycle 0 begins with the wallet's capital, so that the profits of all cycles add up to
-- equity − capital. `profit` = realised + unrealised_change − fees + funding; equity is measured at `price` at its start and `end_price`.
create view hedgerow.cycles as
select c.plan_id, p.name as plan, c.wallet, c.cycle, c.seq, to_timestamp(c.at::float8 / 1000) as started_at,
  to_timestamp(c.ended_at::float8 / 1000) as ended_at, c.ended_at is not null as is_finished,
  to_timestamp(coalesce(c.ended_at, d.snapshot_at)::float8 / 1000) - to_timestamp(c.at::float8 / 1000) as duration,
  c.reason as start_reason, c.end_reason, c.anchor, c.unit_size, c.notional, n.start_equity, n.end_equity, n.end_price,
  n.end_equity - n.start_equity as profit, round((n.end_equity - n.start_equity) * 100 / nullif(n.start_equity, 0), 4) as profit_percent,
  c.realised, n.end_equity - n.start_equity - c.realised + c.fees - c.funding as unrealised_change, c.fees, c.funding, c.turnover, c.fills
from (
  select g.*, lead(g.at) over w as ended_at, lead(g.reason) over w as end_reason, lead(g.equity) over w as next_equity, lead(g.price) over w as next_price
  from (
    select e.plan_id, e.wallet, e.cycle, max(e.seq) filter (where e.kind = 'cycle') as seq, max(e.at) filter (where e.kind = 'cycle') as at,
      max(k.reason) as reason, max(k.price) as price, max(k.anchor) as anchor, max(k."unitSize") as unit_size, max(k.notional) as notional, max(k.equity) as equity,
      sum(e.realised) as realised, sum(e.fee) as fees, sum(e.funding) as funding, coalesce(sum(e.price * e.amount), 0) as turnover,
      count(*) filter (where e.kind = 'fill')::integer as fills
    from hedgerow.ledger_steps e
    left join lateral jsonb_to_record(e.payload)
      as k (reason text, price numeric, anchor numeric, "unitSize" numeric, notional numeric, equity numeric) on e.kind = 'cycle'
    group by e.plan_id, e.wallet, e.cycle
  ) g
  where g.seq is not null
  window w as (partition by g.plan_id, g.wallet order by g.cycle)
) c
join hedgerow.plans p using (plan_id)
join hedgerow.heads d using (plan_id)
left join hedgerow.wallet_positions v on v.plan_id = c.plan_id and v.wallet = c.wallet and c.ended_at is null
cross join lateral (
  select coalesce(c.next_equity, v.equity) as end_equity, coalesce(c.next_price, v.price) as end_price,
    case when c.cycle > 0 then c.equity else (select (spec ->> 'capital')::numeric from jsonb_array_elements(p.strategy -> 'wallets') as spec (spec) where spec ->> 'name' = c.wallet) end as start_equity
) n;

-- One row per reset: what the ended cycle earned, and how the new one differs.
create view hedgerow.resets as
select r.plan_id, r.plan, r.wallet, r.cycle as reset, r.seq, r.started_at as at, r.start_reason as reason, r.profit, r.profit_percent, r.cycle_duration,
  r.start_equity as equity, r.old_anchor, r.anchor as new_anchor, r.old_unit_size, r.unit_size as new_unit_size, r.old_notional, r.notional as new_notional
from (
  select c.plan_id, c.plan, c.wallet, c.cycle, c.seq, c.started_at, c.start_reason, c.start_equity, c.anchor, c.unit_size, c.notional,
    lag(c.profit) over w as profit, lag(c.profit_percent) over w as profit_percent, lag(c.duration) over w as cycle_duration,
    lag(c.anchor) over w as old_anchor, lag(c.unit_size) over w as old_unit_size, lag(c.notional) over w as old_notional
  from hedgerow.cycles c
  window w as (partition by c.plan_id, c.wallet order by c.cycle)
) r
where r.cycle > 0;

-- Every change of a wallet's phase and how long the new one lasted.
create view hedgerow.phase_transitions as
select t.plan_id, p.name as plan, t.wallet, t.seq, to_timestamp(t.at::float8 / 1000) as at, t.from_phase, t.to_phase, t.plan_phase,
  to_timestamp(t.until::float8 / 1000) as until, t.is_current,
  to_timestamp(t.until::float8 / 1000) - to_timestamp(t.at::float8 / 1000) as duration
from (
  select j.plan_id, x.wallet, j.seq, j.at, x."from" as from_phase, x."to" as to_phase, x.plan as plan_phase,
    coalesce(lead(j.at) over w, greatest(d.snapshot_at, j.at)) as until, lead(j.seq) over w is null as is_current
  from hedgerow.journal j
  join hedgerow.heads d using (plan_id)
  cross join lateral jsonb_to_record(j.payload) as x (wallet text, "from" text, "to" text, plan text)
  where j.type = 'phase.changed'
  window w as (partition by j.plan_id, x.wallet order by j.seq)
) t
join hedgerow.plans p using (plan_id);

-- The same for the plan as a whole, whose phase follows from its wallets'.
create view hedgerow.plan_phases as
select t.plan_id, t.plan, t.seq, t.at, t.phase, coalesce(lead(t.at) over w, greatest(to_timestamp(d.snapshot_at::float8 / 1000), t.at)) as until,
  lead(t.seq) over w is null as is_current,
  coalesce(lead(t.at) over w, greatest(to_timestamp(d.snapshot_at::float8 / 1000), t.at)) - t.at as duration
from (
  select plan_id, plan, seq, at, plan_phase as phase, lag(plan_phase) over (partition by plan_id order by seq) as before from hedgerow.phase_transitions
) t
join hedgerow.heads d using (plan_id)
where t.before is distinct from t.phase
window w as (partition by t.plan_id order by t.seq);

-- Running, paused, halted, flattening, diverged: when, why and for how long.
create view hedgerow.operation_changes as
select t.plan_id, p.name as plan, t.seq, to_timestamp(t.at::float8 / 1000) as at, t.from_operation, t.to_operation, t.reason,
  to_timestamp(t.until::float8 / 1000) as until, t.is_current, to_timestamp(t.until::float8 / 1000) - to_timestamp(t.at::float8 / 1000) as duration
from (
  select j.plan_id, j.seq, j.at, j.payload ->> 'from' as from_operation, j.payload ->> 'to' as to_operation, j.payload ->> 'reason' as reason,
    coalesce(lead(j.at) over w, greatest(d.snapshot_at, j.at)) as until, lead(j.seq) over w is null as is_current
  from hedgerow.journal j
  join hedgerow.heads d using (plan_id)
  where j.type = 'operation.changed'
  window w as (partition by j.plan_id order by j.seq)
) t
join hedgerow.plans p using (plan_id);

-- One row per level a wallet's price touched, in order. Touches of a compacted part of the journal are gone.
create view hedgerow.unit_touches as
select m.plan_id, p.name as plan, m.wallet, m.cycle, m.seq, to_timestamp(m.at::float8 / 1000) as at, m.before + m.direction * step.n as unit, m.direction,
  hedgerow.level_price(m.anchor, m.unit_size, p.strategy ->> 'spacing', t.tick_size, m.before + m.direction * step.n) as level_price,
  m.price
from (
  select u.plan_id, u.wallet, u.seq, u.at, u.is_touch, u.unit, u.price, sign(u.unit - lag(u.unit) over w)::integer as direction, lag(u.unit) over w as before,
    max(u.cycle) over w as cycle, first_value(u.anchor) over c as anchor, first_value(u.unit_size) over c as unit_size
  from (
    select e.*, count(e.cycle) over (partition by e.plan_id, e.wallet order by e.seq) as cycles
    from (
      select j.plan_id, moved.key as wallet, j.seq, j.at, true as is_touch, moved.value::integer as unit,
        (j.payload -> 'input' -> 'event' ->> 'price')::numeric as price, null::integer as cycle, null::numeric as anchor, null::numeric as unit_size
      from hedgerow.journal j
      cross join lateral jsonb_each_text(j.payload -> 'units') as moved
      where j.type = 'price.touched' and j.payload -> 'units' is not null
      union all
      select j.plan_id, k.wallet, j.seq, j.at, false, 0, null, k.cycle, k.anchor, k."unitSize"
      from hedgerow.journal j
      cross join lateral jsonb_to_record(j.payload) as k (wallet text, cycle integer, anchor numeric, "unitSize" numeric)
      where j.type = 'cycle.started'
    ) e
  ) u
  window w as (partition by u.plan_id, u.wallet order by u.seq), c as (partition by u.plan_id, u.wallet, u.cycles order by u.seq)
) m
join hedgerow.plans p using (plan_id)
join hedgerow.heads d using (plan_id)
cross join lateral (select (d.snapshot -> 'machines' -> 1 -> 'context' -> 'parameters' -> 'instrument' ->> 'tickSize')::numeric as tick_size) t
cross join lateral generate_series(1, abs(m.unit - m.before)) as step (n)
where m.is_touch;

-- Every change of what a wallet holds, before and after, and every reset. Percentages are of the amount its cycle began with: a full long is
-- 100; entries of a fixed quote amount can make a short a little more. Cash is what neither side binds.
create view hedgerow.allocation_changes as
select a.plan_id, p.name as plan, a.wallet, a.seq, to_timestamp(a.at::float8 / 1000) as at, a.cycle, a.phase, a.reason, a.level, a.price,
  a.long_after - a.long_change as long_before, a.long_after, a.short_after - a.short_change as short_before, a.short_after,
  round((a.long_after - a.long_change) * 100 / a.whole_before, 2) as long_percent_before, round(a.long_after * 100 / a.whole, 2) as long_percent_after,
  round((a.short_after - a.short_change) * 100 / a.whole_before, 2) as short_percent_before, round(a.short_after * 100 / a.whole, 2) as short_percent_after,
  greatest(0, round(100 - (a.long_after - a.long_change + a.short_after - a.short_change) * 100 / a.whole_before, 2)) as cash_percent_before,
  greatest(0, round(100 - (a.long_after + a.short_after) * 100 / a.whole, 2)) as cash_percent_after,
  a.rungs_out_before, coalesce(a.rungs_out, 0) as rungs_out_after, a.is_reset, a.reset_details
from (
  select b.*, coalesce(lag(b.whole) over w, b.whole) as whole_before, coalesce(lag(b.rungs_out) over w, 0) as rungs_out_before
  from (
    select g.*, sum(g.long_change) over w as long_after, sum(g.short_change) over w as short_after, max(g.cycle_set) over w as cycle,
      first_value(g.rungs_out_set) over r as rungs_out, first_value(g.phase_set) over f as phase, first_value(g.whole_set) over c as whole
    from (
      select e.*, count(e.rungs_out_set) over w as rungs_group, count(e.phase_set) over w as phase_group, count(e.whole_set) over w as whole_group
      from (
        select j.plan_id, coalesce(j.payload -> 'input' ->> 'wallet', j.payload ->> 'wallet') as wallet, j.seq, j.at, j.type,
          case j.type when 'cycle.started' then 'reset: ' || (j.payload ->> 'reason') when 'fill.booked' then f.role when 'position.taken' then 'external' end as reason,
          f.level, coalesce(f.price, (j.payload ->> 'price')::numeric) as price,
          case f.leg when 'open-long' then f.amount when 'close-long' then -f.amount else 0 end as long_change,
          case f.leg when 'open-short' then f.amount when 'close-short' then -f.amount else 0 end as short_change,
          case when j.type = 'cycle.started' then 0 else (j.payload ->> 'out')::integer end as rungs_out_set,
          case when j.type = 'phase.changed' then j.payload ->> 'to' end as phase_set,
          case when j.type = 'cycle.started' then nullif((j.payload ->> 'notional')::numeric, 0) / (j.payload ->> 'anchor')::numeric end as whole_set,
          case when j.type = 'cycle.started' then (j.payload ->> 'cycle')::integer end as cycle_set,
          j.type = 'cycle.started' as is_reset,
          case when j.type = 'cycle.started' then j.payload - 'wallet' end as reset_details
        from hedgerow.journal j
        cross join lateral jsonb_to_record(coalesce(j.payload -> 'input' -> 'event' -> 'fill', j.payload -> 'input' -> 'event' -> 'taken', '{}'))
          as f (role text, level integer, leg text, price numeric, amount numeric)
        where j.type in ('fill.booked', 'position.taken', 'cycle.started', 'phase.changed')
      ) e
      window w as (partition by e.plan_id, e.wallet order by e.seq)
    ) g
    window w as (partition by g.plan_id, g.wallet order by g.seq), r as (partition by g.plan_id, g.wallet, g.rungs_group order by g.seq),
      f as (partition by g.plan_id, g.wallet, g.phase_group order by g.seq), c as (partition by g.plan_id, g.wallet, g.whole_group order by g.seq)
  ) b
  where b.type <> 'phase.changed'
  window w as (partition by b.plan_id, b.wallet order by b.seq)
) a
join hedgerow.plans p using (plan_id);

-- Positions from the first unit opened to the last one closed, per wallet and position side. `pnl` is before fees; funding is not attributed.
create view hedgerow.positions as
select e.plan_id, p.name as plan, e.wallet, e.position_side, e.episode, min(e.at) as opened_at,
  case when bool_or(e.is_close) then max(e.at) end as closed_at, bool_or(e.is_close) as is_closed,
  case when bool_or(e.is_close) then max(e.at) - min(e.at) end as duration,
  max(e.held) as largest_amount, sum(e.change) as amount,
  round(sum(e.price * e.amount) filter (where e.change > 0) / nullif(sum(e.amount) filter (where e.change > 0), 0), 8) as entry_price,
  round(sum(e.price * e.amount) filter (where e.change < 0) / nullif(sum(e.amount) filter (where e.change < 0), 0), 8) as exit_price,
  sum(e.realised) as pnl, sum(e.fee) as fees, sum(e.realised) - sum(e.fee) as pnl_after_fees,
  round(sum(e.realised) * 100 / nullif(sum(e.price * e.amount) filter (where e.change > 0), 0), 4) as pnl_percent,
  count(*) filter (where e.change > 0)::integer as entries, count(*) filter (where e.change < 0)::integer as exits,
  case when bool_or(e.is_close) then (array_agg(e.role order by e.seq desc))[1] end as close_reason, min(e.seq) as first_seq, max(e.seq) as last_seq
from (
  select h.*, h.held <= 0 and h.change < 0 as is_close,
    coalesce(sum(case when h.held <= 0 and h.change < 0 then 1 else 0 end)
      over (partition by h.plan_id, h.wallet, h.position_side order by h.seq rows between unbounded preceding and 1 preceding), 0) as episode
  from (
    select c.*, sum(c.change) over (partition by c.plan_id, c.wallet, c.position_side order by c.seq) as held
    from (
      select l.plan_id, l.wallet, l.seq, l.at, case when l.leg in ('open-long', 'close-long') then 'long' else 'short' end as position_side,
        l.role, l.price, l.amount, l.fee, l.realised, l.long_change + l.short_change as change
      from hedgerow.ledger_entries l
      where l.leg is not null and l.amount <> 0
    ) c
  ) h
) e
join hedgerow.plans p using (plan_id)
group by e.plan_id, p.name, e.wallet, e.position_side, e.episode;

-- What each part of an order's amount is for: one row per order and leg, with the parts of its slot. Netted orders have several.
create view hedgerow.order_legs as
select o.plan_id, p.name as plan, o.client_order_id, leg.place::integer as leg_number, l.wallet, l.role, l.level, l.rung, l.leg, l.cycle, l.amount
from hedgerow.orders o
join hedgerow.plans p using (plan_id)
cross join lateral jsonb_array_elements(o.legs) with ordinality as leg (value, place)
cross join lateral jsonb_to_record(leg.value) as l (wallet text, role text, level integer, rung integer, leg text, cycle integer, amount numeric);

-- The life of an order: asked for, answered, moved, filled, ended. Wallet, role and level are those of its slot's first part.
-- `rested_for` runs from the first request to the first fill, or to the end without one; for orders at market it is the order-to-fill time.
create view hedgerow.order_lives as
select o.plan_id, p.name as plan, o.client_order_id, o.exchange_order_id, o.slot, o.legs -> 0 ->> 'wallet' as wallet, o.legs -> 0 ->> 'role' as role,
  (o.legs -> 0 ->> 'level')::integer as level, jsonb_array_length(o.legs) as leg_count, o.cycle, o.generation, o.request ->> 'account' as account,
  o.request ->> 'symbol' as symbol, o.request ->> 'side' as side, o.request ->> 'type' as type, o.request ->> 'positionSide' as position_side,
  (o.request ->> 'amount')::numeric as amount, (o.request ->> 'triggerPrice')::numeric as trigger_price, (o.request ->> 'price')::numeric as price,
  (o.request ->> 'reduceOnly')::boolean as reduce_only, o.status, o.filled::numeric as filled, o.reason,
  case when o.status not in ('closed', 'refused') then 'working' when o.filled::numeric >= (o.request ->> 'amount')::numeric then 'filled'
    when o.filled::numeric > 0 then 'partly filled' when o.status = 'refused' then 'refused' else 'cancelled' end as result,
  i.amends, i.requests, to_timestamp(i.placed_at::float8 / 1000) as placed_at, to_timestamp(i.answered_at::float8 / 1000) as answered_at,
  i.answered_at - i.placed_at as answer_ms, to_timestamp(t.first_fill_at::float8 / 1000) as first_fill_at,
  to_timestamp(t.last_fill_at::float8 / 1000) as last_fill_at, t.average_price, coalesce(t.fees, 0) as fees, coalesce(t.trades, 0)::integer as trades,
  case when o.status in ('closed', 'refused') then to_timestamp(o.updated_at::float8 / 1000) end as ended_at,
  to_timestamp(coalesce(t.first_fill_at, o.updated_at)::float8 / 1000) - to_timestamp(i.placed_at::float8 / 1000) as rested_for,
  t.first_fill_at - i.placed_at as order_to_fill_ms
from hedgerow.orders o
join hedgerow.plans p using (plan_id)
left join (
  select plan_id, client_order_id, count(*) filter (where kind = 'amend')::integer as amends, count(*)::integer as requests,
    min(committed_at) filter (where kind = 'place') as placed_at, min(settled_at) filter (where kind = 'place') as answered_at
  from hedgerow.intents group by plan_id, client_order_id
) i using (plan_id, client_order_id)
left join (
  select plan_id, client_order_id, min(at) as first_fill_at, max(at) as last_fill_at, sum(fee::numeric) as fees, count(*) as trades,
    round(sum(price::numeric * amount::numeric) / nullif(sum(amount::numeric), 0), 8) as average_price
  from hedgerow.trades where client_order_id is not null group by plan_id, client_order_id
) t using (plan_id, client_order_id);

-- Every request to the exchange: why, how it ended, how long the answer took.
create view hedgerow.requests as
select i.plan_id, p.name as plan, i.intent_id, i.client_order_id, i.kind, i.seq, i.reason, i.outcome, i.code, i.request,
  to_timestamp(i.committed_at::float8 / 1000) as committed_at, to_timestamp(i.settled_at::float8 / 1000) as settled_at,
  i.settled_at - i.committed_at as answer_ms, o.slot, o.legs -> 0 ->> 'wallet' as wallet, o.legs -> 0 ->> 'role' as role
from hedgerow.intents i
join hedgerow.plans p using (plan_id)
left join hedgerow.orders o using (plan_id, client_order_id);

-- The exchange's trades with its own record of each, and the order of ours that caused it; `action` as people say it.
create view hedgerow.exchange_trades as
select t.plan_id, p.name as plan, t.venue, t.account, t.symbol, t.trade_id, t.seq, to_timestamp(t.at::float8 / 1000) as at, t.order_id, t.client_order_id,
  o.slot, o.legs -> 0 ->> 'wallet' as wallet, o.client_order_id is not null as is_ours, t.side, t.position_side,
  case when o.legs is null then t.side
    else case o.legs -> 0 ->> 'leg' when 'open-long' then 'buy' when 'close-long' then 'sell' when 'open-short' then 'short' else 'cover' end end as action,
  t.price::numeric as price, t.amount::numeric as amount, t.price::numeric * t.amount::numeric as notional, t.fee::numeric as fee, t.taker_or_maker, t.info
from hedgerow.trades t
join hedgerow.plans p using (plan_id)
left join hedgerow.orders o using (plan_id, client_order_id);

create view hedgerow.funding_payments as
select j.plan_id, p.name as plan, j.payload -> 'input' ->> 'wallet' as wallet, j.seq, to_timestamp(j.at::float8 / 1000) as at,
  j.payload ->> 'fundingId' as funding_id, (j.payload -> 'input' -> 'event' ->> 'amount')::numeric as amount,
  (j.payload ->> 'rate')::numeric as rate, (j.payload ->> 'markPrice')::numeric as mark_price
from hedgerow.journal j
join hedgerow.plans p using (plan_id)
where j.type = 'funding.booked';

-- What happened on the account without the plan: liquidation, adl, insurance, transfer, trade, order, cancel of others, and what was adopted.
create view hedgerow.external_events as
select j.plan_id, p.name as plan, j.seq, to_timestamp(j.at::float8 / 1000) as at,
  case j.type when 'external.adopted' then 'adopted' else j.payload ->> 'cause' end as cause, j.payload ->> 'account' as account,
  j.payload ->> 'positionSide' as position_side, j.payload ->> 'side' as side, (j.payload ->> 'amount')::numeric as amount,
  (j.payload ->> 'price')::numeric as price, (j.payload ->> 'fee')::numeric as fee, j.payload as details
from hedgerow.journal j
join hedgerow.plans p using (plan_id)
where j.type in ('external.booked', 'external.adopted');

-- What people asked for, who, why, and what came of it after how long.
create view hedgerow.operator_log as
select a.plan_id, p.name as plan, a.action_id, a.action, a.reason, a.requested_by, to_timestamp(a.requested_at::float8 / 1000) as requested_at,
  coalesce(a.outcome, 'pending') as outcome, a.note, to_timestamp(a.settled_at::float8 / 1000) as settled_at, a.settled_at - a.requested_at as answer_ms
from hedgerow.operator_actions a
join hedgerow.plans p using (plan_id);
