import { addDays, dayOf, previousFiring } from '@mycelium/farm';
import { type Job as BullJob, DelayedError, UnrecoverableError, WaitingChildrenError, Worker } from 'bullmq';
import { ZodError } from 'zod';
import { accountForSlots } from './account-for-slots.ts';
import { createBreaker, type Dependency } from './breaker.ts';
import type { QueueConnection } from './connection.ts';
import type { Handler, Handlers, Log, RunContext } from './contract.ts';
import type { Job } from './define-job.ts';
import {
  anyEnvelope,
  type Cause,
  type Envelope,
  envelope,
  envelopeVersion,
  requestOf,
  slotOf,
} from './envelope.ts';
import { fanOut } from './fan-out.ts';
import { findJob, type JobName, type QueueName } from './jobs.ts';
import type { Lease, Ledger, Outcome, RunKey } from './ledger.ts';
import { type Queues, settings } from './queues.ts';

export interface WorkerOptions {
  connection: QueueConnection;
  queues: Queues;
  ledger: Ledger;
  timeZone: string;
  logger: Log;
  concurrency?: number;
  /** What the queue's jobs cannot be done without. While one is down, jobs wait and lose no attempt. */
  needs?: Dependency[];
  /** Called when a write was refused, because another worker had taken over. */
  onFenced?: () => void;
  /** Seconds a lease holds without renewal, as the ledger was told. Tests of dying workers shorten it. */
  leaseSeconds?: number;
  now?: () => Date;
}

export interface RunningWorker {
  /** Undefined while it takes jobs, else why not. */
  trouble(): string | undefined;
  /** Waits for what is in hand; what does not listen to its signal is left to the process's deadline. */
  close(): Promise<void>;
}

/** A dead worker's job moves on after so long. */
const usualLeaseSeconds = 15;

const busyDelay = 2_000;
const parkedDelay = 60_000;

/** Takes jobs of one queue for as long as the process lives. */
export function startWorker<Queue extends QueueName, Context extends object>(
  queue: Queue,
  handlers: Handlers<Queue, Context>,
  context: Context,
  options: WorkerOptions,
): RunningWorker {
  const ending = new AbortController();
  const lockMillis = (options.leaseSeconds ?? usualLeaseSeconds) * 1_000;
  const redis = options.connection.forWorker();
  const worker: Worker = new Worker(queue, (job, token) => guarded(job, token ?? ''), {
    connection: redis,
    prefix: options.connection.prefix,
    settings,
    ...(options.connection.telemetry && { telemetry: options.connection.telemetry }),
    concurrency: options.concurrency ?? 1,
    lockDuration: lockMillis,
    stalledInterval: Math.round(lockMillis / 3), // Redis takes whole milliseconds
    // Recovered three times, then set aside: it may be what kills them.
    maxStalledCount: 3,
  });
  worker.on('error', (error) => options.logger.warn('the queue is out of reach', { error: error.message }));
  const breaker = createBreaker(options.needs ?? [], {
    pause: () => void worker.pause(true),
    resume: () => worker.resume(),
    logger: options.logger,
  });

  return {
    trouble: () => breaker.trouble() ?? (worker.isRunning() ? undefined : 'it takes no jobs'),
    async close() {
      ending.abort(new Error('the worker is ending'));
      breaker.close();
      await worker.close();
      redis.disconnect(); // BullMQ leaves open what it was given
    },
  };

  /** When a dependency is down, it is not the job that failed: it goes back and loses no attempt. */
  async function guarded(job: BullJob, token: string): Promise<unknown> {
    try {
      return await execute(job, token);
    } catch (error) {
      if (error instanceof DelayedError || error instanceof WaitingChildrenError) throw error;
      const down = await breaker.check();
      if (down) return putBack(job, token, busyDelay, down);
      throw error;
    }
  }

  /** A job's whole life. */
  async function execute(job: BullJob, token: string): Promise<unknown> {
    const { entry, handle, payload, carried, slot } = await accept(job, token);
    const key: RunKey | undefined = slot && { job: job.name as JobName, slot };

    const late = key ? whenLate(entry, key.slot, carried.cause) : undefined;
    if (key && late) return options.ledger.account(key, late);
    const begun = key
      ? await options.ledger.begin({ ...key, cause: carried.cause, request: requestOf(job) })
      : await claim(job);
    if ('done' in begun) return begun.done;
    if ('busy' in begun) return putBack(job, token, busyDelay, begun.busy);

    const holding = holdLease(begun.lease, entry.timeout);
    try {
      const result = await handle(payload, contextOf(job, token, carried, slot, begun.lease, holding.signal));
      const report = entry.result.parse(result);
      await options.ledger.end(begun.lease, key, { status: 'succeeded', report });
      return report;
    } catch (error) {
      if (isFenced(error)) {
        options.logger.warn('a write was refused: another worker had taken over', { run: begun.lease.name });
        options.onFenced?.();
      }
      if (ending.signal.aborted) return handBack(job, token, begun.lease, key);
      const down = error instanceof WaitingChildrenError ? undefined : await breaker.check();
      await options.ledger.end(
        begun.lease,
        key,
        down ? { status: 'retrying', error: down } : outcomeOf(error, job),
      );
      throw isPermanent(error)
        ? Object.assign(new UnrecoverableError(error.message), { cause: error })
        : error;
    } finally {
      holding.release();
    }
  }

  /** Reads what a job carries. What this worker does not know is put back for one that does, never failed away. */
  async function accept(job: BullJob, token: string) {
    const entry = findJob(job.name);
    const handle = (handlers as Record<string, Handler<never, Context>>)[job.name];
    if (!entry || !handle) return putBack(job, token, parkedDelay, `this worker knows no job ${job.name}`);
    const { data: told } = anyEnvelope.safeParse(job.data);
    if (told && told.version > envelopeVersion) {
      const why = `it is of version ${told.version}; this worker knows ${envelopeVersion}`;
      return putBack(job, token, parkedDelay, why);
    }
    const carried = envelope.safeParse(job.data);
    if (!carried.success) throw new UnrecoverableError(`not a job of Mycelium's: ${carried.error.message}`);
    const payload = entry.payload.safeParse(carried.data.payload);
    if (!payload.success) {
      // A newer program may have added fields: that is its to understand.
      const unknown = payload.error.issues.every(({ code }) => code === 'unrecognized_keys');
      if (unknown) return putBack(job, token, parkedDelay, `a newer program's: ${payload.error.message}`);
      throw new UnrecoverableError(payload.error.message);
    }
    return {
      entry,
      handle,
      payload: payload.data as never,
      carried: carried.data,
      slot: slotOf(job, carried.data),
    };
  }

  async function claim(job: BullJob): Promise<{ lease: Lease } | { busy: string }> {
    const lease = await options.ledger.claim(`${job.name}/${job.id}`);
    return lease ? { lease } : { busy: `${job.name}/${job.id} is another worker's` };
  }

  /** A scheduled job that waited for a worker beyond the grace is judged as the scheduler would have judged it. */
  function whenLate(entry: Job, slot: Date, cause: Cause): 'missed' | 'coalesced' | undefined {
    if (cause !== 'schedule' || !entry.schedule) return;
    const now = options.now?.() ?? new Date();
    const newest = previousFiring(entry.schedule, options.timeZone, now);
    const due = newest > slot ? [slot, newest] : [slot];
    const [verdict] = accountForSlots(
      due.map((at) => ({ slot: at, paused: false })),
      now,
      entry.catchUp,
    );
    return verdict?.action === 'missed' || verdict?.action === 'coalesced' ? verdict.action : undefined;
  }

  function contextOf(
    job: BullJob,
    token: string,
    carried: Envelope,
    slot: Date | undefined,
    lease: Lease,
    signal: AbortSignal,
  ): Context & RunContext {
    const at = slot ?? new Date(job.timestamp);
    const { timeZone, queues } = options;
    const day = addDays(dayOf(at, timeZone), -1);
    return {
      ...context,
      run: { job: job.name as JobName, slot: at, day, timeZone, cause: carried.cause, lease },
      signal,
      deaths: job.stalledCounter,
      progress: (done, total) => job.updateProgress({ done, total }),
      fanOut: (name, plan) => fanOut({ job, token, carried, queues }, name, plan),
    };
  }

  /** Renews the lease while the handler works; the signal tells it to stop. */
  function holdLease(lease: Lease, timeout: number) {
    const lost = new AbortController();
    const timer = setInterval(async () => {
      const held = await options.ledger.renew(lease).catch(() => true); // the database is down: its check comes at commit
      if (!held) lost.abort(new Error(`${lease.name} was taken over by another worker`));
    }, lockMillis / 3);
    const signal = AbortSignal.any([lost.signal, ending.signal, AbortSignal.timeout(timeout)]);
    return { signal, release: () => clearInterval(timer) };
  }

  /** The process is ending: what was in hand goes back, and costs no attempt. */
  async function handBack(
    job: BullJob,
    token: string,
    lease: Lease,
    key: RunKey | undefined,
  ): Promise<never> {
    await options.ledger.end(lease, key, { status: 'retrying', error: 'the worker ended; handed back' });
    return putBack(job, token, 0, 'the worker ended');
  }

  async function putBack(job: BullJob, token: string, delay: number, why: string): Promise<never> {
    options.logger.info(`put back ${job.name} ${job.id}: ${why}`);
    if (delay === parkedDelay) await job.log(`parked: ${why}`);
    await job.moveToDelayed(Date.now() + delay, token);
    throw new DelayedError();
  }
}

function outcomeOf(error: unknown, job: BullJob): Outcome {
  if (error instanceof WaitingChildrenError) return { status: 'waiting' };
  const last = isPermanent(error) || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
  return {
    status: last ? 'failed' : 'retrying',
    error: error instanceof Error ? error.message : String(error),
  };
}

/** `FencedError` of the database, which this package does not know. */
function isFenced(error: unknown): boolean {
  return error instanceof Error && error.name === 'FencedError';
}

/** Trying again cannot cure a bad payload, nor an error that says so itself with `permanent = true`. */
function isPermanent(error: unknown): error is Error {
  return (
    error instanceof ZodError || (error instanceof Error && 'permanent' in error && error.permanent === true)
  );
}
