import type { Pool } from '@mycelium/database';

export interface Span {
  /** An instant at which a UTC month begins, or within it. */
  from: string;
  minutes: number;
}

/**
 * Registers points and gives each a reading a minute, written as a farm writes them: minute by minute, all points
 * of a minute together. The month's table is indexed once it is full. Its commit waits for the log, since VACUUM marks
 * no page as all-visible before that, and the scans to compare would fetch rows from some pages and not from others.
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
