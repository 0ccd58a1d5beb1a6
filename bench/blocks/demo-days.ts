import { ensurePoints, type Pool, type Reading } from '@mycelium/database';
import { demoDay, demoRooms } from '@mycelium/demo';
import { deviceTypeOf, pointKey } from '@mycelium/farm';

/** The readings of a point on a day; times in milliseconds since 1970. */
export type Values = { time: number; value: number }[];

/** The demo farm's readings, a UTC day at a time, each point as `change` reports it. */
export async function* daysOfDemo(
  pool: Pool,
  { from, days }: { from: string; days: number },
  change: (values: Values) => Values,
): AsyncGenerator<Reading[]> {
  for (let n = 0; n < days; n++) {
    const start = Date.parse(from) + n * 86_400_000;
    const day = new Date(start).toISOString().slice(0, 10);
    const readings: Reading[] = [];
    for (const [at, room] of demoRooms.entries()) {
      const growthDay = 1 + ((start / 86_400_000 + at * 7) % 26);
      const byPoint = new Map<string, { name: { device: string; point: string }; values: Values }>();
      for (const { device, point, minute, value } of demoDay({
        room,
        day,
        minutes: 1_440,
        growthDay,
        seed: 1,
      })) {
        const name = { device: `${device}_${room}`, point };
        const key = pointKey({ room, ...name });
        const known = byPoint.get(key) ?? { name, values: [] };
        known.values.push({ time: start + minute * 60_000, value });
        byPoint.set(key, known);
      }
      const points = [...byPoint.values()].map(({ name }) => ({
        ...{ room, deviceType: deviceTypeOf(name.device, room), ...name },
      }));
      const ids = await ensurePoints(pool, points);
      for (const [key, { values }] of byPoint)
        for (const { time, value } of change(values))
          readings.push({ pointId: ids.get(key) as number, ts: new Date(time), value });
    }
    yield readings;
  }
}
