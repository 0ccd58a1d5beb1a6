import {
  listHeartbeats,
  listReadingQuarantine,
  listRequeued,
  type Pool,
  type QuarantinedReadings,
  watchTimeline,
} from '@mycelium/database';
import { entryOf, factsOf, jobNames, type Queues, waitingCanaries } from '@mycelium/queue';
import { readDeadLetters } from '../dead-letters.ts';
import { readDescriptionOutcomes } from '../description-outcomes.ts';
import { overdueSlots } from '../overdue-slots.ts';
import { withinPatience } from '../patience.ts';
import { findStuckRuns } from '../stuck-runs.ts';
import { failuresInARow, missedHours, wrongClockHours } from './alert-rules.ts';
import type { EndedRun, Facts } from './facts.ts';

/** Reads the facts that the rules judge. While Redis is down, the facts from it are undefined. */
export async function readFacts(pool: Pool, queues: Queues, timeZone: string, at: Date): Promise<Facts> {
  const [
    ended,
    overdue,
    missed,
    requeued,
    heartbeats,
    deadLetters,
    descriptions,
    stuckRuns,
    quarantined,
    canaries,
    takeover,
  ] = await Promise.all([
    endedRuns(pool),
    overdueSlots(pool, timeZone, at),
    missedSlots(pool, at),
    listRequeued(pool, at),
    listHeartbeats(pool, at),
    readDeadLetters(queues).catch(() => undefined),
    readDescriptionOutcomes(queues).catch(() => undefined),
    findStuckRuns(pool, queues, at),
    listReadingQuarantine(pool, new Date(at.getTime() - wrongClockHours * 3_600_000)),
    withinPatience(waitingCanaries(queues)).catch(() => undefined),
    watchTimeline(pool),
  ]);
  return {
    at,
    timeZone,
    jobs: jobNames.map((job) => ({
      job,
      everySlot: entryOf(job).catchUp === 'every-slot',
      timeoutSeconds: entryOf(job).timeout / 1_000,
      ended: ended.get(job) ?? [],
      overdue: overdue.get(job) ?? [],
      missed: missed.get(job),
      requeued: requeued.filter((row) => row.job === job),
    })),
    heartbeats,
    deadLetters,
    descriptions,
    stuckRuns,
    canaries,
    takeover,
    wrongClocks: newestByDevice(quarantined),
  };
}

/** The list has the newest first: a clock that was reset may be corrected too far. */
function newestByDevice(quarantined: QuarantinedReadings[]): QuarantinedReadings[] {
  const byDevice = new Map<string, QuarantinedReadings>();
  for (const row of quarantined) {
    const key = `${row.room} ${row.device}`;
    if (!byDevice.has(key)) byDevice.set(key, row);
  }
  return [...byDevice.values()];
}

/** The last ended runs of each job, by slot, since a backfill of old days says nothing about today. */
async function endedRuns(pool: Pool): Promise<Map<string, EndedRun[]>> {
  const { rows } = await pool.query<Omit<EndedRun, 'report'> & { job: string; report: unknown }>(
    `select job, slot, status, finished_at as "finishedAt", error, report
     from unnest($1::text[]) as name, lateral (
       select * from runs where runs.job = name and status in ('succeeded', 'failed')
       order by slot desc limit $2) as ended
     order by job, slot desc`,
    [jobNames, failuresInARow],
  );
  const runs = rows.map((run) => ({ ...run, report: factsOf(run.job, run.report) }));
  return Map.groupBy(runs, ({ job }) => job);
}

async function missedSlots(pool: Pool, at: Date) {
  const { rows } = await pool.query<{ job: string; slots: number; newest: Date; recordedAt: Date }>(
    // The catch-up records nothing older than 31 days. The bound on the slot lets the query use the index.
    `select job, count(*) as slots, max(slot) as newest, max(finished_at) as "recordedAt" from runs
     where status = 'missed' and slot > $1::timestamptz - interval '32 days'
       and finished_at > $1::timestamptz - make_interval(hours => $2)
     group by job`,
    [at, missedHours],
  );
  return new Map(rows.map(({ job, ...missed }) => [job, missed]));
}
