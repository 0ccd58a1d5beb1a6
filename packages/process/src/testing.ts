import { setTimeout as wait } from 'node:timers/promises';
import { createLedger, findRun, type Pool, takeLease } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { addDays, dayOf } from '@mycelium/farm';
import {
  createQueues,
  enqueueSlot,
  type Handlers,
  type JobName,
  type PayloadInput,
  type QueueName,
  type Result,
  type RunContext,
  type RunningWorker,
  startWorker,
} from '@mycelium/queue';
import { handlersOf, testRedis } from '@mycelium/queue/testing';
import { createLogger } from '@mycelium/telemetry';

type TestContext = Parameters<typeof createTestDatabase>[0];

/** A logger that prints nothing. */
export const silent = Object.assign(createLogger({ service: 'test', level: 'error', format: 'json' }), {
  silent: true,
});

/** What a handler gets from its worker, for a test that calls it without a queue. */
export async function runContext(
  pool: Pool,
  job: JobName,
  slot: Date,
  timeZone: string,
  held?: RunContext['run']['lease'],
): Promise<RunContext> {
  const lease = held ?? (await takeLease(pool, job, 'test', 0));
  if (!lease) throw new Error('the lease is taken');
  return {
    run: { job, slot, day: addDays(dayOf(slot, timeZone), -1), timeZone, cause: 'schedule', lease },
    signal: new AbortController().signal,
    deaths: 0,
    progress: async () => {},
    fanOut: () => Promise.reject(new Error('it does not split')),
  };
}

/** A database and queues of the test's own, with workers on them. They end with the test. */
export async function openQueues(t: TestContext, timeZone: string) {
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  const ledger = createLedger(pool, 'test');
  const workers: RunningWorker[] = [];
  t.after(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await queues.close();
  });
  return {
    pool,
    queues,
    redis: connection.redis,

    /** Starts a worker with only the handlers that the test needs. */
    work<Queue extends QueueName, Context extends object>(
      queue: Queue,
      handlers: Partial<Handlers<Queue, Context>>,
      context: Context,
      concurrency = 1,
    ): void {
      const options = { connection, queues, ledger, timeZone, logger: silent, concurrency };
      workers.push(startWorker(queue, handlersOf<Queue, Context>(handlers), context, options));
    },

    /** Runs a slot, whether it ran before or not. @returns the report of the run */
    async run<Name extends JobName>(
      job: Name,
      slot: Date,
      payload: PayloadInput<Name>,
    ): Promise<Result<Name>> {
      await enqueueSlot(queues, job, slot, 'manual', payload);
      for (let n = 0; n < 600; n++) {
        const run = await findRun(pool, job, slot);
        const state = await queues.of(job).getJobState(`${job}@${slot.getTime()}`);
        if (run?.status === 'failed') throw new Error(run.error ?? `${job} failed`);
        if (run?.status === 'succeeded' && state === 'completed') return run.report as Result<Name>;
        await wait(50);
      }
      throw new Error(`${job} of ${slot.toISOString()} did not end`);
    },
  };
}
