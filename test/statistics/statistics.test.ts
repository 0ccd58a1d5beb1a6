/**
 * The statistics worker against plain SQL in PostgreSQL that was written from the stated rules and shares no code with
 * it, on 20 rooms and 60 days with every defect of sensors.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig, requireSettings } from '@mycelium/config';
import { copyReadings, ensurePoints, findRun, type Pool, setSensorRule } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { addDays, type Day, dayBounds, daysBetween } from '@mycelium/farm';
import { createQueues, enqueueSlot, slotForDay } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { startApp } from '../tools/start-app.ts';
import { type Arriving, farmSensors, firstDay, lastDay, readingsOf, timeZone } from './farm.ts';

const job = 'daily_env_stats';
const hour = 3_600_000;
/** Late readings arrive this many days after their own day. */
const lateBy = 3;

test('the worker’s statistics equal those of plain SQL', { timeout: 180_000 }, async (t) => {
  const { pool, run } = await startFarm(t);
  await setProperties(pool);
  const ids = await ensurePoints(pool, farmSensors());
  const byDay = arrivals();
  for (const day of daysBetween(firstDay, addDays(lastDay, 1))) {
    const arrived = (byDay.get(day) ?? []).map(({ key, ...one }) => ({
      ...one,
      pointId: ids.get(key) as number,
    }));
    await copyReadings(pool, arrived);
    if (day !== firstDay) await run(addDays(day, -1));
  }
  const { rows, expected } = await bothSides(pool);
  assert.equal(rows.length, expected.length);
  for (const [n, row] of rows.entries()) assertEqual(row, expected[n] as Row);
  assertEveryDefect(rows);

  const { rows: before } = await pool.query('select *, xmin from env_daily_stats order by room, day, metric');
  for (const day of ['2026-02-15', '2026-03-06', '2026-03-22']) await run(day);
  const { rows: after } = await pool.query('select *, xmin from env_daily_stats order by room, day, metric');
  assert.deepEqual(after, before, 'computing a day again changes nothing');
});

async function startFarm(t: TestContext) {
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  t.after(() => queues.close());
  await startApp(t, 'worker-env-stats', {
    DATABASE_URL: pool.url,
    REDIS_URL: requireSettings(readConfig(), 'REDIS_URL').REDIS_URL,
    REDIS_PREFIX: connection.prefix,
    LOG_LEVEL: 'error',
    TZ: timeZone,
  });
  return {
    pool,
    async run(day: Day): Promise<void> {
      const slot = slotForDay(job, day, timeZone);
      await pool.query('delete from runs');
      await enqueueSlot(queues, job, slot, 'manual', {});
      for (;;) {
        const found = await findRun(pool, job, slot);
        if (found?.status === 'succeeded') return;
        assert.notEqual(found?.status, 'failed', found?.error ?? '');
        await wait(10);
      }
    },
  };
}

const nothing = { sampling: null, holds: null, ceiling: null, step: null, frozenAfter: null };

async function setProperties(pool: Pool): Promise<void> {
  const set = (room: string, point: string, from: Day, properties: object) =>
    setSensorRule(pool, {
      deviceType: 'mushroom_env_status',
      point,
      device: room === '*' ? room : `mushroom_env_status_${room}`,
      validFrom: dayBounds(from, timeZone).start,
      ...nothing,
      ...properties,
    });
  await set('8', 'humidity', '2026-02-10', { sampling: 'on-change' });
  await set('8', 'humidity', '2026-03-10', { sampling: 'on-change', holds: 2 * hour });
  await set('15', 'temperature', firstDay, { frozenAfter: 8 * hour });
  await set('15', 'humidity', firstDay, { step: 2 });
  await set('16', 'co2', '2026-02-20', { ceiling: 2_600 });
  await set('*', 'co2', '2026-03-01', { frozenAfter: 4 * hour });
}

/** Readings by the day on which they arrive, some of them twice. */
function arrivals(): Map<Day, Arriving[]> {
  const days = daysBetween(firstDay, lastDay);
  const ends = days.map((day) => dayBounds(day, timeZone).end.getTime());
  const byDay = new Map<Day, Arriving[]>();
  for (const sensor of farmSensors()) {
    let n = 0;
    for (const reading of readingsOf(sensor)) {
      while (n < days.length && reading.ts.getTime() >= (ends[n] as number)) n++;
      const own = days[n] ?? addDays(lastDay, 1);
      const day = reading.late ? addDays(own, lateBy) : own;
      const list = byDay.get(day) ?? [];
      if (list.length === 0) byDay.set(day, list);
      list.push(reading);
      if (list.length % 50 === 0) list.push(reading);
    }
  }
  return byDay;
}

type Row = Record<string, unknown>;

async function bothSides(pool: Pool): Promise<{ rows: Row[]; expected: Row[] }> {
  const client = await pool.connect();
  try {
    await client.query(
      `set farm.zone = '${timeZone}'; set farm.first = '${firstDay}'; set farm.last = '${lastDay}';
       create function pg_temp.multiple(g float8) returns boolean language sql immutable
         as 'select round(g) >= 1 and abs(g - round(g)) <= 0.25'`,
    );
    await client.query(await readFile(join(import.meta.dirname, 'stats.sql'), 'utf8'));
    const { rows: expected } = await client.query('select * from expected order by room, day, metric');
    const milliseconds = (column: string) => `extract(epoch from ${column})::float8 * 1000 as ${column}`;
    const { rows } = await client.query(
      `select room, day, metric, count, expected_count, coverage, extract(epoch from longest_gap)::float8 as longest_gap,
         bad_count, min, ${milliseconds('min_at')}, max, ${milliseconds('max_at')}, mean, time_weighted_mean, p5, q25,
         median, q75, p95, saturated_minutes, ceiling_minutes, unmoved_minutes, frozen_count, sampling
       from env_daily_stats where day between $1 and $2 order by room, day, metric`,
      [firstDay, lastDay],
    );
    return { rows, expected };
  } finally {
    client.release(true);
  }
}

function assertEqual(ours: Row, theirs: Row): void {
  const different = Object.keys(ours).filter((name) => {
    const [a, b] = [ours[name], theirs[name]];
    if (typeof a !== 'number') return a !== b;
    return Math.abs(a - Number(b)) > 1e-9 * Math.max(1, Math.abs(a));
  });
  const values = different.map((name) => `${name} ${ours[name]}, by SQL ${theirs[name]}`);
  assert.equal(values.join('; '), '', `room ${ours.room}, ${ours.day}, ${ours.metric}`);
}

/** The farm must contain what it is there for. */
function assertEveryDefect(rows: Row[]): void {
  const found: Record<string, (row: StatsRow) => boolean> = {
    'saturated air': (row) => row.saturated_minutes > 600,
    'a ceiling at the end of a scale': (row) => row.room === '2' && row.ceiling_minutes > 1_000,
    'a ceiling that was held again and again': (row) => row.room === '3' && row.ceiling_minutes > 0,
    'frozen values': (row) => row.frozen_count > 30,
    'a still value that counts': (row) => row.frozen_count === 0 && row.unmoved_minutes > 1_000,
    'changes only, learned': (row) => row.room === '7' && row.sampling === 'on-change',
    'changes only, set': (row) => row.room === '8' && row.sampling === 'on-change',
    'a held value and no reading': (row) => row.count === 0,
    'jumps and impossible values': (row) => row.bad_count > row.frozen_count + 3,
    'low coverage': (row) => row.coverage < 0.2,
    '23 hours': (row) => row.expected_count === 92,
    '25 hours': (row) => row.expected_count === 100,
  };
  for (const [what, is] of Object.entries(found)) {
    assert.ok((rows as unknown as StatsRow[]).some(is), `no day with ${what}`);
  }
}

interface StatsRow extends Record<string, number | string> {
  room: string;
  sampling: string;
  count: number;
  expected_count: number;
  coverage: number;
  bad_count: number;
  frozen_count: number;
  saturated_minutes: number;
  ceiling_minutes: number;
  unmoved_minutes: number;
}
