import { addDays, onlyChoices } from '@mycelium/farm';
import { type BackfillStep, planBackfill, runBackfill, wantedModel } from '@mycelium/operations';
import { backfillJob, type JobName, jobNames } from '@mycelium/queue';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { operationsOf } from '../server/operations.ts';
import { refused } from '../server/refused.ts';
import { day, room } from '../server/shapes.ts';
import { coverage } from './coverage.ts';

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
  absent: z.number(),
  readings: z.number().nullable(),
  readingsStale: z.boolean(),
});
/** The model whose vectors count; null before the first one. */
const countedModel = z.string().nullable();
const matrix = z.object({
  rooms: z.array(z.object({ room: z.string(), cells: z.array(cell) })),
  /** When the store was last listed for these days; null before that, and if it did not answer. */
  lookedAt: z.date().nullable(),
  model: countedModel,
});

const step = {
  job: z.enum(jobNames as [JobName, ...JobName[]]),
  day,
  rooms: z.array(room).max(1_000),
  reason: z.enum(['missing', 'failed', 'stale', 'again']),
  images: z.int().min(0),
  quarantined: z.int().min(0),
};
const request = z.strictObject({
  what: z.enum(['images', 'readings', 'setpoints']),
  from: day,
  to: day,
  rooms: z.array(room).min(1).max(200).optional(),
  /** By default everything missing, failed or stale. */
  only: z.enum(onlyChoices).optional(),
  dryRun: z.boolean(),
  /** The steps from a dry run, to run exactly those. Without them, runs what a dry run would return now. */
  steps: z
    .array(z.strictObject({ ...step, slot: z.iso.datetime().nullable() }))
    .max(mostDays + 1)
    .optional(),
});
const plan = z.object({
  steps: z.array(z.object({ ...step, slot: z.date().nullable() })),
  /** The last day the plan covers; later days are not due. */
  until: day,
  /** When the store was listed for the plan; null if it could not be listed, and for readings. */
  lookedAt: z.date().nullable(),
  /** Objects in the store whose keys are not image keys, and some of them. */
  unreadable: z.number(),
  examples: z.array(z.object({ key: z.string(), detail: z.string() })),
  /** Images that need a vector but are gone from the store; they are in quarantine. */
  gone: z.number(),
  /** Days of which the store lists no image, although the database has some without a vector. */
  emptyDays: z.array(day),
  model: countedModel,
  enqueued: z.number(),
  /** Steps that were not queued because an error ended the backfill; a new plan has them again. */
  notQueued: z.number(),
  /** Images that stay in quarantine, since the run of their step was in the queue before and may not read them. */
  keptInQuarantine: z.number(),
});

export function coverageRoutes(app: FastifyInstance, deps: Deps): void {
  const { pool, clock, config, lookAtStore } = deps;
  const { TZ: timeZone } = config;
  const api = app.withTypeProvider<ZodTypeProvider>();

  function checkDays({ from, to }: { from: string; to: string }) {
    if (to < from || addDays(from, mostDays) < to) {
      throw refused(400, 'refused.days', { n: mostDays });
    }
  }

  api.get(
    '/coverage',
    {
      schema: {
        summary: 'Coverage per room and day',
        querystring: z.object({ from: day, to: day }),
        response: { 200: matrix },
      },
    },
    async ({ query }) => {
      checkDays(query);
      const lookedAt = await lookAtStore(query);
      const model = (await wantedModel(operationsOf(deps))) ?? null;
      const rooms = await coverage(pool, { ...query, timeZone, now: clock(), model });
      return { rooms, lookedAt, model };
    },
  );

  api.post(
    '/backfill',
    {
      schema: {
        summary: 'Backfill gaps; with dryRun only plan it. Send the steps of the plan to run exactly those',
        body: request,
        response: { 200: plan },
      },
    },
    async ({ body: { what, dryRun, steps: confirmed, ...range }, visitor }) => {
      checkDays(range);
      const ops = operationsOf(deps, visitor);
      const planned = confirmed
        ? { ...unplanned, steps: confirmed.map(readStep), until: range.to }
        : await planBackfill(ops, { job: backfillJob(what), ...range });
      if (dryRun) return { ...planned, enqueued: 0, notQueued: 0, keptInQuarantine: 0 };
      const { runs, notQueued, keptInQuarantine, error } = await runBackfill(ops, planned.steps);
      if (error) deps.logger.error('a backfill was not queued completely', { error });
      return { ...planned, enqueued: runs.length, notQueued: notQueued.length, keptInQuarantine };
    },
  );
}

/** What a plan that was confirmed does not find out again. */
const unplanned = { lookedAt: null, unreadable: 0, examples: [], gone: 0, emptyDays: [], model: null };

const readStep = ({ slot, ...rest }: Omit<BackfillStep, 'slot'> & { slot: string | null }): BackfillStep => ({
  ...rest,
  slot: slot === null ? null : new Date(slot),
});
