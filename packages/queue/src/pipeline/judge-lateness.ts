import { previousFiring } from '@mycelium/farm';
import { accountForSlots } from '../timetable/account-for-slots.ts';
import type { Accepted } from './accept.ts';

/**
 * A scheduled job that waited for a worker beyond the grace is judged as the scheduler would have judged it.
 * @returns how its slot is accounted for; undefined when it runs
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
