-- The deepest fall of a wallet's equity between the starts of its cycles, where equity is known exactly.
-- Parameters: plan_id.
-- Columns: wallet, peak_equity, low_equity, drawdown, drawdown_percent, low_cycle, low_at.
select distinct on (wallet) wallet, peak as peak_equity, equity as low_equity, peak - equity as drawdown, round((peak - equity) * 100 / nullif(peak, 0), 4) as drawdown_percent,
  cycle as low_cycle, at as low_at
from (
  select wallet, cycle, coalesce(ended_at, started_at) as at, end_equity as equity,
    greatest(max(start_equity) over w, max(end_equity) over w) as peak
  from hedgerow.cycles
  where plan_id = :plan_id
  window w as (partition by wallet order by cycle)
) c
order by wallet, drawdown desc, low_cycle;
