import { imageDays, knownRuns } from '@mycelium/database';
import { addDays, type Day, dayOf, daysBetween } from '@mycelium/farm';
import { type JobName, slotForDay } from '@mycelium/queue';
import { StoreError } from '@mycelium/storage';
import { Refusal } from '@mycelium/words';
import { type LookRange, lookAtStore, type StoreLook } from '../images/look-at-store.ts';
import { wantedModel } from '../images/wanted-model.ts';
import { basisOf } from '../jobs-by-purpose.ts';
import { knownRooms } from '../known-rooms.ts';
import type { Operations } from '../operations.ts';
import { planImages } from './plan-images.ts';
import { planReadings } from './plan-readings.ts';
import type { LedgerDay } from './slot-reasons.ts';
import { staleRooms } from './stale-rooms.ts';
import type { BackfillPlan, BackfillRequest } from './steps.ts';

/**
 * Plans what a backfill would run. Changes nothing except the table `image`, which it updates from the store.
 * @throws Refusal when the job cannot be backfilled, the days are in the wrong order or a room does not exist
 */
export async function planBackfill(
  ops: Operations,
  request: BackfillRequest,
  signal?: AbortSignal,
): Promise<BackfillPlan> {
  const { job, from, to } = request;
  const basis = basisOf(job);
  if (!basis) throw new Refusal('invalid', 'refused.no-backfill', { job });
  if (to < from) throw new Refusal('invalid', 'refused.days-reversed', { from, to });
  const rooms = request.rooms && (await knownRooms(ops, request.rooms));
  const lastDue = lastDueDay(ops, job);
  const until = [to, lastDue].sort()[0] as Day;
  const plan: BackfillPlan = { steps: [], until, gone: 0, model: null, ...notLooked };
  if (until < from) return plan;

  const days = await ledgerDays(ops, job, from, until);
  if (basis !== 'images') {
    const stale = await staleRooms(ops, basis, { from, to: until });
    return { ...plan, steps: planReadings(days, stale, { ...request, rooms }, ops) };
  }
  const model = (await wantedModel(ops)) ?? null;
  const look = await lookIfPossible(ops, { from, to: until, rooms, model }, signal);
  const counted = (await imageDays(ops.pool, { from, to: until, model })).filter(
    ({ room }) => rooms?.includes(room) ?? true,
  );
  return {
    ...plan,
    ...look,
    model,
    gone: counted.reduce((sum, { gone }) => sum + gone, 0),
    steps: planImages(days, counted, { ...request, rooms }, { ...ops, looked: look.lookedAt !== null }),
  };
}

const notLooked = { lookedAt: null, unreadable: 0, examples: [], emptyDays: [] };

async function lookIfPossible(
  { store, ...ops }: Operations,
  range: LookRange,
  signal: AbortSignal | undefined,
): Promise<StoreLook & { lookedAt: Date | null }> {
  if (!store) return notLooked;
  const lookedAt = ops.clock();
  try {
    return { lookedAt, ...(await lookAtStore({ ...ops, store }, range, signal)) };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return notLooked;
  }
}

/** The last day for which the job is due. */
export function lastDueDay({ timeZone, clock }: Pick<Operations, 'timeZone' | 'clock'>, job: JobName): Day {
  const now = clock();
  const yesterday = addDays(dayOf(now, timeZone), -1);
  return slotForDay(job, yesterday, timeZone) <= now ? yesterday : addDays(yesterday, -1);
}

async function ledgerDays({ pool, timeZone }: Operations, job: JobName, from: Day, to: Day) {
  const slots = daysBetween(from, to).map((day) => ({ day, slot: slotForDay(job, day, timeZone) }));
  const runs = await knownRuns(
    pool,
    job,
    slots.map(({ slot }) => slot),
  );
  return slots.map(({ day, slot }): LedgerDay => ({ day, run: runs.get(slot.getTime()) }));
}
