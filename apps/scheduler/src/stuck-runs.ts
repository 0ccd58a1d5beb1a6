import { listWaitingRuns, markIdle, type Pool } from '@mycelium/database';
import { hasLiveBatch, isJobName, type Queues } from '@mycelium/queue';
import { withinPatience } from './patience.ts';

/** A run that waits for its batches but has no live one. */
export interface StuckRun {
  job: string;
  slot: Date;
  idleSince: Date;
}

/**
 * Looks in Redis for the batches of every waiting run, and records when a run was first found without any. A run that
 * has just woken may be among them for a few seconds.
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
