import { type Config, fullDisk, mib } from '@mycelium/config';
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
import { fencedWrites, type Logger, nameSpan, type Shutdown, watchBreaker } from '@mycelium/telemetry';

interface Parts {
  config: Config;
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
  /** Its jobs free space, so they run on a full disk too. */
  freesSpace?: boolean;
}

/** The scheduler of another release may have changed the tables, or a disk may have filled up. */
const lookEveryMillis = 10_000;

/** The workers of one process. They shut down together. */
export function jobTaker({ config, pool, onStop, ...options }: Parts) {
  const workers: RunningWorker[] = [];
  const queues: string[] = [];
  const dependencies = new Set<string>();
  /** A database of another release counts as one that is down: jobs wait, and lose no attempt. */
  const postgres: Dependency = { name: 'postgres', probe: () => checkFit(pool) };
  const checkDisk = async () => {
    const full = await fullDisk(config);
    if (full) throw new Error(`${Math.floor(full.free / mib)} MiB free in ${full.path}`);
  };
  /** A job that is cut off by a full disk loses an attempt; one that waits loses nothing. */
  const disk: Dependency = { name: 'disk', probe: checkDisk };
  const look = () =>
    Promise.all([checkFit(pool), checkDisk()]).catch(() =>
      Promise.all(workers.map((worker) => worker.check())),
    );

  return {
    /** Starts taking jobs from a queue. */
    takeJobs<Queue extends QueueName, Context extends object>(
      queue: Queue,
      handlers: Handlers<Queue, Context>,
      context: Context,
      { needs = [], freesSpace = false, ...more }: TakeJobsOptions = {},
    ): void {
      if (workers.length === 0) {
        const watching = setInterval(() => void look(), lookEveryMillis);
        onStop('workers', () => {
          clearInterval(watching);
          return Promise.all(workers.map((worker) => worker.close()));
        });
      }
      const all = freesSpace ? [postgres, ...needs] : [postgres, disk, ...needs];
      queues.push(queue);
      for (const { name } of all) dependencies.add(name);
      workers.push(
        startWorker(queue, handlers, context, {
          ...options,
          ...more,
          needs: all,
          onFenced: () => fencedWrites.inc(),
          onRun: nameSpan,
        }),
      );
      options.logger.info('taking jobs', { queue });
    },

    /** Why one of them takes no jobs; undefined if all do. */
    trouble: () => workers.map((worker) => worker.trouble()).find(Boolean),

    queues: () => queues,

    /** Shows in the metrics which dependency is down. */
    watch(): void {
      watchBreaker([...dependencies], () => workers.map((worker) => worker.downDependency()).find(Boolean));
    },
  };
}
