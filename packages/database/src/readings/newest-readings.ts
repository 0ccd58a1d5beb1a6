/** Which readings `newestReadings` finds. All are pieces of SQL; those from outside are parameters. */
interface Wanted {
  /** The id of the point. */
  point: string;
  /** The first instant. */
  from: string;
  /** The instant after the last. */
  until: string;
  /** A further condition on `value`. */
  where?: string;
  /** How many. 1. */
  count?: number;
}

/** An instant that includes `instant` itself, as `until`: PostgreSQL's times are whole microseconds. */
export const justAfter = (instant: string) => `(${instant} + interval '1 us')`;

/**
 * A lateral subquery (ts, value) of a point's newest readings, newest first. It opens a block only if rows of `reading` do
 * not answer it, and no more blocks than it needs.
 */
export function newestReadings({ point, from, until, where = 'true', count = 1 }: Wanted): string {
  return `(with hot as materialized (
      select ts, value from reading
      where point_id = ${point} and ts >= ${from} and ts < ${until} and ${where} order by ts desc limit ${count})
    select ts, value from (
      select ts, value from hot
      union all
      (select settled.ts, value from reading_block block
       cross join lateral (select coalesce(array_agg(reading.ts), '{}') as instants from reading
         where reading.point_id = block.point_id and reading.ts between block.first and block.last) newer
       cross join lateral unpack_readings(block.first, block.deltas, block."values") settled
       where block.point_id = ${point} and block.day >= (${from} at time zone 'UTC')::date
         and block.day <= (${until} at time zone 'UTC')::date
         and block.last > coalesce((select min(ts) from hot having count(*) = ${count}), '-infinity')
         and settled.ts >= ${from} and settled.ts < ${until} and ${where} and settled.ts <> all(newer.instants)
       order by block.day desc, settled.ts desc limit ${count})) both_stores
    order by ts desc limit ${count})`;
}
