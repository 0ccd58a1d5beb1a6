import { badFormat, checkFields, type Field } from './format-mistakes.ts';
import { badTime, checked, type ParsedTime } from './local-parts.ts';
import { minutesEast } from './zone.ts';

const patterns: Record<Field, string> = {
  year: '\\d{4}',
  shortYear: '\\d\\d',
  month: '\\d\\d?',
  monthName: '[A-Za-z]{3,9}\\.?',
  day: '\\d\\d?',
  dayOfYear: '\\d{1,3}',
  hour: '\\d\\d?',
  hour12: '\\d\\d?',
  minute: '\\d\\d?',
  second: '\\d\\d?',
  fraction: '\\d{1,9}',
  half: '[AaPp]\\.?\\s?[Mm]\\.?',
  offset: 'Z|[+-]\\d\\d(?::?\\d\\d)?|(?:UTC|GMT)(?:[+-]\\d{1,2}(?::?\\d\\d)?)?',
};
const twoDigits = new Set<Field>(['month', 'day', 'hour', 'hour12', 'minute', 'second']);

/** Letters of Day.js, Luxon and date-fns. */
const letters: Record<string, Field> = {
  YYYY: 'year',
  yyyy: 'year',
  y: 'year',
  YY: 'shortYear',
  yy: 'shortYear',
  MMMM: 'monthName',
  MMM: 'monthName',
  LLL: 'monthName',
  LLLL: 'monthName',
  MM: 'month',
  M: 'month',
  DDDD: 'dayOfYear',
  DDD: 'dayOfYear',
  ooo: 'dayOfYear',
  o: 'dayOfYear',
  DD: 'day',
  D: 'day',
  dd: 'day',
  d: 'day',
  HH: 'hour',
  H: 'hour',
  hh: 'hour12',
  h: 'hour12',
  mm: 'minute',
  m: 'minute',
  ss: 'second',
  s: 'second',
  A: 'half',
  a: 'half',
  aa: 'half',
  aaa: 'half',
  Z: 'offset',
  ZZ: 'offset',
  ZZZ: 'offset',
  X: 'offset',
  XX: 'offset',
  XXX: 'offset',
  xx: 'offset',
  xxx: 'offset',
};
const strptime: Record<string, Field> = {
  Y: 'year',
  y: 'shortYear',
  m: 'month',
  b: 'monthName',
  B: 'monthName',
  d: 'day',
  j: 'dayOfYear',
  H: 'hour',
  I: 'hour12',
  M: 'minute',
  S: 'second',
  f: 'fraction',
  p: 'half',
  z: 'offset',
  Z: 'offset',
  e: 'day',
};

const known =
  'Known are YYYY YY MM M MMM DD D DDD (day of the year) HH H hh h A mm m ss s SSS Z, those of strptime (%Y-%m-%d), ' +
  'excel, epoch-s, epoch-ms and epoch-us; other text goes into [brackets]';

const epochs: Record<string, (value: number) => number> = {
  X: (seconds) => Math.round(seconds * 1_000),
  x: (milliseconds) => milliseconds,
  epoch: (seconds) => Math.round(seconds * 1_000),
  'epoch-s': (seconds) => Math.round(seconds * 1_000),
  'epoch-ms': (milliseconds) => milliseconds,
  'epoch-us': (microseconds) => Math.floor(microseconds / 1_000),
};

/**
 * Compiles a time format. Excel's serial numbers are local times, so they are returned as parts.
 * @throws PermanentError `bad_time_format` for an unknown letter, listing the known ones
 */
export function compileTimeFormat(format: string): (text: string) => ParsedTime {
  if (format === 'excel') return excelTime;
  const epoch = epochs[format];
  if (epoch) return (text) => ({ epoch: epoch(Number(numberIn(text, format))) });
  const fields: Field[] = [];
  const add = (field: Field, token: string, next: string | undefined) => {
    fields.push(field);
    const strict = twoDigits.has(field) && token.length === 2 && next !== undefined && /[A-Za-z%]/.test(next);
    return `(${strict ? '\\d\\d' : patterns[field]})`;
  };
  const shape = new RegExp(
    `^${format.includes('%') ? strptimePattern(format, add) : tokenPattern(format, add)}$`,
    'i',
  );
  checkFields(format, fields);
  return (text) => {
    const match = shape.exec(text.trim());
    if (!match) throw badTime(`"${text}" does not match the time format ${format}`);
    return assemble(fields, match, text);
  };
}

type Add = (field: Field, token: string, next: string | undefined) => string;
const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

function strptimePattern(format: string, add: Add): string {
  return format.replace(/%(-?[A-Za-z%])|\s+|[^%\s]+/g, (token, letter: string | undefined, at: number) => {
    if (letter === undefined) return /^\s/.test(token) ? '\\s*' : literal(token);
    const name = letter.replace('-', '');
    if (name === '%') return '%';
    if (name === 'F') return strptimePattern('%Y-%m-%d', add);
    if (name === 'T') return strptimePattern('%H:%M:%S', add);
    const field = strptime[name];
    if (!field) throw badFormat(`the time format "${format}" has the unknown letter %${name}. ${known}`);
    return add(field, letter.startsWith('-') ? 'x' : 'xx', format[at + token.length]);
  });
}

function tokenPattern(format: string, add: Add): string {
  return format.replace(
    /\[([^\]]*)\]|'([^']*)'|([A-Za-z])\3*|\s+|[^A-Za-z\s[']/g,
    (
      token,
      bracketed: string | undefined,
      quoted: string | undefined,
      letter: string | undefined,
      at: number,
    ) => {
      if (bracketed !== undefined || quoted !== undefined) return literal(bracketed ?? quoted ?? '');
      if (letter === undefined) return /^\s/.test(token) ? '\\s*' : literal(token);
      if (/^[Sf]+$/.test(token)) return add('fraction', token, undefined);
      const field = letters[token];
      if (field) return add(field, token, format[at + token.length]);
      if (token === 'T') return 'T';
      throw badFormat(`the time format "${format}" has the unknown letter ${token}. ${known}`);
    },
  );
}

function numberIn(text: string, format: string): string {
  const digits = text.trim().replace(',', '.');
  if (!/^\d+(\.\d+)?$/.test(digits)) throw badTime(`"${text}" does not match the time format ${format}`);
  return digits;
}

/**
 * Excel counts days from 1899-12-30 in local time. Five digits of a day are 0.9 s: a time that is nearer to a whole
 * second than its digits are exact means that second.
 */
function excelTime(text: string): ParsedTime {
  const digits = numberIn(text, 'excel');
  const exact = (Number(digits) - 25_569) * 86_400_000;
  const lastDigit = 86_400_000 / 10 ** (digits.split('.')[1]?.length ?? 0);
  const second = Math.round(exact / 1_000) * 1_000;
  const date = new Date(Math.abs(exact - second) <= Math.max(1, lastDigit / 2) ? second : Math.round(exact));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ms: date.getUTCMilliseconds(),
  };
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function assemble(fields: Field[], match: RegExpExecArray, text: string): ParsedTime {
  const time = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, ms: 0 };
  let offset: number | undefined;
  let half: string | undefined;
  for (const [n, field] of fields.entries()) {
    const part = match[n + 1] as string;
    if (field === 'shortYear') time.year = 2_000 + Number(part);
    else if (field === 'monthName') time.month = months.indexOf(part.slice(0, 3).toLowerCase()) + 1;
    else if (field === 'dayOfYear') time.day = Number(part);
    else if (field === 'hour12') time.hour = Number(part);
    else if (field === 'fraction') time.ms = Math.floor(Number(`0.${part}`) * 1_000 + 1e-6);
    else if (field === 'half') half = part[0]?.toLowerCase();
    else if (field === 'offset') offset = offsetIn(part, text);
    else time[field] = Number(part);
  }
  if (half !== undefined) {
    if (time.hour < 1 || time.hour > 12) throw badTime(`"${text}" is not a time of a 12-hour clock`);
    time.hour = (time.hour % 12) + (half === 'p' ? 12 : 0);
  }
  return { ...checked(time, text, fields.includes('dayOfYear')), offset };
}

/** @throws PermanentError for an offset that no zone has */
export function offsetIn(part: string, text: string): number {
  const minutes = minutesEast(part);
  if (minutes === undefined) throw badTime(`"${text}" has an offset from UTC that no zone has`);
  return minutes;
}
