import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeReadingTimes } from '@mycelium/farm';
import { createTestDatabase } from '../testing.ts';
import { ensurePoints } from './points.ts';
import { discardReadings, listReadingQuarantine, releaseReadings } from './reading-quarantine.ts';
import { copyReadings } from './readings.ts';

const judge = judgeReadingTimes({
  firstDay: '2010-01-01',
  timeZone: 'Asia/Shanghai',
  maxAheadHours: 24,
  now: Date.UTC(2026, 10, 27),
});

async function setup(t: Parameters<typeof createTestDatabase>[0]) {
  const pool = await createTestDatabase(t);
  const point = { room: '611', deviceType: 'mushroom_env_status', point: 'temperature' };
  const ids = [
    ...(
      await ensurePoints(pool, [
        { ...point, device: 'mushroom_env_status_611' },
        { ...point, device: 'mushroom_env_status_2_611' },
      ])
    ).values(),
  ];
  const send = (times: string[], value = 18) =>
    copyReadings(
      pool,
      ids.flatMap((pointId) => times.map((time) => ({ pointId, ts: new Date(time), value }))),
      { judge },
    );
  const stored = async () => {
    const { rows } = await pool.query<{ ts: Date; value: number }>(
      'select ts, value from reading order by ts',
    );
    return rows.map(({ ts, value }) => `${ts.toISOString().slice(0, 10)} ${value}`);
  };
  return { pool, send, stored };
}

test('quarantined readings are listed by device and reason, and released once', async (t) => {
  const { pool, send, stored } = await setup(t);
  await pool.query(`insert into reading_watermark values ('readings', '2026-11-27')`);
  await send(['2000-01-01T00:01:01Z', '2000-01-01T00:02:01Z', '2036-02-07T06:28:16Z']);
  const listed = await listReadingQuarantine(pool);
  assert.deepEqual(
    listed.map(({ device, reason, count }) => `${device} ${reason} ${count}`),
    [
      'mushroom_env_status_2_611 ahead 1',
      'mushroom_env_status_2_611 before-farm 2',
      'mushroom_env_status_611 ahead 1',
      'mushroom_env_status_611 before-farm 2',
    ],
  );
  const selection = { devices: ['mushroom_env_status_611'], reason: 'before-farm' as const };
  assert.equal(await releaseReadings(pool, selection), 2);
  assert.equal(await releaseReadings(pool, selection), 0);
  assert.deepEqual(await stored(), ['2000-01-01 18', '2000-01-01 18']);
  const { rows } = await pool.query(`select reader, day::text from late_reading`);
  assert.deepEqual(
    rows,
    [{ reader: 'readings', day: '2000-01-01' }],
    'the statistics of that day are computed again',
  );

  await send(['2000-01-01T00:01:01Z']);
  assert.equal((await listReadingQuarantine(pool)).length, 3, 'what was released is not quarantined again');
  assert.equal(await discardReadings(pool, {}), 4);
  assert.deepEqual(await listReadingQuarantine(pool), []);
});

test('a quarantined reading that is sent again with another value counts once more, and keeps the last value', async (t) => {
  const { pool, send, stored } = await setup(t);
  assert.equal((await send(['2036-02-07T06:28:16Z'], 18)).quarantined.ahead, 2);
  assert.equal((await send(['2036-02-07T06:28:16Z'], 18)).quarantined.ahead, 0);
  assert.equal((await send(['2036-02-07T06:28:16Z'], 19)).quarantined.ahead, 2);
  await releaseReadings(pool, {});
  assert.deepEqual(await stored(), ['2036-02-07 19', '2036-02-07 19']);
});
