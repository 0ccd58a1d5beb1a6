import type { Pool } from '@mycelium/database';

/** The curves of a room by SQL over rows, as the console had them before readings were settled. */
export async function aggregatedRows(
  pool: Pool,
  { room, from, to, buckets }: { room: string; from: Date; to: Date; buckets: number },
): Promise<void> {
  const step = Math.ceil((to.getTime() - from.getTime()) / 1_000 / buckets / 60) * 60;
  await pool.query(
    `select point.point, floor(extract(epoch from ts - $2::timestamptz) / $4)::int as n,
            avg(value) as mean, min(value) as min, max(value) as max
     from point join reading on point_id = point.id
     where room = $1 and ts >= $2 and ts < $3 group by 1, 2`,
    [room, from, to, step],
  );
}
