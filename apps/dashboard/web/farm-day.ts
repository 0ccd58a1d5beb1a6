import { addDays, type Day, dayOf } from '@mycelium/farm';
import { timeZone } from './session.ts';

export type { Day } from '@mycelium/farm';

/** Today on the farm, wherever the reader is. */
export const today = (): Day => dayOf(new Date(), timeZone());
export const dayAt = (instant: number | string): Day => dayOf(new Date(instant), timeZone());
export const daysAgo = (days: number): Day => addDays(today(), -days);
