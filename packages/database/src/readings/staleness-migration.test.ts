import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMigrations, createTestDatabase } from '../testing.ts';
import { staleDays } from './late-readings.ts';
import { ensurePartitions } from './partitions.ts';

test('after an upgrade, days that were never computed and fogged days are stale', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  await applyMigrations(pool, (name) => name < '009');
  await ensurePartitions(pool, [new Date('2026-06-01')]);
  await pool.query(`
    insert into point (room, device_type, device, point, kind)
      select room, 'mushroom_env_status', 'mushroom_env_status_' || room, metric, 'measurement'
      from unnest(array['k1', 'n1', 'f1']) room, unnest(array['temperature', 'humidity']) metric;
    insert into point (room, device_type, device, point, kind) values ('k1', 'weather', 'weather_k1', 'wind', 'measurement');
    set mycelium.marks_late = 'yes';
    insert into reading select id, day + interval '12 h', 90
      from point, generate_series('2026-06-10'::timestamptz, '2026-06-13', '1 day') day
      where room in ('k1', 'f1') or day < '2026-06-12';
    reset mycelium.marks_late;
    insert into env_stats_watermark values ('k1', '2026-06-13'), ('n1', '2026-06-12');
    insert into setpoint_watermark (room, until, closing) values ('k1', '2026-06-13', '2026-06-13'), ('n1', null, '2026-06-13');
    insert into env_daily_stats (room, day, metric, count, expected_count, coverage, longest_gap, bad_count, min, min_at,
        max, max_at, mean, time_weighted_mean, p5, q25, median, q75, p95, time_zone)
      select room, day, metric, 1, 1, 1, '1 h', case when room = 'f1' and metric = 'humidity' and day = '2026-06-11' then 9 else 0 end,
             1, day, 1, day, 1, 1, 1, 1, 1, 1, 1, 'UTC'
      from unnest(array['k1', 'f1']) room, unnest(array['temperature', 'humidity']) metric,
           generate_series('2026-06-10'::timestamptz, '2026-06-12', '1 day') day;
    insert into late_reading (point_id, day, first, last) select id, '2026-06-10', '2026-06-10 12:00Z', '2026-06-10 12:00Z'
      from point where room = 'k1' and point = 'humidity'`);
  await applyMigrations(pool, (name) => name >= '009');

  const june = { from: '2026-06-01', to: '2026-06-30', timeZone: 'UTC' };
  assert.deepEqual(
    (await staleDays(pool, 'readings', june)).map(({ room, day }) => `${room} ${day}`),
    ['k1 2026-06-10', 'n1 2026-06-10', 'f1 2026-06-11', 'n1 2026-06-11'],
  );
  const { rows } = await pool.query('select reader, closing from reading_watermark order by reader');
  assert.deepEqual(rows, [
    { reader: 'readings', closing: new Date('2026-06-13') },
    { reader: 'setpoints', closing: new Date('2026-06-13') },
  ]);
  assert.equal((await pool.query('select from setpoint_watermark')).rowCount, 1);
});
