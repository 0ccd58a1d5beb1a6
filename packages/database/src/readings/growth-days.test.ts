import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayBounds } from '@mycelium/farm';
import { createTestDatabase } from '../testing.ts';
import { growthDays } from './growth-days.ts';
import { ensurePoints } from './points.ts';
import { copyReadings } from './readings.ts';

const on = (room: string, day: string) => ({ room, day, ...dayBounds(day, 'UTC') });

test('a growth day is the controller’s last value of the day, or else counted from the latest picture', async (t) => {
  const pool = await createTestDatabase(t);
  const ids = await ensurePoints(pool, [
    { room: '611', deviceType: 'mushroom_info', device: 'mushroom_info_611', point: 'in_day_num' },
  ]);
  const [pointId = 0] = ids.values();
  await copyReadings(pool, [
    { pointId, ts: new Date('2026-03-03T01:00:00Z'), value: 11 },
    { pointId, ts: new Date('2026-03-03T23:59:59Z'), value: 12 },
    { pointId, ts: new Date('2026-03-05T08:00:00Z'), value: 14 },
    { pointId, ts: new Date('2026-03-05T09:00:00Z'), value: Number.NaN },
  ]);
  await pool.query(
    `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
     select room || at, room, at::date, at::timestamptz, in_date::date, 'c', 1, 'normal', 'e', 1
     from (values ('611', '2026-03-02 10:00Z', '2026-02-24'), ('612', '2026-03-02 10:00Z', '2026-02-01'),
                  ('612', '2026-03-04 10:00Z', '2026-03-04')) picture(room, at, in_date)`,
  );
  const asked = [
    on('611', '2026-03-05'),
    on('611', '2026-03-03'),
    on('611', '2026-03-04'),
    on('611', '2026-03-01'),
    on('612', '2026-03-03'),
    on('612', '2026-03-04'),
    on('999', '2026-03-04'),
  ];
  assert.deepEqual(await growthDays(pool, asked), [14, 12, 9, undefined, 31, 1, undefined]);
  const half = { ...on('611', '2026-03-03'), end: new Date('2026-03-03T12:00:00Z') };
  assert.deepEqual(await growthDays(pool, [half]), [11]);
  assert.deepEqual(await growthDays(pool, []), []);
});
