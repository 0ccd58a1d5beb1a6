import { z } from 'zod';
import { defineJob, type Job } from './define-job.ts';

const nothing = z.strictObject({});
const count = z.int().min(0);
const roomFailure = z.object({ room: z.string(), error: z.string() });

const schemaReport = z.object({
  applied: z.array(z.string()),
  postgres: z.string(),
  pgvector: z.string(),
  tables: count,
});

const envStatsReport = z.object({
  day: z.iso.date(),
  written: count,
  rooms: z.array(
    z.object({
      room: z.string(),
      metrics: z.record(
        z.string(),
        z.object({ count, expectedCount: count, coverage: z.number(), mean: z.number() }),
      ),
    }),
  ),
  noData: z.array(z.string()),
  failed: z.array(roomFailure),
});

const setpointReport = z.object({
  /** The slot: every room's window ends here, and begins where its last one ended. */
  to: z.iso.datetime(),
  changes: count,
  rooms: z.array(
    z.object({
      room: z.string(),
      from: z.iso.datetime().nullable(),
      changes: count,
      /** One line a point, however often it changed: a value that flaps does not drown the others. */
      points: z.array(
        z.object({
          /** `fresh_air_fan_611.mode` */
          name: z.string(),
          changes: count,
          /** Before the first change and after the last, as people call them: `manual`, `15.5 °C`. */
          previous: z.string(),
          value: z.string(),
          flapping: z.boolean(),
        }),
      ),
    }),
  ),
  failed: z.array(roomFailure),
});

/** Which images a run looks at; without a bound it would be the whole store, so one of the two is wanted. */
const imageSelection = z
  .strictObject({
    day: z.iso.date().optional(),
    since: z.iso.datetime().optional(),
    rooms: z.array(z.string()).min(1).optional(),
    maxPerRoom: z.int().min(1).optional(),
    batchSize: z.int().min(1).max(100).default(20),
    /** False: everything is done except the writing. */
    save: z.boolean().default(true),
  })
  .refine(({ day, since }) => Boolean(day) !== Boolean(since), 'either a day or a time since when');

const imageTotals = z.object({ total: count, succeeded: count, failed: count, skipped: count });

const imageReport = imageTotals.extend({
  day: z.iso.date().nullable(),
  successRate: z.number().nullable(),
  rooms: z.record(z.string(), imageTotals),
  seconds: z.number(),
  model: z.string(),
  saved: z.boolean(),
  database: z.object({ images: count, embeddings: count, quarantined: count }),
});

const batch = z.strictObject({
  keys: z.array(z.string().min(1)).min(1).max(100),
  save: z.boolean().default(true),
});
const batchReport = z.object({
  rooms: z.record(z.string(), imageTotals),
  failures: z.array(z.object({ key: z.string(), reason: z.string() })),
});

const pruneReport = z.object({
  /** Rows that are gone; of readings whole months, told by their tables. */
  runs: count,
  alerts: count,
  audit: count,
  images: count,
  quarantined: count,
  readings: z.array(z.string()),
});

/** THE TIMETABLE. Scheduler, workers, dashboard and commands loop over it. */
export const jobs = {
  create_tables: defineJob({
    title: 'Create and verify the tables, when the scheduler starts',
    queue: 'tables',
    payload: nothing,
    result: schemaReport,
  }),
  daily_env_stats: defineJob({
    title: 'Daily environment statistics',
    queue: 'env-stats',
    schedule: '20 3 1 * * *',
    catchUp: 'every-slot',
    payload: nothing,
    result: envStatsReport,
  }),
  hourly_setpoint_monitoring: defineJob({
    title: 'Hourly setpoint monitoring',
    queue: 'setpoint',
    schedule: '0 5 * * * *',
    catchUp: 'latest',
    payload: nothing,
    result: setpointReport,
  }),
  daily_clip_inference: defineJob({
    title: 'Daily CLIP inference',
    queue: 'clip',
    schedule: '25 2 3 * * *',
    catchUp: 'every-slot',
    payload: nothing,
    result: imageReport,
    timeout: 6 * 60 * 60_000,
  }),
  prune: defineJob({
    title: 'Throw away what is older than it is to be kept',
    queue: 'tables',
    schedule: '0 40 4 * * *',
    catchUp: 'latest',
    payload: nothing,
    result: pruneReport,
  }),
  embed_images: defineJob({
    title: 'Images asked for by a person',
    queue: 'clip',
    payload: imageSelection,
    result: imageReport,
    timeout: 6 * 60 * 60_000,
  }),
  embed_batch: defineJob({
    title: 'A batch of images to vectors',
    queue: 'clip-batch',
    payload: batch,
    result: batchReport,
    attempts: 5,
    timeout: 15 * 60_000,
  }),
  describe_batch: defineJob({
    title: 'Descriptions of a batch of images',
    queue: 'captions',
    payload: z.strictObject({ keys: z.array(z.string().min(1)).min(1).max(100) }),
    result: z.object({ described: count, failed: count }),
    attempts: 5,
    timeout: 60 * 60_000,
  }),
} satisfies Record<string, Job>;

export type Jobs = typeof jobs;
export type JobName = keyof Jobs;
export type QueueName = Jobs[JobName]['queue'];
export type Payload<Name extends JobName> = z.output<Jobs[Name]['payload']>;
export type Result<Name extends JobName> = z.output<Jobs[Name]['result']>;

export const jobNames = Object.keys(jobs) as JobName[];
export const queueNames = [...new Set(jobNames.map((name) => jobs[name].queue))] as QueueName[];

export function findJob(name: string): Job | undefined {
  return Object.hasOwn(jobs, name) ? jobs[name as JobName] : undefined;
}
