import { PermanentError } from '@mycelium/farm';
import { badTime, checked, type ParsedTime } from './local-parts.ts';

type Field =
  | 'year'
  | 'shortYear'
  | 'month'
  | 'monthName'
  | 'day'
  | 'dayOfYear'
  | 'hour'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'half'
  | 'offset';

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
  excel: (days) => Math.round((days - 25_569) * 86_400) * 1_000,
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
  const epoch = epochs[format];
  if (epoch) return (text) => numericTime(text, format, epoch);
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
  for (const field of ['year', 'month', 'day'] as const) {
    const alternatives = { year: ['shortYear'], month: ['monthName', 'dayOfYear'], day: ['dayOfYear'] }[
      field
    ];
    if (![field, ...alternatives].some((each) => fields.includes(each as Field)))
      throw badFormat(`the time format "${format}" has no ${field}; an example is YYYY-MM-DD HH:mm:ss`);
  }
  return (text) => {
    const match = shape.exec(text.trim());
    if (!match) throw badTime(`"${text}" does not match the time format ${format}`);
    return assemble(fields, match, text);
  };
}

const badFormat = (message: string) => new PermanentError('bad_time_format', message);
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

function numericTime(text: string, format: string, epoch: (value: number) => number): ParsedTime {
  const digits = text.trim().replace(',', '.');
  if (!/^\d+(\.\d+)?$/.test(digits)) throw badTime(`"${text}" does not match the time format ${format}`);
  const instant = epoch(Number(digits));
  if (format !== 'excel') return { epoch: instant };
  const date = new Date(instant);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ms: 0,
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
    else if (field === 'offset') offset = readOffset(part);
    else time[field] = Number(part);
  }
  if (half !== undefined) {
    if (time.hour < 1 || time.hour > 12) throw badTime(`"${text}" is not a time of a 12-hour clock`);
    time.hour = (time.hour % 12) + (half === 'p' ? 12 : 0);
  }
  return { ...checked(time, text, fields.includes('dayOfYear')), offset };
}

/** @returns minutes east of UTC */
export function readOffset(text: string): number {
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d{1,2}):?(\d\d)?$/.exec(text) ?? [];
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}
