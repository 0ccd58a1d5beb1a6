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
import { bandPieces, type Day, dayBounds, phaseOf } from '@mycelium/farm';
import { cadenceOf, enoughGaps } from './cadence.ts';
import { describeDay, lookBack } from './stats.ts';

/** The cadence of a point with too few readings to measure it: about one per minute. */
const usualCadence = 60_000;

/**
 * Computes the day's rows from these points, without those that have no valid reading. If a room has several sensors of
 * a metric, the first with a valid reading that day is used. Reads one point after another.
 */
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
  const growth = await growthOf(pool, points, { day, ...bounds });

  const found = new Map<string, { rank: number; row: EnvStatsRow }>();
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
  return [...found.values()].map(({ row }) => row);

  function describe({ pointId, times, values }: Series, cadence: number): void {
    const { room, metric, rank } = byId.get(pointId) as EnvPoint;
    const better = found.get(`${room} ${metric}`);
    if (better && better.rank < rank) return;
    const growthDay = growth.get(room);
    const bands = bandPieces(rules, { room, metric, growthDay }, bounds);
    const stats = describeDay({ metric, times, values, start, end, cadence, bands });
    if (!stats) return;
    const phase = growthDay === undefined ? null : phaseOf(growthDay);
    const row = { room, day, metric, ...stats, growthDay: growthDay ?? null, phase, timeZone };
    found.set(`${room} ${metric}`, { rank, row });
  }
}

async function growthOf(
  pool: Pool,
  points: EnvPoint[],
  day: { day: Day; start: Date; end: Date },
): Promise<Map<string, number | undefined>> {
  const rooms = [...new Set(points.map(({ room }) => room))];
  const days = await growthDays(
    pool,
    rooms.map((room) => ({ room, ...day })),
  );
  return new Map(rooms.map((room, n) => [room, days[n]]));
}
