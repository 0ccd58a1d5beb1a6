import {
  type EnvPoint,
  type EnvStatsRow,
  growthDays,
  listBands,
  type Pool,
  type Series,
  streamReadings,
  usualGaps,
} from '@mycelium/database';
import { type Day, dayBounds } from '@mycelium/farm';
import { bandPieces } from './band.ts';
import { cadenceOf, enoughGaps } from './cadence.ts';
import { describeDay, lookBack } from './stats.ts';

/** Where a point has too few readings to tell: they come about once a minute. */
const usualCadence = 60_000;

/** The day's rows of these points, those without a valid reading left out. Reads one point after the other. */
export async function describeRooms(
  pool: Pool,
  day: Day,
  timeZone: string,
  points: EnvPoint[],
  signal: AbortSignal,
): Promise<EnvStatsRow[]> {
  const bounds = dayBounds(day, timeZone);
  const start = bounds.start.getTime();
  const end = bounds.end.getTime();
  const byId = new Map(points.map((point) => [point.id, point]));
  const rules = await listBands(pool, bounds.end);
  const growth = await growthDays(pool, [...new Set(points.map(({ room }) => room))], day, bounds);

  const rows: EnvStatsRow[] = [];
  const sparse: Series[] = [];
  const from = new Date(start - lookBack);
  for await (const series of streamReadings(pool, [...byId.keys()], from, bounds.end, signal)) {
    const first = series.times.findIndex((time) => time >= start);
    if (first < 0) continue;
    const cadence = cadenceOf(series.times, first);
    if (cadence === undefined) sparse.push(series);
    else describe(series, cadence);
  }
  const gaps = await usualGaps(
    pool,
    sparse.map(({ pointId }) => pointId),
    bounds.end,
    enoughGaps,
  );
  for (const series of sparse) describe(series, gaps.get(series.pointId) ?? usualCadence);
  return rows;

  function describe({ pointId, times, values }: Series, cadence: number): void {
    const { room, metric } = byId.get(pointId) as EnvPoint;
    const growthDay = growth.get(room);
    const bands = bandPieces(rules, room, metric, growthDay, bounds);
    const stats = describeDay({ metric, times, values, start, end, cadence, bands });
    if (!stats) return;
    const { longestGap, minAt, maxAt, ...rest } = stats;
    rows.push({
      room,
      day,
      metric,
      ...rest,
      longestGapSeconds: longestGap / 1_000,
      minAt: new Date(minAt),
      maxAt: new Date(maxAt),
      growthDay: growthDay ?? null,
      phase: growthDay === undefined ? null : phaseOf(growthDay),
      timeZone,
    });
  }
}

function phaseOf(growthDay: number): string {
  return growthDay >= 1 && growthDay <= 27 ? 'normal' : 'non_growth';
}
