-- What fills cost beyond the trigger price, by the role of the order. Negative is better than the trigger.
-- Parameters: plan_id.
-- Columns: wallet, role, fills, cost (quote), bps (weighted by value), worst_bps.
select wallet, role, count(*) as fills, sum(slippage * amount) as cost,
  round(sum(slippage * amount) * 10000 / sum(trigger_price * amount), 4) as bps, max(slippage_bps) as worst_bps
from hedgerow.fills
where plan_id = :plan_id and trigger_price is not null
group by wallet, role
order by cost desc, wallet, role;
