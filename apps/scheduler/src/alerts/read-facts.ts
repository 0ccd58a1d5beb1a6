import { listHeartbeats, type Pool } from '@mycelium/database';
import { findJob, type JobName, jobNames, type Queues } from '@mycelium/queue';
import { readDeadLetters } from '../dead-letters.ts';
import { overdueSlots } from '../overdue-slots.ts';
import { type EndedRun, type Facts, failuresInARow, missedHours, type ReportFacts } from './alert-rules.ts';

/** What the rules judge by. Redis may be down: then `deadLetters` is undefined, and the rest is known. */
export async function readFacts(pool: Pool, queues: Queues, timeZone: string, at: Date): Promise<Facts> {
  const [ended, overdue, missed, heartbeats, deadLetters] = await Promise.all([
    endedRuns(pool),
    overdueSlots(pool, timeZone, at),
    missedSlots(pool, at),
    listHeartbeats(pool, at),
    readDeadLetters(queues).catch(() => undefined),
  ]);
  return {
    at,
    timeZone,
    jobs: jobNames.map((job) => ({
      job,
      ended: ended.get(job) ?? [],
      overdue: overdue.get(job) ?? [],
      missed: missed.get(job),
    })),
    heartbeats,
    deadLetters,
  };
}

/** The last ended runs of each job, by slot: a backfill of old days says nothing of today. */
async function endedRuns(pool: Pool): Promise<Map<string, EndedRun[]>> {
  const { rows } = await pool.query<Omit<EndedRun, 'report'> & { job: string; report: unknown }>(
    `select job, slot, status, finished_at as "finishedAt", error, report
     from unnest($1::text[]) as name, lateral (
       select * from runs where runs.job = name and status in ('succeeded', 'failed')
       order by slot desc limit $2) as ended
     order by job, slot desc`,
    [jobNames, failuresInARow],
  );
  const runs = rows.map(({ job, report, ...run }) => ({ ...run, job, report: understand(job, report) }));
  return Map.groupBy(runs, ({ job }) => job);
}

/**
 * A job that looks at images or rooms says so by the form of its report: `successRate` and `total` as
 * `daily_clip_inference` has them, `rooms` and `noData` as `daily_env_stats`.
 */
function understand(job: string, stored: unknown): ReportFacts | undefined {
  const entry = findJob(job as JobName);
  const report = entry?.result.safeParse(stored).data as Record<string, unknown> | undefined;
  if (!entry || !report) return undefined;
  const { successRate, total, rooms, noData } = report;
  const emptyHanded = total === 0 || (Array.isArray(noData) && Array.isArray(rooms) && rooms.length === 0);
  return {
    ...(typeof successRate === 'number' && { failureRate: 1 - successRate }),
    // Whoever asks for something by hand sees for himself that there was nothing.
    foundNothing: Boolean(entry.schedule) && emptyHanded,
    ...(Array.isArray(noData) && { roomsWithoutData: noData as string[] }),
  };
}

async function missedSlots(pool: Pool, at: Date) {
  const { rows } = await pool.query<{ job: string; slots: number; newest: Date; writtenDown: Date }>(
    // Nothing older than the catch-up's 31 days is written down; the bound on the slot is for the index.
    `select job, count(*) as slots, max(slot) as newest, max(finished_at) as "writtenDown" from runs
     where status = 'missed' and slot > $1::timestamptz - interval '32 days'
       and finished_at > $1::timestamptz - make_interval(hours => $2)
     group by job`,
    [at, missedHours],
  );
  return new Map(rows.map(({ job, ...missed }) => [job, missed]));
}
