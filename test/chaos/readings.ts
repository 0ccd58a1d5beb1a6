import { copyReadings, ensurePoints, type Reading } from '@mycelium/database';
import { type Day, dayBounds } from '@mycelium/farm';
import type { Stage } from './scenario.ts';

const rooms = ['611', '612'];
const climate = { temperature: 17, humidity: 90, co2: 900 };

/** Rows of statistics that a day of `writeReadings` comes to. */
export const statisticsADay = rooms.length * Object.keys(climate).length;

/** Climate readings of two rooms, every ten minutes of these days, `offset` above what they usually are. */
export async function writeReadings(stage: Stage, days: Day[], offset = 0): Promise<void> {
  const points = rooms.flatMap((room) =>
    Object.keys(climate).map((point) => ({
      room,
      deviceType: 'mushroom_env_status',
      device: `mushroom_env_status_${room}`,
      point,
    })),
  );
  const ids = await ensurePoints(stage.pool, points);
  await copyReadings(stage.pool, readings(ids));

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

/** The statistics as they are in the database, without the time at which they were computed. */
export async function statistics(stage: Stage): Promise<{ room: string; day: Day; mean: number }[]> {
  const { rows } = await stage.pool.query<{ room: string; day: Day; metric: string; mean: number }>(
    'select room, day, metric, mean from env_daily_stats order by room, day, metric',
  );
  return rows;
}
