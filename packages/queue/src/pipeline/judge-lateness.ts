import { previousFiring } from '@mycelium/farm';
import { accountForSlots } from '../timetable/account-for-slots.ts';
import type { Accepted } from './accept.ts';

/**
 * Judges a scheduled job that waited for a worker past the misfire grace, by the same rules as the scheduler.
 * @returns how to account for its slot; undefined if it runs
 */
export function judgeLateness(
  { entry, envelope, run }: Accepted,
  timeZone: string,
  now: Date,
): 'missed' | 'coalesced' | undefined {
  if (!run || envelope.cause !== 'schedule' || !entry.schedule) return;
  const newest = previousFiring(entry.schedule, timeZone, now);
  const due = newest > run.slot ? [run.slot, newest] : [run.slot];
  const [verdict] = accountForSlots(
    due.map((slot) => ({ slot, paused: false })),
    now,
    entry.catchUp,
  );
  return verdict?.action === 'missed' || verdict?.action === 'coalesced' ? verdict.action : undefined;
}
