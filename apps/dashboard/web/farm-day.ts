import { addDays, type Day, dayBounds, dayOf } from '@mycelium/farm';
import { timeZone } from './session.ts';

export { addDays, type Day, daysBetween } from '@mycelium/farm';

/** Today on the farm, wherever the reader is. */
export const today = (): Day => dayOf(new Date(), timeZone());
export const dayAt = (instant: number | string): Day => dayOf(new Date(instant), timeZone());
export const startOf = (day: Day): number => dayBounds(day, timeZone()).start.getTime();
export const endOf = (day: Day): number => dayBounds(day, timeZone()).end.getTime();
export const daysAgo = (days: number): Day => addDays(today(), -days);
