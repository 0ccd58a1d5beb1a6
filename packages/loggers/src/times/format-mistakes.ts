import { PermanentError } from '@mycelium/farm';

/** What a part of a time format stands for. */
export type Field =
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

/** A time format cannot be used. */
export const badFormat = (message: string) => new PermanentError('bad_time_format', message);

const needed = { year: ['shortYear'], month: ['monthName', 'dayOfYear'], day: ['dayOfYear'] } as const;
const names: Partial<Record<Field, string>> = {
  shortYear: 'year',
  monthName: 'month',
  dayOfYear: 'day of the year',
  hour12: 'hour',
  half: 'AM or PM',
  fraction: 'fraction of a second',
};
const nameOf = (field: Field) => names[field] ?? field;

/**
 * Refuses a format that can be compiled but would read something else than what was meant, such as minutes as months.
 * @param fields in order of the format
 * @throws PermanentError
 */
export function checkFields(format: string, fields: readonly Field[]): void {
  const has = (...some: Field[]) => some.some((field) => fields.includes(field));
  const wrong = (what: string) => badFormat(`the time format "${format}" ${what}`);
  const strptime = format.includes('%');
  for (const [field, others] of Object.entries(needed) as [keyof typeof needed, readonly Field[]][]) {
    if (!has(field, ...others)) throw wrong(`has no ${field}; an example is YYYY-MM-DD HH:mm:ss`);
  }
  const kinds = fields.map(nameOf);
  const twice = kinds.find((kind, n) => kinds.indexOf(kind) !== n);
  if (twice === 'month')
    throw wrong(
      `has the month twice: ${strptime ? '%m is the month, %M the minute' : 'MM is the month, mm the minute'}`,
    );
  if (twice === 'minute')
    throw wrong(
      `has the minute twice: ${strptime ? '%M is the minute, %m the month' : 'mm is the minute, MM the month'}`,
    );
  if (twice) throw wrong(`has the ${twice} twice`);
  if (has('dayOfYear') && has('month', 'monthName', 'day'))
    throw wrong('has the day of the year and the month or day');
  if (has('hour12') && !has('half')) {
    throw wrong(
      strptime
        ? 'has %I, the hour of a 12-hour clock, without %p: use %H for 24 hours'
        : 'has hh, the hour of a 12-hour clock, without A (AM or PM): use HH for 24 hours',
    );
  }
  const clock: Field[][] = [['hour', 'hour12'], ['minute'], ['second'], ['fraction']];
  for (const [n, [finer]] of clock.slice(1).entries()) {
    if (finer && has(finer) && !has(...(clock[n] as Field[])))
      throw wrong(`has the ${nameOf(finer)} without the ${nameOf(clock[n]?.[0] as Field)}`);
  }
  if (has('half') && !has('hour', 'hour12')) throw wrong('has AM or PM without the hour');
}
