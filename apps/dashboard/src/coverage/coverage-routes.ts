import { addDays } from '@mycelium/farm';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { audit } from '../records/audit.ts';
import { Refused } from '../server/refused.ts';
import { day, room } from '../server/shapes.ts';
import { backfill, planImages, planStats } from './backfill.ts';
import { type CoverageRow, coverage, firstDayNotDue } from './coverage.ts';
import { lookUpUnknown } from './unknown-days.ts';

const mostDays = 370;

const cell = z.object({
  day,
  expected: z.number(),
  images: z.number(),
  embedded: z.number(),
  described: z.number(),
  quarantined: z.number(),
  stale: z.number(),
  missing: z.number(),
  readings: z.number().nullable(),
});
const matrix = z.object({ rooms: z.array(z.object({ room: z.string(), cells: z.array(cell) })) });

const request = z.strictObject({
  what: z.enum(['images', 'readings']),
  from: day,
  to: day,
  rooms: z.array(room).min(1).max(200).optional(),
  only: z.enum(['missing', 'failed', 'stale', 'all']).default('missing'),
  dryRun: z.boolean(),
});
const plan = z.object({
  steps: z.array(
    z.object({
      job: z.enum(['embed_images', 'daily_env_stats']),
      day,
      rooms: z.array(z.string()),
      images: z.number(),
    }),
  ),
  enqueued: z.number(),
});

export function coverageRoutes(app: FastifyInstance, { pool, queues, store, clock, config }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();

  const notDue = () => firstDayNotDue(clock(), config.TZ);
  const read = (from: string, to: string) => {
    if (to < from || addDays(from, mostDays) < to) {
      throw new Refused(400, 'refused.days', { n: mostDays });
    }
    return coverage(pool, { from, to, notDue: notDue() });
  };

  const planOf = async (rows: CoverageRow[], { what, only }: z.infer<typeof request>) => {
    if (what === 'readings') return planStats(rows, only);
    const looksForMissing = only === 'missing' || only === 'all';
    const options = { store, aliases: config.ROOM_ALIASES, notDue: notDue() };
    return planImages(looksForMissing ? await lookUpUnknown(rows, options) : rows, only);
  };

  api.get(
    '/coverage',
    {
      schema: {
        summary: 'Room by room and day by day, what is there of what there should be',
        querystring: z.object({ from: day, to: day }),
        response: { 200: matrix },
      },
    },
    async ({ query }) => ({ rooms: await read(query.from, query.to) }),
  );

  api.post(
    '/backfill',
    {
      schema: {
        summary: 'Make good what is missing; with dryRun only the plan is told',
        body: request,
        response: { 200: plan },
      },
    },
    async ({ body, visitor }) => {
      const rows = await read(body.from, body.to);
      const chosen = rows.filter((row) => body.rooms?.includes(row.room) ?? true);
      const steps = await planOf(chosen, body);
      if (body.dryRun || steps.length === 0) return { steps, enqueued: 0 };
      await audit(pool, {
        actor: visitor?.name ?? 'nobody',
        action: 'backfill',
        subject: `${body.what} ${body.from} to ${body.to}`,
        detail: { ...body, runs: steps.length },
      });
      const options = { pool, queues, timeZone: config.TZ, now: clock(), only: body.only };
      return { steps, enqueued: await backfill(steps, options) };
    },
  );
}
