import { type ListedRun, runPage } from '@mycelium/database';
import { runStatuses } from '@mycelium/farm';
import { retryRun, showRun } from '@mycelium/operations';
import { viewOf } from '@mycelium/queue';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { operationsOf } from '../server/operations.ts';
import { done, id, limit } from '../server/shapes.ts';
import { reportView } from './run-report.ts';

const run = z.object({
  id: z.number(),
  run: z.string(),
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
/** The number of the run's row, or its id everywhere else, such as `JOB@1764522200000`. */
const runId = z.union([id, z.string().regex(/^\w{1,60}@\d{1,15}$/)]);
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
        params: z.object({ id: runId }),
        response: { 200: detail },
      },
    },
    async ({ params }) => {
      const run = await showRun({ pool, queues }, params.id);
      return { ...run, ...withSummary(run) };
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
}

function withSummary(found: ListedRun) {
  return { ...found, summary: viewOf(found.job, found.report)?.summary[0] ?? null };
}
