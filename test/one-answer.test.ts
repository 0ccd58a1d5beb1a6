/**
 * The statistics worker, the console's pages and the climate stored with pictures must agree on the meaning of sensor
 * values, the growth day and the band, on a farm whose sensors, bands and pictures make that hard.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig, requireSettings } from '@mycelium/config';
import { copyReadings, ensurePoints, environmentAt, findRun, type Pool } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { freePort } from '@mycelium/embedded';
import { addDays, dayBounds, dayOf, deviceTypeOf, pointKey } from '@mycelium/farm';
import { createQueues, enqueueSlot, slotForDay } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { startApp } from './tools/start-app.ts';

const room = '611';
const minute = 60_000;

/** A time zone where it is about noon now, so that yesterday and today both have readings. */
const hour = new Date().getUTCHours() - 12;
const timeZone = hour === 0 ? 'Etc/GMT' : `Etc/GMT${hour > 0 ? '+' : '-'}${Math.abs(hour)}`;
const today = dayOf(new Date(), timeZone);
const yesterday = addDays(today, -1);
const bounds = dayBounds(yesterday, timeZone);

test('worker, console and pictures agree on sensors, growth days and bands', async (t) => {
  const { pool, env, queues } = await setup(t);
  await growFarm(pool);
  await pool.query(
    `insert into api_token (name, token_hash, role, created_by) values ('test', sha256('asking'), 'viewer', 'test')`,
  );
  await startApp(t, 'worker-env-stats', env);
  const port = await freePort();
  await startApp(t, 'dashboard', { ...env, DASHBOARD_PORT: String(port) });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/${path}`, {
      headers: { authorization: 'Bearer asking' },
    });
    const body = await response.json();
    assert.equal(response.status, 200, JSON.stringify(body));
    return body;
  };

  const slot = slotForDay('daily_env_stats', yesterday, timeZone);
  await enqueueSlot(queues, 'daily_env_stats', slot, 'manual', {});
  while ((await findRun(pool, 'daily_env_stats', slot))?.status !== 'succeeded') await wait(50);

  const { days } = await get(`rooms/${room}/stats?from=${yesterday}&to=${yesterday}`);
  const stats = Object.fromEntries(days.map((row: { metric: string }) => [row.metric, row]));
  const span = `from=${bounds.start.toISOString()}&to=${bounds.end.toISOString()}`;
  const series = await get(`rooms/${room}/series?${span}&buckets=10`);
  const { rooms } = await get('today');
  const now = rooms.find((each: { room: string }) => each.room === room);

  // Saturated air is 100 %; a CO2 of 0, 111 % and −127 °C are not readings.
  assert.deepEqual(
    [stats.humidity.max, stats.humidity.min, stats.co2.min, stats.temperature.min],
    [100, 95, 2_000, 18],
  );
  for (const metric of ['humidity', 'co2', 'temperature']) {
    assert.equal(Math.max(...series.metrics[metric].max), stats[metric].max);
    assert.equal(Math.min(...series.metrics[metric].min), stats[metric].min);
  }
  assert.equal(now.metrics.humidity.value, 100);
  // Every hour is the same, so that the mean of the last 24 hours equals yesterday's.
  const { curve } = now.metrics.humidity as { curve: number[] };
  assert.ok(
    Math.abs(curve.reduce((sum, value) => sum + value, 0) / curve.length - stats.humidity.mean) < 0.1,
  );
  assert.ok(Math.min(...now.metrics.co2.curve.filter((value: number | null) => value !== null)) >= 2_000);
  const at = new Date(bounds.start.getTime() + 100 * minute);
  assert.deepEqual(await environmentAt(pool, [{ room, at }]), [
    { temperature: 18, humidity: 100, co2: 2_000 },
  ]);

  // The controller counts 12 and 13; by the pictures it would be 41 and 42.
  assert.deepEqual([stats.humidity.growthDay, now.growthDay], [12, 13]);

  // The room's own band with the later first day, in its latest version: 80–97 up to noon, 80–99 from then on.
  assert.deepEqual(now.metrics.humidity.band, { low: 80, high: 99 });
  const bands = series.bands
    .filter(({ metric }: { metric: string }) => metric === 'humidity')
    .map(({ low, high, from, to }: { low: number; high: number; from: string; to: string }) => [
      low,
      high,
      from,
      to,
    ]);
  const noon = new Date(bounds.start.getTime() + 720 * minute).toISOString();
  assert.deepEqual(bands, [
    [80, 97, bounds.start.toISOString(), noon],
    [80, 99, noon, dayBounds(today, timeZone).end.toISOString()],
  ]);
  // Each hour has 30 minutes at 98 (too high until noon) and 10 minutes at 100 (too high all day).
  assert.equal(stats.humidity.minutesAbove, 12 * 30 + 24 * 10);
});

/** Every minute of yesterday and today: humidity 95, 98, 100 (as 102.6) and faults. The band changes at noon. */
async function growFarm(pool: Pool): Promise<void> {
  const now = Date.now();
  const names = ['temperature', 'humidity', 'co2'].map((point) => ({
    device: `mushroom_env_status_${room}`,
    point,
  }));
  const points = [...names, { device: `mushroom_info_${room}`, point: 'in_day_num' }];
  const ids = await ensurePoints(
    pool,
    points.map((name) => ({ ...name, room, deviceType: deviceTypeOf(name.device, room) })),
  );
  const id = (point: string) => {
    const { device } = points.find((name) => name.point === point) as (typeof points)[number];
    return ids.get(pointKey({ room, device, point })) as number;
  };
  function* readings() {
    const write = (point: string, time: number, value: number) => ({
      pointId: id(point),
      ts: new Date(time),
      value,
    });
    for (let time = bounds.start.getTime(); time < now - minute; time += minute) {
      const n = Math.round((time - bounds.start.getTime()) / minute) % 60;
      const humid = n < 10 ? 95 : n < 40 ? 98 : n < 50 ? 102.6 : 95;
      yield write('humidity', time, n === 55 ? 111 : humid);
      yield write('temperature', time, n === 5 ? -127 : 18 + (n % 2) / 2);
      yield write('co2', time, n === 39 ? 0 : 2_000 + (n % 2));
    }
    yield write('humidity', now - 1_000, 104);
    yield write('in_day_num', bounds.start.getTime() + 60 * minute, 12);
    yield write('in_day_num', now - 60 * minute, 13);
  }
  await copyReadings(pool, readings());

  const noon = new Date(bounds.start.getTime() + 720 * minute);
  await pool.query(
    `insert into band (room, metric, from_day, to_day, low, high, valid_from) values
       ('*', 'humidity', 11, 14, 1, 2, '2020-01-01'), ($1, 'humidity', 1, 27, 3, 4, '2020-01-01'),
       ($1, 'humidity', 10, 20, 80, 97, '2019-01-01'), ($1, 'humidity', 10, 20, 80, 99, $2)`,
    [room, noon],
  );
  await pool.query(
    `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
     select room || day, room, day::date, captured_at, day::date - 40, 'c', 41, 'non_growth', 'e', 1
     from (values ($1::text, $2::date, $3::timestamptz)) picture(room, day, captured_at)`,
    [room, yesterday, new Date(bounds.start.getTime() + 100 * minute)],
  );
}

async function setup(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-one-answer-'));
  t.after(() => rm(folder, { recursive: true }));
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  t.after(() => queues.close());
  const env = {
    DATABASE_URL: pool.url,
    REDIS_URL: requireSettings(readConfig(), 'REDIS_URL').REDIS_URL,
    REDIS_PREFIX: connection.prefix,
    IMAGE_DIR: join(folder, 'images'),
    MYCELIUM_HOME: folder,
    TZ: timeZone,
    LOG_LEVEL: 'error',
  };
  return { pool, queues, env };
}
