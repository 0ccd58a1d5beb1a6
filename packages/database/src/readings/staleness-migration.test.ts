import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { migrate } from '../migrate.ts';
import { createTestDatabase, migrateBefore } from '../testing.ts';
import { staleDays } from './late-readings.ts';
import { ensurePartitions } from './partitions.ts';
import { ensurePoints } from './points.ts';

/** As releases before the settled readings made it. */
const juneTable = `create table reading_2026_06 partition of reading
  for values from ('2026-06-01Z') to ('2026-07-01Z')`;
const june = { from: '2026-06-01', to: '2026-06-30', timeZone: 'UTC' };

test('after an upgrade, days that were never computed and fogged days are stale', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  await migrateBefore(pool, '008');
  await pool.query(juneTable);
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
  await migrate(pool);

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

const sensor = {
  room: 'k1',
  deviceType: 'mushroom_env_status',
  device: 'mushroom_env_status_k1',
  point: 'co2',
};
test('workers of the previous release keep running beside the new schema', async (t) => {
  const pool = await createTestDatabase(t);
  const cooler = { room: 'k1', deviceType: 'air_cooler', device: 'air_cooler_k1', point: 'temp_set' };
  await ensurePoints(pool, [sensor, cooler]);
  // The statements of commit b3005cf.
  const closeEnvStats = `insert into env_stats_watermark (room, closing) select room, $2 from unnest($1::text[]) room order by room
    on conflict (room) do update set closing = greatest(env_stats_watermark.closing, excluded.closing)`;
  const closeSetpoints = `insert into setpoint_watermark (room, closing) select room, $2 from unnest($1::text[]) room order by room
    on conflict (room) do update set closing = greatest(setpoint_watermark.closing, excluded.closing)`;
  const moveWatermarks = `update setpoint_watermark set until = $2, window_from = window_begins
    from unnest($1::text[], $3::timestamptz[]) as done(room, window_begins)
    where setpoint_watermark.room = done.room`;
  const lateReadings = `select point_id as "pointId", room, day, first, last, version from late_reading
    join point on point.id = point_id
    where (kind = 'measurement') = $1 order by first, point_id`;
  const forgetLate = `delete from late_reading using unnest($1::int[], $2::date[], $3::int[]) as done(point_id, day, version)
    where late_reading.point_id = done.point_id and late_reading.day = done.day
      and late_reading.version = done.version`;

  for (const day of ['2026-06-12', '2026-06-13', '2026-06-11']) {
    await pool.query(closeEnvStats, [['k1', 'k2'], day]);
    await pool.query(closeSetpoints, [['k1', 'k2'], day]);
  }
  await pool.query(moveWatermarks, [['k1', 'k2'], '2026-06-13', [null, null]]);
  const { rows } = await pool.query('select reader, closing from reading_watermark order by reader');
  assert.deepEqual(rows, [
    { reader: 'readings', closing: new Date('2026-06-13') },
    { reader: 'setpoints', closing: new Date('2026-06-13') },
  ]);

  await pool.query(`insert into setpoint_watermark (room, until) values ('k1', '2026-06-13')
    on conflict (room) do update set until = excluded.until`); // a new worker
  await ensurePartitions(pool, [new Date('2026-06-01')]);
  await pool.query(`insert into reading select id, '2026-06-11 12:00Z', 900 from point`);
  for (const reader of [true, false]) {
    const { rows: late } = await pool.query(lateReadings, [reader]);
    assert.deepEqual(
      late.map(({ day }) => day),
      ['2026-06-11'],
    );
    const { pointId, day, version } = late[0] as { pointId: number; day: string; version: number };
    await pool.query(forgetLate, [[pointId], [day], [version]]);
  }
  assert.equal((await pool.query('select from late_reading')).rowCount, 0);
});

test('readings are written while an upgrade looks for stale days', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  await migrateBefore(pool, '008');
  const ids = await ensurePoints(pool, [sensor]);
  const pointId = [...ids.values()][0] as number;
  await pool.query(`insert into env_stats_watermark values ('k1', '2026-06-13')`);
  await pool.query(juneTable);
  const write = (instant: string) => pool.query(`insert into reading values (${pointId}, '${instant}', 900)`);
  await write('2026-06-10T12:00Z');

  const blocker = await pool.connect();
  await blocker.query('begin; lock table env_daily_stats');
  const migrating = migrate(pool);
  while (
    (await pool.query(`select from pg_locks where relation = 'env_daily_stats'::regclass and not granted`))
      .rowCount === 0
  ) {
    await wait(20);
  }
  await write('2026-06-11T12:00Z');
  await write('2026-06-12T12:00Z');
  await blocker.query('rollback');
  blocker.release();
  await migrating;
  assert.deepEqual(
    (await staleDays(pool, 'readings', june)).map(({ day }) => day),
    ['2026-06-10', '2026-06-11', '2026-06-12'],
  );
});
