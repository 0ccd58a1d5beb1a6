import { listReadingQuarantine } from '@mycelium/database';
import { implausibleTimes } from '@mycelium/farm';
import { discardQuarantinedReadings, releaseQuarantinedReadings } from '@mycelium/operations';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { operationsOf } from '../server/operations.ts';

const reason = z.enum(implausibleTimes);

const row = z.object({
  room: z.string(),
  device: z.string(),
  reason,
  count: z.int(),
  first: z.date().describe("by the device's clock"),
  last: z.date(),
  receivedAt: z.date().describe('when the newest of them arrived'),
});

const selection = z.strictObject({
  rooms: z.array(z.string().min(1).max(100)).min(1).max(100).optional(),
  devices: z.array(z.string().min(1).max(200)).min(1).max(100),
  reason: reason.optional(),
});

/** Readings whose time cannot be right: listed by device, released or discarded. */
export function readingQuarantineRoutes(app: FastifyInstance, deps: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(
    '/quarantine/readings',
    {
      schema: {
        summary: 'Devices with quarantined readings: their times cannot be right',
        response: { 200: z.object({ devices: z.array(row) }) },
      },
    },
    async () => ({ devices: await listReadingQuarantine(deps.pool) }),
  );

  api.post(
    '/quarantine/readings/release',
    {
      schema: {
        summary: 'Store quarantined readings as they are',
        body: selection,
        response: { 200: z.object({ released: z.int() }) },
      },
    },
    async ({ body, visitor }) => ({
      released: await releaseQuarantinedReadings(operationsOf(deps, visitor), body),
    }),
  );

  api.post(
    '/quarantine/readings/discard',
    {
      schema: {
        summary: 'Delete quarantined readings',
        body: selection,
        response: { 200: z.object({ discarded: z.int() }) },
      },
    },
    async ({ body, visitor }) => ({
      discarded: await discardQuarantinedReadings(operationsOf(deps, visitor), body),
    }),
  );
}
