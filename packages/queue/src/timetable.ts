import { formatLocal, nextFiring } from '@mycelium/farm';
import type { Job } from './define-job.ts';
import { type JobName, jobNames, jobs } from './jobs.ts';

export interface TimetableRow {
  id: JobName;
  name: string;
  /** Farm time, or when else it runs. */
  next: string;
  trigger: string;
}

/** The timetable as people read it. Jobs that only a person or another job asks for are left out. */
export function timetable(timeZone: string, now: Date): TimetableRow[] {
  return jobNames.flatMap((id): TimetableRow[] => {
    const { title, schedule } = jobs[id] as Job;
    if (id === 'create_tables') return [{ id, name: title, next: 'done', trigger: 'at start' }];
    if (!schedule) return [];
    const next = formatLocal(nextFiring(schedule, timeZone, now), timeZone);
    return [{ id, name: title, next, trigger: `cron ${schedule} (${timeZone})` }];
  });
}
