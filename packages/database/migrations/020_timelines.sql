-- Works with programs from 008 on.
-- PostgreSQL begins a new timeline when a replica takes over or a backup is restored to a point in time. What was
-- committed last may be missing then.
create table timeline (
  timeline   bigint primary key,
  noticed_at timestamptz not null default clock_timestamp(),
  -- When the leading scheduler wrote to it last, as the next timeline received it.
  seen_at    timestamptz not null default clock_timestamp()
);
