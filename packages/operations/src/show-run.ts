import { type Attempt, findListedRun, type ListedRun, listAttempts, type Pool } from '@mycelium/database';
import { findRequestedJob, type Queues, readRunId, viewOf } from '@mycelium/queue';
import { Refusal, type ReportView } from '@mycelium/words';

/** A run's job in the queue. */
interface QueuedJob {
  queue: string;
  id: string;
  state: string;
  attemptsMade: number;
  attempts: number;
  progress: unknown;
  logs: string[];
  /** The stack of each failed attempt. */
  failures: string[];
}

export interface ShownRun extends ListedRun {
  /** The report for display; null when there is none or this release cannot read it. */
  view: ReportView | null;
  /** Every attempt, oldest first. */
  history: Attempt[];
  /** Null once the queue has removed it. */
  queued: QueuedJob | null;
}

/**
 * Everything known about a run.
 * @param id the number of its row, or the run's own, such as `JOB@1764522200000`
 * @throws Refusal when there is none
 */
export async function showRun(
  { pool, queues }: { pool: Pool; queues: Queues },
  id: number | string,
): Promise<ShownRun> {
  const which = typeof id === 'string' ? readRunId(id) : id;
  const run = which && (await findListedRun(pool, which));
  if (!run) throw new Refusal('missing', 'refused.no-run');
  const [queued, history] = await Promise.all([queuedJob(queues, run), listAttempts(pool, run.id)]);
  return { ...run, view: viewOf(run.job, run.report) ?? null, history, queued };
}

async function queuedJob(queues: Queues, run: ListedRun): Promise<QueuedJob | null> {
  const job = await findRequestedJob(queues, run.job, run.request);
  if (!job) return null;
  const queue = queues.of(run.job);
  const [state, { logs }] = await Promise.all([job.getState(), queue.getJobLogs(job.id as string, 0, 499)]);
  return {
    queue: queue.name,
    id: job.id as string,
    state,
    attemptsMade: job.attemptsMade,
    attempts: job.opts.attempts ?? 1,
    progress: job.progress,
    logs,
    failures: job.stacktrace ?? [],
  };
}
