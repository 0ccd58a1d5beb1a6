import type { Queryable } from '../pool.ts';
import { binaryArray } from './binary-array.ts';
import type { Point } from './points.ts';

/** The state of a room's windows. */
export interface SetpointRoom {
  room: string;
  /** The watermark: where its last finished window ended. Undefined before the first. */
  until?: Date;
  /** Where that window began; undefined means at the first reading. */
  windowFrom?: Date;
}

export interface SetpointChange {
  pointId: number;
  changedAt: Date;
  /** Null in the row that sets a point's baseline. */
  previous: number | null;
  value: number;
  threshold: number | null;
}

/** A version of the rule for what counts as a change of a point. */
export interface ThresholdRule {
  deviceType: string;
  point: string;
  /** Milliseconds since 1970; -Infinity means always. */
  validFrom: number;
  /** Null means that any other value is a change. */
  threshold: number | null;
}

/** The points monitored for changes: all except measurements. */
export async function setpointPoints(db: Queryable): Promise<Point[]> {
  const { rows } = await db.query<Point>(
    `select id, room, device_type as "deviceType", device, point, kind, unit from point
     where reads('setpoints', kind, device_type, point) order by room, id`,
  );
  return rows;
}

export async function setpointRooms(db: Queryable, rooms: string[]): Promise<SetpointRoom[]> {
  const { rows } = await db.query<{ room: string; until: Date | null; windowFrom: Date | null }>(
    `select room, until, window_from as "windowFrom" from unnest($1::text[]) as requested(room)
     left join setpoint_watermark using (room)`,
    [rooms],
  );
  return rows.map(({ room, until, windowFrom }) => ({
    room,
    ...(until && { until }),
    ...(windowFrom && { windowFrom }),
  }));
}

/** The points and the span that a window covers; `from` undefined means from the first reading on. */
export interface Window {
  from?: Date | undefined;
  pointIds: number[];
}

/** The last reported value of each point before the window, to compare its readings with. */
export async function reportedBefore(
  db: Queryable,
  { from, pointIds }: Window,
): Promise<Map<number, number>> {
  if (!from) return new Map();
  const { rows } = await db.query<{ pointId: number; value: number }>(
    `select requested.point_id as "pointId", latest.value from unnest($1::int[]) as requested(point_id)
     cross join lateral (select value from setpoint_change
       where setpoint_change.point_id = requested.point_id and changed_at < $2
       order by changed_at desc limit 1) latest`,
    [binaryArray('int4', pointIds), from],
  );
  return new Map(rows.map(({ pointId, value }) => [pointId, value]));
}

export async function thresholdRules(db: Queryable): Promise<ThresholdRule[]> {
  const { rows } = await db.query<ThresholdRule>(
    `select device_type as "deviceType", point, extract(epoch from valid_from)::float8 * 1000 as "validFrom",
            case when kind = 'analog' then threshold end as threshold
     from point_rule order by valid_from`,
  );
  return rows;
}

/**
 * Replaces the changes of a window's points, from its start up to an instant, with `changes`. An unchanged row stays,
 * along with the run that found it. Call it inside `commit`.
 */
export async function replaceChanges(
  tx: Queryable,
  { from, pointIds }: Window,
  to: Date,
  changes: SetpointChange[],
  slot: Date,
): Promise<void> {
  const points = binaryArray(
    'int4',
    changes.map(({ pointId }) => pointId),
  );
  const times = binaryArray(
    'float8',
    changes.map(({ changedAt }) => changedAt.getTime() / 1_000),
  );
  await tx.query(
    `delete from setpoint_change
     where point_id = any($1::int[]) and changed_at >= coalesce($2, '-infinity'::timestamptz) and changed_at < $3
       and (point_id, changed_at) not in
         (select point_id, to_timestamp(ts) from unnest($4::int[], $5::float8[]) as kept(point_id, ts))`,
    [binaryArray('int4', pointIds), from ?? null, to, points, times],
  );
  if (changes.length === 0) return;
  const floats = (column: 'previous' | 'value' | 'threshold') =>
    binaryArray(
      'float8',
      changes.map((change) => change[column]),
    );
  await tx.query(
    `insert into setpoint_change (point_id, changed_at, previous, value, threshold, slot)
     select point_id, to_timestamp(ts), previous, value, threshold, $6
     from unnest($1::int[], $2::float8[], $3::float8[], $4::float8[], $5::float8[])
       as found(point_id, ts, previous, value, threshold)
     on conflict (point_id, changed_at) do update
       set previous = excluded.previous, value = excluded.value, threshold = excluded.threshold, slot = excluded.slot
       where (setpoint_change.previous, setpoint_change.value, setpoint_change.threshold)
         is distinct from (excluded.previous, excluded.value, excluded.threshold)`,
    [points, times, floats('previous'), floats('value'), floats('threshold'), slot],
  );
}

/** Call it inside the `commit` of the windows' changes. */
export async function moveWatermarks(tx: Queryable, rooms: SetpointRoom[], until: Date): Promise<void> {
  await tx.query(
    `insert into setpoint_watermark (room, until, window_from)
     select room, $2, window_begins from unnest($1::text[], $3::timestamptz[]) as done(room, window_begins)
     on conflict (room) do update set until = excluded.until, window_from = excluded.window_from`,
    [rooms.map(({ room }) => room), until, rooms.map((room) => room.until ?? null)],
  );
}

/** What a run found for one point. */
export interface FoundChanges {
  room: string;
  device: string;
  point: string;
  unit: string | null;
  /** The names of its values at the time of its last change. */
  labels: Record<string, string>;
  changes: number;
  /** The values before the first change and after the last. */
  previous: number;
  value: number;
  /** How often it returned to its previous value within 15 minutes. */
  returns: number;
}

/** The changes that a run found, without baselines, grouped by point. */
export async function changesFoundBy(db: Queryable, slot: Date, rooms: string[]): Promise<FoundChanges[]> {
  const { rows } = await db.query<FoundChanges>(
    `select room, device, point.point, point.unit, coalesce(labels, '{}') as labels, changes, previous, value, returns
     from (
       select point_id, count(*)::int as changes, max(changed_at) as last,
              (array_agg(previous order by changed_at))[1] as previous,
              (array_agg(value order by changed_at desc))[1] as value,
              (count(*) filter (where value = came_from and changed_at - came_at <= interval '15 minutes'))::int as returns
       from (select *, lag(previous) over series as came_from, lag(changed_at) over series as came_at
         from setpoint_change where slot = $1 and previous is not null
         window series as (partition by point_id order by changed_at)) found
       group by point_id) found
     join point on point.id = point_id
     left join lateral (select labels from point_rule
       where point_rule.device_type = point.device_type and point_rule.point = point.point and valid_from <= last
       order by valid_from desc limit 1) rule on true
     where room = any($2) order by room, device, point.point`,
    [slot, rooms],
  );
  return rows;
}
