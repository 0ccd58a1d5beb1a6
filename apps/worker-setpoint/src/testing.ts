import { copyReadings, ensurePoints, type Lease, type Pool, takeLease } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { dayOf } from '@mycelium/farm';
import type { Result } from '@mycelium/queue';
import { watchSetpoints } from './watch-setpoints.ts';

type TestContext = Parameters<typeof createTestDatabase>[0];

export const minute = 60_000;
export const at = (time: string) => new Date(`2026-03-${time}Z`);

/** A farm with a database of its own, and a monitoring that can be run for any slot. */
export async function farm(t: TestContext) {
  const pool = await createTestDatabase(t);
  const silent = { info: () => {}, warn: () => {}, error: () => {} };

  return {
    pool,
    async write(name: string, readings: [Date, number][]): Promise<void> {
      await copyReadings(pool, await named(pool, name, readings));
    },

    async watch(slot: Date, held?: Lease): Promise<Result<'hourly_setpoint_monitoring'>> {
      const job = 'hourly_setpoint_monitoring';
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

    /** Changes as `[point, when, previous, value]`, baselines among them. */
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
  const deviceType = device.slice(0, -room.length - 1);
  const ids = await ensurePoints(pool, [{ room, device, deviceType, point }]);
  const pointId = ids.get(`${room}/${device}/${point}`) as number;
  return readings.map(([ts, value]) => ({ pointId, ts, value }));
}
