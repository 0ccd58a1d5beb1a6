import { commit, databaseTotals } from '@mycelium/database';
import { addDays } from '@mycelium/farm';
import type { Handler, Result, RunContext } from '@mycelium/queue';
import type { ClipContext } from './context.ts';
import { type Plan, planImages, type Selection, selectSince } from './plan-images.ts';

/** Embeds every image of the previous day that has no vector of the model yet, and those of the days before it. */
export const dailyClipInference: Handler<'daily_clip_inference', ClipContext> = (_, context) => {
  const { day } = context.run;
  const lateFrom = addDays(day, -context.lateDays);
  return embed({ from: day, to: day, lateFrom }, { batchSize: 20, save: true }, context);
};

/** Embeds the images that a person selected: those of a day or of the last hours. */
export const embedImages: Handler<'embed_images', ClipContext> = (asked, context) => {
  const { day, since, rooms, maxPerRoom, batchSize, save } = asked;
  const range = day
    ? { from: day, to: day }
    : selectSince(new Date(since as string), context.run.slot, context.run.timeZone);
  return embed(
    { ...range, ...(rooms && { rooms }), ...(maxPerRoom && { maxPerRoom }) },
    { batchSize, save },
    context,
  );
};

async function embed(
  selection: Selection,
  { batchSize, save }: { batchSize: number; save: boolean },
  context: ClipContext & RunContext,
): Promise<Result<'embed_images'>> {
  const { pool, store, model, aliases, run, signal, fanOut, logger } = context;

  const { plan, results } = await fanOut<'embed_batch', Plan>('embed_batch', (add, begun) =>
    planImages(
      {
        store,
        read: pool,
        write: save ? (work) => commit(pool, run.lease, work) : undefined,
        modelId: model.id,
        timeZone: run.timeZone,
        aliases,
        batchSize,
        signal,
      },
      selection,
      (batches, soFar) =>
        add(
          batches.map((keys) => ({ keys, save })),
          soFar,
        ),
      begun,
    ),
  );

  const report = addUp(plan, results);
  if (report.total === 0) logger.warn('no images found', { ...selection });
  return {
    ...report,
    day: selection.from === selection.to ? selection.from : null,
    ...(plan.late && { late: plan.late }),
    seconds: (Date.now() - plan.startedAt) / 1_000,
    model: model.key,
    saved: save,
    database: await databaseTotals(pool),
  };
}

/** Adds up the plan and the results of the batches. An image that no batch reports has failed. */
function addUp({ rooms: planned }: Pick<Plan, 'rooms'>, batches: Result<'embed_batch'>[]) {
  const rooms: Result<'embed_images'>['rooms'] = {};
  for (const [room, { total, skipped }] of Object.entries(planned)) {
    const succeeded = batches.reduce((sum, batch) => sum + (batch.rooms[room]?.succeeded ?? 0), 0);
    rooms[room] = { total, skipped, succeeded, failed: Math.max(0, total - skipped - succeeded) };
  }
  const sum = (count: 'total' | 'succeeded' | 'failed' | 'skipped') =>
    Object.values(rooms).reduce((all, room) => all + room[count], 0);
  const totals = {
    total: sum('total'),
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    skipped: sum('skipped'),
  };
  const tried = totals.succeeded + totals.failed;
  return { ...totals, successRate: tried === 0 ? null : totals.succeeded / tried, rooms };
}
