import { nextFiring } from '@mycelium/farm';
import { Queue, type RepeatOptions } from 'bullmq';
import type { Job } from './define-job.ts';
import { type Cause, type Envelope, envelopeVersion } from './envelope.ts';
import {
  entryOf,
  findJob,
  type JobName,
  jobs,
  type PayloadInput,
  type QueueName,
  queueNames,
} from './jobs.ts';
import type { QueueConnection } from './redis/connection.ts';

/** BullMQ's own cron skips a day if a clock change at midnight skips its firing. */
export const settings = {
  repeatStrategy: (millis: number, { pattern, tz }: RepeatOptions) =>
    nextFiring(pattern as string, tz as string, new Date(millis)).getTime(),
};

/** Finished jobs are kept for inspection only; the ledger is the record of what ran. */
const kept = {
  removeOnComplete: { age: 7 * 86_400, count: 5_000 },
  removeOnFail: { age: 31 * 86_400, count: 20_000 },
};

export function jobOptions({ attempts }: Job) {
  return { attempts, backoff: { type: 'exponential', delay: 2_000, jitter: 0.5 }, ...kept };
}

export interface Asked {
  slot?: Date;
  cause?: Cause;
  /** Who requested it: `schedule`, `operator NAME`, `cli USER@HOST`. */
  by?: string | undefined;
  /** Jobs with the same id are one job. Must not contain `:`. */
  jobId?: string;
  parent?: { id: string; queue: string };
}

export type Queues = ReturnType<typeof createQueues>;

/** Opens every queue in the catalogue. This is the only way to enqueue jobs. */
export function createQueues(connection: QueueConnection) {
  const { redis, prefix, telemetry } = connection;
  const open = (name: QueueName) => {
    const queue = new Queue(name, {
      connection: redis,
      prefix,
      settings,
      // BullMQ asks for the version once, and a queue whose question is cut off would stay broken. `doctor` checks it.
      skipVersionCheck: true,
      streams: { events: { maxLen: 10_000 } },
      ...(telemetry && { telemetry }),
    });
    // The connection reports its own errors; without a listener, BullMQ would print them hundreds of times.
    queue.on('error', () => {});
    return queue;
  };
  const queues = Object.fromEntries(queueNames.map((name) => [name, open(name)])) as Record<QueueName, Queue>;

  function entry<Name extends JobName>(name: Name, payload: PayloadInput<Name>, asked: Asked = {}) {
    const job = entryOf(name);
    const { slot, cause = 'manual', by, jobId, parent } = asked;
    // The payload is checked here but stored as given, since the worker applies the defaults.
    job.payload.parse(payload);
    const data = {
      version: envelopeVersion,
      cause,
      payload,
      ...(by && { by }),
      ...(slot && { slot: slot.toISOString() }),
    };
    // A batch that used every attempt must not keep its run waiting; the run reports the failure.
    const child = parent && { parent, ignoreDependencyOnFailure: true };
    return {
      name,
      data: data as Partial<Envelope>,
      opts: { ...jobOptions(job), ...(jobId && { jobId }), ...child },
    };
  }

  return {
    all: Object.values(queues),
    named: (name: QueueName): Queue => queues[name],
    of: (name: string): Queue => {
      const job = findJob(name);
      if (!job) throw new RangeError(`there is no job ${name}; there are ${Object.keys(jobs).join(', ')}`);
      return queues[job.queue as QueueName];
    },

    /** @throws ZodError when the payload does not match the job */
    async enqueue<Name extends JobName>(name: Name, payload: PayloadInput<Name>, asked?: Asked) {
      const { data, opts } = entry(name, payload, asked);
      return queues[jobs[name].queue].add(name, data, opts);
    },

    /** Enqueues many jobs of one name in one round trip. */
    async enqueueAll<Name extends JobName>(
      name: Name,
      many: { payload: PayloadInput<Name>; asked?: Asked }[],
    ) {
      return queues[jobs[name].queue].addBulk(many.map(({ payload, asked }) => entry(name, payload, asked)));
    },

    close: async () => {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}
