-- Which levels of the ladder trade: fills, amount and result of each level of a wallet.
-- Parameters: plan_id.
-- Columns: wallet, role, level (units from the anchor of its cycle), fills, amount (base), turnover, fees, realised (quote).
select wallet, role, level, count(*) as fills, sum(amount) as amount, sum(notional) as turnover, sum(fee) as fees, coalesce(sum(realised), 0) as realised
from hedgerow.fills
where plan_id = :plan_id and level is not null
group by wallet, role, level
order by wallet, role, level desc;
