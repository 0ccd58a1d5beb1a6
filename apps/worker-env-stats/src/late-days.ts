import type { LateReadings, Settled } from '@mycelium/database';
import { type Day, dayBounds, dayOf, daysBetween } from '@mycelium/farm';

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

/** The marks of late readings on a day. They are computed up to its end when its earlier days have been computed. */
export function settledBy(late: LateReadings[], day: Day, timeZone: string): Settled[] {
  const { start, end: until } = dayBounds(day, timeZone);
  return late.filter(({ first, last }) => first < until && last >= start).map((mark) => ({ ...mark, until }));
}
