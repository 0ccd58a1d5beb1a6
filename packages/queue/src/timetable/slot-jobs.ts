import { PermanentError } from '@mycelium/farm';
import type { Cause } from '../envelope.ts';
import type { JobName, PayloadInput } from '../jobs.ts';
import type { Queues } from '../queues.ts';
import { findRequestedJob } from '../requested-job.ts';

/** The id that BullMQ's scheduler gives the job of a slot. */
const schedulerJobId = (name: JobName, slot: Date) => `repeat:${name}:${slot.getTime()}`;

/**
 * The id of the one job that stands for a slot when anyone else puts it there. Not the scheduler's own id: where that
 * exists already, BullMQ's scheduler adds no job for the slot and never fires again.
 */
export function slotJobId(name: JobName, slot: Date): string {
  return `${name}@${slot.getTime()}`;
}

/** The jobs that stand for a slot in Redis: under one of its ids, or the one that the ledger has as its request. */
async function findSlotJobs(queues: Queues, name: JobName, slot: Date, request: string | null = null) {
  const queue = queues.of(name);
  const found = await Promise.all([
    queue.getJob(schedulerJobId(name, slot)),
    queue.getJob(slotJobId(name, slot)),
    findRequestedJob(queues, name, request),
  ]);
  return found.filter((job) => job !== undefined);
}

/** Whether Redis holds an unfinished job for this slot. */
export async function slotIsQueued(
  queues: Queues,
  name: JobName,
  slot: Date,
  request?: string,
): Promise<boolean> {
  const jobs = await findSlotJobs(queues, name, slot, request);
  const states = await Promise.all(jobs.map((job) => job.getState()));
  return states.some((state) => !['completed', 'failed', 'unknown'].includes(state));
}

/**
 * Whether a run that waits for its batches sleeps in Redis and one of its batches is unfinished. If not, it has just
 * woken, or nothing will wake it.
 */
export async function hasLiveBatch(
  queues: Queues,
  name: JobName,
  slot: Date,
  request: string,
): Promise<boolean> {
  for (const job of await findSlotJobs(queues, name, slot, request)) {
    if ((await job.getState()) !== 'waiting-children') continue;
    const { unprocessed = [] } = await job.getDependencies({ unprocessed: { count: 100 } });
    for (const key of unprocessed) if (await jobExists(queues, key)) return true;
  }
  return false;
}

/** A batch that was removed is still listed by its parent, under its key. */
async function jobExists(queues: Queues, key: string): Promise<boolean> {
  const queue = queues.all.find(({ qualifiedName }) => key.startsWith(`${qualifiedName}:`));
  const id = queue && key.slice(queue.qualifiedName.length + 1);
  return id !== undefined && (await queue?.getJob(id)) !== undefined;
}

/** Why the job of a slot was dead-lettered, if it was: by BullMQ too, after its workers had died too often. */
export async function whyDeadLettered(
  queues: Queues,
  name: JobName,
  slot: Date,
  request: string,
): Promise<string | undefined> {
  for (const job of await findSlotJobs(queues, name, slot, request)) {
    if (await job.isFailed()) return job.failedReason ?? 'unknown';
  }
  return undefined;
}

/**
 * Puts the one job of a slot into Redis, in place of a finished one. An unfinished one stays as it is and is returned.
 * @throws PermanentError when the slot lies after `now`: a run of it would take the place of the real one
 */
export async function enqueueSlot<Name extends JobName>(
  queues: Queues,
  name: Name,
  slot: Date,
  cause: Cause,
  payload: PayloadInput<Name>,
  { by, now = new Date() }: { by?: string; now?: Date } = {},
) {
  if (slot > now)
    throw new PermanentError('not_due', `the slot ${slot.toISOString()} of ${name} has not come yet`);
  const jobId = slotJobId(name, slot);
  const old = await queues.of(name).getJob(jobId);
  if (old && ((await old.isCompleted()) || (await old.isFailed()))) await old.remove();
  return queues.enqueue(name, payload, { slot, cause, by, jobId });
}
