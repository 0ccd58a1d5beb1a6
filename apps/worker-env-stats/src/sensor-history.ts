import { type EnvPoint, type ObservedDay, observedDays, type Pool, streamReadings } from '@mycelium/database';
import { addDays, type Day, dayBounds, daysBetween, daysToLearnFrom } from '@mycelium/farm';
import { dayReadings, lookBack, observe } from './day-readings.ts';

const unseen = {
  min: null,
  max: null,
  step: null,
  atMax: 0,
  leftMax: 0,
  gaps: 0,
  regularGaps: 0,
  changes: 0,
};

export interface SensorHistory {
  /** The days before, by point. */
  days: Map<number, ObservedDay[]>;
  /** Those that had not been observed yet, to be saved. */
  fresh: ObservedDay[];
}

/**
 * What the readings of the days before show of each sensor. Days that earlier runs did not observe are read now: the
 * result depends only on readings, not on which days were computed.
 */
export async function sensorHistory(
  pool: Pool,
  points: EnvPoint[],
  { day, timeZone, signal }: { day: Day; timeZone: string; signal: AbortSignal },
): Promise<SensorHistory> {
  const ids = points.map(({ id }) => id);
  const from = addDays(day, -daysToLearnFrom);
  const to = addDays(day, -1);
  const known = await observedDays(pool, ids, from, to);
  const seen = new Set(known.map((observed) => `${observed.pointId} ${observed.day}`));
  const fresh: ObservedDay[] = [];
  for (const earlier of daysBetween(from, to)) {
    const missing = points.filter(({ id }) => !seen.has(`${id} ${earlier}`));
    if (missing.length === 0) continue;
    fresh.push(...(await observeDay(pool, missing, earlier, timeZone, signal)));
  }
  return { days: Map.groupBy([...known, ...fresh], ({ pointId }) => pointId), fresh };
}

/** What the readings of a day show of these sensors. */
export async function observeDay(
  pool: Pool,
  points: EnvPoint[],
  day: Day,
  timeZone: string,
  signal: AbortSignal,
): Promise<ObservedDay[]> {
  const bounds = dayBounds(day, timeZone);
  const span = { start: bounds.start.getTime(), end: bounds.end.getTime() };
  const found = new Map<number, ObservedDay>(points.map(({ id }) => [id, { ...unseen, pointId: id, day }]));
  const metrics = new Map(points.map(({ id, metric }) => [id, metric]));
  const from = new Date(span.start - lookBack);
  for await (const { pointId, ...series } of streamReadings(
    pool,
    [...found.keys()],
    from,
    bounds.end,
    signal,
  )) {
    const metric = metrics.get(pointId);
    if (metric) found.set(pointId, { pointId, day, ...observe(dayReadings(metric, series, span)) });
  }
  return [...found.values()];
}
