-- Funding received (positive) and paid, by UTC day.
-- Parameters: plan_id.
-- Columns: day, wallet, payments, received, paid, net (quote).
select (at at time zone 'UTC')::date as day, wallet, count(*) as payments, coalesce(sum(amount) filter (where amount > 0), 0) as received,
  coalesce(sum(-amount) filter (where amount < 0), 0) as paid, sum(amount) as net
from hedgerow.funding_payments
where plan_id = :plan_id
group by day, wallet
order by day, wallet;
