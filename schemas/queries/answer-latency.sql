-- How long the exchange takes to answer, by kind of request, in milliseconds; and how requests end.
-- Parameters: plan_id.
-- Columns: kind, requests, p50, p90, p99, max, refused, unknown.
select kind, count(*) as requests, percentile_disc(0.5) within group (order by answer_ms) as p50, percentile_disc(0.9) within group (order by answer_ms) as p90,
  percentile_disc(0.99) within group (order by answer_ms) as p99, max(answer_ms) as max, count(*) filter (where outcome = 'refused') as refused,
  count(*) filter (where outcome = 'unknown') as unknown
from hedgerow.requests
where plan_id = :plan_id
group by kind
order by kind;
