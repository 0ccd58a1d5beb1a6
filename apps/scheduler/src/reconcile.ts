import {
  accountForSlot,
  failRun,
  knownSlots,
  type Pool,
  pausedSchedules,
  rememberSchedule,
  setAccountedUntil,
  unattendedRuns,
  undescribedImages,
} from '@mycelium/database';
import { firingsBetween } from '@mycelium/farm';
import {
  accountForSlots,
  catchUpDays,
  enqueueSlot,
  entryOf,
  findJob,
  imageJobs,
  type JobName,
  type Queues,
  scheduledJobs,
  scheduleOf,
  slotIsQueued,
  syncSchedules,
  whyDeadLettered,
} from '@mycelium/queue';
import type { Logger } from '@mycelium/telemetry';

export interface Reconciliation {
  pool: Pool;
  queues: Queues;
  timeZone: string;
  logger: Logger;
  now: () => Date;
}

/**
 * Asks of every job whether each slot that is due has a run, or a job in Redis, and sees to those that have
 * neither; puts runs that lost their job back; makes Redis hold the timetable. What Redis loses comes back here.
 * Calling it again changes nothing.
 */
export async function reconcile(house: Reconciliation): Promise<void> {
  const { pool, queues, timeZone, logger } = house;
  const paused = await pausedSchedules(pool);
  for (const job of scheduledJobs) await accountForJob(house, job, paused.get(job));

  const { written, removed } = await syncSchedules(queues, timeZone, new Set(paused.keys()));
  if (written.length + removed.length > 0) logger.info('schedules written', { written, removed });

  for (const { job, slot, request } of await unattendedRuns(pool)) {
    const name = job as JobName;
    if (!findJob(job) || (await slotIsQueued(queues, name, slot, request))) continue;
    const setAside = await whyDeadLettered(queues, name, slot, request);
    if (setAside) {
      logger.error(`${job} of ${slot.toISOString()} was set aside: ${setAside}`);
      await failRun(pool, { job, slot }, setAside);
    } else if (scheduledJobs.includes(name)) {
      logger.warn(`${job} of ${slot.toISOString()} had begun and is not in the queue: put back`);
      await enqueueSlot(queues, name, slot, 'catch-up', {}, { by: 'schedule', now: house.now() });
    } else {
      // What it was asked to do went with Redis; whoever asked can ask again.
      await failRun(pool, { job, slot }, 'its job was lost from Redis; ask for it again');
    }
  }
  await askForDescriptions(house);
}

/** Between the commit of a vector and the job for its description lie milliseconds. */
const descriptionGrace = 10_000;

/** Nothing of them in the queue, and yet images wait: their jobs are lost. Each is asked for on its own, once. */
async function askForDescriptions({ pool, queues, logger, now }: Reconciliation): Promise<void> {
  // Asked first: while there are some, and a backlog may be long, the table need not be read.
  const counts = await queues.of(imageJobs.descriptions).getJobCounts('waiting', 'active', 'delayed');
  if (Object.values(counts).some((count) => count > 0)) return;
  const before = new Date(now().getTime() - descriptionGrace);
  const images = await undescribedImages(pool, { before, limit: 1_000 });
  if (images.length === 0) return;
  logger.warn('descriptions are wanted and not in the queue: put there', { images: images.length });
  await queues.enqueueAll(
    imageJobs.descriptions,
    images.map(({ key, imageId, wantedAt }) => ({
      payload: { keys: [key] },
      // One that was set aside is not tried again until somebody says so.
      asked: { jobId: `image-${imageId}-${wantedAt.getTime()}` },
    })),
  );
}

async function accountForJob(
  { pool, queues, timeZone, logger, now }: Reconciliation,
  job: JobName,
  pausedAt?: Date,
) {
  const pattern = scheduleOf(job);
  const at = now();
  const { accountedUntil } = await rememberSchedule(pool, { job, pattern, timeZone }, at);
  const slots = [...firingsBetween(pattern, timeZone, bounded(accountedUntil, at), at)];
  if (slots.length === 0) return;

  const known = await knownSlots(pool, job, slots);
  const open: Date[] = [];
  for (const slot of slots) {
    if (!known.has(slot.getTime()) && !(await slotIsQueued(queues, job, slot))) open.push(slot);
  }
  const due = open.map((slot) => ({ slot, paused: pausedAt !== undefined && slot >= pausedAt }));
  for (const decision of accountForSlots(due, at, entryOf(job).catchUp)) {
    const { slot, action } = decision;
    const fields = { job, slot: slot.toISOString(), late: (at.getTime() - slot.getTime()) / 1_000 };
    if (action === 'run') {
      logger.info(`${job} is due and not in the queue: put there`, fields);
      await enqueueSlot(queues, job, slot, decision.cause, {}, { by: 'schedule', now: at });
    } else {
      logger.warn(`${job}: slot ${action}`, fields);
      await accountForSlot(pool, { job, slot }, action);
    }
  }
  // Looked at again until each is in the ledger: what is only in Redis can still be lost.
  const after = await knownSlots(pool, job, slots);
  const firstOpen = slots.findIndex((slot) => !after.has(slot.getTime()));
  const until = firstOpen === -1 ? slots.at(-1) : slots[firstOpen - 1];
  if (until) await setAccountedUntil(pool, job, until);
}

/** Slots older than what `every-slot` makes up for are not looked at one by one. */
function bounded(accountedUntil: Date, at: Date): Date {
  return new Date(Math.max(accountedUntil.getTime(), at.getTime() - catchUpDays * 86_400_000));
}
