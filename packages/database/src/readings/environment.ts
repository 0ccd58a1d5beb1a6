import type { Queryable } from '../pool.ts';

export interface Environment {
  temperature?: number;
  humidity?: number;
  co2?: number;
}

/** What is worth saying of a picture's surroundings is at most this old. */
const nearSeconds = 120;

/**
 * The room's climate at the time of each capture: the latest readings at most two minutes before, in the order
 * of `captures`, in one statement. A dropped sensor (CO2 of 0, humidity above 100) says nothing.
 */
export async function environmentAt(
  db: Queryable,
  captures: { room: string; at: Date }[],
): Promise<Environment[]> {
  const { rows } = await db.query<{ n: number; metric: keyof Environment; value: number }>(
    `select capture.n::int as n, point.point as metric, latest.value
     from unnest($1::text[], $2::timestamptz[]) with ordinality as capture(room, at, n)
     join point on point.room = capture.room and point.device_type = 'mushroom_env_status'
     cross join lateral (select value from reading
       where point_id = point.id and ts <= capture.at and ts > capture.at - make_interval(secs => $3)
         and not (point.point = 'co2' and value <= 0) and not (point.point = 'humidity' and value > 100)
       order by ts desc limit 1) latest`,
    [captures.map(({ room }) => room), captures.map(({ at }) => at), nearSeconds],
  );
  const environments: Environment[] = captures.map(() => ({}));
  for (const { n, metric, value } of rows) (environments[n - 1] as Environment)[metric] = value;
  return environments;
}
