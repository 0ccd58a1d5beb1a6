import { addDays, type Day, dayBounds, nextFiring, previousFiring } from '@mycelium/farm';
import { entryOf, type JobName } from '../jobs.ts';

/**
 * The slot whose "yesterday" is this day: the job's first firing on the next day.
 * @throws RangeError when the job has no schedule.
 */
export function slotForDay(name: JobName, day: Day, timeZone: string): Date {
  const { start } = dayBounds(addDays(day, 1), timeZone);
  return nextFiring(scheduleOf(name), timeZone, new Date(start.getTime() - 1_000));
}

/**
 * The newest slot that is due.
 * @throws RangeError when the job has no schedule.
 */
export function latestSlot(name: JobName, timeZone: string, now: Date): Date {
  return previousFiring(scheduleOf(name), timeZone, now);
}

/** The cron expression of a scheduled job. @throws RangeError when the job has no schedule */
export function scheduleOf(name: JobName): string {
  const { schedule } = entryOf(name);
  if (!schedule) throw new RangeError(`${name} has no schedule, and so no slots`);
  return schedule;
}
