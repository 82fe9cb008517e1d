-- What the plan held after every change, and its value at the price of that change: gross is long + short, net is long − short.
-- Parameters: plan_id.
-- Columns: at, seq, wallet (that changed), price, long, short (base, all wallets), gross, net (quote).
select at, seq, wallet, price, sum(long_change) over w as long, sum(short_change) over w as short,
  (sum(long_change) over w + sum(short_change) over w) * price as gross, (sum(long_change) over w - sum(short_change) over w) * price as net
from hedgerow.ledger_entries
where plan_id = :plan_id and leg is not null
window w as (order by seq)
order by seq;
