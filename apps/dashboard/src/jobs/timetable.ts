import { pausedSchedules, type Queryable } from '@mycelium/database';
import { dayOf, nextFiring } from '@mycelium/farm';
import {
  type Job,
  type JobName,
  jobNames,
  jobs,
  latestSlot,
  misfireGraceSeconds,
  type Queues,
  scheduledJobs,
  type Trigger,
} from '@mycelium/queue';

export interface TimetableEntry {
  id: JobName;
  title: string;
  queue: string;
  schedule: string | null;
  trigger: Trigger;
  /** Whether a person can run it by giving at most a day. */
  runnable: boolean;
  asksForDay: boolean;
  pausedAt: Date | null;
  next: Date | null;
  /** The latest slot, if it is past its misfire grace and has not started. */
  late: Date | null;
  last: LastRun | null;
}

export interface LastRun {
  id: number;
  slot: Date;
  status: string;
  startedAt: Date | null;
  finishedAt: Date | null;
  error: string | null;
}

/** Every job of the catalogue, with its schedule and its last run. */
export async function timetableNow(
  db: Queryable,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<TimetableEntry[]> {
  const [paused, last, late] = await Promise.all([
    pausedSchedules(db),
    lastRuns(db),
    lateSlots(db, now, timeZone),
  ]);
  return jobNames.map((id) => {
    const { title, queue, trigger, schedule = null, payload, asksForDay } = jobs[id] as Job;
    const pausedAt = paused.get(id) ?? null;
    return {
      id,
      title,
      queue,
      schedule,
      trigger,
      runnable: payload.safeParse(asksForDay && !schedule ? { day: dayOf(now, timeZone) } : {}).success,
      asksForDay,
      pausedAt,
      next: schedule && !pausedAt ? nextFiring(schedule, timeZone, now) : null,
      late: late.get(id) ?? null,
      last: last.get(id) ?? null,
    };
  });
}

async function lastRuns(db: Queryable): Promise<Map<string, LastRun>> {
  const { rows } = await db.query<LastRun & { job: string }>(
    `select requested.job, run.* from unnest($1::text[]) as requested(job)
     cross join lateral (select id, slot, status, started_at as "startedAt", finished_at as "finishedAt", error
       from runs where runs.job = requested.job and status not in ('coalesced', 'paused')
       order by slot desc limit 1) run`,
    [jobNames],
  );
  return new Map(rows.map(({ job, ...run }) => [job, run]));
}

async function lateSlots(db: Queryable, now: Date, timeZone: string): Promise<Map<string, Date>> {
  const due = new Date(now.getTime() - misfireGraceSeconds * 1_000);
  const slots = scheduledJobs.map((job) => latestSlot(job, timeZone, due));
  const { rows } = await db.query<{ job: string; slot: Date }>(
    `select job, due.slot from unnest($1::text[], $2::timestamptz[]) as due(job, slot) join schedule using (job)
     where first_seen < due.slot and paused_at is null
       and not exists (select from runs where runs.job = due.job and runs.slot = due.slot)`,
    [scheduledJobs, slots],
  );
  return new Map(rows.map(({ job, slot }) => [job, slot]));
}

export interface QueueCounts {
  queue: string;
  paused: boolean;
  waiting: number;
  active: number;
  delayed: number;
  waitingForBatches: number;
  failed: number;
  completed: number;
}

export async function queueCounts(queues: Queues): Promise<QueueCounts[]> {
  return Promise.all(
    queues.all.map(async (queue) => {
      const [counts, paused] = await Promise.all([
        queue.getJobCounts(
          'wait',
          'prioritized',
          'active',
          'delayed',
          'waiting-children',
          'failed',
          'completed',
        ),
        queue.isPaused(),
      ]);
      const of = (state: string) => counts[state] ?? 0;
      return {
        queue: queue.name,
        paused,
        waiting: of('wait') + of('prioritized'),
        active: of('active'),
        delayed: of('delayed'),
        waitingForBatches: of('waiting-children'),
        failed: of('failed'),
        completed: of('completed'),
      };
    }),
  );
}

export interface ActiveJob {
  id: string;
  job: string;
  queue: string;
  startedAt: Date | null;
  attempt: number;
  progress: { done: number; total: number } | null;
}

/** The jobs in progress, up to a limit per queue. */
export async function activeJobs(queues: Queues, most = 20): Promise<ActiveJob[]> {
  const found = await Promise.all(
    queues.all.map(async (queue) =>
      (await queue.getJobs(['active', 'waiting-children'], 0, most - 1)).filter(Boolean).map((job) => ({
        id: String(job.id),
        job: job.name,
        queue: queue.name,
        startedAt: job.processedOn ? new Date(job.processedOn) : null,
        attempt: job.attemptsMade + 1,
        progress: progressOf(job.progress),
      })),
    ),
  );
  return found.flat();
}

function progressOf(progress: unknown): { done: number; total: number } | null {
  const { done, total } = (progress ?? {}) as { done?: unknown; total?: unknown };
  return typeof done === 'number' && typeof total === 'number' ? { done, total } : null;
}
