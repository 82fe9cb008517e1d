-- What the exchange holds per account and side, and which wallet how much of it belongs to; wallet null is what others hold there.
-- Parameters: venue.
-- Columns: account, symbol, position_side, plan, wallet, amount, average_price, percent of the side's amount.
select account, symbol, position_side, plan, wallet, amount, average_price,
  round(amount * 100 / nullif(sum(amount) over (partition by account, symbol, position_side), 0), 2) as percent
from hedgerow.position_contributions
where venue = :'venue'
order by account, symbol, position_side, plan, wallet;
