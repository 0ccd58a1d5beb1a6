import type { Day } from '@mycelium/farm';
import { slotForDay } from '@mycelium/queue';
import type { Operations } from '../operations.ts';
import { type LedgerDay, ranTooEarly, reasonForDay } from './slot-reasons.ts';
import type { BackfillRequest, BackfillStep } from './steps.ts';

/**
 * Days whose run is missing or failed, and days with rooms whose data changed after the run. A run computes all
 * rooms; the step names those that need it.
 */
export function planReadings(
  days: LedgerDay[],
  staleRooms: ReadonlyMap<Day, readonly string[]>,
  { job, rooms: asked, only }: BackfillRequest,
  { timeZone }: Pick<Operations, 'timeZone'>,
): BackfillStep[] {
  return days.flatMap((ledgerDay) => {
    const { day } = ledgerDay;
    const stale = (staleRooms.get(day) ?? []).filter((room) => asked?.includes(room) ?? true);
    const reason = reasonForDay(ledgerDay, { stale: stale.length > 0, only, timeZone });
    if (!reason) return [];
    const onlySome = reason === 'stale' && !ranTooEarly(ledgerDay, timeZone);
    const rooms = onlySome ? stale : [...(asked ?? [])];
    return { job, day, slot: slotForDay(job, day, timeZone), rooms, reason, images: 0, quarantined: 0 };
  });
}
