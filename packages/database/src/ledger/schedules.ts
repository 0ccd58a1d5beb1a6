import type { Queryable } from '../pool.ts';

export interface ScheduleRow {
  job: string;
  /** All slots up to this instant have a row in the ledger. */
  accountedUntil: Date;
  pausedAt: Date | null;
}

/** Records a schedule the first time it is seen: slots before that are not due. */
export async function rememberSchedule(
  db: Queryable,
  schedule: { job: string; pattern: string; timeZone: string },
  now: Date,
): Promise<ScheduleRow> {
  const { rows } = await db.query<ScheduleRow>(
    `insert into schedule (job, pattern, time_zone, first_seen, accounted_until) values ($1, $2, $3, $4, $4)
     on conflict (job) do update set pattern = excluded.pattern, time_zone = excluded.time_zone
     returning job, accounted_until as "accountedUntil", paused_at as "pausedAt"`,
    [schedule.job, schedule.pattern, schedule.timeZone, now],
  );
  return rows[0] as ScheduleRow;
}

export async function listSchedules(db: Queryable): Promise<ScheduleRow[]> {
  const { rows } = await db.query<ScheduleRow>(
    'select job, accounted_until as "accountedUntil", paused_at as "pausedAt" from schedule order by job',
  );
  return rows;
}

/** When each paused schedule was paused. */
export async function pausedSchedules(db: Queryable): Promise<Map<string, Date>> {
  const { rows } = await db.query<{ job: string; pausedAt: Date }>(
    'select job, paused_at as "pausedAt" from schedule where paused_at is not null',
  );
  return new Map(rows.map(({ job, pausedAt }) => [job, pausedAt]));
}

export async function setAccountedUntil(db: Queryable, job: string, until: Date): Promise<void> {
  await db.query('update schedule set accounted_until = greatest(accounted_until, $2) where job = $1', [
    job,
    until,
  ]);
}

/** @returns false when there is no such schedule. */
export async function pauseSchedule(db: Queryable, job: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'update schedule set paused_at = coalesce(paused_at, $2) where job = $1',
    [job, now],
  );
  return rowCount === 1;
}

/** @returns false when there is no such schedule. */
export async function resumeSchedule(db: Queryable, job: string): Promise<boolean> {
  const { rowCount } = await db.query('update schedule set paused_at = null where job = $1', [job]);
  return rowCount === 1;
}
