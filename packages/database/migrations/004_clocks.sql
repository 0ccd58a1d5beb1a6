-- By how much a process's clock was ahead of this server's at its last heartbeat; seconds, the way there included.
alter table heartbeat add column clock_ahead float8 not null default 0;
