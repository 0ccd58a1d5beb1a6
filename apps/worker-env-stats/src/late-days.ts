import type { LateReadings } from '@mycelium/database';
import { addDays, type Day, dayOf, daysBetween } from '@mycelium/farm';

interface OwnDay {
  day: Day;
  timeZone: string;
}

/** The local days with late readings before the run's own day, with their rooms, oldest first. */
export function daysToRepeat(
  late: LateReadings[],
  { day: own, timeZone }: OwnDay,
): { day: Day; rooms: Set<string> }[] {
  const days = new Map<Day, Set<string>>();
  for (const { room, first, last } of late) {
    for (const day of daysBetween(dayOf(first, timeZone), dayOf(last, timeZone))) {
      if (day < own) days.set(day, (days.get(day) ?? new Set()).add(room));
    }
  }
  return [...days].sort(([a], [b]) => a.localeCompare(b)).map(([day, rooms]) => ({ day, rooms }));
}

/** The last day needed to settle a mark of late readings. The run's own day is computed before the earlier ones. */
export function settledBy({ first, last }: LateReadings, { day: own, timeZone }: OwnDay): Day {
  if (dayOf(first, timeZone) >= own) return own;
  const lastDay = dayOf(last, timeZone);
  return lastDay < own ? lastDay : addDays(own, -1);
}
