import type { EnvStatsRow } from '@mycelium/database';
import { type BandPiece, type Metric, readValues } from '@mycelium/farm';
import { findBadValues } from './bad-values.ts';
import { quantile } from './quantile.ts';

export interface DayOfReadings {
  metric: Metric;
  /** Milliseconds since 1970, ascending; may include some hours before the day. */
  times: Float64Array;
  values: Float64Array;
  /** The local day: 23, 24 or 25 hours. */
  start: number;
  end: number;
  /** The usual milliseconds between readings. */
  cadence: number;
  /** In order of time; the first begins with the day. */
  bands: BandPiece[];
}

/** One day of one metric: the columns of its row that are computed from its readings. */
export type DayStats = Omit<EnvStatsRow, 'room' | 'day' | 'metric' | 'growthDay' | 'phase' | 'timeZone'>;

/** A reading holds until the next one, but for this many cadences at most. */
const standsFor = 2;

/** How far before the day to read, in order to recognise a sensor that was already stuck when the day began. */
export const lookBack = 3 * 3_600_000;

/**
 * Computes the statistics of one metric on one local day. Bad values count only in `badCount`. The result depends only
 * on readings up to the end of the day, so a day computed later has the same result.
 * @returns undefined if there is no valid reading
 */
export function describeDay({
  metric,
  times,
  values: raw,
  start,
  end,
  cadence,
  bands,
}: DayOfReadings): DayStats | undefined {
  const values = readValues(metric, raw);
  const bad = findBadValues(metric, times, values);
  const dayTimes = new Float64Array(times.length);
  const dayValues = new Float64Array(times.length);
  let count = 0;
  let badCount = 0;
  for (let n = 0; n < times.length; n++) {
    const time = times[n] as number;
    if (time < start || time >= end) continue;
    if (bad[n]) {
      badCount++;
      continue;
    }
    dayTimes[count] = time;
    dayValues[count++] = values[n] as number;
  }
  if (count === 0) return;

  const valid = { times: dayTimes.subarray(0, count), values: dayValues.subarray(0, count), end };
  const sorted = valid.values.slice().sort();
  const expectedCount = Math.max(1, Math.round((end - start) / cadence));
  const { min, max, sum, minAt, maxAt } = extremes(valid);
  const { weightedSum, weight } = weighted(valid, cadence);
  return {
    count,
    expectedCount,
    coverage: Math.min(1, count / expectedCount),
    longestGapSeconds: longestGap(valid.times, start, end) / 1_000,
    badCount,
    min,
    minAt: new Date(minAt),
    max,
    maxAt: new Date(maxAt),
    mean: sum / count,
    timeWeightedMean: weightedSum / weight,
    p5: quantile(sorted, 0.05),
    q25: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    q75: quantile(sorted, 0.75),
    p95: quantile(sorted, 0.95),
    ...minutesOutside(valid, cadence, bands),
  };
}

interface Valid {
  times: Float64Array;
  values: Float64Array;
  end: number;
}

/** The first of equal extremes counts. */
function extremes({ times, values }: Valid) {
  let min = 0;
  let max = 0;
  let sum = 0;
  for (let n = 0; n < values.length; n++) {
    const value = values[n] as number;
    sum += value;
    if (value < (values[min] as number)) min = n;
    if (value > (values[max] as number)) max = n;
  }
  return {
    sum,
    min: values[min] as number,
    minAt: times[min] as number,
    max: values[max] as number,
    maxAt: times[max] as number,
  };
}

function longestGap(times: Float64Array, start: number, end: number): number {
  let longest = (times[0] as number) - start;
  for (let n = 1; n < times.length; n++) {
    longest = Math.max(longest, (times[n] as number) - (times[n - 1] as number));
  }
  return Math.max(longest, end - (times[times.length - 1] as number));
}

/** The milliseconds for which reading `n` holds. */
function duration({ times, end }: Valid, n: number, cadence: number): number {
  return Math.min((times[n + 1] ?? end) - (times[n] as number), standsFor * cadence);
}

function weighted(valid: Valid, cadence: number) {
  let weightedSum = 0;
  let weight = 0;
  for (let n = 0; n < valid.values.length; n++) {
    const stands = duration(valid, n, cadence);
    weightedSum += (valid.values[n] as number) * stands;
    weight += stands;
  }
  return { weightedSum, weight };
}

/** Null if no band was valid at any time of the day. */
function minutesOutside(valid: Valid, cadence: number, bands: BandPiece[]) {
  if (!bands.some(({ band }) => band)) return { minutesBelow: null, minutesAbove: null };
  let below = 0;
  let above = 0;
  let piece = 0;
  for (let n = 0; n < valid.values.length; n++) {
    while (piece + 1 < bands.length && (bands[piece + 1] as BandPiece).from <= (valid.times[n] as number))
      piece++;
    const band = bands[piece]?.band;
    if (!band) continue;
    const value = valid.values[n] as number;
    if (value < band.low) below += duration(valid, n, cadence);
    else if (value > band.high) above += duration(valid, n, cadence);
  }
  return { minutesBelow: below / 60_000, minutesAbove: above / 60_000 };
}
