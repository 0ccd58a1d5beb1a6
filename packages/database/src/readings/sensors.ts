import {
  addDays,
  climateDevice,
  type Day,
  daysToLearnFrom,
  learnSensor,
  type SensorDay,
  type SensorProperties,
  type SensorRule,
  sensorProperties,
  sensorRulesAt,
} from '@mycelium/farm';
import { type Pool, type Queryable, transaction } from '../pool.ts';
import { envPoints } from './env-stats.ts';

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

/** A version of what was set; null means from the beginning. */
export interface SensorVersion extends Omit<SensorRule, 'validFrom'> {
  validFrom: Date | null;
}

/** The versions of one kind of point, those for all devices first, in order of time. */
export async function sensorVersions(
  db: Queryable,
  { deviceType, point }: Pick<SensorRule, 'deviceType' | 'point'>,
): Promise<SensorVersion[]> {
  const rules = await sensorRules(db, new Date(8.64e15));
  return rules
    .filter((rule) => rule.deviceType === deviceType && rule.point === point)
    .map((rule) => ({
      ...rule,
      validFrom: Number.isFinite(rule.validFrom) ? new Date(rule.validFrom) : null,
    }));
}

/**
 * Adds a version, or replaces the version of the same instant. The next run computes the days since then again, and the
 * time in which the last value of an on-change sensor holds.
 */
export async function setSensorRule(pool: Pool, rule: SensorVersion & { validFrom: Date }): Promise<void> {
  const { deviceType, point, device, validFrom, sampling, holds, ceiling, step, frozenAfter } = rule;
  await transaction(pool, async (tx) => {
    await tx.query(
      `insert into sensor_rule (device_type, point, device, valid_from, sampling, holds, ceiling, step, frozen_after)
       values ($1, $2, $3, $4, $5, $6::float8 * interval '1 ms', $7, $8, $9::float8 * interval '1 ms')
       on conflict (device_type, point, device, valid_from) do update set sampling = excluded.sampling,
         holds = excluded.holds, ceiling = excluded.ceiling, step = excluded.step,
         frozen_after = excluded.frozen_after`,
      [deviceType, point, device, validFrom, sampling, holds, ceiling, step, frozenAfter],
    );
    await tx.query(
      `select mark_late(array_agg(id), array_agg(greatest(first, $4)),
         array_agg(greatest(last + coalesce($5::float8 * interval '1 ms', interval '1 day'), $4)))
       from point cross join lateral reading_span(point.id) known
       where device_type = $1 and point = $2 and $3 in (device, '*') and first is not null`,
      [deviceType, point, device, validFrom, holds],
    );
  });
}

export interface KnownSensor extends SensorProperties {
  /** The properties that were set; the others are learned, or usual. */
  set: (keyof SensorProperties)[];
}

/** The properties of every climate sensor at an instant, by point, from what the local days up to then showed. */
export async function knownSensors(db: Queryable, at: Date, today: Day): Promise<Map<number, KnownSensor>> {
  const points = await envPoints(db);
  const ids = points.map(({ id }) => id);
  const days = await observedDays(db, ids, addDays(today, -daysToLearnFrom), today);
  const byPoint = Map.groupBy(days, ({ pointId }) => pointId);
  const rules = await sensorRules(db, at);
  return new Map(
    points.map(({ id, device, metric }) => {
      const named = { deviceType: climateDevice, device, point: metric };
      const own = sensorRulesAt(rules, named, at.getTime());
      const properties = sensorProperties(learnSensor(metric, byPoint.get(id) ?? []), own);
      const names = Object.keys(properties) as (keyof SensorProperties)[];
      return [id, { ...properties, set: names.filter((name) => own.some((rule) => rule[name] !== null)) }];
    }),
  );
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
