-- Finished positions from the first unit opened to the last one closed: result, duration, and what closed them.
-- Parameters: plan_id.
-- Columns: wallet, position_side, close_reason, trips, won, win_percent, pnl, fees, pnl_after_fees, average_duration, average_percent.
select wallet, position_side, close_reason, count(*) as trips, count(*) filter (where pnl_after_fees > 0) as won,
  round(count(*) filter (where pnl_after_fees > 0) * 100.0 / count(*), 2) as win_percent, sum(pnl) as pnl, sum(fees) as fees, sum(pnl_after_fees) as pnl_after_fees,
  avg(duration) as average_duration, round(avg(pnl_percent), 4) as average_percent
from hedgerow.positions
where plan_id = :plan_id and is_closed
group by wallet, position_side, close_reason
order by wallet, position_side, close_reason;
