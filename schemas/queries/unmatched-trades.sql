-- Trades of the exchange that no order of ours explains, and fills that no trade proves, or with other sums than their trade. Must be empty but for
-- trades of others, which are external events too.
-- Parameters: plan_id.
-- Columns: problem, trade_id, at, trade_amount, filled_amount, trade_fee, filled_fee.
select case when f.trade_id is null then 'trade without fill' when t.trade_id is null then 'fill without trade' else 'sums differ' end as problem,
  coalesce(t.trade_id, f.trade_id) as trade_id, coalesce(t.at, f.at) as at, t.amount as trade_amount, f.amount as filled_amount, t.fee as trade_fee, f.fee as filled_fee
from (select trade_id, at, amount, fee from hedgerow.exchange_trades where plan_id = :plan_id) t
full join (
  select trade_id, min(at) as at, sum(amount) as amount, sum(fee) as fee from hedgerow.fills where plan_id = :plan_id group by trade_id
) f using (trade_id)
where t.trade_id is null or f.trade_id is null or t.amount <> f.amount or t.fee <> f.fee
order by at, trade_id;
