-- How often a cycle ends with a profit, and what winners and losers bring on average.
-- Parameters: plan_id.
-- Columns: wallet, cycles (finished), won, win_percent, average_win, average_loss (rounded), profit_factor (won over lost money; null without losses).
select wallet, count(*) as cycles, count(*) filter (where profit > 0) as won, round(count(*) filter (where profit > 0) * 100.0 / count(*), 2) as win_percent,
  round(avg(profit) filter (where profit > 0), 8) as average_win, round(avg(profit) filter (where profit <= 0), 8) as average_loss,
  round(sum(profit) filter (where profit > 0) / nullif(-sum(profit) filter (where profit < 0), 0), 4) as profit_factor
from hedgerow.cycles
where plan_id = :plan_id and is_finished
group by wallet
order by wallet;
