import { formatLocal, nextFiring } from '@mycelium/farm';
import { entryOf, type JobName, jobNames } from '../jobs.ts';

export interface TimetableRow {
  id: JobName;
  name: string;
  /** Farm time; null for a job that runs only when the scheduler starts. */
  next: string | null;
  trigger: string;
}

/** The timetable for display, without jobs that only a person or another job starts. */
export function timetable(timeZone: string, now: Date): TimetableRow[] {
  return jobNames.flatMap((id): TimetableRow[] => {
    const { title: name, schedule, trigger } = entryOf(id);
    if (trigger === 'startup') return [{ id, name, next: null, trigger: 'at start' }];
    if (!schedule) return [];
    const next = formatLocal(nextFiring(schedule, timeZone, now), timeZone);
    return [{ id, name, next, trigger: `cron ${schedule} (${timeZone})` }];
  });
}
