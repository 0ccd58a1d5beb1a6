import { setTimeout as wait } from 'node:timers/promises';
import { copyReadings, createLedger, ensurePoints, findRun, type Pool, takeLease } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { deviceTypeOf, type Metric, pointKey } from '@mycelium/farm';
import { createQueues, enqueueSlot, type Result, slotForDay, startWorker } from '@mycelium/queue';
import { handlersOf, testRedis } from '@mycelium/queue/testing';
import { computeEnvStats } from './compute-env-stats.ts';
import type { Context } from './context.ts';

type TestContext = Parameters<typeof createTestDatabase>[0];

export const minute = 60_000;
const job = 'daily_env_stats';
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** A farm with its own database, whose statistics can be computed for any day. */
export async function farm(t: TestContext, timeZone = 'UTC') {
  const pool = await createTestDatabase(t);
  return {
    ...onDatabase(pool),

    /** Computes a day like the run that is due on the next morning. */
    async compute(day: string): Promise<Result<'daily_env_stats'>> {
      const slot = slotForDay(job, day, timeZone);
      const lease = await takeLease(pool, job, 'test', 0);
      if (!lease) throw new Error('the lease is taken');
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
  };
}

/** A farm whose runs go through the queue, a worker and the ledger. */
export async function startFarm(t: TestContext, timeZone = 'UTC') {
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  const worker = startWorker(
    'env-stats',
    handlersOf<'env-stats', Context>({ daily_env_stats: computeEnvStats }),
    { pool, logger: silent },
    { connection, queues, ledger: createLedger(pool, 'test'), timeZone, logger: silent },
  );
  t.after(async () => {
    await worker.close();
    await queues.close();
  });
  return {
    ...onDatabase(pool),

    /** Runs the slot of a day, whether it ran before or not. */
    async run(day: string): Promise<Result<'daily_env_stats'>> {
      const slot = slotForDay(job, day, timeZone);
      await enqueueSlot(queues, job, slot, 'manual', {});
      for (let n = 0; n < 600; n++) {
        const run = await findRun(pool, job, slot);
        const state = await queues.of(job).getJobState(`${job}@${slot.getTime()}`);
        if (run?.status === 'failed') throw new Error(run.error ?? 'it failed');
        if (run?.status === 'succeeded' && state === 'completed')
          return run.report as Result<'daily_env_stats'>;
        await wait(20);
      }
      throw new Error(`${day} did not end`);
    },
  };
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
      const ids = await ensurePoints(pool, [{ room, deviceType: deviceTypeOf(device, room), device, point }]);
      const pointId = ids.get(pointKey({ room, device, point })) as number;
      await copyReadings(
        pool,
        [...readings].map(([time, value]) => ({ pointId, ts: new Date(time), value })),
      );
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
