import { setTimeout as sleep } from 'node:timers/promises';
import { findRun } from '@mycelium/database';
import { type Cause, enqueueSlot, type JobName, jobs } from '@mycelium/queue';
import type { House, QueuedJob } from './house.ts';
import type { Bar } from './progress-bar.ts';

export interface Asked<Name extends JobName> {
  job: Name;
  slot: Date;
  cause?: Cause;
  payload: Parameters<typeof enqueueSlot<Name>>[4];
}

export type Followed = { job: JobName; slot: Date; seconds: number } & (
  | { status: 'succeeded'; report: unknown }
  | { status: 'failed'; error: string }
  /** Nobody took it; it stays in the queue. */
  | { status: 'waiting'; error: string }
);

const pollEvery = 250;
const workerWithin = 10_000;

/** Puts a run into its queue and watches it until it has ended, or nobody seems to be there to take it. */
export async function followRun<Name extends JobName>(
  { pool, queues }: Pick<House, 'pool' | 'queues'>,
  { job: name, slot, cause = 'manual', payload }: Asked<Name>,
  bar: Bar,
  signal?: AbortSignal,
): Promise<Followed> {
  const began = Date.now();
  const queue = queues.of(name);
  const job = await enqueueSlot(queues, name, slot, cause, payload);
  const id = job.id as string;
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
      const { queue: where } = jobs[name];
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
