-- One writer per account across machines, what people asked for, the exchange's raw trades, and points a long journal can be read from.

-- The exchange's own record of a trade, as ccxt's `info`; null where there is none beyond the columns.
alter table hedgerow.trades add column info jsonb;

-- Who trades an account (I16). Every commit of a plan checks the token of its accounts; a lease that ran out may be taken by another.
create table hedgerow.leases (
  venue       text   not null,
  account     text   not null,
  -- The process, e.g. host:pid:random.
  holder      text   not null,
  -- Rises with every change of holder.
  token       bigint not null check (token > 0),
  -- By this database's clock, which all processes share.
  expires_at  bigint not null,
  primary key (venue, account)
) with (fillfactor = 50);

-- What people asked plans to do, and what came of it. Never deleted.
create table hedgerow.operator_actions (
  -- Chosen by the asker, so that asking twice is asking once.
  action_id     text    primary key,
  plan_id       integer not null references hedgerow.plans,
  -- The order in which they were asked for.
  place         bigint  generated always as identity,
  action        text    not null check (action in ('pause', 'resume', 'halt', 'flatten', 'reset', 'adopt')),
  reason        text    not null,
  requested_by  text    not null,
  requested_at  bigint  not null,
  -- Set once, by the commit that carried it out; all three are null until then.
  outcome       text    check (outcome in ('done', 'ignored')),
  note          text,
  settled_at    bigint,
  check ((outcome is null) = (note is null) and (outcome is null) = (settled_at is null))
);

create index operator_actions_plan on hedgerow.operator_actions (plan_id, place);
create index operator_actions_pending on hedgerow.operator_actions (plan_id) where outcome is null;

-- Snapshots kept on the way, each the result of journal entry seq: a replay starts from one, and what is older can be compacted.
create table hedgerow.checkpoints (
  plan_id          integer not null references hedgerow.plans,
  seq              bigint  not null check (seq > 0),
  machine          text    not null,
  machine_version  integer not null,
  at               bigint  not null,
  snapshot         jsonb,
  primary key (plan_id, seq)
);

-- Journal entries up to this number may have been compacted away; 0 when all are there. A checkpoint has the same number.
alter table hedgerow.heads add column compacted_seq bigint not null default 0;
