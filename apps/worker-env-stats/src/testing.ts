import type { Pool } from '@mycelium/database';
import { addReadings, createTestDatabase } from '@mycelium/database/testing';
import type { Metric } from '@mycelium/farm';
import { openQueues, runContext, silent } from '@mycelium/process/testing';
import { type Result, slotForDay } from '@mycelium/queue';
import { computeEnvStats } from './compute-env-stats.ts';

type TestContext = Parameters<typeof createTestDatabase>[0];

export const minute = 60_000;
const job = 'daily_env_stats';

/** A farm with its own database, whose statistics can be computed for any day. */
export async function farm(t: TestContext, timeZone = 'UTC') {
  const pool = await createTestDatabase(t);
  return {
    ...onDatabase(pool),

    /** Computes a day like the run that is due on the next morning. */
    async compute(day: string): Promise<Result<'daily_env_stats'>> {
      const context = await runContext(pool, job, slotForDay(job, day, timeZone), timeZone);
      return computeEnvStats({}, { pool, logger: silent, ...context });
    },
  };
}

/** A farm whose runs go through the queue, a worker and the ledger. */
export async function startFarm(t: TestContext, timeZone = 'UTC') {
  const { pool, work, run } = await openQueues(t, timeZone);
  work('env-stats', { daily_env_stats: computeEnvStats }, { pool, logger: silent });
  return { ...onDatabase(pool), run: (day: string) => run(job, slotForDay(job, day, timeZone), {}) };
}

function onDatabase(pool: Pool) {
  return {
    pool,
    /** Writes values of the room's own sensor or of another device. `in_day_num` belongs to the controller. */
    async write(
      room: string,
      point: Metric | 'in_day_num',
      readings: Iterable<[number, number]>,
      device = `${point === 'in_day_num' ? 'mushroom_info' : 'mushroom_env_status'}_${room}`,
    ): Promise<void> {
      await addReadings(pool, { room, device, point }, readings);
    },

    async rows(columns: string, where = 'true'): Promise<unknown[]> {
      const { rows } = await pool.query(
        `select ${columns} from env_daily_stats where ${where} order by room, day, metric`,
      );
      return rows.map((row) => Object.values(row));
    },
  };
}

/** A normal room: a reading every minute, each different from the one before. */
export function* lively(from: number, to: number, every = minute): Generator<[number, number]> {
  for (let at = from; at < to; at += every) yield [at, 18 + ((at / minute) % 7) / 10];
}
