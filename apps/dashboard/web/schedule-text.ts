import { t } from './words.ts';

const isNumber = (field: string | undefined): field is string => /^\d+$/.test(field ?? '');
const two = (field: string) => field.padStart(2, '0');

/** A schedule in words when it is one of every day or every hour; any other as it is written. */
export function scheduleText(schedule: string): string {
  const [second, minute, hour, ...days] = schedule.split(' ');
  if (!isNumber(second) || !isNumber(minute) || days.some((field) => field !== '*')) return schedule;
  if (hour === '*') return t('schedule.hourly', { minute });
  return isNumber(hour)
    ? t('schedule.daily', { at: `${two(hour)}:${two(minute)}:${two(second)}` })
    : schedule;
}
