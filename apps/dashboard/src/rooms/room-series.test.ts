import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensurePoints } from '@mycelium/database';
import { addReadings, createTestDatabase, settleBefore } from '@mycelium/database/testing';
import { roomSeries } from './room-series.ts';

const dayMillis = 86_400_000;
const start = Date.UTC(2025, 0, 1);
const room = '611';
const own = { room, device: 'mushroom_env_status_611' };

/** Every ten minutes for some days. Some values are faults, and some air is saturated. */
const values = (days: number, of: (n: number) => number) =>
  Array.from({ length: days * 144 }, (_, n) => [start + n * 600_000, of(n)] as const);

test('settled readings give the same curves at every zoom, and whole days are not opened', async (t) => {
  const pool = await createTestDatabase(t);
  const days = 40;
  await addReadings(
    pool,
    { ...own, point: 'temperature' },
    values(days, (n) => (n % 997 === 5 ? 850 : 16 + (n % 37) / 10)),
  );
  await addReadings(
    pool,
    { ...own, point: 'humidity' },
    values(days, (n) => 92 + (n % 90) / 10),
  );
  const other = { room, device: 'sensor_b' };
  await ensurePoints(pool, [{ ...other, deviceType: 'mushroom_env_status', point: 'co2' }]);
  // Its own CO2 sensor is dead, the room's other one is not.
  await addReadings(
    pool,
    { ...own, point: 'co2' },
    values(2, () => 0),
  );
  await addReadings(
    pool,
    { ...other, point: 'co2' },
    values(days, (n) => 900 + (n % 13)),
  );

  const spans = [
    { from: new Date(start), to: new Date(start + dayMillis), buckets: 800 },
    { from: new Date(start + 7 * 3_600_000), to: new Date(start + 30 * dayMillis), buckets: 100 },
    { from: new Date(start + 16 * 3_600_000), to: new Date(start + 40 * dayMillis), buckets: 20 },
    { from: new Date(start - 400 * dayMillis), to: new Date(start + 400 * dayMillis), buckets: 800 },
  ];
  const all = () => Promise.all(spans.map((span) => roomSeries(pool, { room, ...span })));
  const before = await all();
  assert.deepEqual(
    before.map(({ step }) => step),
    [120, 25_680, 172_800, 86_400],
  );
  // Days in which parts are whole days begin at midnight UTC.
  assert.deepEqual(before[2]?.from, new Date(start));
  const lowest = Math.min(...(before[0]?.metrics.temperature.min.filter((value) => value !== null) ?? []));
  assert.equal(lowest, 16);
  assert.equal(Math.max(...(before[3]?.metrics.temperature.max.map(Number) ?? [])), 19.6);
  assert.equal(Math.max(...(before[3]?.metrics.humidity.max.map(Number) ?? [])), 100);
  assert.equal(before[0]?.metrics.co2.mean[0], 900);

  await settleBefore(pool);
  assert.deepEqual(await all(), before);

  // A late value in the middle of a settled day counts at once.
  await addReadings(pool, { ...own, point: 'temperature' }, [[start + 600_001, 25]]);
  const [, , , late] = await all();
  assert.equal(Math.max(...(late?.metrics.temperature.max.map(Number) ?? [])), 25);
  await settleBefore(pool);
  assert.deepEqual((await all())[3], late);
});
