-- Chop: a level sold and bought back one unit higher, or bought and sold one unit lower, within a time. Each costs a unit and two fees.
-- Parameters: plan_id, within (interval, e.g. '1 hour').
-- Columns: wallet, cycle, rung, role and level of the first fill, first_at, second_at, gap, first_price, second_price, loss (quote; what the second
-- fill gave away against the first, with both fees).
select wallet, cycle, rung, role, level, at as first_at, next_at as second_at, next_at - at as gap, price as first_price, next_price as second_price,
  case side when 'sell' then next_price - price else price - next_price end * least(amount, next_amount) + fee + next_fee as loss
from (
  select f.*, lead(f.at) over w as next_at, lead(f.price) over w as next_price, lead(f.amount) over w as next_amount, lead(f.fee) over w as next_fee,
    lead(f.side) over w as next_side
  from hedgerow.fills f
  where f.plan_id = :plan_id and f.rung is not null
  window w as (partition by f.wallet, f.cycle, f.rung order by f.seq)
) pairs
where next_side <> side and next_at - at <= :'within'::interval and case side when 'sell' then next_price > price else next_price < price end
order by first_at, wallet, rung;
