import { listHeartbeats } from '@mycelium/database';
import { pauseSchedule, resumeSchedule, runJob } from '@mycelium/operations';
import { type JobName, jobNames } from '@mycelium/queue';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { operationsOf } from '../server/operations.ts';
import { day, done, instant } from '../server/shapes.ts';
import { activeJobs, queueCounts, timetableNow } from './timetable.ts';

const jobName = z.enum(jobNames as [JobName, ...JobName[]]);
const last = z.object({
  id: z.number(),
  slot: z.date(),
  status: z.string(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  error: z.string().nullable(),
});
const entry = z.object({
  id: jobName,
  title: z.string(),
  queue: z.string(),
  schedule: z.string().nullable(),
  trigger: z.enum(['startup', 'schedule', 'request']),
  runnable: z.boolean(),
  asksForDay: z.boolean(),
  pausedAt: z.date().nullable(),
  next: z.date().nullable(),
  late: z.date().nullable(),
  last: last.nullable(),
});
const counts = z.object({
  queue: z.string(),
  paused: z.boolean(),
  waiting: z.number(),
  active: z.number(),
  delayed: z.number(),
  waitingForBatches: z.number(),
  failed: z.number(),
  completed: z.number(),
});
export const active = z.object({
  id: z.string(),
  job: z.string(),
  queue: z.string(),
  startedAt: z.date().nullable(),
  attempt: z.number(),
  progress: z.object({ done: z.number(), total: z.number() }).nullable(),
});

/** A process of the farm. While it reports `trouble`, it takes no jobs and probes what it cannot reach. */
const process = z.object({
  process: z.string(),
  service: z.string(),
  host: z.string(),
  startedAt: z.date(),
  seenAt: z.date(),
  trouble: z.string().nullable(),
  troubleSince: z.date().nullable(),
});

export function jobRoutes(app: FastifyInstance, deps: Deps): void {
  const { pool, queues, clock, config } = deps;
  const api = app.withTypeProvider<ZodTypeProvider>();
  const params = z.object({ job: jobName });

  api.get(
    '/jobs',
    {
      schema: {
        summary: 'Jobs, queues, active work and processes',
        response: {
          200: z.object({
            jobs: z.array(entry),
            queues: z.array(counts),
            active: z.array(active),
            processes: z.array(process),
          }),
        },
      },
    },
    async () => {
      const now = clock();
      const [jobs, perQueue, working, processes] = await Promise.all([
        timetableNow(pool, { now, timeZone: config.TZ }),
        queueCounts(queues),
        activeJobs(queues),
        listHeartbeats(pool, now),
      ]);
      return { jobs, queues: perQueue, active: working, processes };
    },
  );

  for (const [action, change] of [
    ['pause', pauseSchedule],
    ['resume', resumeSchedule],
  ] as const) {
    api.post(
      `/jobs/:job/${action}`,
      { schema: { summary: `${action} a schedule`, params, response: { 200: done } } },
      async ({ params: { job }, visitor }) => {
        await change(operationsOf(deps, visitor), job);
        return { done: true as const };
      },
    );
  }

  api.post(
    '/jobs/:job/run',
    {
      schema: {
        summary: 'Run a job now, for a day, a scheduled time, or its newest slot',
        params,
        body: z.strictObject({ day: day.optional(), slot: instant.optional() }),
        response: { 200: z.object({ slot: z.date() }) },
      },
    },
    async ({ params: { job }, body, visitor }) => {
      const { slot } = await runJob(operationsOf(deps, visitor), { job, ...body });
      return { slot };
    },
  );
}
