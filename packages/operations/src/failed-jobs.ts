import { audit } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import { Refusal } from '@mycelium/words';
import type { Operations } from './operations.ts';

type QueueJob = NonNullable<Awaited<ReturnType<Queues['all'][number]['getJob']>>>;

/** Which failed jobs: these ids, or all with a name, in a queue, or with some words in the reason. */
export interface FailedChoice {
  queue?: string | undefined;
  ids?: string[] | undefined;
  job?: string | undefined;
  reason?: string | undefined;
}

export interface FailedJob {
  id: string;
  job: string;
  queue: string;
  failedAt: Date | null;
  attempts: number;
  reason: string;
}

const pageSize = 500;
/** As many as a queue retains. */
const most = 20_000;

/** Jobs that used every attempt, newest first, and their total number. */
export async function listFailed(
  { queues }: Pick<Operations, 'queues'>,
  { job, limit }: { job?: string | undefined; limit: number },
): Promise<{ jobs: FailedJob[]; total: number }> {
  const lists = await Promise.all(
    queues.all.map(async (queue) => {
      const jobs = job ? await failedOf(queue, { job }) : await queue.getFailed(0, limit - 1);
      return { jobs: jobs.filter(Boolean), total: job ? jobs.length : await queue.getFailedCount() };
    }),
  );
  const jobs = lists.flatMap((list) => list.jobs.map(describe));
  jobs.sort((a, b) => Number(b.failedAt) - Number(a.failedAt));
  return { jobs: jobs.slice(0, limit), total: lists.reduce((sum, { total }) => sum + total, 0) };
}

/** How many jobs `retryFailed` would retry. */
export async function countFailed(ops: Pick<Operations, 'queues'>, choice: FailedChoice): Promise<number> {
  return (await choose(ops, choice)).jobs.length;
}

/** @returns the ids that were retried, and the chosen ids that are not failed jobs */
export function retryFailed(ops: Operations, choice: FailedChoice) {
  return change(ops, choice, 'failed retry', (job) => retryJob(job, ops.by));
}

/** A retried job gets as many attempts as a new one. The next attempt records who requested it. */
export async function retryJob(job: QueueJob, by: string): Promise<void> {
  await job.updateData({ ...job.data, by });
  await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
}

/** Removes failed jobs from their queues. The ledger keeps their history. */
export function discardFailed(ops: Operations, choice: FailedChoice) {
  return change(ops, choice, 'failed discard', (job) => job.remove());
}

async function change(
  ops: Operations,
  choice: FailedChoice,
  action: string,
  work: (job: QueueJob) => Promise<unknown>,
): Promise<{ changed: string[]; unknown: string[] }> {
  const { jobs, unknown } = await choose(ops, choice);
  if (jobs.length === 0) return { changed: [], unknown };
  const subject = `${jobs.length} of ${choice.queue ?? choice.job ?? 'all queues'}`;
  const { job, reason, ids } = choice;
  await audit(ops.pool, { actor: ops.actor, action, subject, detail: { job, reason, ids } });
  const changed: string[] = [];
  for (const each of jobs) {
    // If someone else retried it in the meantime, this request has not failed.
    const done = await work(each).then(
      () => true,
      async (error) => {
        if (await each.isFailed()) throw error;
        return false;
      },
    );
    if (done) changed.push(each.id as string);
  }
  return { changed, unknown };
}

async function choose(
  { queues }: Pick<Operations, 'queues'>,
  { queue: name, ids, job, reason }: FailedChoice,
): Promise<{ jobs: QueueJob[]; unknown: string[] }> {
  const chosen = queues.all.filter((queue) => name === undefined || queue.name === name);
  if (chosen.length === 0) throw new Refusal('missing', 'refused.no-queue', { queue: name ?? '' });
  const lists = await Promise.all(
    chosen.map((queue) => (ids?.length ? failedAmong(queue, ids) : failedOf(queue, { job, reason }))),
  );
  const jobs = lists.flat().filter((each) => !job || each.name === job);
  return { jobs, unknown: (ids ?? []).filter((id) => !jobs.some((each) => each.id === id)) };
}

async function failedAmong(queue: Queues['all'][number], ids: string[]): Promise<QueueJob[]> {
  const found = await Promise.all(ids.map((id) => queue.getJob(id)));
  const failed = await Promise.all(found.map((each) => each?.isFailed()));
  return found.filter((each, n): each is QueueJob => each !== undefined && failed[n] === true);
}

async function failedOf(
  queue: Queues['all'][number],
  { job, reason }: Pick<FailedChoice, 'job' | 'reason'>,
): Promise<QueueJob[]> {
  const chosen: QueueJob[] = [];
  for (let start = 0; start < most; start += pageSize) {
    const page = await queue.getFailed(start, start + pageSize - 1);
    // A job that is removed while the page is read leaves a gap.
    for (const each of page.filter(Boolean)) {
      if ((!job || each.name === job) && (!reason || each.failedReason?.includes(reason))) chosen.push(each);
    }
    if (page.length < pageSize) break;
  }
  return chosen;
}

function describe(job: QueueJob): FailedJob {
  return {
    id: String(job.id),
    job: job.name,
    queue: job.queueName,
    failedAt: job.finishedOn ? new Date(job.finishedOn) : null,
    attempts: job.attemptsMade,
    reason: job.failedReason ?? '',
  };
}
