import { type Day, daysApart } from '../time/day.ts';

/** `normal` while the crop grows; `non_growth` before and after. */
export type Phase = 'normal' | 'non_growth';

const lastGrowthDay = 27;

/** The day a batch is brought in is day 1. Days before it are zero or less. */
export function growthDayOf(inDate: Day, day: Day): number {
  return daysApart(inDate, day) + 1;
}

export function phaseOf(growthDay: number): Phase {
  return growthDay >= 1 && growthDay <= lastGrowthDay ? 'normal' : 'non_growth';
}
