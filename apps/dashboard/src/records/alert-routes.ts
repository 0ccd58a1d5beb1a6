import { closeAlert } from '@mycelium/operations';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { operationsOf } from '../server/operations.ts';
import { done, flag, id, limit } from '../server/shapes.ts';
import { listAlerts } from './alerts.ts';
import { listAudit } from './audit-log.ts';

const alert = z.object({
  id: z.number(),
  kind: z.string(),
  subject: z.string(),
  severity: z.enum(['warning', 'critical']),
  message: z.string().describe('in English'),
  code: z.string().nullable(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).nullable(),
  openedAt: z.date(),
  closedAt: z.date().nullable(),
  notifiedAt: z.date().nullable(),
});
const action = z.object({
  id: z.number(),
  at: z.date(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.unknown(),
});
const page = z.object({ before: id.optional(), limit: limit(50, 500) });

/** The alerts, and the audit of who did what. */
export function alertRoutes(app: FastifyInstance, deps: Deps): void {
  const { pool } = deps;
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(
    '/alerts',
    {
      schema: {
        summary: 'Open or closed alerts, newest first',
        querystring: page.extend({ open: flag.default(true) }),
        response: { 200: z.object({ alerts: z.array(alert) }) },
      },
    },
    async ({ query: { open, before, limit } }) => ({
      alerts: await listAlerts(pool, { open, before, limit }),
    }),
  );

  api.post(
    '/alerts/:id/close',
    { schema: { summary: 'Close an alert', params: z.object({ id }), response: { 200: done } } },
    async ({ params, visitor }) => {
      await closeAlert(operationsOf(deps, visitor), params.id);
      return { done: true as const };
    },
  );

  api.get(
    '/audit',
    {
      schema: {
        summary: 'Who did what, newest first',
        querystring: page.extend({
          actor: z.string().max(200).optional(),
          action: z.string().max(200).optional(),
        }),
        response: { 200: z.object({ actions: z.array(action) }) },
      },
    },
    async ({ query: { before, limit, ...filter } }) => ({
      actions: await listAudit(pool, filter, { before, limit }),
    }),
  );
}
