import { listHeartbeats, pauseSchedule, resumeSchedule } from '@mycelium/database';
import {
  checkedPayload,
  enqueueSlot,
  findJob,
  type JobName,
  jobNames,
  latestSlot,
  slotForDay,
} from '@mycelium/queue';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { audit } from '../records/audit.ts';
import { Refused } from '../server/refused.ts';
import { day, done } from '../server/shapes.ts';
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
  runnable: z.boolean(),
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

/** A process of the farm; while `trouble` is told, it takes no jobs and probes what it cannot reach. */
const process = z.object({
  process: z.string(),
  service: z.string(),
  host: z.string(),
  startedAt: z.date(),
  seenAt: z.date(),
  trouble: z.string().nullable(),
  troubleSince: z.date().nullable(),
});

export function jobRoutes(app: FastifyInstance, { pool, queues, clock, config }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const params = z.object({ job: jobName });

  api.get(
    '/jobs',
    {
      schema: {
        summary: 'The timetable, the queues, what is being worked on, and by which processes',
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

  for (const action of ['pause', 'resume'] as const) {
    api.post(
      `/jobs/:job/${action}`,
      { schema: { summary: `${action} a schedule`, params, response: { 200: done } } },
      async ({ params: { job }, visitor }) => {
        await audit(pool, { actor: visitor?.name ?? 'nobody', action, subject: job });
        const known =
          action === 'pause' ? await pauseSchedule(pool, job, clock()) : await resumeSchedule(pool, job);
        if (!known) throw new Refused(409, 'refused.not-scheduled', { job });
        // The scheduler takes it out of Redis too, but only when it next looks.
        if (action === 'pause') await queues.of(job).removeJobScheduler(job);
        return { done: true as const };
      },
    );
  }

  api.post(
    '/jobs/:job/run',
    {
      schema: {
        summary: 'Run a job now, for a day or for its newest slot',
        params,
        body: z.strictObject({ day: day.optional() }),
        response: { 200: z.object({ slot: z.date() }) },
      },
    },
    async ({ params: { job }, body, visitor }) => {
      const slot = slotOf(job, body.day);
      const payload = payloadOf(job, body.day);
      await audit(pool, {
        actor: visitor?.name ?? 'nobody',
        action: 'run',
        subject: job,
        detail: { slot, ...body },
      });
      const by = `operator ${visitor?.name ?? 'nobody'}`;
      await enqueueSlot(queues, job, slot, 'manual', checkedPayload(job, payload), { by, now: clock() });
      return { slot };
    },
  );

  function slotOf(job: JobName, wanted: string | undefined): Date {
    if (!findJob(job)?.schedule) return clock();
    return wanted ? slotForDay(job, wanted, config.TZ) : latestSlot(job, config.TZ, clock());
  }

  function payloadOf(job: JobName, wanted: string | undefined): object {
    const entry = findJob(job);
    if (entry?.payload.safeParse({}).success) return {};
    if (wanted && entry?.payload.safeParse({ day: wanted }).success) return { day: wanted };
    throw new Refused(400, 'refused.not-runnable', { job });
  }
}
