import {
  audit,
  pauseSchedule as pauseInDatabase,
  resumeSchedule as resumeInDatabase,
} from '@mycelium/database';
import { entryOf, type JobName } from '@mycelium/queue';
import { Refusal } from '@mycelium/words';
import type { Operations } from './operations.ts';
import { knownJob } from './run-job.ts';

/**
 * Pauses the job: its slots are not due from now on.
 * @throws Refusal when the job has no schedule, or no scheduler has registered it yet
 */
export async function pauseSchedule(ops: Operations, name: string): Promise<JobName> {
  const { pool, queues, clock, actor } = ops;
  const job = scheduledJob(name);
  await audit(pool, { actor, action: 'pause', subject: job });
  if (!(await pauseInDatabase(pool, job, clock())))
    throw new Refusal('conflict', 'refused.not-scheduled', { job });
  // The scheduler removes it from Redis too, but only in its next round.
  await queues.of(job).removeJobScheduler(job);
  return job;
}

/**
 * Resumes the job: its slots are due again.
 * @throws Refusal when the job has no schedule, or no scheduler has registered it yet
 */
export async function resumeSchedule(ops: Operations, name: string): Promise<JobName> {
  const { pool, actor } = ops;
  const job = scheduledJob(name);
  await audit(pool, { actor, action: 'resume', subject: job });
  if (!(await resumeInDatabase(pool, job))) throw new Refusal('conflict', 'refused.not-scheduled', { job });
  return job;
}

function scheduledJob(name: string): JobName {
  const job = knownJob(name);
  if (!entryOf(job).schedule) throw new Refusal('conflict', 'refused.no-schedule', { job });
  return job;
}
