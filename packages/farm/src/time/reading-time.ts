import { type Day, dayBounds } from './day.ts';

/** Why the time of a reading cannot be right: ahead of the receiver's clock, or before the farm's first day. */
export const implausibleTimes = ['ahead', 'before-farm'] as const;
export type ImplausibleTime = (typeof implausibleTimes)[number];

export interface ReadingTimes {
  /** The farm's first day: a device whose clock was reset says 1970, 1980 or 2000. */
  firstDay: Day;
  timeZone: string;
  /** How far a device's clock may be ahead. */
  maxAheadHours: number;
  /** Milliseconds since 1970. */
  now: number;
}

/** Returns the judge of times in milliseconds since 1970: undefined for a plausible one. */
export function judgeReadingTimes({ firstDay, timeZone, maxAheadHours, now }: ReadingTimes) {
  const earliest = dayBounds(firstDay, timeZone).start.getTime();
  const latest = now + maxAheadHours * 3_600_000;
  return (time: number): ImplausibleTime | undefined =>
    time < earliest ? 'before-farm' : time > latest ? 'ahead' : undefined;
}
