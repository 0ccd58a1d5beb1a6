import { PermanentError } from '@mycelium/farm';
import type { Cause } from '../envelope.ts';
import type { JobName, PayloadInput } from '../jobs.ts';
import type { Queues } from '../queues.ts';
import { findRequestedJob } from '../requested-job.ts';
import { runIdOf } from '../run-id.ts';

/** The id that BullMQ's scheduler gives the job of a slot. */
const schedulerJobId = (name: JobName, slot: Date) => `repeat:${name}:${slot.getTime()}`;

/**
 * The id of a slot's job when anything but BullMQ's scheduler enqueues it. It differs from the scheduler's own id: if
 * that already exists, BullMQ's scheduler adds no job for the slot and never fires again.
 */
export const slotJobId = (name: JobName, slot: Date): string => runIdOf(name, slot);

/** The jobs of a slot in Redis: those under one of its ids, and the one in the ledger's `request`. */
async function findSlotJobs(queues: Queues, name: JobName, slot: Date, request: string | null = null) {
  const queue = queues.of(name);
  const found = await Promise.all([
    queue.getJob(schedulerJobId(name, slot)),
    queue.getJob(slotJobId(name, slot)),
    findRequestedJob(queues, name, request),
  ]);
  return found.filter((job) => job !== undefined);
}

/** Whether Redis has an unfinished job for this slot. */
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
 * Whether a waiting run sleeps in Redis and at least one of its batches is unfinished. If not, it has just woken, or
 * nothing will wake it.
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

/** A removed batch is still listed under its parent. */
async function jobExists(queues: Queues, key: string): Promise<boolean> {
  const queue = queues.all.find(({ qualifiedName }) => key.startsWith(`${qualifiedName}:`));
  const id = queue && key.slice(queue.qualifiedName.length + 1);
  return id !== undefined && (await queue?.getJob(id)) !== undefined;
}

/**
 * Why the job of a run was dead-lettered, if it was, including by BullMQ after its workers died too often. Other
 * requests for the same slot do not count.
 */
export async function whyDeadLettered(
  queues: Queues,
  name: JobName,
  request: string,
): Promise<string | undefined> {
  const job = await findRequestedJob(queues, name, request);
  return job && (await job.isFailed()) ? (job.failedReason ?? 'unknown') : undefined;
}

/**
 * Enqueues the one job of a slot in place of a finished one. An unfinished job stays and is returned.
 * @throws PermanentError when the slot is after `now`: such a run would take the place of the real one
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
