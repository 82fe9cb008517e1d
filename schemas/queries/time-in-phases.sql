-- Where the time goes: how often a wallet entered each phase and how long it stayed.
-- Parameters: plan_id.
-- Columns: wallet, phase, entered, total, average, longest (intervals), percent of the wallet's time.
select wallet, to_phase as phase, count(*) as entered, justify_hours(sum(duration)) as total, justify_hours(avg(duration)) as average, max(duration) as longest,
  round((extract(epoch from sum(duration)) * 100 / nullif(sum(extract(epoch from sum(duration))) over (partition by wallet), 0))::numeric, 2) as percent
from hedgerow.phase_transitions
where plan_id = :plan_id
group by wallet, to_phase
order by wallet, total desc, phase;
