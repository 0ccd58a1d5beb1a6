import { audit, findRunRequest } from '@mycelium/database';
import { isUnfinished } from '@mycelium/farm';
import { checkedPayload, enqueueSlot, entryOf, findRequestedJob, isJobName } from '@mycelium/queue';
import { Refusal } from '@mycelium/words';
import { retryJob } from './failed-jobs.ts';
import type { Operations } from './operations.ts';

/**
 * Retries a run: the queue's failed job with a fresh set of attempts, or a new job for the same slot.
 * @throws Refusal while the run is in progress, or when its payload is gone
 */
export async function retryRun(ops: Operations, id: number): Promise<void> {
  const { pool, queues, clock, actor, by } = ops;
  const run = await findRunRequest(pool, id);
  if (!run) throw new Refusal('missing', 'refused.no-run');
  if (isUnfinished(run.status)) throw new Refusal('conflict', 'refused.run-active');
  const { job } = run;
  if (!isJobName(job)) throw new Refusal('conflict', 'refused.no-job', { job });

  // Recorded by an old release that ran a day before it was over: the real run is still to come.
  if (run.slot > clock())
    throw new Refusal('conflict', 'refused.future-slot', { slot: run.slot.toISOString() });

  const queued = await findRequestedJob(queues, job, run.request);
  const failed = queued && (await queued.isFailed());
  const payload = failed || entryOf(job).payload.safeParse({}).success ? {} : queued?.data.payload;
  if (!payload) throw new Refusal('conflict', 'refused.request-gone');

  const subject = `${job} ${run.slot.toISOString()}`;
  await audit(pool, { actor, action: 'retry', subject, detail: { run: id } });
  if (!failed) {
    const asked = { by, now: clock() };
    await enqueueSlot(queues, job, run.slot, 'manual', checkedPayload(job, payload), asked);
    return;
  }
  await retryJob(queued, by).catch(async (error) => {
    // Someone else may have retried it in the meantime; then it is no longer failed.
    const state = await queued.getState().catch(() => 'failed');
    if (state === 'failed') throw error;
    throw new Refusal('conflict', state === 'unknown' ? 'refused.request-gone' : 'refused.run-active');
  });
}
