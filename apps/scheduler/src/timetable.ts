import { formatLocal, nextFiring } from '@mycelium/calendar';
import { type Job, type JobName, jobNames, jobs } from '@mycelium/queue';

export interface TimetableRow {
  id: JobName;
  name: string;
  /** Farm time, or when else it runs. */
  next: string;
  trigger: string;
}

/** The four scheduled jobs as people read them. Those that only others ask for are left out. */
export function timetable(timeZone: string, now: Date): TimetableRow[] {
  return jobNames.flatMap((id): TimetableRow[] => {
    const { title, schedule } = jobs[id] as Job;
    if (id === 'create_tables') return [{ id, name: title, next: 'done', trigger: 'at start' }];
    if (!schedule) return [];
    const next = formatLocal(nextFiring(schedule, timeZone, now), timeZone);
    return [{ id, name: title, next, trigger: `cron ${schedule} (${timeZone})` }];
  });
}
