import { countFailed, listFailed, retryFailed } from '@mycelium/operations';
import { queueNames } from '@mycelium/queue';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { operationsOf } from '../server/operations.ts';
import { limit } from '../server/shapes.ts';

const failed = z.object({
  id: z.string(),
  job: z.string(),
  queue: z.string(),
  failedAt: z.date().nullable(),
  attempts: z.number(),
  reason: z.string(),
});
/** Which failed jobs: by id, or all of a name with some words in the reason. */
const choice = z.strictObject({
  queue: z.enum(queueNames as [string, ...string[]]),
  ids: z.array(z.string().min(1).max(300)).min(1).max(500).optional(),
  job: z.string().max(100).optional(),
  reason: z.string().max(300).optional(),
  dryRun: z.boolean().default(false),
});

export function failedRoutes(app: FastifyInstance, deps: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(
    '/failed',
    {
      schema: {
        summary: 'Jobs that failed permanently, newest first',
        querystring: z.object({ limit: limit(100, 500) }),
        response: { 200: z.object({ jobs: z.array(failed), total: z.number() }) },
      },
    },
    async ({ query }) => listFailed(deps, query),
  );

  api.post(
    '/failed/retry',
    {
      schema: {
        summary: 'Retry failed jobs; with dryRun only count them',
        body: choice,
        response: { 200: z.object({ jobs: z.number() }) },
      },
    },
    async ({ body: { dryRun, ...chosen }, visitor }) => {
      if (dryRun) return { jobs: await countFailed(deps, chosen) };
      const { changed } = await retryFailed(operationsOf(deps, visitor), chosen);
      return { jobs: changed.length };
    },
  );
}
