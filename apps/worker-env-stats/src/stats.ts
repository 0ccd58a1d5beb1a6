import type { EnvStatsRow, LastValue } from '@mycelium/database';
import { type BandPiece, type SensorProperties, topOfScale } from '@mycelium/farm';
import { findFrozen } from './bad-values.ts';
import { type DayReadings, goodReadings } from './day-readings.ts';
import { quantile } from './quantile.ts';
import {
  longestStanding,
  minutesFrom,
  type Standing,
  standing,
  timeQuantile,
  unmovedMinutes,
  withHeld,
} from './standing.ts';

export interface DayOfReadings {
  readings: DayReadings;
  /** The usual milliseconds between readings. */
  cadence: number;
  /** In order of time; the first begins with the day. */
  bands: BandPiece[];
  sensor: SensorProperties;
  /** The last reading before the day, if the sensor reports only changes. */
  before?: LastValue | undefined;
}

/** One day of one metric: the columns of its row that are computed from its readings. */
export type DayStats = Omit<EnvStatsRow, 'room' | 'day' | 'metric' | 'growthDay' | 'phase' | 'timeZone'>;

export interface DayFound {
  /** Undefined if there is no valid reading. */
  stats?: DayStats;
  frozenCount: number;
  unmovedMinutes: number;
}

/**
 * Computes the statistics of one metric on one local day. Bad values count only in `badCount`. The result depends only
 * on readings up to the end of the day, so a day computed later has the same result.
 */
export function describeDay({ readings, cadence, bands, sensor, before }: DayOfReadings): DayFound {
  const { metric, times, values, bad, first, good, start, end } = readings;
  const limit = longestStanding(sensor.sampling, sensor.holds, cadence);
  const onChange = sensor.sampling === 'on-change';
  const all = onChange ? withHeld(good, readings, limit, before) : standing(good, end, limit);
  const unmoved = unmovedMinutes(all, limit);

  const frozen = findFrozen(metric, sensor, readings);
  const measured = frozen
    ? goodReadings(
        times,
        values,
        bad.map((mark, n) => mark | (frozen[n] as number)),
        first,
      )
    : good;
  const frozenCount = good.times.length - measured.times.length;
  const valid = frozenCount > 0 ? standing(measured, end, limit) : all;
  if (valid.times.length === 0) return { frozenCount, unmovedMinutes: unmoved };

  const count = measured.times.length;
  const { weightedSum, weight } = weighted(valid);
  const stats = {
    count,
    ...(onChange
      ? { expectedCount: count, coverage: Math.min(1, weight / (end - start)) }
      : expected(count, Math.max(1, Math.round((end - start) / cadence)))),
    longestGapSeconds: longestGap(measured.times, start, end) / 1_000,
    badCount: times.length - first - count,
    ...extremes(valid),
    mean: onChange ? weightedSum / weight : sum(measured.values) / count,
    timeWeightedMean: weightedSum / weight,
    ...quantiles((share) => (onChange ? timeQuantile(valid, share) : quantile(valid.sorted, share))),
    ...minutesOutside(valid, bands),
    saturatedMinutes: minutesFrom(valid, topOfScale(metric)),
    ceilingMinutes: minutesFrom(valid, sensor.ceiling ?? Number.POSITIVE_INFINITY),
    unmovedMinutes: unmoved,
    frozenCount,
    sampling: sensor.sampling,
  };
  return { stats, frozenCount, unmovedMinutes: unmoved };
}

function expected(count: number, expectedCount: number) {
  return { expectedCount, coverage: Math.min(1, count / expectedCount) };
}

function quantiles(at: (share: number) => number) {
  return { p5: at(0.05), q25: at(0.25), median: at(0.5), q75: at(0.75), p95: at(0.95) };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The first of equal extremes counts. */
function extremes({ times, values }: Standing) {
  let min = 0;
  let max = 0;
  for (let n = 0; n < values.length; n++) {
    const value = values[n] as number;
    if (value < (values[min] as number)) min = n;
    if (value > (values[max] as number)) max = n;
  }
  return {
    min: values[min] as number,
    minAt: new Date(times[min] as number),
    max: values[max] as number,
    maxAt: new Date(times[max] as number),
  };
}

function longestGap(times: Float64Array, start: number, end: number): number {
  let longest = 0;
  let before = start;
  for (const time of times) {
    if (time - before > longest) longest = time - before;
    before = time;
  }
  return Math.max(longest, end - before);
}

function weighted({ values, stands }: Standing) {
  let weightedSum = 0;
  let weight = 0;
  for (let n = 0; n < values.length; n++) {
    weightedSum += (values[n] as number) * (stands[n] as number);
    weight += stands[n] as number;
  }
  return { weightedSum, weight };
}

/** Null if no band was valid at any time of the day. */
function minutesOutside({ times, values, stands }: Standing, bands: BandPiece[]) {
  if (!bands.some(({ band }) => band)) return { minutesBelow: null, minutesAbove: null };
  let below = 0;
  let above = 0;
  let piece = 0;
  for (let n = 0; n < values.length; n++) {
    while (piece + 1 < bands.length && (bands[piece + 1] as BandPiece).from <= (times[n] as number)) piece++;
    const band = bands[piece]?.band;
    if (!band) continue;
    const value = values[n] as number;
    if (value < band.low) below += stands[n] as number;
    else if (value > band.high) above += stands[n] as number;
  }
  return { minutesBelow: below / 60_000, minutesAbove: above / 60_000 };
}
