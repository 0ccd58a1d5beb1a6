import type { Queues } from '@mycelium/queue';
import { withinPatience } from './patience.ts';

/** Jobs of a queue that used every attempt and stay in Redis until a person acts. */
export interface DeadLetters {
  queue: string;
  count: number;
  /** When the oldest and the newest of them failed. */
  oldest: Date;
  newest: Date;
}

/**
 * Queues that hold dead letters.
 * @throws Error when Redis does not answer within five seconds
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
