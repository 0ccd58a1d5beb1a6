import type { Queryable } from '../pool.ts';

/** A queued job that a worker could not take. */
export interface Requeue {
  queue: string;
  /** The queue's id of the job. */
  id: string;
  job: string;
  reason: string;
}

export interface RequeuedRow extends Requeue {
  /** When it was first requeued for this reason. */
  since: Date;
  lastSeen: Date;
  times: number;
  /** A run of the same job is alive, and this one waits for it. */
  behindLiveRun: boolean;
}

/** A requeued job comes back within a minute. After this long without one, it was taken, removed or delayed. */
const stillRequeued = `interval '3 minutes'`;

export async function recordRequeue(db: Queryable, { queue, id, job, reason }: Requeue): Promise<void> {
  await db.query(
    `insert into requeued as known (job, job_id, queue, reason, since, last_seen)
     values ($1, $2, $3, $4, now(), now())
     on conflict (job, job_id) do update set (queue, reason, last_seen, since, times) = (
       select excluded.queue, excluded.reason, excluded.last_seen,
         case when same then known.since else excluded.since end, case when same then known.times + 1 else 1 end
       from (select known.reason = excluded.reason and known.last_seen > now() - ${stillRequeued} as same) as compared)`,
    [job, id, queue, reason],
  );
}

/** Recently requeued jobs, those with the oldest reason first. */
export async function listRequeued(db: Queryable, now: Date): Promise<RequeuedRow[]> {
  const { rows } = await db.query<RequeuedRow>(
    `select queue, job_id as id, job, reason, since, last_seen as "lastSeen", times,
            exists (select from lease where name in (job, job || '/' || job_id) and until > now())
              or exists (select from runs where runs.job = requeued.job and status = 'waiting' and idle_since is null)
              as "behindLiveRun"
     from requeued where last_seen > $1::timestamptz - ${stillRequeued} order by since, job, job_id`,
    [now],
  );
  return rows;
}

export async function forgetRequeued(db: Queryable, now: Date): Promise<void> {
  await db.query(`delete from requeued where last_seen < $1::timestamptz - ${stillRequeued}`, [now]);
}
