import type { Pool, Queryable } from '../pool.ts';
import { listPoints, type Point } from './points.ts';
import { streamReadings } from './reading-stream.ts';
import type { Series } from './series.ts';

export interface ExportedChange {
  time: Date;
  room: string;
  device: string;
  point: string;
  previous: number;
  value: number;
  /** The label that the value had at that time; null if it had none. */
  previous_label: string | null;
  value_label: string | null;
  unit: string | null;
  threshold: number | null;
}

/** Changes of some rooms or all, in order of time, without baselines. */
export async function changesBetween(
  db: Queryable,
  from: Date,
  to: Date,
  rooms?: string[],
): Promise<ExportedChange[]> {
  const { rows } = await db.query<ExportedChange>(
    `select changed_at as time, room, device, point.point, previous, value,
            rule.labels ->> previous::text as previous_label, rule.labels ->> value::text as value_label,
            point.unit, setpoint_change.threshold
     from setpoint_change join point on point.id = point_id
     left join lateral (select labels from point_rule
       where point_rule.device_type = point.device_type and point_rule.point = point.point and valid_from <= changed_at
       order by valid_from desc limit 1) rule on true
     where changed_at >= $1 and changed_at < $2 and previous is not null and ($3::text[] is null or room = any($3))
     order by changed_at, room, device, point.point`,
    [from, to, rooms ?? null],
  );
  return rows;
}

/** The readings of some rooms or all, one point after another. */
export async function* readingsBetween(
  pool: Pool,
  from: Date,
  to: Date,
  rooms?: string[],
  signal?: AbortSignal,
): AsyncGenerator<{ point: Point } & Omit<Series, 'pointId'>> {
  const points = new Map((await listPoints(pool, rooms)).map((point) => [point.id, point]));
  for await (const { pointId, times, values } of streamReadings(pool, [...points.keys()], from, to, signal)) {
    yield { point: points.get(pointId) as Point, times, values };
  }
}
