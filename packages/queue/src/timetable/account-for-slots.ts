import type { CatchUp } from '../define-job.ts';

export const misfireGraceSeconds = 300;
/** How many days back to catch up on missed slots. */
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
 * Decides what happens to due slots that no worker has begun, by the rules of APScheduler's misfire grace and
 * coalescing. A slot up to 300 s late runs. A later one is missed, and `catchUp` decides: `every-slot` runs each slot
 * of the last 31 days, `latest` only the newest, and `none` drops it.
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
