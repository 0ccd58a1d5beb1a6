import { setTimeout as sleep } from 'node:timers/promises';
import { findRun } from '@mycelium/database';
import type { QueuedRun } from '@mycelium/operations';
import type { JobName, Queues } from '@mycelium/queue';
import type { Connections, QueuedJob } from './connections.ts';
import type { Bar } from './progress-bar.ts';

type Outcome =
  | { status: 'succeeded'; report: unknown }
  | { status: 'failed'; error: string }
  /** No worker took it; it stays in the queue. */
  | { status: 'waiting'; error: string };

export type Followed = { job: JobName; slot: Date; seconds: number } & Outcome;

const pollEvery = 250;
const workerWithin = 10_000;

/** Watches a queued run until it has ended, or until no worker seems to be running that could take it. */
export async function followRun(
  connections: Pick<Connections, 'pool' | 'queues'>,
  queued: QueuedRun,
  bar: Bar,
  signal?: AbortSignal,
): Promise<Followed> {
  const began = Date.now();
  const abandoned = await untilEnded(connections.queues, queued, bar, signal);
  const outcome = abandoned ?? (await outcomeOf(connections, queued));
  const seconds = (Date.now() - began) / 1_000;
  bar.end(outcome.status === 'succeeded' ? `done in ${seconds.toFixed(1)} s` : outcome.status);
  return { job: queued.job, slot: queued.slot, seconds, ...outcome };
}

/** Shows the progress of a run until it has ended. @returns an outcome when no worker takes it */
async function untilEnded(
  queues: Queues,
  { job: name, id }: QueuedRun,
  bar: Bar,
  signal?: AbortSignal,
): Promise<Outcome | undefined> {
  const queue = queues.of(name);
  const giveUpAt = Date.now() + workerWithin;
  for (let taken = false; ; await sleep(pollEvery, undefined, signal && { signal })) {
    const state = await queue.getJobState(id);
    if (state === 'completed' || state === 'failed' || state === 'unknown') return undefined;
    taken ||= state === 'active' || state === 'waiting-children';
    const job = await queue.getJob(id);
    if (job) await showProgress(job, state, bar);
    if (taken || Date.now() < giveUpAt) continue;
    if ((await queue.getWorkersCount()) === 0) {
      const error = `No worker of the queue "${queue.name}" seems to be running. ${name} stays in the queue until one starts.`;
      return { status: 'waiting', error };
    }
    bar.note('waiting: no worker has taken it yet');
  }
}

/** The outcome in the ledger, or in the queue if the ledger does not have the run. */
async function outcomeOf(
  { pool, queues }: Pick<Connections, 'pool' | 'queues'>,
  { job: name, slot, id }: QueuedRun,
): Promise<Outcome> {
  const run = await findRun(pool, name, slot);
  if (run?.status === 'succeeded') return { status: 'succeeded', report: run.report };
  const failedReason = (await queues.of(name).getJob(id))?.failedReason;
  return {
    status: 'failed',
    error:
      failedReason ??
      run?.error ??
      `${name} disappeared from the queue. \`mycelium runs\` shows whether it is queued again.`,
  };
}

async function showProgress(job: QueuedJob, state: string, bar: Bar): Promise<void> {
  if (state === 'waiting-children') {
    // It sleeps until its batches are done.
    const { processed = 0, unprocessed = 0, failed = 0, ignored = 0 } = await job.getDependenciesCount();
    const done = processed + failed + ignored;
    return bar.update(done, done + unprocessed, 'batches');
  }
  const { done, total } = (job.progress || {}) as { done?: number; total?: number };
  if (total) bar.update(done ?? 0, total);
}
