-- How many orders end without a fill, and how often an order is moved: the price of keeping windows on the exchange.
-- Parameters: plan_id.
-- Columns: wallet, role, orders, filled, partly_filled, cancelled, refused, working, cancelled_percent (of ended orders), amends_per_order.
select wallet, role, count(*) as orders, count(*) filter (where result = 'filled') as filled, count(*) filter (where result = 'partly filled') as partly_filled,
  count(*) filter (where result = 'cancelled') as cancelled, count(*) filter (where result = 'refused') as refused, count(*) filter (where result = 'working') as working,
  round(count(*) filter (where result = 'cancelled') * 100.0 / nullif(count(*) filter (where result <> 'working'), 0), 2) as cancelled_percent,
  round(avg(coalesce(amends, 0)), 2) as amends_per_order
from hedgerow.order_lives
where plan_id = :plan_id
group by wallet, role
order by wallet, role;
