-- Everything that was asked of the exchange about one order and what came back, in order.
-- Parameters: plan_id, client_order_id.
-- Columns: at, event (place, amend, cancel, fill), outcome or role, amount, trigger_price, price, detail (reason or trade id).
select committed_at as at, kind as event, outcome || coalesce(' ' || code, '') as outcome, (request ->> 'amount')::numeric as amount,
  (request ->> 'triggerPrice')::numeric as trigger_price, (request ->> 'price')::numeric as price, reason as detail, seq
from hedgerow.requests
where plan_id = :plan_id and client_order_id = :'client_order_id'
union all
select at, 'fill', role, amount, trigger_price, price, trade_id, seq
from hedgerow.fills
where plan_id = :plan_id and client_order_id = :'client_order_id'
order by seq;
