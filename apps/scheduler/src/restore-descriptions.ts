import { undescribedImages } from '@mycelium/database';
import { imageJobs } from '@mycelium/queue';
import type { Reconciliation } from './reconciliation.ts';

/** Milliseconds, longer than the time between the commit of a vector and the job for its description. */
const grace = 10_000;
const atOnce = 1_000;

/** If images wait for descriptions but the queue has no such job, the jobs were lost. Enqueues one per image, once. */
export async function restoreDescriptions({ pool, queues, logger, now }: Reconciliation): Promise<void> {
  const job = imageJobs.descriptions;
  // Check the queue first: while it has jobs, and a backlog may be long, there is no need to read the table.
  const counts = await queues.of(job).getJobCounts('waiting', 'active', 'delayed');
  if (Object.values(counts).some((count) => count > 0)) return;
  const before = new Date(now().getTime() - grace);
  const images = await undescribedImages(pool, { before, limit: atOnce });
  if (images.length === 0) return;
  logger.warn(`enqueued ${job} again: images wait for descriptions and had no job`, {
    images: images.length,
  });
  await queues.enqueueAll(
    job,
    images.map(({ key, imageId, wantedAt }) => ({
      payload: { keys: [key] },
      // A dead-lettered job has the same id, so it stays until a person retries it.
      asked: { jobId: `image-${imageId}-${wantedAt.getTime()}` },
    })),
  );
}
