import {
  audit,
  pauseSchedule as pauseInDatabase,
  resumeSchedule as resumeInDatabase,
} from '@mycelium/database';
import { type JobName, scheduledJobs } from '@mycelium/queue';
import { Refusal } from '@mycelium/words';
import type { Operations } from './operations.ts';
import { knownJob } from './run-job.ts';

/** Pauses the job: its slots are not due from now on. @throws Refusal when no scheduler has registered the job yet */
export async function pauseSchedule(ops: Operations, name: string): Promise<JobName> {
  const { pool, queues, clock, actor } = ops;
  const job = knownJob(name, scheduledJobs);
  await audit(pool, { actor, action: 'pause', subject: job });
  if (!(await pauseInDatabase(pool, job, clock())))
    throw new Refusal('conflict', 'refused.not-scheduled', { job });
  // The scheduler removes it from Redis too, but only in its next round.
  await queues.of(job).removeJobScheduler(job);
  return job;
}

/** Resumes the job: its slots are due again. @throws Refusal when no scheduler has registered the job yet */
export async function resumeSchedule(ops: Operations, name: string): Promise<JobName> {
  const { pool, actor } = ops;
  const job = knownJob(name, scheduledJobs);
  await audit(pool, { actor, action: 'resume', subject: job });
  if (!(await resumeInDatabase(pool, job))) throw new Refusal('conflict', 'refused.not-scheduled', { job });
  return job;
}
