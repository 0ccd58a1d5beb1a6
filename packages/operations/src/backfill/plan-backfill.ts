import { imageDays, knownRuns } from '@mycelium/database';
import { addDays, type Day, dayOf, daysBetween } from '@mycelium/farm';
import { type JobName, slotForDay } from '@mycelium/queue';
import { Refusal } from '@mycelium/words';
import { lookAtStore } from '../images/look-at-store.ts';
import { wantedModel } from '../images/wanted-model.ts';
import { basisOf } from '../jobs-by-purpose.ts';
import type { Operations } from '../operations.ts';
import { planImages } from './plan-images.ts';
import { planReadings } from './plan-readings.ts';
import type { LedgerDay } from './slot-reasons.ts';
import { staleRooms } from './stale-rooms.ts';
import type { BackfillPlan, BackfillRequest } from './steps.ts';

/**
 * Plans what a backfill would run. Changes nothing except the table `image`, which it updates from the store.
 * @throws Refusal when the job cannot be backfilled or the days are in the wrong order
 */
export async function planBackfill(ops: Operations, request: BackfillRequest): Promise<BackfillPlan> {
  const { job, from, to, rooms } = request;
  const basis = basisOf(job);
  if (!basis) throw new Refusal('invalid', 'refused.no-backfill', { job });
  if (to < from) throw new Refusal('invalid', 'refused.days-reversed', { from, to });
  const lastDue = lastDueDay(ops, job);
  const until = [to, lastDue].sort()[0] as Day;
  const plan: BackfillPlan = { steps: [], until, lookedAt: null, unreadable: 0, model: null };
  if (until < from) return plan;

  if (basis !== 'images') {
    const stale = await staleRooms(ops, basis, { from, to: until });
    return { ...plan, steps: planReadings(await ledgerDays(ops, job, from, until), stale, request, ops) };
  }
  const { store } = ops;
  if (store) {
    plan.lookedAt = ops.clock();
    plan.unreadable = (await lookAtStore({ ...ops, store }, { from, to: until, rooms })).unreadable;
  }
  plan.model = (await wantedModel(ops)) ?? null;
  const counted = await imageDays(ops.pool, { from, to: until, model: plan.model });
  plan.steps = planImages(await ledgerDays(ops, job, from, until), counted, request, ops);
  return plan;
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
