import type { Series } from '@mycelium/database';
import { type GoodReadings, type Metric, observeSensor, readValues, type SensorDay } from '@mycelium/farm';
import { findFaults } from './bad-values.ts';
import { medianGap } from './cadence.ts';

export interface Span {
  /** Milliseconds since 1970. The local day: 23, 24 or 25 hours. */
  start: number;
  end: number;
}

/** A point's readings of a day and of some hours before it, of which the implausible ones and the spikes are marked. */
export interface DayReadings extends Span {
  metric: Metric;
  times: Float64Array;
  values: Float64Array;
  bad: Uint8Array;
  /** Index of the day's first reading. */
  first: number;
  /** Those of the day that are not bad. */
  good: GoodReadings;
}

/** How far before the day to read, in order to recognise a sensor that was already frozen when the day began. */
export const lookBack = 3 * 3_600_000;

/**
 * @param series readings before the end of the day
 * @param reach how far before the day they count, in milliseconds
 */
export function dayReadings(
  metric: Metric,
  series: Omit<Series, 'pointId'>,
  { start, end }: Span,
  reach = lookBack,
): DayReadings {
  const from = series.times.findIndex((time) => time >= start - reach);
  const times = series.times.subarray(from < 0 ? series.times.length : from);
  const values = readValues(metric, series.values.subarray(series.times.length - times.length));
  const bad = findFaults(metric, times, values);
  const begins = times.findIndex((time) => time >= start);
  const first = begins < 0 ? times.length : begins;
  return { metric, start, end, times, values, bad, first, good: goodReadings(times, values, bad, first) };
}

/** The readings from an index on that are not marked. */
export function goodReadings(
  times: Float64Array,
  values: Float64Array,
  bad: Uint8Array,
  first: number,
): GoodReadings {
  let count = 0;
  const goodTimes = new Float64Array(times.length - first);
  const goodValues = new Float64Array(times.length - first);
  for (let n = first; n < times.length; n++) {
    if (bad[n]) continue;
    goodTimes[count] = times[n] as number;
    goodValues[count++] = values[n] as number;
  }
  const good = { times: goodTimes.subarray(0, count), values: goodValues.subarray(0, count) };
  return { ...good, sorted: good.values.slice().sort() };
}

/** What the day's readings show of their sensor. */
export function observe({ times, first, good }: DayReadings): SensorDay {
  return observeSensor(good, medianGap(times, first));
}
