import { type LocalTime, PermanentError } from '@mycelium/farm';

/** A time as a text has it: an instant, or a local time with or without its offset from UTC in minutes. */
export type ParsedTime =
  | { epoch: number }
  | (LocalTime & { epoch?: undefined; ms: number; offset?: number | undefined });

/** A time cannot be read. The message says what was expected. */
export const badTime = (message: string) => new PermanentError('bad_time', message);

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Checks a local time, and moves 24:00 to 0:00 of the next day. Day 162 of a year is month 1, day 162.
 * @throws PermanentError when there is no such date or time
 */
export function checked(
  time: LocalTime & { ms: number; offset?: number | undefined },
  text: string,
  ofYear = false,
) {
  const { year, month, day, hour, minute, second, ms } = time;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = ofYear ? (leap ? 366 : 365) : month === 2 && leap ? 29 : (lengths[month - 1] ?? 0);
  const midnight = hour === 24 && minute === 0 && second === 0 && ms === 0;
  if (month < 1 || day < 1 || day > days || (hour > 23 && !midnight) || minute > 59 || second > 59)
    throw badTime(`"${text}" is not a date and time that exists`);
  if (!midnight && !ofYear) return time;
  const date = new Date(Date.UTC(year, month - 1, day + (midnight ? 1 : 0)));
  return {
    ...time,
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: midnight ? 0 : hour,
  };
}
