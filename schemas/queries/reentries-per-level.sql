-- How often each level was left and entered again within one cycle; levels with many re-entries are where chop is paid for.
-- Parameters: plan_id.
-- Columns: wallet, cycle, level, entries, reentries (entries − 1), realised by the exits at the level, fees of both.
select wallet, cycle, level, count(*) filter (where leg like 'open-%') as entries, greatest(count(*) filter (where leg like 'open-%') - 1, 0) as reentries,
  coalesce(sum(realised), 0) as realised, sum(fee) as fees
from hedgerow.fills
where plan_id = :plan_id and level is not null and is_complete
group by wallet, cycle, level
having count(*) filter (where leg like 'open-%') > 0
order by reentries desc, wallet, cycle, level;
