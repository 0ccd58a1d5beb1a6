import { setTimeout as wait } from 'node:timers/promises';
import {
  copyReadings,
  createLedger,
  ensurePoints,
  findRun,
  type Lease,
  type Pool,
  takeLease,
} from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { dayOf, deviceTypeOf, pointKey } from '@mycelium/farm';
import { createQueues, enqueueSlot, type Result, startWorker } from '@mycelium/queue';
import { handlersOf, testRedis } from '@mycelium/queue/testing';
import { type Context, watchSetpoints } from './watch-setpoints.ts';

type TestContext = Parameters<typeof createTestDatabase>[0];

export const minute = 60_000;
export const at = (time: string) => new Date(`2026-03-${time}Z`);

const job = 'hourly_setpoint_monitoring';
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** A farm with its own database, and setpoint monitoring that can run for any slot. */
export async function farm(t: TestContext) {
  const pool = await createTestDatabase(t);
  return {
    ...onDatabase(pool),

    async watch(slot: Date, held?: Lease): Promise<Result<'hourly_setpoint_monitoring'>> {
      const lease = held ?? (await takeLease(pool, job, 'test', 0));
      if (!lease) throw new Error('the lease is taken');
      return watchSetpoints(
        {},
        {
          pool,
          logger: silent,
          signal: new AbortController().signal,
          deaths: 0,
          progress: async () => {},
          fanOut: () => Promise.reject(new Error('it does not split')),
          run: { job, slot, day: dayOf(slot, 'UTC'), timeZone: 'UTC', cause: 'schedule', lease },
        },
      );
    },
  };
}

/** A farm in UTC whose runs go through the queue, a worker and the ledger. */
export async function startFarm(t: TestContext) {
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  const worker = startWorker(
    'setpoint',
    handlersOf<'setpoint', Context>({ hourly_setpoint_monitoring: watchSetpoints }),
    { pool, logger: silent },
    { connection, queues, ledger: createLedger(pool, 'test'), timeZone: 'UTC', logger: silent },
  );
  t.after(async () => {
    await worker.close();
    await queues.close();
  });
  return {
    ...onDatabase(pool),

    /** Runs a slot, whether it ran before or not. */
    async run(slot: Date): Promise<Result<'hourly_setpoint_monitoring'>> {
      await enqueueSlot(queues, job, slot, 'manual', {});
      for (let n = 0; n < 600; n++) {
        const run = await findRun(pool, job, slot);
        const state = await queues.of(job).getJobState(`${job}@${slot.getTime()}`);
        if (run?.status === 'failed') throw new Error(run.error ?? 'it failed');
        if (run?.status === 'succeeded' && state === 'completed') {
          return run.report as Result<'hourly_setpoint_monitoring'>;
        }
        await wait(20);
      }
      throw new Error(`${slot.toISOString()} did not end`);
    },
  };
}

function onDatabase(pool: Pool) {
  return {
    pool,
    async write(name: string, readings: [Date, number][]): Promise<void> {
      await copyReadings(pool, await named(pool, name, readings));
    },

    /** Changes as `[point, when, previous, value]`, including baselines. */
    async changes(): Promise<[string, string, number | null, number][]> {
      const { rows } = await pool.query<{ point: string; at: Date; previous: number | null; value: number }>(
        `select device || '.' || point as point, changed_at as at, previous, value
         from setpoint_change join point on point.id = point_id order by 1, 2`,
      );
      return rows.map(({ point, at, previous, value }) => [
        point,
        at.toISOString().slice(8, 16),
        previous,
        value,
      ]);
    },
  };
}

/** `air_cooler_611.temp_set` and its values, as readings. */
async function named(pool: Pool, name: string, readings: [Date, number][]) {
  const [device = '', point = ''] = name.split('.');
  const room = device.split('_').at(-1) as string;
  const ids = await ensurePoints(pool, [{ room, device, deviceType: deviceTypeOf(device, room), point }]);
  const pointId = ids.get(pointKey({ room, device, point })) as number;
  return readings.map(([ts, value]) => ({ pointId, ts, value }));
}
