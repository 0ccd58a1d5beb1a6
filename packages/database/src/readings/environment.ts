import { type Metric, plausibleSql, readValueSql } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';
import { climateSensors } from './env-stats.ts';

export type Environment = Partial<Record<Metric, number>>;

/** Readings older than this do not describe the climate of a picture. */
const nearSeconds = 120;

/**
 * The room's climate at the time of each capture: the latest plausible readings, at most two minutes before it. Results
 * are in the order of `captures`, from one statement.
 */
export async function environmentAt(
  db: Queryable,
  captures: { room: string; at: Date }[],
): Promise<Environment[]> {
  const { rows } = await db.query<{ n: number; metric: Metric; value: number }>(
    `select distinct on (capture.n, metric) capture.n::int as n, metric, latest.value
     from unnest($1::text[], $2::timestamptz[]) with ordinality as capture(room, at, n)
     join ${climateSensors} sensor using (room)
     cross join lateral (select ${readValueSql('value', 'metric')} as value from reading
       where point_id = sensor.id and ts <= capture.at and ts > capture.at - make_interval(secs => $3)
         and ${plausibleSql('value', 'metric')}
       order by ts desc limit 1) latest
     order by capture.n, metric, rank`,
    [captures.map(({ room }) => room), captures.map(({ at }) => at), nearSeconds],
  );
  const environments: Environment[] = captures.map(() => ({}));
  for (const { n, metric, value } of rows) (environments[n - 1] as Environment)[metric] = value;
  return environments;
}
