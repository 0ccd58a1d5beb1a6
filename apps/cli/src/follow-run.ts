import { setTimeout as sleep } from 'node:timers/promises';
import { findRun } from '@mycelium/database';
import type { QueuedRun } from '@mycelium/operations';
import { entryOf, type JobName } from '@mycelium/queue';
import type { Connections, QueuedJob } from './connections.ts';
import type { Bar } from './progress-bar.ts';

export type Followed = { job: JobName; slot: Date; seconds: number } & (
  | { status: 'succeeded'; report: unknown }
  | { status: 'failed'; error: string }
  /** No worker took it; it stays in the queue. */
  | { status: 'waiting'; error: string }
);

const pollEvery = 250;
const workerWithin = 10_000;

/** Watches a queued run until it has ended, or no worker seems to be running that could take it. */
export async function followRun(
  { pool, queues }: Pick<Connections, 'pool' | 'queues'>,
  { job: name, slot, id }: QueuedRun,
  bar: Bar,
  signal?: AbortSignal,
): Promise<Followed> {
  const began = Date.now();
  const queue = queues.of(name);
  const ended = (
    outcome: { status: 'failed' | 'waiting'; error: string } | { status: 'succeeded'; report: unknown },
  ) => {
    const seconds = (Date.now() - began) / 1_000;
    bar.end(outcome.status === 'succeeded' ? `done in ${seconds.toFixed(1)} s` : outcome.status);
    return { job: name, slot, seconds, ...outcome };
  };

  for (let taken = false; ; await sleep(pollEvery, undefined, signal && { signal })) {
    const state = await queue.getJobState(id);
    if (state === 'completed' || state === 'failed' || state === 'unknown') break;
    taken ||= state === 'active' || state === 'waiting-children';
    const now = await queue.getJob(id);
    if (now) await showProgress(now, state, bar);
    if (!taken && Date.now() - began > workerWithin) {
      const { queue: where } = entryOf(name);
      const error = `no worker of the queue "${where}" seems to run; ${name} stays in the queue`;
      if ((await queue.getWorkersCount()) === 0) return ended({ status: 'waiting', error });
      bar.note('waiting: no worker has taken it yet');
    }
  }
  const run = await findRun(pool, name, slot);
  if (run?.status === 'succeeded') return ended({ status: 'succeeded', report: run.report });
  const failedReason = (await queue.getJob(id))?.failedReason;
  return ended({ status: 'failed', error: failedReason ?? run?.error ?? `${name} was lost from the queue` });
}

async function showProgress(job: QueuedJob, state: string, bar: Bar): Promise<void> {
  if (state === 'waiting-children') {
    // It sleeps on its batches.
    const { processed = 0, unprocessed = 0, failed = 0, ignored = 0 } = await job.getDependenciesCount();
    const done = processed + failed + ignored;
    return bar.update(done, done + unprocessed, 'batches');
  }
  const { done, total } = (job.progress || {}) as { done?: number; total?: number };
  if (total) bar.update(done ?? 0, total);
}
