import type { Job as BullJob } from 'bullmq';
import { isJobName, type JobName } from './jobs.ts';

/** A run's one name, everywhere: `JOB@1764522200000`, with its slot in milliseconds since 1970. */
export const runIdOf = (job: string, slot: Date): string => `${job}@${slot.getTime()}`;

/** @returns undefined for any other text */
export function readRunId(id: string): { job: JobName; slot: Date } | undefined {
  const [, job = '', millis = ''] = /^(\w+)@(\d{1,15})$/.exec(id) ?? [];
  return isJobName(job) ? { job, slot: new Date(Number(millis)) } : undefined;
}

/** The run that a batch belongs to, by the id of its parent: `JOB@MILLIS`, or `repeat:JOB:MILLIS` from the timetable. */
export function runIdOfBatch({ parent }: Pick<BullJob, 'parent'>): string | undefined {
  const [, job, millis] = /^(?:repeat:)?(\w+)[@:](\d+)$/.exec(parent?.id ?? '') ?? [];
  return job && `${job}@${millis}`;
}
