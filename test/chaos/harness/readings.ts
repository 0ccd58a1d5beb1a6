import { copyReadings, ensurePoints, type Pool, type Reading } from '@mycelium/database';
import { type Day, dayBounds } from '@mycelium/farm';
import type { Testbed } from './scenario.ts';

const rooms = ['611', '612'];
const climate = { temperature: 17, humidity: 90, co2: 900 };

/** The number of statistics rows for a day of `writeReadings`. */
export const statisticsADay = rooms.length * Object.keys(climate).length;

/** Writes climate readings of two rooms, every ten minutes of these days, `offset` above the usual values. */
export async function writeReadings(testbed: Testbed, days: Day[], offset = 0): Promise<void> {
  const points = rooms.flatMap((room) =>
    Object.keys(climate).map((point) => ({
      room,
      deviceType: 'mushroom_env_status',
      device: `mushroom_env_status_${room}`,
      point,
    })),
  );
  const ids = await ensurePoints(testbed.pool, points);
  await copyReadings(testbed.pool, readings(ids));

  function* readings(known: Map<string, number>): Generator<Reading> {
    for (const [key, pointId] of known) {
      const usual = climate[key.split('/').at(-1) as keyof typeof climate];
      for (const day of days) {
        const { start, end } = dayBounds(day, 'UTC');
        for (let at = start.getTime(); at < end.getTime(); at += 600_000) {
          yield { pointId, ts: new Date(at), value: usual + offset + ((at / 600_000) % 7) / 10 };
        }
      }
    }
  }
}

/** The statistics in the database, without the time at which they were computed. */
export async function statistics(testbed: Testbed): Promise<{ room: string; day: Day; mean: number }[]> {
  const { rows } = await testbed.pool.query<{ room: string; day: Day; metric: string; mean: number }>(
    'select room, day, metric, mean from env_daily_stats order by room, day, metric',
  );
  return rows;
}

/** Counts with SQL the missing statistics of these days, and the rows beyond one each. */
export async function countStatistics(pool: Pool, days: Day[]): Promise<{ lost: number; doubled: number }> {
  const { rows } = await pool.query<{ lost: number; doubled: number }>(
    `select count(*) filter (where computed = 0) as lost,
            coalesce(sum(computed - 1) filter (where computed > 1), 0)::int as doubled
     from (select count(found.room) as computed
           from unnest($1::date[]) day cross join unnest($2::text[]) room cross join unnest($3::text[]) metric
             left join env_daily_stats found using (room, day, metric)
           group by room, day, metric) counted`,
    [days, rooms, Object.keys(climate)],
  );
  return rows[0] as { lost: number; doubled: number };
}
