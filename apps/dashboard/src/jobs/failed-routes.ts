import { type Queues, queueNames } from '@mycelium/queue';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { audit } from '../records/audit.ts';
import { Refused } from '../server/refused.ts';
import { limit } from '../server/shapes.ts';

type QueueJob = NonNullable<Awaited<ReturnType<Queues['all'][number]['getJob']>>>;

const failed = z.object({
  id: z.string(),
  job: z.string(),
  queue: z.string(),
  failedAt: z.date().nullable(),
  attempts: z.number(),
  reason: z.string(),
});
/** Which failed jobs: by their ids, or all of a name whose reason holds some words. */
const choice = z.strictObject({
  queue: z.enum(queueNames as [string, ...string[]]),
  ids: z.array(z.string().min(1).max(300)).min(1).max(500).optional(),
  job: z.string().max(100).optional(),
  reason: z.string().max(300).optional(),
  dryRun: z.boolean().default(false),
});
const pageSize = 500;
const most = 20_000;

export function failedRoutes(app: FastifyInstance, { pool, queues }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const queueOf = (name: string) => queues.all.find((queue) => queue.name === name);

  api.get(
    '/failed',
    {
      schema: {
        summary: 'Jobs that failed for good, the latest first',
        querystring: z.object({ limit: limit(100, 500) }),
        response: { 200: z.object({ jobs: z.array(failed), total: z.number() }) },
      },
    },
    async ({ query }) => {
      const found = await Promise.all(
        queues.all.map(async (queue) => ({
          total: await queue.getFailedCount(),
          jobs: (await queue.getFailed(0, query.limit - 1)).filter(Boolean).map((job) => ({
            id: String(job.id),
            job: job.name,
            queue: queue.name,
            failedAt: job.finishedOn ? new Date(job.finishedOn) : null,
            attempts: job.attemptsMade,
            reason: job.failedReason ?? '',
          })),
        })),
      );
      const jobs = found.flatMap((queue) => queue.jobs);
      jobs.sort((a, b) => Number(b.failedAt) - Number(a.failedAt));
      return {
        jobs: jobs.slice(0, query.limit),
        total: found.reduce((sum, { total }) => sum + total, 0),
      };
    },
  );

  api.post(
    '/failed/retry',
    {
      schema: {
        summary: 'Retry failed jobs; with dryRun only their number is told',
        body: choice,
        response: { 200: z.object({ jobs: z.number() }) },
      },
    },
    async ({ body, visitor }) => {
      const chosen = await choose(body);
      if (body.dryRun || chosen.length === 0) return { jobs: chosen.length };
      await audit(pool, {
        actor: visitor?.name ?? 'nobody',
        action: 'failed retry',
        subject: `${chosen.length} of ${body.queue}`,
        detail: { job: body.job, reason: body.reason, ids: body.ids },
      });
      // One that somebody else retried meanwhile is no failure of this request.
      const results = await Promise.allSettled(chosen.map((job) => job.retry()));
      return { jobs: results.filter(({ status }) => status === 'fulfilled').length };
    },
  );

  async function choose({ queue: name, ids, job, reason }: z.output<typeof choice>): Promise<QueueJob[]> {
    const queue = queueOf(name);
    if (!queue) throw new Refused(404, 'refused.no-queue', { queue: name });
    if (ids) {
      const found = await Promise.all(ids.map((id) => queue.getJob(id)));
      const failing = await Promise.all(found.map((each) => each?.isFailed()));
      return found.filter((each, n): each is QueueJob => each !== undefined && failing[n] === true);
    }
    const chosen: QueueJob[] = [];
    for (let start = 0; start < most; start += pageSize) {
      const page = await queue.getFailed(start, start + pageSize - 1);
      for (const each of page) {
        const named = !job || each.name === job;
        if (named && (!reason || each.failedReason?.includes(reason))) chosen.push(each);
      }
      if (page.length < pageSize) break;
    }
    return chosen;
  }
}
