-- Works with programs from 008 on.
-- What a process reports with its heartbeat: the fullest disk it writes to, in bytes, and the queues it takes jobs from.
alter table heartbeat
  add column disk_path text,
  add column disk_free bigint,
  add column disk_size bigint,
  add column queues text[] not null default '{}';
