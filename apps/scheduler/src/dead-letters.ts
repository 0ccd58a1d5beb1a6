import type { Queues } from '@mycelium/queue';

/** Jobs of a queue that failed for good and wait in Redis for a person. */
export interface DeadLetters {
  queue: string;
  count: number;
  /** When the first and the last of them failed. */
  oldest: Date;
  newest: Date;
}

const patience = 5_000;

/**
 * Queues that hold dead letters.
 * @throws Error when Redis does not answer within five seconds.
 */
export async function readDeadLetters(queues: Queues): Promise<DeadLetters[]> {
  const read = await withinPatience(
    Promise.all(
      queues.all.map(async (queue): Promise<DeadLetters[]> => {
        const failed = await queue.getFailedCount();
        if (failed === 0) return [];
        const [[first], [last]] = await Promise.all([
          queue.getJobs(['failed'], 0, 0, true),
          queue.getJobs(['failed'], 0, 0, false),
        ]);
        if (!first?.finishedOn || !last?.finishedOn) return [];
        const [oldest, newest] = [new Date(first.finishedOn), new Date(last.finishedOn)];
        return [{ queue: queue.name, count: failed, oldest, newest }];
      }),
    ),
  );
  return read.flat();
}

/** BullMQ waits for a Redis it has never reached for as long as that takes. */
export async function withinPatience<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('Redis does not answer')), patience);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
