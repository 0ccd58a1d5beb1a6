import { type Metric, plausibleSql, readValueSql } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';
import { climateSensors } from './env-stats.ts';
import { justAfter, newestReadings } from './newest-readings.ts';

export type Environment = Partial<Record<Metric, number>>;

/** Readings older than this do not describe the climate of a picture. */
const nearSeconds = 120;

const near = newestReadings({
  point: 'sensor.id',
  from: justAfter('(capture.at - make_interval(secs => $3))'),
  until: justAfter('capture.at'),
  where: plausibleSql('value', 'metric'),
});

/**
 * The room's climate at the time of each capture: the latest plausible readings, at most two minutes before it. Results
 * are in the order of `captures`, from one statement.
 */
export async function environmentAt(
  db: Queryable,
  captures: { room: string; at: Date }[],
): Promise<Environment[]> {
  const { rows } = await db.query<{ n: number; metric: Metric; value: number }>(
    `select distinct on (capture.n, metric) capture.n::int as n, metric,
       ${readValueSql('latest.value', 'metric')} as value
     from unnest($1::text[], $2::timestamptz[]) with ordinality as capture(room, at, n)
     join ${climateSensors} sensor using (room)
     cross join lateral ${near} latest
     order by capture.n, metric, rank`,
    [captures.map(({ room }) => room), captures.map(({ at }) => at), nearSeconds],
  );
  const environments: Environment[] = captures.map(() => ({}));
  for (const { n, metric, value } of rows) (environments[n - 1] as Environment)[metric] = value;
  return environments;
}
