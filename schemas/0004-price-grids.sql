-- Levels of markets whose tick grows with the price: at most so many significant figures, whole numbers always (src/domain/price-grid.ts).
-- `figures` is null where the tick is the same at every price.

-- The step between two prices at `price`. The logarithm is a guess, powers of ten decide.
create function hedgerow.tick_at(price numeric, tick_size numeric, figures integer) returns numeric
  language sql immutable parallel safe
  return case
    when figures is null or price <= 0 then tick_size
    else (
      select greatest(tick_size, least(1, trim_scale(power(10::numeric, 1 - figures +
        case when price >= power(10::numeric, g.guess + 1) then g.guess + 1 when price < power(10::numeric, g.guess) then g.guess - 1 else g.guess end))))
      from (select floor(log(price))::integer as guess) g
    )
  end;

create function hedgerow.nearest_price(price numeric, tick numeric) returns numeric
  language sql immutable parallel safe
  return floor(price / tick + 0.5) * tick;

-- Price of a level, as src/domain/grid.ts computes it. Geometric levels carry 40 digits before they are rounded to the tick.
create function hedgerow.level_price(anchor numeric, unit_size numeric, spacing text, tick_size numeric, figures integer, unit integer) returns numeric
  language sql immutable parallel safe
  return case
    when figures is null then hedgerow.level_price(anchor, unit_size, spacing, tick_size, unit)
    when unit = 0 then anchor
    else (
      select case when l.price <= 0 then l.price else hedgerow.nearest_price(l.price, hedgerow.tick_at(l.price, tick_size, figures)) end
      from (
        select case
          when spacing = 'arithmetic' then anchor + unit * unit_size
          else anchor * power((anchor + unit_size) * 1.0000000000000000000000000000000000000000 / anchor, unit)
        end as price
      ) l
    )
  end;

-- As before; only the levels are on the market's own prices.
create or replace view hedgerow.wallet_positions as
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
  select hedgerow.level_price(c.anchor, c."unitSize", g.spacing, g.tick_size, g.figures, c."peakUnit") as peak_price,
    hedgerow.level_price(c.anchor, c."unitSize", g.spacing, g.tick_size, g.figures, c."valleyUnit") as valley_price
  from (select c.parameters ->> 'spacing' as spacing, (c.parameters -> 'instrument' ->> 'tickSize')::numeric as tick_size,
    (c.parameters -> 'instrument' ->> 'significantFigures')::integer as figures) g
) l
left join lateral (select spec from jsonb_array_elements(p.strategy -> 'wallets') as spec (spec) where spec ->> 'name' = m.machine ->> 'name') s on true
where m.machine ->> 'machine' <> 'plan';

create or replace view hedgerow.unit_touches as
select m.plan_id, p.name as plan, m.wallet, m.cycle, m.seq, to_timestamp(m.at::float8 / 1000) as at, m.before + m.direction * step.n as unit, m.direction,
  hedgerow.level_price(m.anchor, m.unit_size, p.strategy ->> 'spacing', t.tick_size, t.figures, m.before + m.direction * step.n) as level_price,
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
cross join lateral (
  select (i.instrument ->> 'tickSize')::numeric as tick_size, (i.instrument ->> 'significantFigures')::integer as figures
  from (select d.snapshot -> 'machines' -> 1 -> 'context' -> 'parameters' -> 'instrument' as instrument) i
) t
cross join lateral generate_series(1, abs(m.unit - m.before)) as step (n)
where m.is_touch;
