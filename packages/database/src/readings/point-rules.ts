import { type BandRule, climateDevice } from '@mycelium/farm';
import { type Pool, type Queryable, transaction } from '../pool.ts';
import type { PointKind } from './points.ts';

/** A version of the rule for one kind of point: what counts as a change, and the names of its values. */
export interface PointRule {
  deviceType: string;
  point: string;
  /** Applies from this instant until the next version; null means from the beginning. */
  validFrom: Date | null;
  kind: PointKind;
  unit: string | null;
  /** The smallest change that counts; null means every new value counts. */
  threshold: number | null;
  /** Names of values: `{"0": "off", "1": "auto"}`. */
  labels: Record<string, string>;
}

/** A version of a band; `room` is `*` for all rooms. */
export interface BandVersion extends Omit<BandRule, 'validFrom'> {
  validFrom: Date | null;
}

const since = `nullif(valid_from, '-infinity') as "validFrom"`;

/** The versions of one kind of point in order of time, or of all kinds. */
export async function pointRules(
  db: Queryable,
  requested?: Pick<PointRule, 'deviceType' | 'point'>,
): Promise<PointRule[]> {
  const { rows } = await db.query<PointRule>(
    `select device_type as "deviceType", point, ${since}, kind, unit, threshold, labels from point_rule
     where $1::text is null or (device_type, point) = ($1, $2)
     order by device_type, point, valid_from`,
    [requested?.deviceType ?? null, requested?.point ?? null],
  );
  return rows;
}

/** The versions of a metric's bands in order of room, day of growth and time. */
export async function bandVersions(db: Queryable, metric: string): Promise<BandVersion[]> {
  const { rows } = await db.query<BandVersion>(
    `select room, metric, from_day as "fromDay", to_day as "toDay", low, high, ${since} from band
     where metric = $1 order by room, from_day, valid_from`,
    [metric],
  );
  return rows;
}

/**
 * Adds a version, or replaces the version of the same instant. Points of that device type get its kind, and the next
 * run reads them again from that instant on.
 */
export async function setPointRule(pool: Pool, rule: PointRule & { validFrom: Date }): Promise<void> {
  const { deviceType, point, validFrom, kind, unit, threshold, labels } = rule;
  await transaction(pool, async (tx) => {
    // The time before `validFrom` is unaffected: only the time from then on is marked, below.
    await tx.query(`set local mycelium.marks_late = 'yes'`);
    await tx.query(
      `insert into point_rule (device_type, point, valid_from, kind, unit, threshold, labels)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (device_type, point, valid_from) do update set kind = excluded.kind, unit = excluded.unit,
         threshold = excluded.threshold, labels = excluded.labels`,
      [deviceType, point, validFrom, kind, unit, threshold, labels],
    );
    const { rows } = await tx.query<{ id: number }>(
      `update point set kind = $3, unit = $4 where device_type = $1 and point = $2 returning id`,
      [deviceType, point, kind, unit],
    );
    await readAgain(
      tx,
      rows.map(({ id }) => id),
      validFrom,
    );
  });
}

/**
 * Adds a version of a band, or replaces the version of the same instant. The next run recomputes the days that used
 * another version.
 */
export async function setBand(pool: Pool, band: BandVersion & { validFrom: Date }): Promise<void> {
  const { room, metric, fromDay, toDay, low, high, validFrom } = band;
  await transaction(pool, async (tx) => {
    await tx.query(
      `insert into band (room, metric, from_day, to_day, low, high, valid_from) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (room, metric, from_day, valid_from) do update set to_day = excluded.to_day, low = excluded.low,
         high = excluded.high`,
      [room, metric, fromDay, toDay, low, high, validFrom],
    );
    const { rows } = await tx.query<{ id: number }>(
      `select id from point where device_type = $3 and point = $1 and $2 in (room, '*')`,
      [metric, room, climateDevice],
    );
    await readAgain(
      tx,
      rows.map(({ id }) => id),
      validFrom,
    );
  });
}

/** Marks readings as if they had arrived late, so that their readers read them again. */
async function readAgain(tx: Queryable, pointIds: number[], from: Date): Promise<void> {
  await tx.query(
    `select mark_late(array_agg(id), array_agg(greatest(first, $2)), array_agg(last))
     from unnest($1::int[]) as requested(id)
     cross join lateral reading_span(requested.id) known
     where last >= $2`,
    [pointIds, from],
  );
}
