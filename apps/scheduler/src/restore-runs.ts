import { failRun, unattendedRuns } from '@mycelium/database';
import {
  enqueueSlot,
  isJobName,
  scheduledJobs,
  slotIsQueued,
  startupJob,
  whyDeadLettered,
} from '@mycelium/queue';
import type { Reconciliation } from './reconciliation.ts';

/** Handles unfinished runs without a live worker or a job in the queue: enqueues each again or ends it as failed. */
export async function restoreRuns({ pool, queues, logger, now }: Reconciliation): Promise<void> {
  for (const { job, slot, request } of await unattendedRuns(pool)) {
    if (!isJobName(job) || (await slotIsQueued(queues, job, slot, request))) continue;
    const fields = { job, slot: slot.toISOString() };
    const failure = await whyDeadLettered(queues, job, request);
    if (failure) {
      logger.error(`${job} was dead-lettered: ${failure}`, fields);
      await failRun(pool, { job, slot }, failure);
    } else if (scheduledJobs.includes(job)) {
      logger.warn(`enqueued ${job} again: it had begun and its job was lost from Redis`, fields);
      await enqueueSlot(queues, job, slot, 'catch-up', {}, { by: 'schedule', now: now() });
    } else if (job === startupJob) {
      await failRun(pool, { job, slot }, 'the scheduler stopped before it ended');
    } else {
      // Its payload was lost too.
      await failRun(pool, { job, slot }, 'its job was lost from Redis; run it again');
    }
  }
}
