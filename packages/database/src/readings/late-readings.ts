import type { Day } from '@mycelium/farm';
import { commit, type Lease } from '../ledger/lease.ts';
import { type Pool, type Queryable, transaction } from '../pool.ts';

/** Which job reads the readings: the daily statistics (`readings`) or setpoint monitoring (`setpoints`). */
export type Reader = 'readings' | 'setpoints';

/** Readings of a point that were written after the reader had passed their time. */
export interface LateReadings {
  pointId: number;
  room: string;
  day: string;
  first: Date;
  last: Date;
  version: number;
}

/** The tables whose changes mark late readings. */
const sources = ['reading', 'point', 'point_rule', 'band', 'image'];

/**
 * Announces that the readings of every room up to an instant are about to be read. Readings written later with an
 * earlier time are marked as late, and so are earlier readings whose point, rule, band or growth day changes. Waits for
 * writers in progress, which do not know of the announcement, so that nothing they write is missed. Look up the points
 * afterwards: all readings of a point that is registered later are late.
 */
export async function closeReadings(pool: Pool, lease: Lease, reader: Reader, until: Date): Promise<void> {
  await commit(pool, lease, (tx) =>
    tx.query(
      `insert into reading_watermark (reader, closing) values ($1, $2)
       on conflict (reader) do update set closing = greatest(reading_watermark.closing, excluded.closing)`,
      [reader, until],
    ),
  );
  // One lock at a time: a run that holds several could deadlock with a writer that takes them in another order.
  for (const table of sources) {
    await transaction(pool, (tx) => tx.query(`lock table only ${table} in share mode`));
  }
}

/** The late readings of a reader, oldest first. */
export async function lateReadings(db: Queryable, reader: Reader): Promise<LateReadings[]> {
  const { rows } = await db.query<LateReadings>(
    `select point_id as "pointId", room, day, first, last, version from late_reading
     join point on point.id = point_id
     where reader = $1 order by first, point_id`,
    [reader],
  );
  return rows;
}

/** A mark of late readings that was computed up to an instant. */
export type Settled = Pick<LateReadings, 'pointId' | 'day' | 'version'> & { until: Date };

/**
 * Removes the part of each mark before `until`: what follows has not been computed yet. Call it inside the `commit` of
 * the results computed from them. A mark that has grown since it was read stays.
 */
export async function forgetLate(tx: Queryable, reader: Reader, settled: Settled[]): Promise<void> {
  if (settled.length === 0) return;
  await tx.query(
    `merge into late_reading mark
     using unnest($1::int[], $2::date[], $3::int[], $4::timestamptz[]) as settled(point_id, day, version, until)
     on mark.reader = $5 and mark.point_id = settled.point_id and mark.day = settled.day
       and mark.version = settled.version
     when matched and mark.last < until then delete
     when matched and mark.first < until then update set first = until`,
    [
      settled.map(({ pointId }) => pointId),
      settled.map(({ day }) => day),
      settled.map(({ version }) => version),
      settled.map(({ until }) => until),
      reader,
    ],
  );
}

/** Marks readings as if they had arrived late, so that the readers of these points read that time again. */
export async function markLate(tx: Queryable, pointIds: number[], first: Date, last: Date): Promise<void> {
  await tx.query(
    `select mark_late($1, array_fill($2::timestamptz, array[cardinality($1::int[])]),
      array_fill($3::timestamptz, array[cardinality($1::int[])]))`,
    [pointIds, first, last],
  );
}

export interface StaleDay {
  room: string;
  day: Day;
}

/**
 * The local days, by room, whose result lacks readings that arrived after the day was read. Ends at the last day that
 * was read. Excludes days whose readings were pruned, since they cannot be computed again.
 */
export async function staleDays(
  db: Queryable,
  reader: Reader,
  { from, to, timeZone }: { from: Day; to: Day; timeZone: string },
): Promise<StaleDay[]> {
  const { rows } = await db.query<StaleDay>(
    `select distinct room, midnight::date as day
     from late_reading
     join reading_watermark using (reader)
     join point on point.id = point_id and reads(reader, point.kind, point.device_type, point.point)
     left join readings_dropped dropped on true
     cross join lateral generate_series(
       greatest(date_trunc('day', first at time zone $4), $2::date),
       least(least(last, closing - interval '1 us') at time zone $4, $3::date), interval '1 day') midnight
     where reader = $1 and (dropped.until is null or midnight at time zone $4 >= dropped.until)
     order by 2, 1`,
    [reader, from, to, timeZone],
  );
  return rows;
}
