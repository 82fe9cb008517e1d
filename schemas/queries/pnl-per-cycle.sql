-- What each cycle earned, and the running total, which ends at equity − capital.
-- Parameters: plan_id.
-- Columns: wallet, cycle, started_at, ended_at (null while it runs), end_reason, profit, profit_percent, realised, unrealised_change, fees,
-- funding, total (profit of this and all cycles before).
select wallet, cycle, started_at, ended_at, end_reason, profit, profit_percent, realised, unrealised_change, fees, funding,
  sum(profit) over (partition by wallet order by cycle) as total
from hedgerow.cycles
where plan_id = :plan_id
order by wallet, cycle;
