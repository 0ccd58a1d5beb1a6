import { listQuarantine } from '@mycelium/database';
import { releaseFromQuarantine } from '@mycelium/operations';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { operationsOf } from '../server/operations.ts';
import { limit } from '../server/shapes.ts';

const row = z.object({
  key: z.string(),
  reason: z.string(),
  detail: z.string(),
  bytes: z.number().nullable(),
  firstSeen: z.date(),
  lastSeen: z.date(),
  times: z.number(),
});

const released = z.object({
  /** How many are no longer quarantined. */
  retried: z.number(),
  /** How many of these are queued; the others are missing from the store. */
  queued: z.number(),
  /** Images that stay in quarantine: their keys cannot be read. */
  left: z.array(z.object({ key: z.string(), reason: z.string() })),
  /** Keys that were not quarantined. */
  unknown: z.array(z.string()),
});

export function quarantineRoutes(app: FastifyInstance, deps: Deps): void {
  const { pool } = deps;
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(
    '/quarantine',
    {
      schema: {
        summary: 'Quarantined images with their reasons, newest first',
        querystring: z.object({ limit: limit(100, 1_000) }),
        response: { 200: z.object({ images: z.array(row) }) },
      },
    },
    async ({ query }) => ({ images: await listQuarantine(pool, query) }),
  );

  api.post(
    '/quarantine/retry',
    {
      schema: {
        summary: 'Release images from quarantine and embed them',
        body: z.strictObject({ keys: z.array(z.string().min(1).max(1_024)).min(1).max(100) }),
        response: { 200: released },
      },
    },
    async ({ body, visitor }) => {
      const { released, queued, left, unknown } = await releaseFromQuarantine(
        operationsOf(deps, visitor),
        body,
      );
      return { retried: released.length, queued, left, unknown };
    },
  );
}
