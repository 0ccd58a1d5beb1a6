import { climateDevice, type Day, type Metric } from '@mycelium/farm';
import type { Pool, Queryable } from '../pool.ts';
import { isAnyOf, type Series, streamSeries } from './series.ts';

export interface EnvPoint {
  id: number;
  room: string;
  metric: Metric;
  /** 1 is the sensor of the room's own name; the next ones stand in for it where it has no valid reading. */
  rank: number;
}

/**
 * The climate sensors as a table for a `from`: id, room, metric, rank. Every page and job takes, of a room's sensors of a
 * metric, the lowest rank that has a plausible reading.
 */
export const climateSensors = `(select id, room, point as metric, (row_number() over (partition by room, point
    order by device <> device_type || '_' || room, device))::int as rank
  from point where device_type = '${climateDevice}' and reads('readings', kind, device_type, point))`;

export interface EnvStatsRow {
  room: string;
  day: Day;
  metric: Metric;
  count: number;
  expectedCount: number;
  coverage: number;
  longestGapSeconds: number;
  badCount: number;
  min: number;
  minAt: Date;
  max: number;
  maxAt: Date;
  mean: number;
  timeWeightedMean: number;
  p5: number;
  q25: number;
  median: number;
  q75: number;
  p95: number;
  minutesBelow: number | null;
  minutesAbove: number | null;
  growthDay: number | null;
  phase: string | null;
  timeZone: string;
}

/** The points that measure each metric of each room, the preferred sensor first. */
export async function envPoints(db: Queryable): Promise<EnvPoint[]> {
  const { rows } = await db.query<EnvPoint>(
    `select id, room, metric, rank from ${climateSensors} sensor order by room, metric, rank`,
  );
  return rows;
}

export function streamReadings(
  pool: Pool,
  pointIds: number[],
  from: Date,
  to: Date,
  signal?: AbortSignal,
): AsyncGenerator<Series> {
  return streamSeries(
    pool,
    `select point_id, ts, value from reading
     where ${isAnyOf(pointIds)} and ts >= '${from.toISOString()}' and ts < '${to.toISOString()}'
     order by point_id, ts`,
    signal,
  );
}

/** Milliseconds between readings, as a rule: the median gap of a point's last readings in a week. */
export async function usualGaps(
  db: Queryable,
  pointIds: number[],
  before: Date,
  atLeast: number,
): Promise<Map<number, number>> {
  const { rows } = await db.query<{ pointId: number; gap: number }>(
    `select point_id as "pointId", percentile_cont(0.5) within group (order by gap) as gap
     from unnest($1::int[]) as wanted(point_id)
     cross join lateral (select extract(epoch from ts - lag(ts) over (order by ts))::float8 * 1000 as gap
       from (select ts from reading
         where reading.point_id = wanted.point_id and ts < $2 and ts >= $2::timestamptz - interval '7 days'
         order by ts desc limit 100) latest) gaps
     group by point_id having count(gap) >= $3`,
    [pointIds, before, atLeast],
  );
  return new Map(rows.map(({ pointId, gap }) => [pointId, gap]));
}

const columns = {
  room: 'text',
  day: 'date',
  metric: 'text',
  count: 'int',
  expected_count: 'int',
  coverage: 'float8',
  longest_gap: 'interval',
  bad_count: 'int',
  min: 'float8',
  min_at: 'timestamptz',
  max: 'float8',
  max_at: 'timestamptz',
  mean: 'float8',
  time_weighted_mean: 'float8',
  p5: 'float8',
  q25: 'float8',
  median: 'float8',
  q75: 'float8',
  p95: 'float8',
  minutes_below: 'float8',
  minutes_above: 'float8',
  growth_day: 'int',
  phase: 'text',
  time_zone: 'text',
} as const;

const cell: Record<keyof typeof columns, (row: EnvStatsRow) => unknown> = {
  room: (row) => row.room,
  day: (row) => row.day,
  metric: (row) => row.metric,
  count: (row) => row.count,
  expected_count: (row) => row.expectedCount,
  coverage: (row) => row.coverage,
  longest_gap: (row) => `${row.longestGapSeconds} seconds`,
  bad_count: (row) => row.badCount,
  min: (row) => row.min,
  min_at: (row) => row.minAt,
  max: (row) => row.max,
  max_at: (row) => row.maxAt,
  mean: (row) => row.mean,
  time_weighted_mean: (row) => row.timeWeightedMean,
  p5: (row) => row.p5,
  q25: (row) => row.q25,
  median: (row) => row.median,
  q75: (row) => row.q75,
  p95: (row) => row.p95,
  minutes_below: (row) => row.minutesBelow,
  minutes_above: (row) => row.minutesAbove,
  growth_day: (row) => row.growthDay,
  phase: (row) => row.phase,
  time_zone: (row) => row.timeZone,
};

const names = Object.keys(columns) as (keyof typeof columns)[];
const results = names.filter((name) => !['room', 'day', 'metric'].includes(name));

/**
 * Makes the rows of these rooms on this day exactly `rows`: a metric that has none any more loses its row, and a
 * row that is the same stays untouched. Call it inside `commit`.
 * @returns how many rows are new or different.
 */
export async function replaceEnvStats(
  tx: Queryable,
  day: Day,
  rooms: string[],
  rows: EnvStatsRow[],
): Promise<number> {
  await tx.query(
    `delete from env_daily_stats where day = $1 and room = any($2)
       and (room, metric) not in (select * from unnest($3::text[], $4::text[]))`,
    [day, rooms, rows.map(({ room }) => room), rows.map(({ metric }) => metric)],
  );
  if (rows.length === 0) return 0;
  const { rowCount } = await tx.query(
    `insert into env_daily_stats (${names.join(', ')})
     select * from unnest(${names.map((name, n) => `$${n + 1}::${columns[name]}[]`).join(', ')})
     on conflict (room, day, metric) do update
       set ${results.map((name) => `${name} = excluded.${name}`).join(', ')}, computed_at = now()
       where (${results.map((name) => `env_daily_stats.${name}`).join(', ')})
         is distinct from (${results.map((name) => `excluded.${name}`).join(', ')})`,
    names.map((name) => rows.map(cell[name])),
  );
  return rowCount ?? 0;
}
