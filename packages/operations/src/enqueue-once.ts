import { createHash } from 'node:crypto';
import type { Cause, JobName, PayloadInput, Queues } from '@mycelium/queue';

/**
 * Queues a job under an id derived from its content. If a job with that id is unfinished, returns that one.
 * @param prepare runs before a new job is queued
 */
export async function enqueueOnce<Name extends JobName>(
  queues: Queues,
  name: Name,
  payload: PayloadInput<Name>,
  {
    prefix,
    prepare,
    ...asked
  }: { prefix: string; prepare?: () => Promise<unknown>; slot?: Date; cause?: Cause; by?: string },
) {
  const digest = createHash('sha256').update(JSON.stringify(payload)).digest('hex').slice(0, 24);
  const jobId = `${prefix}-${digest}`;
  const old = await queues.of(name).getJob(jobId);
  if (old && !(await old.isCompleted()) && !(await old.isFailed())) return old;
  await old?.remove();
  await prepare?.();
  const job = await queues.enqueue(name, payload, { ...asked, jobId });
  // BullMQ returns the requested job even when an existing job keeps its place.
  return (await queues.of(name).getJob(jobId)) ?? job;
}
