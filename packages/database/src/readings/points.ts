import { type NamedPoint, type PointName, pointKey } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';

export type PointKind = 'measurement' | 'analog' | 'switch' | 'enum';

export interface NewPoint extends PointName {
  /** By default the kind from the rule for this device type and point, or else a measurement. */
  kind?: PointKind;
  unit?: string;
}

export interface Point extends PointName {
  id: number;
  kind: PointKind;
  unit: string | null;
}

/** Registers new points; existing ones stay as they are. @returns ids by `room/device/point` */
export async function ensurePoints(db: Queryable, points: NewPoint[]): Promise<Map<string, number>> {
  const ids = await pointIds(db, points);
  const fresh = points.filter((point) => !ids.has(pointKey(point)));
  if (fresh.length === 0) return ids;
  await db.query(
    `insert into point (room, device_type, device, point, kind, unit)
     select distinct on (room, device, point) room, device_type, device, point,
            coalesce(fresh.kind, rule.kind, 'measurement'), coalesce(fresh.unit, rule.unit)
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       as fresh(room, device_type, device, point, kind, unit)
     left join lateral (select kind, unit from point_rule
       where point_rule.device_type = fresh.device_type and point_rule.point = fresh.point
       order by valid_from desc limit 1) rule on true
     order by room, device, point
     on conflict (room, device, point) do nothing`,
    [
      fresh.map(({ room }) => room),
      fresh.map(({ deviceType }) => deviceType),
      fresh.map(({ device }) => device),
      fresh.map(({ point }) => point),
      fresh.map(({ kind }) => kind ?? null),
      fresh.map(({ unit }) => unit ?? null),
    ],
  );
  return new Map([...ids, ...(await pointIds(db, fresh))]);
}

/** The ids of the points that exist, by `room/device/point`. */
export async function pointIds(db: Queryable, points: NamedPoint[]): Promise<Map<string, number>> {
  const { rows } = await db.query<Pick<Point, 'id' | 'room' | 'device' | 'point'>>(
    `select id, room, device, point from point
     join unnest($1::text[], $2::text[], $3::text[]) as requested(room, device, point) using (room, device, point)`,
    [points.map(({ room }) => room), points.map(({ device }) => device), points.map(({ point }) => point)],
  );
  return new Map(rows.map((row) => [pointKey(row), row.id]));
}

/** Every point, or those of some rooms, in order. */
export async function listPoints(db: Queryable, rooms?: string[]): Promise<Point[]> {
  const { rows } = await db.query<Point>(
    `select id, room, device_type as "deviceType", device, point, kind, unit from point
     where $1::text[] is null or room = any($1)
     order by room, device, point`,
    [rooms ?? null],
  );
  return rows;
}
