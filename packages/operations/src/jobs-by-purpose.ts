import { type BackfillBasis, entryOf, imageJobs, type JobName, jobNames } from '@mycelium/queue';

/** Embeds images a person selects: of a day, of some rooms. */
export const imageRequest = imageJobs.selected;

export const backfillJobs: readonly JobName[] = jobNames.filter((name) => basisOf(name));

/** What the job's result is made from, which decides what makes it stale; undefined if it cannot be backfilled. */
export function basisOf(job: JobName): BackfillBasis | undefined {
  return entryOf(job).backfill;
}
