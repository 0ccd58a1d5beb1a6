import { copyReadings, ensurePoints, takeLease } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { addDays, dayOf, type Metric, nextFiring } from '@mycelium/farm';
import { jobs, type Result } from '@mycelium/queue';
import { computeEnvStats } from './compute-env-stats.ts';

type TestContext = Parameters<typeof createTestDatabase>[0];

export const minute = 60_000;

/** A farm with a database of its own, whose statistics can be computed for any day. */
export async function farm(t: TestContext, timeZone = 'UTC') {
  const pool = await createTestDatabase(t);
  const silent = { info: () => {}, warn: () => {}, error: () => {} };

  return {
    pool,
    async write(room: string, metric: Metric, readings: Iterable<[number, number]>): Promise<void> {
      const device = `mushroom_env_status_${room}`;
      const point = { room, deviceType: 'mushroom_env_status', device, point: metric };
      const ids = await ensurePoints(pool, [point]);
      const pointId = ids.get(`${room}/${device}/${metric}`) as number;
      await copyReadings(
        pool,
        [...readings].map(([time, value]) => ({ pointId, ts: new Date(time), value })),
      );
    },

    /** As the run does that is due on the morning after the day. */
    async compute(day: string): Promise<Result<'daily_env_stats'>> {
      const job = 'daily_env_stats';
      const { schedule } = jobs[job];
      const slot = nextFiring(schedule as string, timeZone, new Date(`${addDays(day, 1)}T00:00:00Z`));
      const own = addDays(dayOf(slot, timeZone), -1);
      const lease = await takeLease(pool, job, 'test', 0);
      if (!lease || own !== day) throw new Error(`no run for ${day}: the slot's day is ${own}`);
      return computeEnvStats(
        {},
        {
          pool,
          logger: silent,
          signal: new AbortController().signal,
          deaths: 0,
          progress: async () => {},
          fanOut: () => Promise.reject(new Error('it does not split')),
          run: { job, slot, day, timeZone, cause: 'schedule', lease },
        },
      );
    },

    async rows(columns: string): Promise<unknown[]> {
      const { rows } = await pool.query(`select ${columns} from env_daily_stats order by room, day, metric`);
      return rows.map((row) => Object.values(row));
    },
  };
}

/** A lively room: a reading every minute, none like the one before. */
export function* lively(from: number, to: number, every = minute): Generator<[number, number]> {
  for (let at = from; at < to; at += every) yield [at, 18 + ((at / minute) % 7) / 10];
}
