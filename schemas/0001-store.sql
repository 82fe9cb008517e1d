-- The store of hedgerow: plans, their journals and latest snapshots, orders, intents and trades.
--
-- Rules for every file here: numbered, forward only, never edited once released (its checksum is stored and compared at start-up).
-- Times are milliseconds since 1970-01-01 UTC. Prices, amounts and fees are exact decimal text, so that what is read is to the
-- character what was written; cast to numeric for sums. JSON keeps money as strings for the same reason. SQL nulls stand for JSON null.

create schema if not exists hedgerow;

create domain hedgerow.decimal_text as text check (value ~ '^-?([0-9]+([.][0-9]+)?|[.][0-9]+)$');

-- One running strategy. The row never changes after it was created.
create table hedgerow.plans (
  plan_id        integer generated always as identity primary key,
  -- The exchange, and for simulated worlds the feed. Accounts, symbols and plan names mean something only within one venue.
  venue          text   not null,
  name           text   not null,
  -- The resolved strategy the plan was started with, and the hash that PLAN_CHANGED compares.
  strategy       jsonb,
  strategy_hash  text   not null,
  started_at     bigint not null,
  unique (venue, name)
);

-- The moving end of a plan: last journal number and latest machine snapshot. Apart from plans because it is rewritten by every
-- commit, and its row is the lock that lets one writer at a time append (I16). Free space keeps the rewrites on one page.
create table hedgerow.heads (
  plan_id           integer primary key references hedgerow.plans,
  -- Last number in the journal; 0 when it is empty.
  seq               bigint not null default 0,
  -- Which machine, in which version, wrote the snapshot; all five columns are null before the first one.
  machine           text,
  machine_version   integer,
  -- The journal entry the snapshot is the result of.
  snapshot_seq      bigint,
  snapshot_at       bigint,
  snapshot          jsonb
) with (fillfactor = 20);

-- Append only. Everything else about a plan can be derived from it.
create table hedgerow.journal (
  plan_id  integer not null references hedgerow.plans,
  -- 1, 2, 3 … without gaps.
  seq      bigint  not null check (seq > 0),
  -- Time of the event, not of the write.
  at       bigint  not null,
  -- Dotted past tense for events (fill.booked), imperative for decisions (order.place).
  type     text    not null,
  payload  jsonb,
  primary key (plan_id, seq)
);

-- Orders by the id we chose for them before they were sent (I2).
create table hedgerow.orders (
  plan_id            integer not null references hedgerow.plans,
  client_order_id    text    not null,
  -- The slots served, e.g. hedge/stop-loss/-1; several for a netted order, joined by +.
  slot               text    not null,
  cycle              integer not null,
  generation         integer not null,
  -- The request as the exchange last accepted or will next receive it, and what each part of its amount is for.
  request            jsonb,
  legs               jsonb,
  status             text    not null check (status in ('committed', 'live', 'unknown', 'refused', 'closed')),
  exchange_order_id  text,
  -- Base units booked from trades.
  filled             hedgerow.decimal_text not null,
  -- Raw code or reason of a refusal or a close.
  reason             text,
  updated_at         bigint  not null,
  primary key (plan_id, client_order_id)
) with (fillfactor = 70);

-- Start-up reads the orders that may still rest at the exchange, and the generations of recent cycles.
create index orders_working on hedgerow.orders (plan_id) where status not in ('refused', 'closed');
create index orders_cycle on hedgerow.orders (plan_id, cycle);

-- Requests to the exchange, committed before they are sent and completed by their outcome (I2, I3).
create table hedgerow.intents (
  plan_id          integer not null references hedgerow.plans,
  -- <clientOrderId>:place, :amend:<n>, :cancel:<n>
  intent_id        text    not null,
  client_order_id  text    not null,
  kind             text    not null check (kind in ('place', 'amend', 'cancel')),
  -- The journal entry of the decision, and why it was taken, in words.
  seq              bigint  not null,
  request          jsonb,
  reason           text    not null,
  outcome          text    not null check (outcome in ('pending', 'done', 'refused', 'unknown')),
  -- Raw code of a refusal.
  code             text,
  committed_at     bigint  not null,
  settled_at       bigint,
  primary key (plan_id, intent_id)
) with (fillfactor = 70);

create index intents_pending on hedgerow.intents (plan_id) where outcome = 'pending';

-- Executions. The key makes booking one twice impossible, also by two plans on one account (I4).
create table hedgerow.trades (
  venue            text    not null,
  account          text    not null,
  symbol           text    not null,
  trade_id         text    not null,
  plan_id          integer not null references hedgerow.plans,
  -- The journal entry that booked it; and the order of booking, which decides among trades of the same millisecond.
  seq              bigint  not null,
  booking          bigint  generated always as identity,
  order_id         text    not null,
  -- Null for trades no order of a client caused (liquidation, ADL).
  client_order_id  text,
  side             text    not null check (side in ('buy', 'sell')),
  position_side    text    check (position_side in ('long', 'short')),
  -- Quote per base unit; base units; quote currency, positive is paid.
  price            hedgerow.decimal_text not null,
  amount           hedgerow.decimal_text not null,
  fee              hedgerow.decimal_text not null,
  taker_or_maker   text    not null check (taker_or_maker in ('taker', 'maker')),
  -- Exchange time.
  at               bigint  not null,
  primary key (venue, account, symbol, trade_id)
);

create index trades_plan_at on hedgerow.trades (plan_id, at);
