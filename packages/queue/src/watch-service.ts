import type { Queue } from 'bullmq';

interface Watched {
  queue: Queue;
  concurrency: number;
  /** Whether it is meant to take jobs: it is not while a dependency is down. */
  isRunning(): boolean;
}

/**
 * Notices a worker that takes nothing although jobs wait and it has room, such as one whose connection is dead without
 * its knowing. Such a worker looks healthy in every other way.
 */
export function watchService({ queue, concurrency, isRunning }: Watched, everyMillis = 10_000) {
  let trouble: string | undefined;
  let [active, taken] = [0, 0];
  let takenBefore = -1;
  let hungry = 0;

  async function look(): Promise<string | undefined> {
    const counts = await queue.getJobCounts('waiting', 'prioritized');
    const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const isIdle = isRunning() && active < concurrency && taken === takenBefore;
    takenBefore = taken;
    const isHungry = isIdle && waiting > 0 && !(await queue.isPaused());
    hungry = isHungry ? hungry + 1 : 0;
    // One look may fall between the arrival of a job and its start.
    return hungry >= 2
      ? `${queue.name}: ${waiting} ${waiting === 1 ? 'job waits' : 'jobs wait'}, and this worker takes none`
      : undefined;
  }

  const timer = setInterval(() => {
    look().then(
      (found) => {
        trouble = found;
      },
      (error) => {
        trouble = `redis: ${error instanceof Error ? error.message : error}`;
      },
    );
  }, everyMillis);
  timer.unref();

  return {
    /** Counts a job that the worker has taken. */
    async hold<T>(work: () => Promise<T>): Promise<T> {
      active += 1;
      taken += 1;
      try {
        return await work();
      } finally {
        active -= 1;
      }
    },
    trouble: () => trouble,
    close: () => clearInterval(timer),
  };
}
