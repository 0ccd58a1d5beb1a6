/**
 * The statement that makes blocks of rows (point_id, day, ts, value), or replaces the blocks of these points and days.
 * @param rows what it selects from; no instant of a point twice
 */
export const packReadings = (rows: string) => `
  insert into reading_block (point_id, day, first, last, count, min, max, sum, deltas, "values")
  select point_id, day, min(ts), max(ts), count(*), min(value), max(value), sum(value),
    case when min(delta) = max(delta) then array[min(delta)]
         else coalesce(array_agg(delta order by ts) filter (where delta is not null), '{}') end,
    array_agg(value order by ts)
  from (select point_id, day, ts, value, (date_part('epoch', ts - lag(ts) over readings) * 1e6)::bigint as delta
    from ${rows} window readings as (partition by point_id, day order by ts)) with_deltas
  group by point_id, day
  on conflict (point_id, day) do update set first = excluded.first, last = excluded.last, count = excluded.count,
    min = excluded.min, max = excluded.max, sum = excluded.sum, deltas = excluded.deltas, "values" = excluded."values"`;

/**
 * Held by whatever moves or deletes settled readings, and shared by those that write readings of settled days, so that a
 * writer compares with what is stored while it writes.
 */
export const settlingLock = `hashtext('mycelium.settle')`;
