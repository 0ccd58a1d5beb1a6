import type { Day } from '@mycelium/farm';
import { commit, type Lease } from '../ledger/lease.ts';
import type { Pool, Queryable } from '../pool.ts';
import { isAnyOf, type Series, streamSeries } from './series.ts';

export type Metric = 'temperature' | 'humidity' | 'co2';

export interface EnvPoint {
  id: number;
  room: string;
  metric: Metric;
}

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

/** The point that measures each metric of each room; where a room has several sensors, the one of its own name. */
export async function envPoints(db: Queryable): Promise<EnvPoint[]> {
  const { rows } = await db.query<EnvPoint>(
    `select distinct on (room, point) id, room, point as metric from point
     where device_type = 'mushroom_env_status' and point in ('temperature', 'humidity', 'co2')
     order by room, point, device <> 'mushroom_env_status_' || room, device`,
  );
  return rows;
}

/**
 * Says that readings of these rooms up to an instant are about to be read: what is written later with an earlier
 * time is marked as late. Waits for writers that are under way, so that nothing falls between the two.
 */
export async function closeEnvStats(pool: Pool, lease: Lease, rooms: string[], until: Date): Promise<void> {
  await commit(pool, lease, async (tx) => {
    await tx.query('lock table only reading in share mode');
    await tx.query(
      `insert into env_stats_watermark (room, closing) select room, $2 from unnest($1::text[]) room order by room
       on conflict (room) do update set closing = greatest(env_stats_watermark.closing, excluded.closing)`,
      [rooms, until],
    );
  });
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

/**
 * The day of growth of each room on a day: the controller's own (the last `in_day_num` of the day), else from the
 * in-date of the room's latest picture up to then.
 */
export async function growthDays(
  db: Queryable,
  rooms: string[],
  day: Day,
  { start, end }: { start: Date; end: Date },
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ room: string; growthDay: number | null }>(
    `select wanted.room, coalesce(controller.day, picture.day)::int as "growthDay"
     from unnest($1::text[]) as wanted(room)
     left join lateral (select round(latest.value) as day
       from point cross join lateral (select ts, value from reading
         where point_id = point.id and ts >= $3 and ts < $4 order by ts desc limit 1) latest
       where point.room = wanted.room and point.device_type = 'mushroom_info' and point.point = 'in_day_num'
       order by latest.ts desc limit 1) controller on true
     left join lateral (select $2::date - in_date + 1 as day from image
       where image.room = wanted.room and captured_at < $4 order by captured_at desc limit 1) picture on true`,
    [rooms, day, start, end],
  );
  return new Map(
    rows.flatMap(({ room, growthDay }) => (growthDay === null ? [] : [[room, growthDay] as const])),
  );
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
