import type { Day, SensorDay, SensorRule } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';

/** What a point's readings of one local day show of its sensor. */
export interface ObservedDay extends SensorDay {
  pointId: number;
  day: Day;
}

/** All versions of what was set for sensors that take effect before an instant. */
export async function sensorRules(db: Queryable, before: Date): Promise<SensorRule[]> {
  const { rows } = await db.query<SensorRule>(
    `select device_type as "deviceType", point, device, extract(epoch from valid_from)::float8 * 1000 as "validFrom",
            sampling, extract(epoch from holds)::float8 * 1000 as holds, ceiling, step,
            extract(epoch from frozen_after)::float8 * 1000 as "frozenAfter"
     from sensor_rule where valid_from < $1 order by device_type, point, device, sensor_rule.valid_from`,
    [before],
  );
  return rows;
}

/** What was observed on some local days, both included. */
export async function observedDays(
  db: Queryable,
  pointIds: number[],
  from: Day,
  to: Day,
): Promise<ObservedDay[]> {
  const { rows } = await db.query<ObservedDay>(
    `select point_id as "pointId", day, min, max, step, at_max as "atMax", left_max as "leftMax", gaps,
            regular_gaps as "regularGaps", changes
     from sensor_day where point_id = any($1) and day between $2 and $3 order by point_id, day`,
    [pointIds, from, to],
  );
  return rows;
}

/** Call it inside the `commit` of the results. An unchanged row is not touched. */
export async function saveObserved(tx: Queryable, days: ObservedDay[]): Promise<void> {
  if (days.length === 0) return;
  await tx.query(
    `insert into sensor_day (point_id, day, min, max, step, at_max, left_max, gaps, regular_gaps, changes)
     select * from unnest($1::int[], $2::date[], $3::float8[], $4::float8[], $5::float8[], $6::int[], $7::int[],
       $8::int[], $9::int[], $10::int[])
     on conflict (point_id, day) do update set min = excluded.min, max = excluded.max, step = excluded.step,
       at_max = excluded.at_max, left_max = excluded.left_max, gaps = excluded.gaps,
       regular_gaps = excluded.regular_gaps, changes = excluded.changes
       where sensor_day is distinct from excluded`,
    [
      days.map(({ pointId }) => pointId),
      days.map(({ day }) => day),
      days.map(({ min }) => min),
      days.map(({ max }) => max),
      days.map(({ step }) => step),
      days.map(({ atMax }) => Math.round(atMax)),
      days.map(({ leftMax }) => leftMax),
      days.map(({ gaps }) => gaps),
      days.map(({ regularGaps }) => regularGaps),
      days.map(({ changes }) => changes),
    ],
  );
}

/** Removes what was observed on days whose readings have changed since: the next run observes them again. */
export async function forgetObserved(
  tx: Queryable,
  days: Pick<ObservedDay, 'pointId' | 'day'>[],
): Promise<void> {
  if (days.length === 0) return;
  await tx.query(
    `delete from sensor_day using unnest($1::int[], $2::date[]) as changed(point_id, day)
     where sensor_day.point_id = changed.point_id and sensor_day.day = changed.day`,
    [days.map(({ pointId }) => pointId), days.map(({ day }) => day)],
  );
}
