import { climateDevice, type Day, type Metric, metrics, plausibleSql, readValueSql } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';
import { type EnvStatsRow, type ExportedStats, selectStats, storedColumns } from './env-stats-columns.ts';
import { newestReadings } from './newest-readings.ts';

export interface EnvPoint {
  id: number;
  room: string;
  device: string;
  metric: Metric;
  /** 1 is the sensor named after the room; the others fill in when it has no valid reading. */
  rank: number;
}

/**
 * The climate sensors as a table for a `from` clause: id, room, metric, rank. Every page and job uses the sensor of the
 * lowest rank that has a plausible reading of the metric.
 */
export const climateSensors = `(select id, room, device, point as metric, (row_number() over (partition by room, point
    order by device <> device_type || '_' || room, device))::int as rank
  from point where device_type = '${climateDevice}' and reads('readings', kind, device_type, point))`;

/** The points that measure each metric of each room, the preferred sensor first. */
export async function envPoints(db: Queryable): Promise<EnvPoint[]> {
  const { rows } = await db.query<EnvPoint>(
    `select id, room, device, metric, rank from ${climateSensors} sensor order by room, metric, rank`,
  );
  return rows;
}

const lastOfWeek = newestReadings({
  point: 'requested.point_id',
  from: `($2::timestamptz - interval '7 days')`,
  until: '$2::timestamptz',
  count: 100,
});

/** The usual milliseconds between readings: the median gap of a point's last readings in a week. */
export async function usualGaps(
  db: Queryable,
  pointIds: number[],
  before: Date,
  atLeast: number,
): Promise<Map<number, number>> {
  const { rows } = await db.query<{ pointId: number; gap: number }>(
    `select point_id as "pointId", percentile_cont(0.5) within group (order by gap) as gap
     from unnest($1::int[]) as requested(point_id)
     cross join lateral (select extract(epoch from ts - lag(ts) over (order by ts))::float8 * 1000 as gap
       from ${lastOfWeek} latest) gaps
     group by point_id having count(gap) >= $3`,
    [pointIds, before, atLeast],
  );
  return new Map(rows.map(({ pointId, gap }) => [pointId, gap]));
}

export interface LastValue {
  time: number;
  value: number;
}

const lastPlausible = newestReadings({
  point: 'requested.id',
  from: '$4::timestamptz',
  until: '$3::timestamptz',
  where: plausibleSql('value', 'metric'),
});

/** The last plausible reading of each of these points before an instant, if there is one in the time before it. */
export async function lastValues(
  db: Queryable,
  points: Pick<EnvPoint, 'id' | 'metric'>[],
  before: Date,
  since: Date,
): Promise<Map<number, LastValue>> {
  const { rows } = await db.query<LastValue & { id: number }>(
    `select id, extract(epoch from ts)::float8 * 1000 as time, ${readValueSql('latest.value', 'metric')} as value
     from unnest($1::int[], $2::text[]) as requested(id, metric)
     cross join lateral ${lastPlausible} latest`,
    [points.map(({ id }) => id), points.map(({ metric }) => metric), before, since],
  );
  return new Map(rows.map(({ id, time, value }) => [id, { time, value }]));
}

const names = storedColumns.map(({ column }) => column);
const results = names.filter((name) => !['room', 'day', 'metric'].includes(name));

/**
 * Replaces the rows of these rooms on this day with `rows`: a metric that is not among them loses its row, and an
 * unchanged row is not touched. Call it inside `commit`.
 * @returns the number of rows that are new or changed
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
     select * from unnest(${storedColumns.map(({ type }, n) => `$${n + 1}::${type}[]`).join(', ')})
     on conflict (room, day, metric) do update
       set ${results.map((name) => `${name} = excluded.${name}`).join(', ')}, computed_at = now()
       where (${results.map((name) => `env_daily_stats.${name}`).join(', ')})
         is distinct from (${results.map((name) => `excluded.${name}`).join(', ')})`,
    storedColumns.map(({ value }) => rows.map(value)),
  );
  return rowCount ?? 0;
}

/** A room's statistics, newest day first. */
export async function statsOfRoom(db: Queryable, room: string, from: Day, to: Day): Promise<EnvStatsRow[]> {
  const { rows } = await db.query<EnvStatsRow>(
    `select ${selectStats('field')} from env_daily_stats where room = $1 and day between $2 and $3
     order by day desc, array_position($4, metric)`,
    [room, from, to, metrics],
  );
  return rows;
}

/** The statistics of a day, for some rooms or all, with the column names of exports. */
export async function statsOfDay(db: Queryable, day: Day, rooms?: string[]): Promise<ExportedStats[]> {
  const { rows } = await db.query<ExportedStats>(
    `select ${selectStats('name')} from env_daily_stats
     where day = $1 and ($2::text[] is null or room = any($2)) order by room, metric`,
    [day, rooms ?? null],
  );
  return rows;
}
