import { knownRuns, listSchedules, type Pool } from '@mycelium/database';
import { firingsBetween } from '@mycelium/farm';
import { catchUpDays, type JobName, misfireGraceSeconds, scheduledJobs, scheduleOf } from '@mycelium/queue';

/**
 * The slots of every scheduled job that are past their misfire grace and have not begun, oldest first. Only the ledger
 * counts: it has no row for them, whatever Redis or the workers report.
 */
export async function overdueSlots(pool: Pool, timeZone: string, now: Date): Promise<Map<JobName, Date[]>> {
  const schedules = new Map((await listSchedules(pool)).map((row) => [row.job, row]));
  const latest = new Date(now.getTime() - misfireGraceSeconds * 1_000);
  const earliest = now.getTime() - catchUpDays * 86_400_000;
  const overdue = new Map<JobName, Date[]>();
  for (const job of scheduledJobs) {
    const seen = schedules.get(job);
    const from = seen && new Date(Math.max(seen.accountedUntil.getTime(), earliest));
    const due = from && from < latest ? [...firingsBetween(scheduleOf(job), timeZone, from, latest)] : [];
    const active = due.filter((slot) => !seen?.pausedAt || slot < seen.pausedAt);
    const known = active.length > 0 ? await knownRuns(pool, job, active) : undefined;
    overdue.set(
      job,
      active.filter((slot) => !known?.has(slot.getTime())),
    );
  }
  return overdue;
}
