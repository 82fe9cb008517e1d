-- Every reset: why, what the cycle before it earned, and how unit and size grew with the profit.
-- Parameters: plan_id.
-- Columns: wallet, reset, at, reason, profit, profit_percent, equity, cycle_duration, old_anchor, new_anchor, old_unit_size, new_unit_size, notional_growth_percent.
select wallet, reset, at, reason, profit, profit_percent, equity, cycle_duration, old_anchor, new_anchor, old_unit_size, new_unit_size,
  round((new_notional - old_notional) * 100 / nullif(old_notional, 0), 4) as notional_growth_percent
from hedgerow.resets
where plan_id = :plan_id
order by at, seq;
