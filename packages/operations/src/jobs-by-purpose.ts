import { type BackfillBasis, entryOf, imageJobs, type JobName, jobNames } from '@mycelium/queue';

/** Embeds images that a person selects by day and room. */
export const imageRequest = imageJobs.selected;

export const backfillJobs: readonly JobName[] = jobNames.filter((name) => basisOf(name));

/** What the job's result is computed from, and so what makes it stale; undefined if it cannot be backfilled. */
export function basisOf(job: JobName): BackfillBasis | undefined {
  return entryOf(job).backfill;
}
