import { unfinished } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';

export interface RunRow {
  job: string;
  slot: Date;
  status: string;
  cause: string;
  worker: string | null;
  /** Counted over the last request for the slot. */
  attempts: number;
  /** Counted over all requests for the slot. */
  tries: number;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Seconds between the slot and the start. */
  lateness: number | null;
  report: unknown;
  error: string | null;
}

const selectRun = `
  select job, slot, status, cause, worker, attempts,
         (select count(*) from run_attempt where run_id = runs.id) as tries, started_at as "startedAt", finished_at as "finishedAt",
         extract(epoch from lateness)::float8 as lateness, error,
         -- Descriptions come after the run: a report of images is shown with what those of its day have cost so far.
         report || coalesce((select jsonb_build_object('descriptions', jsonb_build_object(
                               'described', described, 'failed', failed, 'seconds', seconds,
                               'tokens', jsonb_build_object('question', question_tokens, 'answer', answer_tokens)))
                             from description_cost where day::text = report ->> 'day' and report ? 'saved'), '{}') as report
  from runs`;

/** The newest runs first, at most `limit`. */
export async function listRuns(
  db: Queryable,
  { job, status, since, limit = 50 }: { job?: string; status?: string; since?: Date; limit?: number },
): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(
    `${selectRun}
     where ($1::text is null or job = $1) and ($2::text is null or status = $2)
       and ($3::timestamptz is null or slot >= $3)
     order by slot desc, id desc limit $4`,
    [job ?? null, status ?? null, since ?? null, limit],
  );
  return rows;
}

export async function findRun(db: Queryable, job: string, slot: Date): Promise<RunRow | undefined> {
  const { rows } = await db.query<RunRow>(`${selectRun} where job = $1 and slot = $2`, [job, slot]);
  return rows[0];
}

export interface SlotOutcomes {
  job: string;
  /** Slots whose run began, however it ended. */
  ran: number;
  coalesced: number;
  missed: number;
  paused: number;
}

/** The outcomes of the slots after an instant, by job; jobs without slots are left out. */
export async function slotOutcomes(db: Queryable, since: Date): Promise<SlotOutcomes[]> {
  const { rows } = await db.query<SlotOutcomes>(
    `select job, count(*) filter (where status not in ('coalesced', 'missed', 'paused')) as ran,
       count(*) filter (where status = 'coalesced') as coalesced,
       count(*) filter (where status = 'missed') as missed, count(*) filter (where status = 'paused') as paused
     from runs where slot > $1 group by job order by job`,
    [since],
  );
  return rows;
}

/** Unfinished runs without a live worker: the queue must hold a job for each. */
export async function unattendedRuns(db: Queryable): Promise<{ job: string; slot: Date; request: string }[]> {
  const { rows } = await db.query<{ job: string; slot: Date; request: string }>(
    `select job, slot, coalesce(request, '') as request from runs
     where status = any($1)
       and not exists (select from lease where lease.name = runs.job and lease.epoch = runs.epoch and until > now())
     order by slot`,
    [unfinished],
  );
  return rows;
}

export interface WaitingRun {
  id: number;
  job: string;
  slot: Date;
  request: string;
  /** When `markIdle` first found none of its batches alive. */
  idleSince: Date | null;
}

/** Runs that sleep until their batches are done. */
export async function listWaitingRuns(db: Queryable): Promise<WaitingRun[]> {
  const { rows } = await db.query<WaitingRun>(
    `select id, job, slot, coalesce(request, '') as request, idle_since as "idleSince"
     from runs where status = 'waiting' order by slot`,
  );
  return rows;
}

/** Records which waiting runs have no live batch, and keeps the time of those that had none before. */
export async function markIdle(db: Queryable, idle: readonly number[], now: Date): Promise<void> {
  await db.query(
    `update runs set idle_since = case when id = any($1) then $2::timestamptz end
     where status = 'waiting' and (id = any($1)) = (idle_since is null)`,
    [idle, now],
  );
}
