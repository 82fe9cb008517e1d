-- From the request to the first fill, by role. Orders at market show the latency; orders that rest show how long they waited for the price.
-- Parameters: plan_id.
-- Columns: wallet, role, type, filled (orders), p50_ms, p99_ms, max_ms.
select wallet, role, type, count(*) as filled, percentile_disc(0.5) within group (order by order_to_fill_ms) as p50_ms,
  percentile_disc(0.99) within group (order by order_to_fill_ms) as p99_ms, max(order_to_fill_ms) as max_ms
from hedgerow.order_lives
where plan_id = :plan_id and order_to_fill_ms is not null
group by wallet, role, type
order by wallet, role, type;
