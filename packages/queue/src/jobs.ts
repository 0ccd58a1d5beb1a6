import type { ReportView } from '@mycelium/words';
import { z } from 'zod';
import { type BackfillBasis, defineJob, type Job } from './define-job.ts';
import { envStatsFacts, envStatsReport, showEnvStats } from './reports/env-stats.ts';
import type { ReportFacts } from './reports/facts.ts';
import {
  batchReport,
  descriptionReport,
  imageFacts,
  imageReport,
  requestedImageFacts,
  showBatch,
  showDescriptions,
  showImages,
} from './reports/images.ts';
import { pruneReport, showPrune } from './reports/prune.ts';
import { schemaReport, showSchema } from './reports/schema.ts';
import { setpointFacts, setpointReport, showSetpoints } from './reports/setpoints.ts';
import { settleReport, showSettling } from './reports/settle.ts';

const nothing = z.strictObject({});

const batchKeys = z.array(z.string().min(1)).min(1).max(100);

/** Which images a run processes. A day or a start time is required; otherwise it would process the whole store. */
const imageSelection = z
  .strictObject({
    day: z.iso.date().optional(),
    since: z.iso.datetime().optional(),
    rooms: z.array(z.string()).min(1).optional(),
    maxPerRoom: z.int().min(1).optional(),
    batchSize: z.int().min(1).max(100).default(20),
    /** False: do everything except write the result. */
    save: z.boolean().default(true),
  })
  .refine(({ day, since }) => Boolean(day) !== Boolean(since), 'expected either a day or a start time');

/** The timetable. The scheduler, workers, dashboard and commands loop over it. */
export const jobs = {
  create_tables: defineJob({
    title: 'Create and verify the tables',
    queue: 'tables',
    trigger: 'startup',
    payload: nothing,
    result: schemaReport,
    show: showSchema,
  }),
  daily_env_stats: defineJob({
    title: 'Daily climate statistics',
    queue: 'env-stats',
    schedule: '20 3 1 * * *',
    catchUp: 'every-slot',
    asksForDay: true,
    backfill: 'readings',
    payload: nothing,
    result: envStatsReport,
    facts: envStatsFacts,
    show: showEnvStats,
  }),
  hourly_setpoint_monitoring: defineJob({
    title: 'Hourly setpoint changes',
    queue: 'setpoint',
    schedule: '0 5 * * * *',
    catchUp: 'latest',
    backfill: 'setpoints',
    payload: nothing,
    result: setpointReport,
    facts: setpointFacts,
    show: showSetpoints,
  }),
  daily_clip_inference: defineJob({
    title: 'Daily image embedding',
    queue: 'clip',
    schedule: '25 2 3 * * *',
    catchUp: 'every-slot',
    asksForDay: true,
    backfill: 'images',
    payload: nothing,
    result: imageReport,
    timeout: 6 * 60 * 60_000,
    facts: imageFacts,
    show: showImages,
  }),
  settle_readings: defineJob({
    title: 'Settle the readings of past days',
    queue: 'tables',
    schedule: '40 33 2 * * *',
    catchUp: 'latest',
    payload: nothing,
    result: settleReport,
    timeout: 6 * 60 * 60_000,
    show: showSettling,
  }),
  prune: defineJob({
    title: 'Delete data past its retention period',
    queue: 'tables',
    schedule: '0 40 4 * * *',
    catchUp: 'latest',
    payload: nothing,
    result: pruneReport,
    show: showPrune,
  }),
  embed_images: defineJob({
    title: 'Image embedding on request',
    queue: 'clip',
    asksForDay: true,
    payload: imageSelection,
    result: imageReport,
    timeout: 6 * 60 * 60_000,
    facts: requestedImageFacts,
    show: showImages,
  }),
  embed_batch: defineJob({
    title: 'Embed a batch of images',
    queue: 'clip-batch',
    payload: z.strictObject({
      keys: batchKeys,
      save: z.boolean().default(true),
      /** Skip images that have a vector: nobody checked before. */
      onlyPending: z.boolean().default(false),
    }),
    result: batchReport,
    attempts: 5,
    timeout: 15 * 60_000,
    show: showBatch,
  }),
  describe_batch: defineJob({
    title: 'Describe a batch of images',
    queue: 'captions',
    payload: z.strictObject({ keys: batchKeys }),
    result: descriptionReport,
    attempts: 5,
    timeout: 60 * 60_000,
    show: showDescriptions,
  }),
} satisfies Record<string, Job>;

export type Jobs = typeof jobs;
export type JobName = keyof Jobs;
export type QueueName = Jobs[JobName]['queue'];
export type Payload<Name extends JobName> = z.output<Jobs[Name]['payload']>;
/** A payload before its defaults are filled in: what is stored in Redis. */
export type PayloadInput<Name extends JobName> = z.input<Jobs[Name]['payload']>;
export type Result<Name extends JobName> = z.output<Jobs[Name]['result']>;

/** The jobs that process images, for code that queues or tracks them. */
export const imageJobs = {
  nightly: 'daily_clip_inference',
  selected: 'embed_images',
  batch: 'embed_batch',
  descriptions: 'describe_batch',
} as const satisfies Record<string, JobName>;

export const jobNames = Object.keys(jobs) as JobName[];
export const queueNames = [...new Set(jobNames.map((name) => jobs[name].queue))] as QueueName[];

/** The jobs that fire on a schedule. */
export const scheduledJobs = jobNames.filter((name) => jobs[name].trigger === 'schedule');
/** The job that the scheduler runs when it starts, before it schedules anything. */
export const startupJob = 'create_tables' as const satisfies JobName;

/** The job that deletes old data. */
export const retentionJob = 'prune' as const satisfies JobName;

/** The job that recomputes past days when this data arrives late. */
export function backfillJob(basis: BackfillBasis): JobName {
  return jobNames.find((name) => entryOf(name).backfill === basis) as JobName;
}

/** The entry with its types widened, for callers that loop over the catalogue. */
export function entryOf(name: JobName): Job {
  return jobs[name];
}

export function findJob(name: string): Job | undefined {
  return isJobName(name) ? jobs[name] : undefined;
}

export function isJobName(name: string): name is JobName {
  return Object.hasOwn(jobs, name);
}

/** A stored report for display; undefined when another version of the job wrote it. */
export function viewOf(name: string, report: unknown): ReportView | undefined {
  const entry = findJob(name);
  const parsed = entry?.result.safeParse(report);
  return parsed?.success ? entry?.show(parsed.data) : undefined;
}

/**
 * Checks a payload of unknown origin against its job's schema.
 * @throws ZodError when it does not match
 */
export function checkedPayload<Name extends JobName>(name: Name, payload: unknown): PayloadInput<Name> {
  jobs[name].payload.parse(payload);
  return payload as PayloadInput<Name>;
}

/** The facts of a stored report that alert rules read; undefined when its job has none or another version wrote it. */
export function factsOf(name: string, report: unknown): ReportFacts | undefined {
  const entry = findJob(name);
  const parsed = entry?.result.safeParse(report);
  return parsed?.success ? entry?.facts?.(parsed.data) : undefined;
}
