import { type Job as BullJob, DelayedError, UnrecoverableError, WaitingChildrenError, Worker } from 'bullmq';
import { canary } from './canary.ts';
import type { Handlers, Log } from './contract.ts';
import { slotOf } from './envelope.ts';
import type { QueueName } from './jobs.ts';
import type { Ledger } from './ledger.ts';
import { createBreaker, type Dependency } from './pipeline/breaker.ts';
import { runJob } from './pipeline/run-job.ts';
import type { Failed, Requeue, Verdict } from './pipeline/verdict.ts';
import { type Queues, settings } from './queues.ts';
import type { QueueConnection } from './redis/connection.ts';
import { runIdOf, runIdOfBatch } from './run-id.ts';
import { watchService } from './watch-service.ts';

export interface WorkerOptions {
  connection: QueueConnection;
  queues: Queues;
  ledger: Ledger;
  timeZone: string;
  logger: Log;
  concurrency?: number;
  /** The services that the queue's jobs need. While one is down, jobs wait and lose no attempt. */
  needs?: Dependency[];
  /** Called when a write is refused because another worker has taken over. */
  onFenced?: () => void;
  /** Called with the id of each run, or of the run of each batch, before its handler. */
  onRun?: (run: string) => void;
  /** Seconds a lease lasts without renewal, as in the ledger. Tests of dying workers shorten it. */
  leaseSeconds?: number;
  now?: () => Date;
}

export interface RunningWorker {
  /** Why it takes no jobs; undefined while it does. */
  trouble(): string | undefined;
  /** The dependency that is down. */
  downDependency(): string | undefined;
  /** Looks now whether everything it needs answers, and pauses or resumes accordingly. */
  check(): Promise<void>;
  /** Waits for the jobs it holds. A handler that ignores its signal is ended by the process's deadline. */
  close(): Promise<void>;
}

/** How long until another worker takes a dead worker's job. */
const usualLeaseSeconds = 15;

/** Takes jobs of one queue for as long as the process lives. */
export function startWorker<Queue extends QueueName, Context extends object>(
  queue: Queue,
  handlers: Handlers<Queue, Context>,
  context: Context,
  options: WorkerOptions,
): RunningWorker {
  const { connection, logger, ledger, queues, timeZone, onFenced = () => {}, onRun = () => {} } = options;
  const ending = new AbortController();
  const lockMillis = (options.leaseSeconds ?? usualLeaseSeconds) * 1_000;
  const redis = connection.forWorker();
  const concurrency = options.concurrency ?? 1;
  const worker: Worker = new Worker(queue, (job, token = '') => service.hold(() => work(job, token)), {
    connection: redis,
    prefix: connection.prefix,
    settings,
    ...(connection.telemetry && { telemetry: connection.telemetry }),
    concurrency,
    autorun: false,
    lockDuration: lockMillis,
    stalledInterval: Math.round(lockMillis / 3), // Redis takes whole milliseconds
    // A job is recovered three times, then dead-lettered: it may be what kills its workers.
    maxStalledCount: 3,
  });
  worker.on('error', (error) => logger.warn('queue error', { queue, error: error.message }));
  const breaker = createBreaker(options.needs ?? [], {
    pause: () => void worker.pause(true),
    resume: () => worker.resume(),
    logger,
  });
  // The first job waits until everything it needs has answered.
  void breaker.check().then((down) => {
    if (!down && !ending.signal.aborted) void worker.resume();
  });
  const service = watchService({
    queue: queues.named(queue),
    concurrency,
    isRunning: () => worker.isRunning() && !breaker.trouble(),
  });
  const parts = {
    queues,
    ledger,
    breaker,
    logger,
    timeZone,
    handlers,
    context,
    ending: ending.signal,
    renewEveryMillis: lockMillis / 3,
    onFenced,
    onRun,
    now: options.now ?? (() => new Date()),
  };

  return {
    trouble: () => breaker.trouble()?.reason ?? (worker.isRunning() ? service.trouble() : 'it takes no jobs'),
    downDependency: () => breaker.trouble()?.dependency,
    check: async () => void (await breaker.check()),
    async close() {
      ending.abort(new Error('the worker is shutting down'));
      breaker.close();
      service.close();
      await worker.close();
      redis.disconnect(); // BullMQ leaves open what it was given
    },
  };

  async function work(job: BullJob, token: string): Promise<unknown> {
    if (job.name === canary) return undefined;
    const verdict = await runJob(parts, job, token);
    return answer(verdict, (requeue) => returnToQueue(job, token, requeue, { queue, ledger, logger }));
  }
}

/** The only place that speaks BullMQ's protocol, in which some verdicts are thrown errors. */
async function answer(verdict: Verdict, giveBack: (verdict: Requeue) => Promise<void>): Promise<unknown> {
  switch (verdict.kind) {
    case 'done':
      return verdict.report;
    case 'asleep':
      throw new WaitingChildrenError();
    case 'failed':
      throw asThrown(verdict);
    case 'requeue':
      await giveBack(verdict);
      throw new DelayedError();
  }
}

async function returnToQueue(
  job: BullJob,
  token: string,
  { cause, delay, reason }: Requeue,
  { queue, ledger, logger }: Pick<WorkerOptions, 'ledger' | 'logger'> & { queue: QueueName },
): Promise<void> {
  const { name, id = '' } = job;
  logger.info(`requeued ${name}: ${reason}`, { job: name, id, queue, run: runOf(job) });
  // The ledger makes repeated requeues visible. A failure to record one must not prevent the requeue.
  if (cause === 'busy' || cause === 'parked')
    ledger.requeued({ queue, id, job: name, reason }).catch(() => {});
  if (cause === 'parked') await job.log(`parked: ${reason}`);
  await job.moveToDelayed(Date.now() + delay, token);
}

/** The run of a job, or of the job that a batch belongs to, whatever the job's own id is. */
function runOf(job: BullJob): string | undefined {
  const slot = slotOf(job, job.data ?? {});
  return slot ? runIdOf(job.name, slot) : runIdOfBatch(job);
}

function asThrown({ error, permanent }: Failed): Error {
  return permanent ? Object.assign(new UnrecoverableError(error.message), { cause: error }) : error;
}
