import { listHeartbeats, listOpenAlerts, type Pool, pausedSchedules } from '@mycelium/database';
import { nextFiring } from '@mycelium/farm';
import { jobNames, type Queues, scheduledJobs, scheduleOf } from '@mycelium/queue';
import { Counter, Gauge, type Registry, register } from 'prom-client';
import { alertKinds } from './alerts/alert-rules.ts';
import { readDeadLetters } from './dead-letters.ts';
import { overdueSlots } from './overdue-slots.ts';
import { withinPatience } from './patience.ts';

export interface Measured {
  pool: Pool;
  queues: Queues;
  timeZone: string;
  now: () => Date;
}

const endings = ['succeeded', 'failed', 'missed', 'coalesced', 'paused'];

/**
 * The metrics of the ledger and the queues, read when Prometheus scrapes. Every scheduler reports the same values: take
 * the maximum over them. While PostgreSQL or Redis does not answer, its metrics are absent rather than outdated.
 */
export function measureLedger(
  { pool, queues, timeZone, now }: Measured,
  registry: Registry = register,
): void {
  const ledger = oneAtATime(readLedger);
  const redis = oneAtATime(readQueues);
  /** All metrics share one read. */
  const read = oneAtATime(async () => {
    await Promise.all([
      withinPatience(ledger()).catch(forgetLedger),
      withinPatience(redis()).catch(forgetQueues),
    ]);
  });
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry], collect: read });

  const nextRun = gauge('mycelium_next_run_timestamp_seconds', 'When the job fires next', 'job');
  const overdue = gauge('mycelium_overdue_slots', 'Slots due beyond the grace that have not begun', 'job');
  const heartbeatAge = gauge(
    'mycelium_heartbeat_age_seconds',
    'Time since the last heartbeat of a service',
    'service',
  );
  const alertsOpen = gauge('mycelium_alerts_open', 'Open alerts', 'kind');
  const ledgerMetrics = [nextRun, overdue, heartbeatAge, alertsOpen];
  const queueJobs = gauge('mycelium_queue_jobs', 'Jobs in Redis', 'queue', 'state');
  const oldestLetter = gauge(
    'mycelium_oldest_dead_letter_seconds',
    'Age of the oldest dead-lettered job; 0 without any',
    'queue',
  );
  const runs = new Counter({
    name: 'mycelium_runs_total',
    help: 'Slots that ended since this scheduler started, by how, from the ledger',
    labelNames: ['job', 'status'],
    registers: [registry],
    collect: read,
  });
  for (const job of jobNames) for (const status of endings) runs.inc({ job, status }, 0);
  const countEnded = endedSince(pool, now());

  async function readLedger(): Promise<void> {
    const at = now();
    const [paused, due, heartbeats, alerts] = await Promise.all([
      pausedSchedules(pool),
      overdueSlots(pool, timeZone, at),
      listHeartbeats(pool, at),
      listOpenAlerts(pool),
      countEnded((job, status, count) => runs.inc({ job, status }, count)),
    ]);
    for (const metric of ledgerMetrics) metric.reset();
    for (const job of scheduledJobs) {
      if (!paused.has(job)) nextRun.set({ job }, nextFiring(scheduleOf(job), timeZone, at).getTime() / 1_000);
      overdue.set({ job }, due.get(job)?.length ?? 0);
    }
    for (const [service, processes] of Map.groupBy(heartbeats, (row) => row.service)) {
      const seen = Math.max(...processes.map(({ seenAt }) => seenAt.getTime()));
      heartbeatAge.set({ service }, Math.max(0, at.getTime() - seen) / 1_000);
    }
    for (const kind of alertKinds) {
      alertsOpen.set({ kind }, alerts.filter((alert) => alert.kind === kind).length);
    }
  }

  async function readQueues(): Promise<void> {
    const at = now();
    const [counts, letters] = await Promise.all([
      Promise.all(queues.all.map((queue) => queue.getJobCounts())),
      readDeadLetters(queues),
    ]);
    forgetQueues();
    for (const [n, { name }] of queues.all.entries()) {
      for (const [state, count] of Object.entries(counts[n] ?? {}))
        queueJobs.set({ queue: name, state }, count);
      const oldest = letters.find(({ queue }) => queue === name)?.oldest;
      oldestLetter.set({ queue: name }, oldest ? (at.getTime() - oldest.getTime()) / 1_000 : 0);
    }
  }

  function forgetLedger(): void {
    for (const metric of ledgerMetrics) metric.reset();
  }

  function forgetQueues(): void {
    queueJobs.reset();
    oldestLetter.reset();
  }
}

/**
 * Counts runs as they end instead of all rows in the ledger: old rows are deleted, and to Prometheus a falling counter
 * looks like a restart. The cursor stays slightly behind, for transactions that have not committed yet.
 */
function endedSince(pool: Pool, start: Date) {
  let from = start;
  return async (add: (job: string, status: string, count: number) => void): Promise<void> => {
    const { rows } = await pool.query<{ until: Date; job: string | null; status: string; count: number }>(
      `select until, job, status, count(job) as count
       from (select date_trunc('milliseconds', now() - interval '5 seconds') as until) as cursor
       left join runs on finished_at > $1 and finished_at <= until and job = any($2)
       group by until, job, status`,
      [from, jobNames],
    );
    from = rows[0]?.until ?? from;
    for (const { job, status, count } of rows) if (job) add(job, status, count);
  };
}

/** Calls made while the work is running wait for the same run. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined;
  return () => {
    current ??= work().finally(() => {
      current = undefined;
    });
    return current;
  };
}
