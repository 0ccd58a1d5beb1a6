import { type Day, daysApart } from '../time/day.ts';

/** `normal` while the crop grows; `non_growth` before and after. */
export type Phase = 'normal' | 'non_growth';

const lastGrowthDay = 27;

/** The day a batch is brought in is day 1. Zero or less for a day before it. */
export function growthDayOf(inDate: Day, day: Day): number {
  return daysApart(inDate, day) + 1;
}

export function phaseOf(growthDay: number): Phase {
  return growthDay >= 1 && growthDay <= lastGrowthDay ? 'normal' : 'non_growth';
}
