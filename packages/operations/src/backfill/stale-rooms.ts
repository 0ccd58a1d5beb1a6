import { staleDays } from '@mycelium/database';
import type { Day } from '@mycelium/farm';
import type { Operations } from '../operations.ts';

/** Rooms with readings that were written after their day was computed, by local day. */
export async function staleRooms(
  { pool, timeZone }: Pick<Operations, 'pool' | 'timeZone'>,
  reader: 'readings' | 'setpoints',
  { from, to }: { from: Day; to: Day },
): Promise<Map<Day, string[]>> {
  const days = new Map<Day, string[]>();
  for (const { day, room } of await staleDays(pool, reader, { from, to, timeZone })) {
    days.set(day, [...(days.get(day) ?? []), room]);
  }
  return days;
}
