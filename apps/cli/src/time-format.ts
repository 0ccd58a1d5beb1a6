import { type LocalTime, localToInstant, PermanentError } from '@mycelium/farm';

/** A time cannot be read. The message says what was expected. */
const badTime = (message: string) => new PermanentError('bad_time', message);

const parts: Record<string, { field: keyof LocalTime; pattern: string }> = {
  YYYY: { field: 'year', pattern: '(\\d{4})' },
  MM: { field: 'month', pattern: '(\\d\\d)' },
  M: { field: 'month', pattern: '(\\d\\d?)' },
  DD: { field: 'day', pattern: '(\\d\\d)' },
  D: { field: 'day', pattern: '(\\d\\d?)' },
  HH: { field: 'hour', pattern: '(\\d\\d)' },
  H: { field: 'hour', pattern: '(\\d\\d?)' },
  mm: { field: 'minute', pattern: '(\\d\\d)' },
  m: { field: 'minute', pattern: '(\\d\\d?)' },
  ss: { field: 'second', pattern: '(\\d\\d)' },
  s: { field: 'second', pattern: '(\\d\\d?)' },
};

/**
 * Returns a reader of times such as `M/D/YYYY H:mm`.
 * @throws PermanentError when the format lacks the year, month or day
 */
export function localTimeReader(format: string): (text: string) => LocalTime {
  const fields: (keyof LocalTime)[] = [];
  const pattern = format.replace(/YYYY|MM?|DD?|HH?|mm?|ss?|[^\w\s]|\s+|\w/g, (token) => {
    const part = parts[token];
    if (!part) return /\s/.test(token) ? '\\s+' : token.replace(/\W/g, '\\$&');
    fields.push(part.field);
    return part.pattern;
  });
  for (const field of ['year', 'month', 'day'] as const) {
    if (!fields.includes(field)) {
      throw badTime(`the time format "${format}" has no ${field}; an example is YYYY-MM-DD HH:mm:ss`);
    }
  }
  const shape = new RegExp(`^\\s*${pattern}\\s*$`);
  return (text) => {
    const match = shape.exec(text);
    if (!match) throw badTime(`"${text}" does not match the time format ${format}`);
    const time: LocalTime = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
    for (const [n, field] of fields.entries()) time[field] = Number(match[n + 1]);
    return time;
  };
}

const iso = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?\s*$/;
const isoWithOffset = /^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s*(Z|[+-]\d\d(:?\d\d)?)\s*$/i;

/**
 * Returns a reader of instants: ISO 8601 with an offset, or farm time in ISO form or in `format`. Where a clock change
 * repeats an hour, a time that would go backwards in its series (`after` is the series' previous instant) is read as
 * the second occurrence. Use one reader per file, since it caches hours.
 */
export function instantReader(timeZone: string, format?: string): (text: string, after?: number) => number {
  const readLocal = format ? localTimeReader(format) : undefined;
  const hours = new Map<number, LocalHour>();

  return (text, after) => {
    if (readLocal) return instantOf(readLocal(text), text, after);
    const match = iso.exec(text);
    if (match) {
      const [, year, month, day, hour = 0, minute = 0, second = 0] = match.map(Number);
      return instantOf(
        { year, month, day, hour: hour || 0, minute: minute || 0, second: second || 0 } as LocalTime,
        text,
        after,
      );
    }
    const instant = isoWithOffset.test(text)
      ? Date.parse(
          text
            .trim()
            .replace(' ', 'T')
            .replace(',', '.')
            .replace(/([+-]\d\d)$/, '$1:00'),
        )
      : NaN;
    if (Number.isNaN(instant)) {
      throw badTime(
        `"${text}" is not a time; expected one such as 2026-01-31 18:05:00 or 2026-01-31T18:05:00+08:00`,
      );
    }
    return instant;
  };

  function instantOf(time: LocalTime, text: string, after?: number): number {
    if (time.minute > 59 || time.second > 59) throw badTime(`"${text}" is not a time`);
    const key = ((time.year * 100 + time.month) * 100 + time.day) * 100 + time.hour;
    let hour = hours.get(key);
    if (!hour) {
      hour = localHour(time, timeZone, text);
      hours.set(key, hour);
    }
    const offset = (time.minute * 60 + time.second) * 1_000;
    // Minutes and seconds are in range, so every time in a valid hour exists.
    if (!hour.even) return localToInstant(time, timeZone).getTime();
    const first = hour.first + offset;
    return hour.second !== undefined && after !== undefined && first <= after ? hour.second + offset : first;
  }
}

interface LocalHour {
  first: number;
  /** Only for an hour that occurs twice. */
  second?: number;
  /** No clock change falls within it. */
  even: boolean;
}

/** Time zone arithmetic is the slowest part of an import, so it is done once per hour; minutes are only added. */
function localHour(time: LocalTime, timeZone: string, text: string): LocalHour {
  const at = (minute: number, second: number) =>
    localToInstant({ ...time, minute, second }, timeZone).getTime();
  try {
    const first = at(0, 0);
    const even = at(59, 59) - first === 3_599_000;
    const next = localHourAfter(time, timeZone);
    return next - first === 7_200_000 ? { first, second: first + 3_600_000, even } : { first, even };
  } catch {
    throw badTime(`"${text}" is a date or hour that does not exist in ${timeZone}`);
  }
}

function localHourAfter(time: LocalTime, timeZone: string): number {
  const next = new Date(Date.UTC(time.year, time.month - 1, time.day, time.hour + 1));
  return localToInstant(
    {
      year: next.getUTCFullYear(),
      month: next.getUTCMonth() + 1,
      day: next.getUTCDate(),
      hour: next.getUTCHours(),
      minute: 0,
      second: 0,
    },
    timeZone,
  ).getTime();
}
