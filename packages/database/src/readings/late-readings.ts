import type { Queryable } from '../pool.ts';
import type { PointKind } from './points.ts';

/** Readings of a point that were written after their time had been read by the job they are for. */
export interface LateReadings {
  pointId: number;
  room: string;
  day: string;
  first: Date;
  last: Date;
  version: number;
}

/** What came late for the statistics (measurements) or for the monitoring of setpoints (all other kinds). */
export async function lateReadings(
  db: Queryable,
  reader: 'env-stats' | 'setpoints',
): Promise<LateReadings[]> {
  const { rows } = await db.query<LateReadings & { kind: PointKind }>(
    `select point_id as "pointId", room, day, first, last, version from late_reading
     join point on point.id = point_id
     where (kind = 'measurement') = $1 order by first, point_id`,
    [reader === 'env-stats'],
  );
  return rows;
}

/** To be called inside the `commit` of what was made of them. A mark to which more was added meanwhile stays. */
export async function forgetLate(
  tx: Queryable,
  late: Pick<LateReadings, 'pointId' | 'day' | 'version'>[],
): Promise<void> {
  if (late.length === 0) return;
  await tx.query(
    `delete from late_reading using unnest($1::int[], $2::date[], $3::int[]) as done(point_id, day, version)
     where late_reading.point_id = done.point_id and late_reading.day = done.day
       and late_reading.version = done.version`,
    [late.map(({ pointId }) => pointId), late.map(({ day }) => day), late.map(({ version }) => version)],
  );
}
