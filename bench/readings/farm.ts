import type { Pool } from '@mycelium/database';

export interface Span {
  /** The start of a UTC month, or an instant within it. */
  from: string;
  minutes: number;
}

/**
 * Registers points and writes one reading per minute for each, in the order a farm does: minute by minute, all points
 * together. The month's table is indexed once it is full. The commit waits for the log: before that, VACUUM marks no
 * page as all-visible, and the compared scans would fetch rows from some pages and not from others.
 * @param value SQL of `point.id` (`id`) and the minute's number (`n`)
 */
export async function writeReadings(pool: Pool, { from, minutes }: Span, value: string): Promise<void> {
  const start = new Date(from);
  const month = (n: number) =>
    new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + n)).toISOString();
  const table = `reading_${month(0).slice(0, 7).replace('-', '_')}`;
  await pool.query(`
    create table ${table} (like reading including defaults);
    insert into ${table}
      select id, '${start.toISOString()}'::timestamptz + n * interval '1 minute', ${value}
      from generate_series(0, ${minutes - 1}) n cross join (select id from point order by id) point;
    set maintenance_work_mem = '512MB';
    alter table ${table} add primary key (point_id, ts) include (value);
    alter table reading attach partition ${table} for values from ('${month(0)}') to ('${month(1)}')`);
  await pool.query(`vacuum analyze ${table}`);
}
