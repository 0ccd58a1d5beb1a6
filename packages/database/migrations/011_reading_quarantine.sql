-- Readings with a time that cannot be right, such as those of a device whose clock was reset. Kept apart from `reading`:
-- no table of a month, no result and no latest value comes from them until they are released.
create table reading_quarantine (
  point_id    integer not null references point,
  ts          timestamptz not null,
  value       float8 not null,
  reason      text not null check (reason in ('ahead', 'before-farm')),
  received_at timestamptz not null default now(),
  primary key (point_id, ts)
);
create index reading_quarantine_received on reading_quarantine (received_at);
