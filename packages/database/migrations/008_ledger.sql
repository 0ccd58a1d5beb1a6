-- Every attempt at a run, beside the run's row: a retry does not erase the failure that it retries. An attempt that
-- sleeps on its batches is one attempt, however often it wakes.
create table run_attempt (
  run_id     bigint not null references runs on delete cascade,
  attempt    integer not null,                     -- 1, 2, 3 … over all requests for the slot
  request    text,
  cause      text not null,
  asked_by   text,                                 -- `schedule`, `operator NAME`, `cli USER@HOST`
  epoch      bigint not null,
  worker     text,
  started_at timestamptz not null,
  ended_at   timestamptz,
  outcome    text check (outcome in ('succeeded', 'failed', 'retrying', 'lost')), -- null while it is under way
  error      text,
  primary key (run_id, attempt),
  check ((outcome is null) = (ended_at is null))
);
insert into run_attempt (run_id, attempt, request, cause, epoch, worker, started_at, ended_at, outcome, error)
select id, 1, request, cause, epoch, worker, started_at,
       case when status in ('succeeded', 'failed') then coalesce(finished_at, started_at)
            when status = 'retrying' then now() end,
       case when status in ('succeeded', 'failed', 'retrying') then status end, error
from runs where started_at is not null;

-- When a run ends, so does its attempt, even if a worker of the previous release ends it, which was at work during the
-- upgrade and knows no attempts.
create function end_attempt() returns trigger language plpgsql as $$
begin
  update run_attempt set outcome = new.status, ended_at = coalesce(new.finished_at, now()), error = new.error
  where run_id = new.id and outcome is null;
  return null;
end $$;
create trigger runs_end_attempt after update of status on runs for each row
  when (old.status <> new.status and new.status in ('succeeded', 'failed', 'retrying'))
  execute function end_attempt();

-- When a run that waits for its batches was first seen without a live batch. The scheduler sets it; the next begin clears it.
alter table runs add column idle_since timestamptz;

-- Jobs that a worker could not take and requeued, with the reason. Rows that are not seen again are deleted.
create table requeued (
  job       text not null,
  job_id    text not null,                         -- the queue's
  queue     text not null,
  reason    text not null,
  since     timestamptz not null,                  -- kept while the reason stays the same
  last_seen timestamptz not null,
  times     integer not null default 1,
  primary key (job, job_id)
);

-- The text of an alert as a code and its parameters, so that each reader gets it in their own language. `message` is
-- the English text. Alerts that were opened by earlier releases have no code.
alter table alert add column code text, add column params jsonb;
