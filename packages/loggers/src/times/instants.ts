import { instantToLocal, type LocalTime } from '@mycelium/farm';
import { badTime, checked, type ParsedTime } from './local-parts.ts';
import { compileTimeFormat, offsetIn } from './time-format.ts';

/** The instants that a local time stands for: one, or two in a repeated hour. */
export interface Instants {
  first: number;
  second?: number | undefined;
}

interface LocalHour extends Instants {
  /** No clock change falls within it, so that minutes can be added. */
  even: boolean;
}

const isoParts =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ]+(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?)?$/i;

/**
 * Returns a reader of times in a zone. Use one per file, since it caches the last text, which the rows of a long file
 * share, and hours: time zone arithmetic is the slowest part of an import.
 * @param format ISO 8601 if undefined
 */
export function createTimeReader(zone: string, format?: string): (text: string) => Instants {
  const read = createInstantReader(zone, format);
  let last: { text: string; instants: Instants } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, instants: read(text) };
    return last.instants;
  };
}

function createInstantReader(zone: string, format?: string): (text: string) => Instants {
  const parse = format === undefined ? parseIso : compileTimeFormat(format);
  const hours = new Map<string, LocalHour>();
  const known = new Map<number, LocalHour>();

  return (text) => {
    if (format === undefined) {
      const quick = hours.get(text.slice(0, 13));
      const within = quick && withinHour(text);
      if (within !== undefined && within >= 0) return add(quick as LocalHour, within);
    }
    const time = parse(text);
    if (time.epoch !== undefined) return { first: time.epoch };
    if (time.offset !== undefined) return { first: utc(time) - time.offset * 60_000 };
    const hour = localHour(time, text);
    if (!hour.even) return exact(time, zone, text);
    if (format === undefined && time.hour === Number(text.slice(11, 13))) hours.set(text.slice(0, 13), hour);
    return add(hour, time.minute * 60_000 + time.second * 1_000 + time.ms);
  };

  function localHour(time: LocalTime, text: string): LocalHour {
    const key = ((time.year * 100 + time.month) * 100 + time.day) * 100 + time.hour;
    let hour = known.get(key);
    if (!hour) {
      hour = measureHour(time, zone, text);
      known.set(key, hour);
    }
    return hour;
  }
}

function add({ first, second }: LocalHour, within: number): Instants {
  return second === undefined
    ? { first: first + within }
    : { first: first + within, second: second + within };
}

/** Milliseconds from the full hour of `YYYY-MM-DD HH:mm` or `YYYY-MM-DD HH:mm:ss`; -1 for other texts. */
function withinHour(text: string): number {
  if (
    text.charCodeAt(13) !== 58 ||
    (text.length !== 16 && (text.length !== 19 || text.charCodeAt(16) !== 58))
  )
    return -1;
  const minute = twoDigits(text, 14);
  const second = text.length === 19 ? twoDigits(text, 17) : 0;
  return minute >= 0 && minute < 60 && second >= 0 && second < 60 ? minute * 60_000 + second * 1_000 : -1;
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens < 10 && ones >= 0 && ones < 10 ? tens * 10 + ones : -1;
}

function parseIso(text: string): ParsedTime {
  const match = isoParts.exec(text);
  if (!match) {
    throw badTime(
      `"${text}" is not a time; expected one such as 2026-01-31 18:05:00 or 2026-01-31T18:05:00+08:00`,
    );
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = match[7] === undefined ? 0 : Math.floor(Number(`0.${match[7]}`) * 1_000 + 1e-6);
  const offset = match[8] === undefined ? undefined : offsetIn(match[8], text);
  return checked({ year, month, day, hour, minute, second, ms, offset }, text);
}

const utc = ({ year, month, day, hour, minute, second, ms }: LocalTime & { ms: number }) =>
  Date.UTC(year, month - 1, day, hour, minute, second, ms);

function measureHour(time: LocalTime, zone: string, text: string): LocalHour {
  const ends = [0, 3_599].map((seconds) => {
    const end = { ...time, minute: Math.floor(seconds / 60), second: seconds % 60, ms: 0 };
    try {
      return exact(end, zone, text);
    } catch {
      return undefined;
    }
  });
  const [start, end] = ends;
  if (!start || !end) return { first: 0, even: false };
  const even =
    end.first - start.first === 3_599_000 &&
    (start.second === undefined) === (end.second === undefined) &&
    (start.second === undefined || (end.second as number) - start.second === 3_599_000);
  return { ...start, even };
}

/** No zone is further from UTC, and no clock change further from the time that it makes unclear. */
const farthest = 26 * 3_600_000;

/** @throws PermanentError when a clock change skips this time */
function exact(time: LocalTime & { ms: number }, zone: string, text: string): Instants {
  const local = utc({ ...time, ms: 0 });
  const offsets = new Set([-farthest, 0, farthest].map((away) => offsetAt(local + away, zone)));
  const instants = [...offsets]
    .map((offset) => local - offset)
    .filter((instant) => instant + offsetAt(instant, zone) === local)
    .sort((a, b) => a - b);
  const [first, second] = instants;
  if (first === undefined) throw badTime(`"${text}" does not exist in ${zone}: a clock change skips it`);
  return { first: first + time.ms, second: second === undefined ? undefined : second + time.ms };
}

/** Milliseconds east of UTC. */
function offsetAt(instant: number, zone: string): number {
  return utc({ ...instantToLocal(new Date(instant), zone), ms: 0 }) - instant;
}
