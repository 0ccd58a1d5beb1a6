import { regularShare, type SensorDay, smallestStep, usualFrozenAfter } from './sensor.ts';

/** Equal values on both sides of a pause this long prove nothing about the time between. */
export const stillPause = 3_600_000;

/** A day's readings without the implausible ones and the spikes, in order of time. */
export interface GoodReadings {
  /** Milliseconds. */
  times: Float64Array;
  values: Float64Array;
  /** The same values in order of size. */
  sorted: Float64Array;
}

/** @param medianGap the usual milliseconds between the day's readings; undefined if there are too few */
export function observeSensor(
  { times, values, sorted }: GoodReadings,
  medianGap: number | undefined,
): SensorDay {
  const max = sorted[sorted.length - 1] ?? null;
  return {
    min: sorted[0] ?? null,
    max,
    step: smallestStep(sorted) ?? null,
    ...stretchesAt(times, values, max),
    ...countGaps(times, values, medianGap),
  };
}

function stretchesAt(times: Float64Array, values: Float64Array, max: number | null) {
  let atMax = 0;
  let leftMax = 0;
  let first = -1;
  for (let n = 0; n < values.length; n++) {
    const time = times[n] as number;
    const before = n > 0 ? (times[n - 1] as number) : time;
    if (values[n] === max) {
      if (first < 0 || time - before > stillPause) first = n;
      atMax = Math.max(atMax, time - (times[first] as number));
      continue;
    }
    if (first >= 0 && before - (times[first] as number) >= usualFrozenAfter) leftMax++;
    first = -1;
  }
  return { atMax, leftMax };
}

function countGaps(times: Float64Array, values: Float64Array, medianGap: number | undefined) {
  if (!medianGap) return { gaps: 0, regularGaps: 0, changes: 0 };
  const gaps = Math.max(0, values.length - 1);
  let changes = 0;
  for (let n = 1; n < values.length; n++) if (values[n] !== values[n - 1]) changes++;
  let regularGaps = 0;
  // If readings are lost, the usual gap can be two or three intervals.
  for (let part = 1; part <= 3 && regularGaps < regularShare * gaps; part++) {
    regularGaps = Math.max(regularGaps, multiplesOf(medianGap / part, times));
  }
  return { gaps, regularGaps, changes };
}

/** The gaps that differ from a multiple of the interval by a quarter of it at most. */
function multiplesOf(interval: number, times: Float64Array): number {
  let found = 0;
  for (let n = 1; n < times.length; n++) {
    const multiple = ((times[n] as number) - (times[n - 1] as number)) / interval;
    const nearest = Math.round(multiple);
    if (nearest >= 1 && Math.abs(multiple - nearest) <= 0.25) found++;
  }
  return found;
}
