-- Results by UTC day: what was closed, paid and received. The value of what is still held is in pnl-per-cycle.
-- Parameters: plan_id.
-- Columns: day, fills, turnover, realised, fees, funding, net (realised − fees + funding), total (net of all days so far).
select (at at time zone 'UTC')::date as day, count(*) filter (where kind = 'fill') as fills, coalesce(sum(price * amount), 0) as turnover, sum(realised) as realised,
  sum(fee) as fees, sum(funding) as funding, sum(realised) - sum(fee) + sum(funding) as net,
  sum(sum(realised) - sum(fee) + sum(funding)) over (order by (at at time zone 'UTC')::date) as total
from hedgerow.ledger_entries
where plan_id = :plan_id
group by day
order by day;
