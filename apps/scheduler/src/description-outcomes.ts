import { imageJobs, jobs, type Queues } from '@mycelium/queue';
import { withinPatience } from './patience.ts';

/** How the newest batches of descriptions ended. */
export interface DescriptionOutcomes {
  described: number;
  failed: number;
  /** When the newest of them ended. */
  newest: Date;
}

const newestBatches = 5;

/**
 * Adds up the newest batches; undefined when there is none. A description that failed fails no job, so that only the
 * results say it.
 * @throws Error when Redis does not answer within five seconds
 */
export async function readDescriptionOutcomes(queues: Queues): Promise<DescriptionOutcomes | undefined> {
  const ended = await withinPatience(
    queues.of(imageJobs.descriptions).getJobs(['completed'], 0, newestBatches - 1),
  );
  const outcomes = { described: 0, failed: 0 };
  for (const { returnvalue } of ended) {
    const report = jobs[imageJobs.descriptions].result.safeParse(returnvalue);
    outcomes.described += report.data?.described ?? 0;
    outcomes.failed += report.data?.failed ?? 0;
  }
  const newest = Math.max(...ended.map(({ finishedOn = 0 }) => finishedOn));
  return ended.length === 0 ? undefined : { ...outcomes, newest: new Date(newest) };
}
