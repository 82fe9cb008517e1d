-- The proof that the ledger adds up: what the machines say of each wallet against the sums of everything booked. Must be empty.
-- Parameters: plan_id.
-- Columns: wallet, figure, machine (newest snapshot), booked (sum of the journal).
select w.wallet, figure, machine, booked
from hedgerow.wallet_positions w
join (
  select plan_id, wallet, sum(cash) as cash, sum(realised) as realised, sum(fee) as fees, sum(funding) as funding, sum(long_change) as long, sum(short_change) as short
  from hedgerow.ledger_entries where plan_id = :plan_id group by plan_id, wallet
) b using (plan_id, wallet)
join (select plan_id, wallet, sum(profit) as profit from hedgerow.cycles where plan_id = :plan_id group by plan_id, wallet) c using (plan_id, wallet)
cross join lateral (
  values ('balance', w.balance, w.capital + b.cash), ('realised', w.realised, b.realised), ('fees', w.fees, b.fees), ('funding', w.funding, b.funding),
    ('long', w.long, b.long), ('short', w.short, b.short), ('profit', w.equity - w.capital, c.profit)
) as check_of (figure, machine, booked)
where machine <> booked
order by w.wallet, figure;
