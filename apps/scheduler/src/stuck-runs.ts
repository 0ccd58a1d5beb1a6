import { listWaitingRuns, markIdle, type Pool } from '@mycelium/database';
import { hasLiveBatch, isJobName, type Queues } from '@mycelium/queue';
import { withinPatience } from './patience.ts';

/** A run that waits for its batches and has none that is alive. */
export interface StuckRun {
  job: string;
  slot: Date;
  idleSince: Date;
}

/**
 * Looks in Redis for the batches of every waiting run, and remembers since when a run has had none. A run that has just
 * woken is one of them for seconds.
 * @returns undefined while Redis does not answer
 */
export async function findStuckRuns(pool: Pool, queues: Queues, at: Date): Promise<StuckRun[] | undefined> {
  const waiting = await listWaitingRuns(pool);
  const alive = waiting.map(({ job, slot, request }) =>
    isJobName(job) ? hasLiveBatch(queues, job, slot, request) : false,
  );
  const batches = await withinPatience(Promise.all(alive)).catch(() => undefined);
  if (!batches) return undefined;
  const idle = waiting.filter((_, n) => !batches[n]);
  await markIdle(
    pool,
    idle.map(({ id }) => id),
    at,
  );
  return idle.map(({ job, slot, idleSince }) => ({ job, slot, idleSince: idleSince ?? at }));
}
