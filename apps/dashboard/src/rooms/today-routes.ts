import { listRooms } from '@mycelium/database';
import { dayOf } from '@mycelium/farm';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { countOpenAlerts } from '../records/alerts.ts';
import { day, metric } from '../server/shapes.ts';
import { roomsNow } from './today.ts';

const now = z.object({
  value: z.number(),
  at: z.date(),
  band: z.object({ low: z.number(), high: z.number() }).nullable(),
  curve: z.array(z.number().nullable()),
});
const trouble = z.discriminatedUnion('what', [
  z.object({ what: z.literal('no-readings') }),
  z.object({ what: z.literal('old-readings'), since: z.date() }),
  z.object({ what: z.literal('old-metric'), metric, since: z.date() }),
  z.object({ what: z.enum(['below-band', 'above-band']), metric, value: z.number(), limit: z.number() }),
  z.object({ what: z.literal('no-images') }),
  z.object({ what: z.literal('old-image'), since: z.date() }),
  z.object({ what: z.literal('not-embedded'), count: z.number(), day }),
]);
const roomImage = z.object({ id: z.number(), version: z.string(), capturedAt: z.date(), stage: z.string() });
const roomNow = z.object({
  room: z.string(),
  image: roomImage.nullable().describe('the newest one'),
  litImage: roomImage.nullable().describe('the newest lit one of the last two days'),
  growthDay: z.number().nullable(),
  metrics: z.object({ temperature: now.nullable(), humidity: now.nullable(), co2: now.nullable() }),
  changes: z.number(),
  lastNight: z.object({ day, images: z.number(), embedded: z.number() }),
  troubles: z.array(trouble),
});
const today = z.object({ day, now: z.date(), rooms: z.array(roomNow), openAlerts: z.number() });

export function todayRoutes(app: FastifyInstance, { pool, clock, config, lookAtStore }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const { TZ: timeZone } = config;

  api.get(
    '/today',
    { schema: { summary: 'The current state of every room', response: { 200: today } } },
    async () => {
      const instant = clock();
      const today = dayOf(instant, timeZone);
      await lookAtStore({ from: today, to: today });
      const [rooms, openAlerts] = await Promise.all([
        roomsNow(pool, { now: instant, timeZone }),
        countOpenAlerts(pool),
      ]);
      return { day: today, now: instant, rooms, openAlerts };
    },
  );

  api.get(
    '/rooms',
    {
      schema: {
        summary: 'The names of all rooms',
        response: { 200: z.object({ rooms: z.array(z.string()) }) },
      },
    },
    async () => ({ rooms: await listRooms(pool) }),
  );
}
