import { t } from './words.ts';

const isNumber = (field: string | undefined): field is string => /^\d+$/.test(field ?? '');
const two = (field: string) => field.padStart(2, '0');

/** A daily or hourly schedule in words; any other as its cron expression. */
export function scheduleText(schedule: string): string {
  const [second, minute, hour, ...days] = schedule.split(' ');
  if (!isNumber(second) || !isNumber(minute) || days.some((field) => field !== '*')) return schedule;
  if (hour === '*') return t('schedule.hourly', { minute });
  return isNumber(hour)
    ? t('schedule.daily', { at: `${two(hour)}:${two(minute)}:${two(second)}` })
    : schedule;
}
