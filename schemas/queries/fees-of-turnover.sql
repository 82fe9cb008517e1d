-- Fees as a share of what was traded, by taker and maker.
-- Parameters: plan_id.
-- Columns: taker_or_maker, trades, turnover, fees, bps of turnover, percent of all fees.
select taker_or_maker, count(*) as trades, sum(notional) as turnover, sum(fee) as fees, round(sum(fee) * 10000 / nullif(sum(notional), 0), 4) as bps,
  round(sum(fee) * 100 / nullif(sum(sum(fee)) over (), 0), 2) as percent
from hedgerow.exchange_trades
where plan_id = :plan_id
group by taker_or_maker
order by taker_or_maker;
