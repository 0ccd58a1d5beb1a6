import { type Cause, envelopeVersion, requestOf } from './envelope.ts';
import { entryOf, type JobName, type PayloadInput, scheduledJobs } from './jobs.ts';
import { jobOptions, type Queues, slotJobId } from './queues.ts';
import { scheduleOf } from './slots.ts';

export interface SyncReport {
  written: JobName[];
  removed: string[];
}

/**
 * Makes Redis hold exactly the timetable's schedules. Only what differs is written: BullMQ's upsert replaces an
 * overdue firing by the next one, so that a blind upsert at every start would lose runs.
 * @param paused their schedules are taken out
 */
export async function syncSchedules(
  queues: Queues,
  timeZone: string,
  paused: ReadonlySet<string>,
): Promise<SyncReport> {
  const wanted = scheduledJobs.filter((name) => !paused.has(name));
  const report: SyncReport = { written: [], removed: [] };

  for (const name of wanted) {
    const job = entryOf(name);
    const queue = queues.of(name);
    const pattern = scheduleOf(name);
    const data = { version: envelopeVersion, cause: 'schedule', payload: {} };
    const held = await queue.getJobScheduler(name);
    const same =
      held?.pattern === pattern &&
      held.tz === timeZone &&
      held.name === name &&
      JSON.stringify(held.template?.data) === JSON.stringify(data) &&
      held.template?.opts?.attempts === job.attempts;
    if (same) continue;
    await queue.upsertJobScheduler(name, { pattern, tz: timeZone }, { name, data, opts: jobOptions(job) });
    report.written.push(name);
  }

  for (const queue of queues.all) {
    for (const { key } of await queue.getJobSchedulers()) {
      if (wanted.some((name) => name === key && queues.of(name) === queue)) continue;
      await queue.removeJobScheduler(key);
      report.removed.push(key);
    }
  }
  return report;
}

/**
 * The job that stands for a slot in Redis: the schedule's own, one that was put there for it, or the one that the
 * ledger has as its request, under whatever id.
 */
async function findSlotJobs(queues: Queues, name: JobName, slot: Date, request = '') {
  const queue = queues.of(name);
  const ids = [`repeat:${name}:${slot.getTime()}`, slotJobId(name, slot)];
  const jobs = await Promise.all(ids.map((id) => queue.getJob(id)));
  const asked = await queue.getJob(request.slice(0, request.lastIndexOf('#')));
  if (asked && requestOf(asked) === request) jobs.push(asked);
  return jobs.filter((job) => job !== undefined);
}

/** Whether Redis holds a job for this slot that is still to be finished. */
export async function slotIsQueued(
  queues: Queues,
  name: JobName,
  slot: Date,
  request?: string,
): Promise<boolean> {
  const jobs = await findSlotJobs(queues, name, slot, request);
  const states = await Promise.all(jobs.map((job) => job.getState()));
  return states.some((state) => !['completed', 'failed', 'unknown'].includes(state));
}

/**
 * Whether a run that waits for its batches sleeps in Redis and a batch of it is still to be done. Not so: it has just
 * woken, or nothing will wake it.
 */
export async function hasLiveBatch(
  queues: Queues,
  name: JobName,
  slot: Date,
  request: string,
): Promise<boolean> {
  for (const job of await findSlotJobs(queues, name, slot, request)) {
    if ((await job.getState()) !== 'waiting-children') continue;
    const { unprocessed = [] } = await job.getDependencies({ unprocessed: { count: 100 } });
    for (const key of unprocessed) if (await jobExists(queues, key)) return true;
  }
  return false;
}

/** A batch that was removed is still listed by its parent, under its key. */
async function jobExists(queues: Queues, key: string): Promise<boolean> {
  const queue = queues.all.find(({ qualifiedName }) => key.startsWith(`${qualifiedName}:`));
  const id = queue && key.slice(queue.qualifiedName.length + 1);
  return id !== undefined && (await queue?.getJob(id)) !== undefined;
}

/** Why the job of a slot was set aside, when it was: by BullMQ too, after its workers had died too often. */
export async function whySetAside(
  queues: Queues,
  name: JobName,
  slot: Date,
  request: string,
): Promise<string | undefined> {
  for (const job of await findSlotJobs(queues, name, slot, request)) {
    if (await job.isFailed()) return job.failedReason ?? 'unknown';
  }
  return undefined;
}

/** The slot has not come yet: a run of it would take the place of the real one. */
export class SlotNotDue extends RangeError {
  readonly permanent = true;
}

/**
 * Puts the one job of a slot into Redis, in place of a finished one. One that is still to be finished stays as it
 * is and is returned.
 * @throws SlotNotDue when the slot lies after `now`
 */
export async function enqueueSlot<Name extends JobName>(
  queues: Queues,
  name: Name,
  slot: Date,
  cause: Cause,
  payload: PayloadInput<Name>,
  { by, now = new Date() }: { by?: string; now?: Date } = {},
) {
  if (slot > now) throw new SlotNotDue(`the slot ${slot.toISOString()} of ${name} has not come yet`);
  const jobId = slotJobId(name, slot);
  const old = await queues.of(name).getJob(jobId);
  if (old && ((await old.isCompleted()) || (await old.isFailed()))) await old.remove();
  return queues.enqueue(name, payload, { slot, cause, by, jobId });
}
