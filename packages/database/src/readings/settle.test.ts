import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeLease } from '../ledger/lease.ts';
import type { Pool } from '../pool.ts';
import { createTestDatabase, settleBefore } from '../testing.ts';
import { ensurePartitions } from './partitions.ts';
import { ensurePoints } from './points.ts';
import { streamReadings } from './reading-stream.ts';
import { copyReadings } from './readings.ts';
import { settleReadings } from './settle.ts';

type TestContext = Parameters<typeof createTestDatabase>[0];

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;

async function farmWithPoint(t: TestContext) {
  const pool = await createTestDatabase(t);
  const ids = await ensurePoints(pool, [
    {
      room: '611',
      deviceType: 'mushroom_env_status',
      device: 'mushroom_env_status_611',
      point: 'temperature',
    },
  ]);
  return { pool, pointId: [...ids.values()][0] as number };
}

const stored = async (pool: Pool) =>
  (
    await pool.query<{ ts: string; value: number }>(
      'select ts::text, value from readings order by point_id, ts',
    )
  ).rows;

async function streamed(pool: Pool, pointId: number, from: number, to: number) {
  const found: [number, number][] = [];
  for await (const { times, values } of streamReadings(pool, [pointId], new Date(from), new Date(to)))
    for (const [n, time] of times.entries()) found.push([time, values[n] as number]);
  return found;
}

test('a settled day has the same readings in the same order, in a fraction of the rows', async (t) => {
  const { pool, pointId } = await farmWithPoint(t);
  const values = [17.5, Number.NaN, -0, Number.POSITIVE_INFINITY, 1e-300, 0.1 + 0.2];
  const readings = Array.from({ length: 3_000 }, (_, n) => ({
    pointId,
    ts: new Date(start + n * minute),
    value: values[n % values.length] as number,
  }));
  await copyReadings(pool, readings);
  // Other programs write microseconds, and gaps of their own.
  await pool.query(
    `insert into reading select $1, '2026-01-02T22:00:00.000001Z'::timestamptz + n * n * interval '7 us', n
     from generate_series(1, 1000) n`,
    [pointId],
  );
  const before = await stored(pool);
  const series = await streamed(pool, pointId, start, start + 9 * 1_440 * minute);

  const report = await settleBefore(pool, '2026-01-03');
  assert.deepEqual(
    { ...report, dropped: undefined },
    { readings: 3_880, replaced: 0, blocks: 2, days: 2, dropped: undefined },
  );
  assert.deepEqual(await stored(pool), before);
  const again = await streamed(pool, pointId, start, start + 9 * 1_440 * minute);
  assert.equal(again.length, series.length);
  assert.ok(again.every(([time, value], n) => time === series[n]?.[0] && Object.is(value, series[n]?.[1])));
  const { rows } = await pool.query(
    `select day, count, cardinality(deltas) as deltas, (select count(*)::int from reading) as left
     from reading_block order by day`,
  );
  assert.deepEqual(rows, [
    { day: '2026-01-01', count: 1_440, deltas: 1, left: 120 },
    { day: '2026-01-02', count: 2_440, deltas: 2_439, left: 120 },
  ]);
  assert.deepEqual(await settleBefore(pool, '2026-01-03'), { ...report, readings: 0, blocks: 0, days: 0 });
});

test('late, changed and repeated readings of a settled day are counted as such, and the next run merges them', async (t) => {
  const { pool, pointId } = await farmWithPoint(t);
  const reading = (n: number, value: number) => ({ pointId, ts: new Date(start + n * minute), value });
  await copyReadings(
    pool,
    [0, 1, 2, 3].map((n) => reading(n, n)),
  );
  await settleBefore(pool, '2026-01-02');

  const counts = async (...readings: ReturnType<typeof reading>[]) => {
    const { inserted, changed, repeated } = await copyReadings(pool, readings);
    return { inserted, changed, repeated };
  };
  assert.deepEqual(await counts(reading(1, 1)), { inserted: 0, changed: 0, repeated: 1 });
  assert.deepEqual(await counts(reading(1, 11), reading(2, 2)), { inserted: 1, changed: 1, repeated: 1 });
  assert.deepEqual(await counts(reading(1, 11)), { inserted: 0, changed: 0, repeated: 1 });
  // Back to what is settled: the row of `reading` still has the other value.
  assert.deepEqual(await counts(reading(1, 1)), { inserted: 1, changed: 1, repeated: 0 });
  assert.deepEqual(await counts(reading(1, 12), reading(9, 9)), { inserted: 2, changed: 1, repeated: 0 });
  const wanted = [0, 12, 2, 3, 9];
  assert.deepEqual(
    (await stored(pool)).map(({ value }) => value),
    wanted,
  );
  assert.deepEqual(await streamed(pool, pointId, start + minute, start + 3 * minute), [
    [start + minute, 12],
    [start + 2 * minute, 2],
  ]);

  const { readings, replaced, blocks } = await settleBefore(pool, '2026-01-02');
  assert.deepEqual({ readings, replaced, blocks }, { readings: 2, replaced: 1, blocks: 1 });
  assert.deepEqual(
    (await stored(pool)).map(({ value }) => value),
    wanted,
  );
  assert.equal((await pool.query('select from reading')).rowCount, 0);
});

test('a table is dropped by a later run, once no earlier snapshot can need its rows', async (t) => {
  const { pool, pointId } = await farmWithPoint(t);
  await copyReadings(pool, [{ pointId, ts: new Date(start), value: 1 }]);
  const tables = async () =>
    (
      await pool.query(
        `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
         where inhparent = 'reading'::regclass and relname ~ '2026_01'`,
      )
    ).rows.map(({ name }) => name);
  const [table] = await tables();
  assert.deepEqual((await settleBefore(pool, '2026-02-01')).dropped, []);
  assert.deepEqual((await settleBefore(pool, '2026-02-01')).dropped, []);
  await pool.query(`update reading_emptied set at = at - interval '2 hours'`);
  assert.deepEqual((await settleBefore(pool, '2026-02-01')).dropped, [table]);
  assert.deepEqual(await tables(), []);

  // A late reading of that day has no table of its own, and is not lost.
  await copyReadings(pool, [{ pointId, ts: new Date(start + 1), value: 2 }]);
  await pool.query(`insert into reading values ($1, '2026-01-01T00:00:00.002Z', 3)`, [pointId]);
  assert.deepEqual(
    (await stored(pool)).map(({ value }) => value),
    [1, 2, 3],
  );
  assert.equal((await settleBefore(pool, '2026-02-01')).readings, 2);
  assert.equal((await pool.query('select from reading_late')).rowCount, 0);
});

test('many points are moved in transactions of bounded size, and a stopped run is continued', async (t) => {
  const pool = await createTestDatabase(t);
  await ensurePartitions(pool, [new Date(start)]);
  await pool.query(
    `insert into reading select point, $1::timestamptz + n * interval '1 minute', point + n
     from generate_series(1, 50) point, generate_series(0, 199) n`,
    [new Date(start)],
  );
  const before = await stored(pool);
  const lease = await takeLease(pool, 'settle', 'test', 60);
  assert.ok(lease);
  const stop = new AbortController();
  const steps: number[] = [];
  const running = settleReadings({
    ...{ pool, lease, before: '2026-01-02', rowsAtOnce: 1_000, signal: stop.signal },
    onProgress: (settled, total) => {
      steps.push(settled);
      assert.equal(total, 10_000);
      if (steps.length === 3) stop.abort(new Error('stopped'));
    },
  });
  await assert.rejects(running, /stopped/);
  assert.deepEqual(steps, [1_000, 2_000, 3_000]);
  assert.deepEqual(await stored(pool), before);
  assert.equal((await settleBefore(pool, '2026-01-02')).readings, 7_000);
  assert.deepEqual(await stored(pool), before);
});

test('a worker that lost its lease settles nothing', async (t) => {
  const { pool, pointId } = await farmWithPoint(t);
  await copyReadings(pool, [{ pointId, ts: new Date(start), value: 1 }]);
  const running = settleReadings({ pool, lease: { name: 'settle', epoch: 1 }, before: '2026-01-02' });
  await assert.rejects(running, /taken over/);
  assert.equal((await pool.query('select from reading_block')).rowCount, 0);
});
