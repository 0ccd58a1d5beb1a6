import { Temporal } from 'temporal-polyfill';

/** A local day of the farm, `YYYY-MM-DD`. It has 23, 24 or 25 hours; see `dayBounds`. */
export type Day = string;

export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && roundTrips(text);
}

function roundTrips(text: string): boolean {
  return new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}

/** The local day an instant falls on. */
export function dayOf(instant: Date, timeZone: string): Day {
  return zoned(instant, timeZone).toPlainDate().toString();
}

export function addDays(day: Day, days: number): Day {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export function daysApart(from: Day, to: Day): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days;
}

/** Every day from `from` to `to`, both included. */
export function daysBetween(from: Day, to: Day): Day[] {
  return Array.from({ length: Math.max(0, daysApart(from, to) + 1) }, (_, n) => addDays(from, n));
}

/** The day's first instant, and the first instant of the next. */
export function dayBounds(day: Day, timeZone: string): { start: Date; end: Date } {
  return { start: startOfDay(day, timeZone), end: startOfDay(addDays(day, 1), timeZone) };
}

function startOfDay(day: Day, timeZone: string): Date {
  // If a clock change skips midnight, the day begins with its first existing minute.
  return new Date(Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds);
}

export interface LocalTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/**
 * The instant at which a farm clock shows this time: of a time that occurs twice, the first or the last. A time that a
 * clock change skips is read with the offset before the change, like "compatible" in Temporal.
 * @throws RangeError when there is no such date or time
 */
export function localToInstant(time: LocalTime, timeZone: string, which: 'first' | 'last' = 'first'): Date {
  const plain = Temporal.PlainDateTime.from(time, { overflow: 'reject' });
  const first = plain.toZonedDateTime(timeZone);
  if (which === 'first') return new Date(first.epochMilliseconds);
  const last = plain.toZonedDateTime(timeZone, { disambiguation: 'later' });
  const twice = last.toPlainDateTime().equals(plain);
  return new Date((twice ? last : first).epochMilliseconds);
}

/** The time that a farm clock shows at this instant. */
export function instantToLocal(instant: Date, timeZone: string): LocalTime {
  const { year, month, day, hour, minute, second } = zoned(instant, timeZone);
  return { year, month, day, hour, minute, second };
}

/** Formats farm time for people: `2025-12-24 16:00:00`. */
export function formatLocal(instant: Date, timeZone: string): string {
  return zoned(instant, timeZone).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ');
}

function zoned(instant: Date, timeZone: string) {
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
}
