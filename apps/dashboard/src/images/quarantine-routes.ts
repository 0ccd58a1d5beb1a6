import { listQuarantine, releaseFromQuarantine } from '@mycelium/database';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { audit } from '../records/audit.ts';
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

export function quarantineRoutes(app: FastifyInstance, { pool, queues }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(
    '/quarantine',
    {
      schema: {
        summary: 'Images set aside, with the reason, the latest first',
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
        summary: 'Try images again that were set aside',
        body: z.strictObject({ keys: z.array(z.string().min(1).max(1_024)).min(1).max(100) }),
        response: { 200: z.object({ retried: z.number() }) },
      },
    },
    async ({ body, visitor }) => {
      const actor = visitor?.name ?? 'nobody';
      await audit(pool, {
        actor,
        action: 'quarantine retry',
        subject: `${body.keys.length} images`,
        detail: body,
      });
      const keys = await releaseFromQuarantine(pool, body.keys);
      if (keys.length > 0) await queues.enqueue('embed_batch', { keys });
      return { retried: keys.length };
    },
  );
}
