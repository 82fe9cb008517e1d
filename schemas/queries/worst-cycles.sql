-- The ten finished cycles that lost most, with what they were made of.
-- Parameters: plan_id.
-- Columns: wallet, cycle, started_at, duration, end_reason, fills, profit, profit_percent, realised, fees, funding.
select wallet, cycle, started_at, duration, end_reason, fills, profit, profit_percent, realised, fees, funding
from hedgerow.cycles
where plan_id = :plan_id and is_finished
order by profit, wallet, cycle
limit 10;
