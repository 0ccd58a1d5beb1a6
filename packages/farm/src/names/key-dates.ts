import { type Day, isDay, localToInstant } from '../time/day.ts';

/**
 * The keys of a day repeat the same dates and minutes. Computing them again for each key would take longer than the
 * rest of planning.
 */
export function remembered<Result>(compute: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    if (known.has(text)) return known.get(text) as Result;
    const result = compute(text);
    if (known.size >= 10_000) known.clear();
    known.set(text, result);
    return result;
  };
}

/** Parses eight digits as a day; undefined if they are not a day of this century. */
export const dayFrom = remembered(readDay);

/**
 * `{YYYYMMDDHHMM} {time zone}`, as milliseconds since 1970; `again` is an hour or so later when the clock is set back
 * and shows the minute twice.
 */
export const minuteOf = remembered((text) => {
  const [time = '', timeZone = ''] = text.split(' ');
  const [year, month, day, hour, minute] = [
    [0, 4],
    [4, 6],
    [6, 8],
    [8, 10],
    [10, 12],
  ].map(([from, to]) => Number(time.slice(from, to))) as [number, number, number, number, number];
  const local = { year, month, day, hour, minute, second: 0 };
  const [first, again] = (['first', 'last'] as const).map((which) =>
    localToInstant(local, timeZone, which).getTime(),
  ) as [number, number];
  return { first, again };
});

/** As the days in keys are written: `20251224`. */
export function dayDigits(day: Day): string {
  return day.replaceAll('-', '');
}

/** A camera whose clock was reset writes 1970. */
function readDay(text: string): Day | undefined {
  const match = /^(20\d\d)(\d\d)(\d\d)$/.exec(text);
  const day = match?.slice(1).join('-') ?? '';
  return isDay(day) ? day : undefined;
}

/**
 * Seven digits are ambiguous: `2025124` is 4 December or 24 January. Takes the latest date not after the capture, or if
 * both are after it, the earlier one.
 */
export function readInDate(text: string, captureDay: Day): Day | undefined {
  if (text.length !== 7) return dayFrom(text);
  const [year, rest] = [text.slice(0, 4), text.slice(4)];
  const readings = [`0${rest}`, `${rest.slice(0, 2)}0${rest.slice(2)}`]
    .map((monthAndDay) => dayFrom(year + monthAndDay))
    .filter((day) => day !== undefined)
    .sort();
  return readings.findLast((day) => day <= captureDay) ?? readings[0];
}
