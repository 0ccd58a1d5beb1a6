import { checkFit, type Pool } from '@mycelium/database';
import {
  type Dependency,
  type Handlers,
  type Ledger,
  type QueueConnection,
  type QueueName,
  type Queues,
  type RunningWorker,
  startWorker,
} from '@mycelium/queue';
import { fencedWrites, type Logger, type Shutdown, watchBreaker } from '@mycelium/telemetry';

interface Parts {
  pool: Pool;
  connection: QueueConnection;
  queues: Queues;
  ledger: Ledger;
  timeZone: string;
  logger: Logger;
  onStop: Shutdown['onStop'];
}

export interface TakeJobsOptions {
  concurrency?: number;
  /** The dependencies of the queue's jobs, in addition to the database. */
  needs?: Dependency[];
}

/** The scheduler of another release may have changed the tables. */
const fitEveryMillis = 10_000;

/** The workers of one process. They shut down together. */
export function jobTaker({ pool, onStop, ...options }: Parts) {
  const workers: RunningWorker[] = [];
  const dependencies = new Set<string>();
  /** A database of another release counts as one that is down: jobs wait, and lose no attempt. */
  const postgres: Dependency = { name: 'postgres', probe: () => checkFit(pool) };
  const watchFit = () =>
    checkFit(pool).catch(() => Promise.all(workers.map((worker) => worker.check()))) as Promise<unknown>;

  return {
    /** Starts taking jobs from a queue. */
    takeJobs<Queue extends QueueName, Context extends object>(
      queue: Queue,
      handlers: Handlers<Queue, Context>,
      context: Context,
      { needs = [], ...more }: TakeJobsOptions = {},
    ): void {
      if (workers.length === 0) {
        const watching = setInterval(() => void watchFit(), fitEveryMillis);
        onStop('workers', () => {
          clearInterval(watching);
          return Promise.all(workers.map((worker) => worker.close()));
        });
      }
      const all = [postgres, ...needs];
      for (const { name } of all) dependencies.add(name);
      workers.push(
        startWorker(queue, handlers, context, {
          ...options,
          ...more,
          needs: all,
          onFenced: () => fencedWrites.inc(),
        }),
      );
      options.logger.info('taking jobs', { queue });
    },

    /** Why one of them takes no jobs; undefined if all do. */
    trouble: () => workers.map((worker) => worker.trouble()).find(Boolean),

    /** Shows in the metrics which dependency is down. */
    watch(): void {
      watchBreaker([...dependencies], () => workers.map((worker) => worker.downDependency()).find(Boolean));
    },
  };
}
