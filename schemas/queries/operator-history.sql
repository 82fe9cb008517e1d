-- When a plan did not run and why, beside what people asked of it.
-- Parameters: plan_id.
-- Columns: at, event, by, reason, result.
select at, from_operation || ' → ' || to_operation as event, null as by, reason, duration::text as result
from hedgerow.operation_changes
where plan_id = :plan_id
union all
select requested_at, 'asked for ' || action, requested_by, reason, outcome || coalesce(': ' || note, '')
from hedgerow.operator_log
where plan_id = :plan_id
order by at, event;
