import { lateReadings } from '@mycelium/database';
import { type Day, dayOf, daysBetween } from '@mycelium/farm';
import type { Operations } from '../operations.ts';

/** Rooms whose readings of a day were written after the day was computed, by local day. */
export async function staleRooms(
  { pool, timeZone }: Pick<Operations, 'pool' | 'timeZone'>,
  source: 'readings' | 'setpoints',
  { from, to }: { from: Day; to: Day },
): Promise<Map<Day, string[]>> {
  const late = await lateReadings(pool, source === 'readings' ? 'env-stats' : 'setpoints');
  const days = new Map<Day, Set<string>>();
  for (const { room, first, last } of late) {
    for (const day of daysBetween(dayOf(first, timeZone), dayOf(last, timeZone))) {
      if (day >= from && day <= to) days.set(day, (days.get(day) ?? new Set()).add(room));
    }
  }
  return new Map([...days].map(([day, rooms]) => [day, [...rooms].sort()]));
}
