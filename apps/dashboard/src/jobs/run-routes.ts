import { listAttempts } from '@mycelium/database';
import { runStatuses } from '@mycelium/farm';
import { retryRun } from '@mycelium/operations';
import { findRequestedJob, viewOf } from '@mycelium/queue';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { operationsOf } from '../server/operations.ts';
import { refused } from '../server/refused.ts';
import { done, id, limit } from '../server/shapes.ts';
import { findRunById, type RunRow, runPage } from './run-list.ts';
import { reportView } from './run-report.ts';

const run = z.object({
  id: z.number(),
  job: z.string(),
  slot: z.date(),
  status: z.string(),
  cause: z.string(),
  worker: z.string().nullable(),
  attempts: z.number(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  lateness: z.number().nullable(),
  report: z.unknown(),
  error: z.string().nullable(),
  request: z.string().nullable(),
  /** The first sentence of the report; null without a report. */
  summary: reportView.shape.summary.element.nullable(),
});
const attempt = z.object({
  attempt: z.number(),
  request: z.string().nullable(),
  cause: z.string(),
  by: z.string().nullable(),
  worker: z.string().nullable(),
  startedAt: z.date(),
  endedAt: z.date().nullable(),
  outcome: z.enum(['succeeded', 'failed', 'retrying', 'lost']).nullable(),
  error: z.string().nullable(),
});
const detail = run.extend({
  /** The report for display; null when there is none or this release cannot read it. */
  view: reportView.nullable(),
  /** Every attempt, oldest first. */
  history: z.array(attempt),
  /** Its job in the queue; null once the queue has removed it. */
  queued: z
    .object({
      queue: z.string(),
      id: z.string(),
      state: z.string(),
      attemptsMade: z.number(),
      attempts: z.number(),
      progress: z.unknown(),
      logs: z.array(z.string()),
      failures: z.array(z.string()),
    })
    .nullable(),
});
const cursor = z
  .string()
  .regex(/^\d{1,15}-\d{1,15}$/)
  .transform((text) => {
    const [slot, last] = text.split('-').map(Number) as [number, number];
    return { slot: new Date(slot), id: last };
  });

export function runRoutes(app: FastifyInstance, deps: Deps): void {
  const { pool, queues } = deps;
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(
    '/runs',
    {
      schema: {
        summary: 'Runs, newest slot first',
        querystring: z.object({
          job: z.string().max(100).optional(),
          status: z.enum(runStatuses).optional(),
          after: cursor.optional(),
          limit: limit(50, 200),
        }),
        response: { 200: z.object({ runs: z.array(run), next: z.string().nullable() }) },
      },
    },
    async ({ query: { after, limit, ...filter } }) => {
      const runs = await runPage(pool, filter, { after, limit });
      const last = runs.length === limit ? runs.at(-1) : undefined;
      return { runs: runs.map(withSummary), next: last ? `${last.slot.getTime()}-${last.id}` : null };
    },
  );

  api.get(
    '/runs/:id',
    {
      schema: {
        summary: 'A run with its report, its job in the queue and the job’s log',
        params: z.object({ id }),
        response: { 200: detail },
      },
    },
    async ({ params }) => {
      const found = (await findRunById(pool, params.id)) ?? notFound();
      const [queued, history] = await Promise.all([queuedJob(found), listAttempts(pool, found.id)]);
      return { ...withSummary(found), view: viewOf(found.job, found.report) ?? null, history, queued };
    },
  );

  api.post(
    '/runs/:id/retry',
    { schema: { summary: 'Retry a run', params: z.object({ id }), response: { 200: done } } },
    async ({ params, visitor }) => {
      await retryRun(operationsOf(deps, visitor), params.id);
      return { done: true as const };
    },
  );

  async function queuedJob(found: RunRow) {
    const job = await findRequestedJob(queues, found.job, found.request);
    if (!job) return null;
    const queue = queues.of(found.job);
    const [state, { logs }] = await Promise.all([job.getState(), queue.getJobLogs(job.id as string, 0, 499)]);
    return {
      queue: queue.name,
      id: job.id as string,
      state,
      attemptsMade: job.attemptsMade,
      attempts: job.opts.attempts ?? 1,
      progress: job.progress,
      logs,
      failures: job.stacktrace ?? [],
    };
  }
}

function withSummary(found: RunRow) {
  return { ...found, summary: viewOf(found.job, found.report)?.summary[0] ?? null };
}

function notFound(): never {
  throw refused(404, 'refused.no-run');
}
