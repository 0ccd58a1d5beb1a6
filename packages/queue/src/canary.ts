import type { Queue } from 'bullmq';
import type { Queues } from './queues.ts';

/** A job without work: whether it is taken shows whether its queue is served. It makes no run and leaves no trace. */
export const canary = 'canary';

/** A canary that nobody has taken yet. */
export interface Canary {
  queue: string;
  since: Date;
  /** Jobs of the queue that workers hold. */
  active: number;
  /** Paused by a person, in Bull Board. */
  isPaused: boolean;
}

/**
 * Sends one to each queue that is idle, at most one at a time. A queue with jobs needs none: they show it too.
 * @param served queues that a live worker takes jobs from. In others it would wait, and could start a worker that
 * scales with the queue.
 */
export async function sendCanaries(queues: Queues, served: Set<string>): Promise<void> {
  await Promise.all(
    queues.all
      .filter(({ name }) => served.has(name))
      .map(async (queue) => {
        const counts = await queue.getJobCounts('waiting', 'prioritized', 'active');
        if (Object.values(counts).some((count) => count > 0) || (await queue.isPaused())) return;
        await queue.add(canary, {}, { jobId: canary, removeOnComplete: true, removeOnFail: true });
      }),
  );
}

export async function waitingCanaries(queues: Queues): Promise<Canary[]> {
  const found = await Promise.all(queues.all.map(findCanary));
  return found.filter((one) => one !== undefined);
}

async function findCanary(queue: Queue): Promise<Canary | undefined> {
  const job = await queue.getJob(canary);
  if (!job) return undefined;
  const [active, isPaused] = await Promise.all([queue.getActiveCount(), queue.isPaused()]);
  return { queue: queue.name, since: new Date(job.timestamp), active, isPaused };
}
