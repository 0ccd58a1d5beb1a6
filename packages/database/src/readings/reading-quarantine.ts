import type { ImplausibleTime } from '@mycelium/farm';
import { type Pool, type Queryable, transaction } from '../pool.ts';
import { justAfter } from './newest-readings.ts';
import { ensurePartitions } from './partitions.ts';

export interface ImplausibleReading {
  pointId: number;
  ts: Date;
  value: number;
  reason: ImplausibleTime;
}

/** The quarantined readings of a device for one reason. */
export interface QuarantinedReadings {
  room: string;
  device: string;
  reason: ImplausibleTime;
  count: number;
  /** By the device's clock. */
  first: Date;
  last: Date;
  /** When the newest of them arrived, by ours. */
  receivedAt: Date;
}

/** Which quarantined readings; all of them without any condition. */
export interface ReadingSelection {
  rooms?: string[] | undefined;
  devices?: string[] | undefined;
  reason?: ImplausibleTime | undefined;
}

/**
 * Quarantines readings, the last one of each instant. Readings that are quarantined or stored already are not
 * quarantined again: repeating a file after its release changes nothing.
 * @returns how many are new, per point and reason
 */
export async function quarantineReadings(tx: Queryable, readings: ImplausibleReading[]) {
  if (readings.length === 0) return [];
  const { rows } = await tx.query<{ pointId: number; reason: ImplausibleTime; n: number }>(
    `with written as (
       insert into reading_quarantine as held (point_id, ts, value, reason)
       select distinct on (point_id, ts) point_id, ts, value, reason
       from unnest($1::int4[], $2::timestamptz[], $3::float8[], $4::text[]) with ordinality
         as sent(point_id, ts, value, reason, n)
       where not exists (select from readings_between(array[sent.point_id], sent.ts, ${justAfter('sent.ts')}) stored
         where stored.value = sent.value)
       order by point_id, ts, n desc
       on conflict (point_id, ts) do update set value = excluded.value, received_at = now()
         where held.value <> excluded.value
       returning point_id, reason)
     select point_id as "pointId", reason, count(*)::int as n from written group by point_id, reason`,
    [
      readings.map(({ pointId }) => pointId),
      readings.map(({ ts }) => ts),
      readings.map(({ value }) => value),
      readings.map(({ reason }) => reason),
    ],
  );
  return rows;
}

/**
 * The devices with quarantined readings, those that sent the newest ones first.
 * @param since only readings that were received from then on
 */
export async function listReadingQuarantine(db: Queryable, since?: Date): Promise<QuarantinedReadings[]> {
  const { rows } = await db.query<QuarantinedReadings>(
    `select room, device, reason, count(*)::int as count, min(ts) as first, max(ts) as last,
            max(received_at) as "receivedAt"
     from reading_quarantine join point on point.id = point_id
     where received_at >= $1
     group by room, device, reason order by max(received_at) desc, room, device, reason`,
    [since ?? '-infinity'],
  );
  return rows;
}

const chosen = `point_id in (select id from point
    where ($1::text[] is null or room = any($1)) and ($2::text[] is null or device = any($2)))
  and ($3::text is null or reason = $3)`;
const chosenBy = ({ rooms, devices, reason }: ReadingSelection) => [
  rooms ?? null,
  devices ?? null,
  reason ?? null,
];

/** Stores quarantined readings as they are, and marks them late. @returns how many left the quarantine */
export async function releaseReadings(pool: Pool, selection: ReadingSelection): Promise<number> {
  const { rows: days } = await pool.query<{ day: Date }>(
    `select distinct date_trunc('day', ts, 'UTC') as day from reading_quarantine where ${chosen}`,
    chosenBy(selection),
  );
  await ensurePartitions(
    pool,
    days.map(({ day }) => day),
  );
  return transaction(pool, async (tx) => {
    await tx.query(`set local mycelium.marks_late = 'yes'`);
    const { rows } = await tx.query<{ n: number }>(
      `with released as (delete from reading_quarantine where ${chosen} returning point_id, ts, value),
       stored as (insert into reading (point_id, ts, value) select point_id, ts, value from released
         on conflict (point_id, ts) do update set value = excluded.value where reading.value <> excluded.value),
       marked as (select mark_late(array_agg(point_id), array_agg(first), array_agg(last))
         from (select point_id, min(ts) as first, max(ts) as last from released
               group by point_id, date_trunc('day', ts, 'UTC')) span
         having count(*) > 0)
       select (select count(*)::int from released) as n, (select count(*)::int from marked) as marks`,
      chosenBy(selection),
    );
    return rows[0]?.n ?? 0;
  });
}

/** Deletes quarantined readings. @returns how many */
export async function discardReadings(db: Queryable, selection: ReadingSelection): Promise<number> {
  const { rowCount } = await db.query(`delete from reading_quarantine where ${chosen}`, chosenBy(selection));
  return rowCount ?? 0;
}
