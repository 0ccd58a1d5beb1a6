import type { Pool } from '@mycelium/database';

/** The obvious first version: per point its last value, its readings as objects, and one INSERT per change. */
export async function naiveChanges(pool: Pool, from: Date, to: Date): Promise<number> {
  const { rows: points } = await pool.query<{ id: number; threshold: number }>(
    `select id, threshold from point join point_rule using (device_type, point) order by id`,
  );
  let changes = 0;
  for (const { id, threshold } of points) {
    const { rows: before } = await pool.query<{ value: number }>(
      'select value from setpoint_change where point_id = $1 and changed_at < $2 order by changed_at desc limit 1',
      [id, from],
    );
    const { rows } = await pool.query<{ ts: Date; value: number }>(
      'select ts, value from reading where point_id = $1 and ts >= $2 and ts < $3 order by ts',
      [id, from, to],
    );
    let reported = before[0]?.value;
    for (const { ts, value } of rows) {
      if (reported !== undefined && Math.abs(value - reported) < threshold) continue;
      await pool.query(
        `insert into setpoint_change (point_id, changed_at, previous, value, threshold, slot)
         values ($1, $2, $3, $4, $5, $6)`,
        [id, ts, reported, value, threshold, to],
      );
      reported = value;
      changes++;
    }
  }
  return changes;
}
