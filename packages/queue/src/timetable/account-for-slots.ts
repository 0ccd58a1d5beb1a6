import type { CatchUp } from '../define-job.ts';

export const misfireGraceSeconds = 300;
/** How far back missed slots are made up for. */
export const catchUpDays = 31;

export interface DueSlot {
  slot: Date;
  /** The schedule was paused at that time. */
  paused: boolean;
}

export type Accounted =
  | { slot: Date; action: 'run'; cause: 'schedule' | 'catch-up' }
  | { slot: Date; action: 'missed' | 'coalesced' | 'paused' };

/**
 * What becomes of the slots that are due and that nobody has begun, as APScheduler's misfire grace and
 * coalescing say: up to 300 s late a slot simply runs; later it is a missed one, and `catchUp` decides:
 * `every-slot` runs each of the last 31 days, `latest` the newest alone, `none` drops it.
 * @param due oldest first
 */
export function accountForSlots(due: DueSlot[], now: Date, catchUp: CatchUp): Accounted[] {
  const newest = due.findLast(({ paused }) => !paused)?.slot;
  return due.map(({ slot, paused }): Accounted => {
    if (paused) return { slot, action: 'paused' };
    const late = (now.getTime() - slot.getTime()) / 1_000;
    if (catchUp === 'latest' && slot !== newest) return { slot, action: 'coalesced' };
    if (late <= misfireGraceSeconds) return { slot, action: 'run', cause: 'schedule' };
    if (catchUp === 'none' || late > catchUpDays * 86_400) return { slot, action: 'missed' };
    return { slot, action: 'run', cause: 'catch-up' };
  });
}
