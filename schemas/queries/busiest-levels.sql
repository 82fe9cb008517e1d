-- Prices at which levels were touched most, over all cycles: where the market oscillates.
-- Parameters: plan_id.
-- Columns: wallet, level_price, touches, from_below, from_above, cycles.
select wallet, level_price, count(*) as touches, count(*) filter (where direction > 0) as from_below, count(*) filter (where direction < 0) as from_above,
  count(distinct cycle) as cycles
from hedgerow.unit_touches
where plan_id = :plan_id
group by wallet, level_price
order by touches desc, wallet, level_price
limit 50;
