import { envelopeVersion } from '../envelope.ts';
import { entryOf, type JobName, scheduledJobs } from '../jobs.ts';
import { jobOptions, type Queues } from '../queues.ts';
import { scheduleOf } from './slots.ts';

export interface SyncReport {
  written: JobName[];
  removed: string[];
}

/**
 * Makes the schedules in Redis match the timetable. Writes only differences: BullMQ's upsert replaces an overdue firing
 * with the next one, so an unconditional upsert at every start would lose runs.
 * @param paused jobs whose schedules are removed
 */
export async function syncSchedules(
  queues: Queues,
  timeZone: string,
  paused: ReadonlySet<string>,
): Promise<SyncReport> {
  const active = scheduledJobs.filter((name) => !paused.has(name));
  const written: JobName[] = [];
  for (const name of active) if (await writeSchedule(queues, name, timeZone)) written.push(name);
  return { written, removed: await removeOthers(queues, active) };
}

/** @returns false if Redis already had it */
async function writeSchedule(queues: Queues, name: JobName, timeZone: string): Promise<boolean> {
  const entry = entryOf(name);
  const queue = queues.of(name);
  const pattern = scheduleOf(name);
  const data = { version: envelopeVersion, cause: 'schedule', payload: {} };
  const held = await queue.getJobScheduler(name);
  const same =
    held?.pattern === pattern &&
    held.tz === timeZone &&
    held.name === name &&
    JSON.stringify(held.template?.data) === JSON.stringify(data) &&
    held.template?.opts?.attempts === entry.attempts;
  if (same) return false;
  await queue.upsertJobScheduler(name, { pattern, tz: timeZone }, { name, data, opts: jobOptions(entry) });
  return true;
}

async function removeOthers(queues: Queues, active: JobName[]): Promise<string[]> {
  const removed: string[] = [];
  for (const queue of queues.all) {
    for (const { key } of await queue.getJobSchedulers()) {
      if (active.some((name) => name === key && queues.of(name) === queue)) continue;
      await queue.removeJobScheduler(key);
      removed.push(key);
    }
  }
  return removed;
}
