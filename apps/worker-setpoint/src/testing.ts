import type { Lease, Pool } from '@mycelium/database';
import { addReadings, createTestDatabase } from '@mycelium/database/testing';
import { openQueues, runContext, silent } from '@mycelium/process/testing';
import type { Result } from '@mycelium/queue';
import { watchSetpoints } from './watch-setpoints.ts';

type TestContext = Parameters<typeof createTestDatabase>[0];

export const minute = 60_000;
export const at = (time: string) => new Date(`2026-03-${time}Z`);

const job = 'hourly_setpoint_monitoring';

/** A farm with its own database, and setpoint monitoring that can run for any slot. */
export async function farm(t: TestContext) {
  const pool = await createTestDatabase(t);
  return {
    ...onDatabase(pool),

    async watch(slot: Date, held?: Lease): Promise<Result<'hourly_setpoint_monitoring'>> {
      return watchSetpoints(
        {},
        { pool, logger: silent, ...(await runContext(pool, job, slot, 'UTC', held)) },
      );
    },
  };
}

/** A farm in UTC whose runs go through the queue, a worker and the ledger. */
export async function startFarm(t: TestContext) {
  const { pool, work, run } = await openQueues(t, 'UTC');
  work('setpoint', { hourly_setpoint_monitoring: watchSetpoints }, { pool, logger: silent });
  return { ...onDatabase(pool), run: (slot: Date) => run(job, slot, {}) };
}

function onDatabase(pool: Pool) {
  return {
    pool,
    /** Writes values of `air_cooler_611.temp_set`. */
    async write(name: string, readings: [Date, number][]): Promise<void> {
      const [device = '', point = ''] = name.split('.');
      await addReadings(pool, { room: device.split('_').at(-1) as string, device, point }, readings);
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
