import { newestBatch, statsOfRoom, timeLapseImages } from '@mycelium/database';
import { addDays, type Day, dayOf } from '@mycelium/farm';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { imageStrip } from '../images/gallery.ts';
import { refused } from '../server/refused.ts';
import { day, flag, instant, limit, metric, room } from '../server/shapes.ts';
import { bandSpans } from './bands.ts';
import { dailyStats } from './daily-stats.ts';
import { flappingPoints } from './flapping.ts';
import { roomSeries } from './room-series.ts';
import { listChanges, setpointLines } from './setpoints.ts';

const mostDays = 800;

const curve = z.object({
  mean: z.array(z.number().nullable()),
  min: z.array(z.number().nullable()),
  max: z.array(z.number().nullable()),
});
const series = z.object({
  from: z.date(),
  step: z.number(),
  buckets: z.number(),
  metrics: z.object({ temperature: curve, humidity: curve, co2: curve }),
  bands: z.array(z.object({ metric, low: z.number(), high: z.number(), from: z.date(), to: z.date() })),
  setpoints: z.array(
    z.object({
      metric,
      device: z.string(),
      point: z.string(),
      steps: z.array(z.tuple([z.number(), z.number()])),
    }),
  ),
  images: z.array(z.object({ id: z.number(), version: z.string(), capturedAt: z.date() })),
});
const change = z.object({
  room: z.string(),
  device: z.string(),
  deviceType: z.string(),
  point: z.string(),
  kind: z.string(),
  unit: z.string().nullable(),
  at: z.date(),
  previous: z.number().nullable(),
  value: z.number(),
  labels: z.record(z.string(), z.string()),
});
/** From the newest run, whatever the requested time. */
const flapping = z.object({ name: z.string(), changes: z.number(), to: z.date() });

const timeLapse = z.object({
  from: day,
  to: day,
  images: z.array(
    z.object({ id: z.number(), version: z.string(), capturedAt: z.date(), growthDay: z.number() }),
  ),
  dark: z.int().describe('left out as dark: less than 0.6 as bright as the bright ones of the room'),
});

export function roomRoutes(app: FastifyInstance, { pool, config, clock }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const span = z.object({ from: instant, to: instant });

  api.get(
    '/rooms/:room/series',
    {
      schema: {
        summary: 'Climate, bands, setpoints and pictures of a room over a time range',
        params: z.object({ room }),
        querystring: span.extend({
          buckets: z.coerce.number().int().min(10).max(3_000).default(800),
          images: z.coerce.number().int().min(0).max(200).default(40),
        }),
        response: { 200: series },
      },
    },
    async ({ params, query: { from, to, buckets, images } }) => {
      checkSpan(from, to);
      const days = { from: dayOf(from, config.TZ), to: dayOf(to, config.TZ) };
      const at = { room: params.room, from, to };
      const [climate, bands, setpoints, strip] = await Promise.all([
        roomSeries(pool, { ...at, buckets }),
        bandSpans(pool, { room: params.room, ...days, timeZone: config.TZ }),
        setpointLines(pool, at),
        images > 0 ? imageStrip(pool, { ...at, slots: images }) : [],
      ]);
      return { ...climate, bands, setpoints, images: strip };
    },
  );

  api.get(
    '/rooms/:room/changes',
    {
      schema: {
        summary: 'Changes of setpoints, switches and modes, newest first',
        params: z.object({ room }),
        querystring: span.extend({ limit: limit(500, 2_000) }),
        response: { 200: z.object({ changes: z.array(change), flapping: z.array(flapping) }) },
      },
    },
    async ({ params, query }) => {
      checkSpan(query.from, query.to);
      const [changes, flapping] = await Promise.all([
        listChanges(pool, { room: params.room, ...query }),
        flappingPoints(pool, params.room),
      ]);
      return { changes, flapping };
    },
  );

  api.get(
    '/rooms/:room/timelapse',
    {
      schema: {
        summary: 'The images of a time-lapse, oldest first; of the newest batch if no days are given',
        params: z.object({ room }),
        querystring: z.object({
          from: day.optional(),
          to: day.optional(),
          every: z.enum(['image', 'day']).default('day').describe('every image, or the one nearest to noon'),
          night: flag.default(false).describe('also dark images'),
        }),
        response: { 200: timeLapse },
      },
    },
    async ({ params, query: { from, to, ...options } }) => {
      const timeZone = config.TZ;
      const today = dayOf(clock(), timeZone);
      const batch = from && to ? undefined : await newestBatch(pool, params.room, timeZone);
      const days = { from: from ?? batch?.from ?? today, to: to ?? batch?.to ?? today };
      checkDays(days);
      return {
        ...days,
        ...(await timeLapseImages(pool, { room: params.room, ...days, ...options, timeZone })),
      };
    },
  );

  api.get(
    '/rooms/:room/stats',
    {
      schema: {
        summary: 'Daily statistics of a room, newest day first',
        params: z.object({ room }),
        querystring: z.object({ from: day, to: day }),
        response: { 200: z.object({ days: z.array(dailyStats) }) },
      },
    },
    async ({ params, query: { from, to } }) => {
      checkDays({ from, to });
      return { days: await statsOfRoom(pool, params.room, from, to) };
    },
  );
}

function checkDays({ from, to }: { from: Day; to: Day }): void {
  if (to < from || addDays(from, mostDays) < to) throw refused(400, 'refused.span', { n: mostDays });
}

function checkSpan(from: Date, to: Date): void {
  const days = (to.getTime() - from.getTime()) / 86_400_000;
  if (!(days > 0 && days <= mostDays)) throw refused(400, 'refused.span', { n: mostDays });
}
