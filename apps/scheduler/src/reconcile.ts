import {
  accountForSlot,
  knownRuns,
  pausedSchedules,
  rememberSchedule,
  setAccountedUntil,
} from '@mycelium/database';
import { firingsBetween } from '@mycelium/farm';
import {
  accountForSlots,
  catchUpDays,
  enqueueSlot,
  entryOf,
  type JobName,
  scheduledJobs,
  scheduleOf,
  slotIsQueued,
  syncSchedules,
} from '@mycelium/queue';
import type { Reconciliation } from './reconciliation.ts';
import { restoreDescriptions } from './restore-descriptions.ts';
import { restoreRuns } from './restore-runs.ts';

/**
 * Accounts for every due slot that has neither a run nor a job in Redis, writes the timetable to Redis, and restores
 * jobs that Redis lost. Calling it again is a no-op.
 */
export async function reconcile(parts: Reconciliation): Promise<void> {
  const { pool, queues, timeZone, logger } = parts;
  const paused = await pausedSchedules(pool);
  for (const job of scheduledJobs) await accountForJob(parts, job, paused.get(job));

  const { written, removed } = await syncSchedules(queues, timeZone, new Set(paused.keys()));
  if (written.length + removed.length > 0) logger.info('schedules written', { written, removed });

  await restoreRuns(parts);
  await restoreDescriptions(parts);
}

async function accountForJob(
  { pool, queues, timeZone, logger, now }: Reconciliation,
  job: JobName,
  pausedAt?: Date,
): Promise<void> {
  const pattern = scheduleOf(job);
  const at = now();
  const { accountedUntil } = await rememberSchedule(pool, { job, pattern, timeZone }, at);
  const slots = [...firingsBetween(pattern, timeZone, notTooOld(accountedUntil, at), at)];
  if (slots.length === 0) return;

  const known = await knownRuns(pool, job, slots);
  const open: Date[] = [];
  for (const slot of slots) {
    if (!known.has(slot.getTime()) && !(await slotIsQueued(queues, job, slot))) open.push(slot);
  }
  const due = open.map((slot) => ({ slot, paused: pausedAt !== undefined && slot >= pausedAt }));
  for (const decision of accountForSlots(due, at, entryOf(job).catchUp)) {
    const { slot, action } = decision;
    const fields = { job, slot: slot.toISOString(), late: (at.getTime() - slot.getTime()) / 1_000 };
    if (action === 'run') {
      logger.info(`enqueued ${job}: it is due and was not in the queue`, fields);
      await enqueueSlot(queues, job, slot, decision.cause, {}, { by: 'schedule', now: at });
    } else {
      logger.warn(`${job}: slot ${action}`, fields);
      await accountForSlot(pool, { job, slot }, action);
    }
  }
  // A slot is checked again until it is in the ledger: a job that is only in Redis can still be lost.
  const after = await knownRuns(pool, job, slots);
  const firstOpen = slots.findIndex((slot) => !after.has(slot.getTime()));
  const until = firstOpen === -1 ? slots.at(-1) : slots[firstOpen - 1];
  if (until) await setAccountedUntil(pool, job, until);
}

/** Slots that are too old for `every-slot` are not checked one by one. */
function notTooOld(accountedUntil: Date, at: Date): Date {
  return new Date(Math.max(accountedUntil.getTime(), at.getTime() - catchUpDays * 86_400_000));
}
