import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { ensurePartitions } from './partitions.ts';
import { copyReadings } from './readings.ts';
import { streamSeries } from './series.ts';

const all = 'select point_id, ts, value from reading order by point_id, ts';

test('series are read exactly as they were written', async (t) => {
  const pool = await createTestDatabase(t);
  const values = [18.4, -0, 1e-300, Number.NaN, Infinity, -273.15, 2 ** 53];
  const times = values.map((_, n) => Date.UTC(1999, 11, 31, 23, 58 + n, 59, 7));
  const readings = [3, 1, 2].flatMap((pointId) =>
    values.map((value, n) => ({ pointId, ts: new Date(times[n] as number), value: value * pointId })),
  );
  await copyReadings(pool, readings);
  const found = await collect(streamSeries(pool, all));
  assert.deepEqual(
    found.map(({ pointId }) => pointId),
    [1, 2, 3],
  );
  for (const series of found) {
    assert.deepEqual([...series.times], times);
    assert.deepEqual(
      [...series.values],
      values.map((value) => value * series.pointId),
    );
  }
});

test('a long series and many short ones arrive complete', async (t) => {
  const pool = await createTestDatabase(t);
  await ensurePartitions(pool, [new Date('2026-01-01'), new Date('2026-02-01')]);
  await pool.query(`
    insert into reading select 1, '2026-01-01'::timestamptz + n * interval '1 minute', n from generate_series(0, 49999) n;
    insert into reading select n, '2026-01-01', n from generate_series(2, 5000) n`);
  let points = 0;
  let readings = 0;
  for await (const { pointId, times, values } of streamSeries(pool, all)) {
    points++;
    readings += times.length;
    assert.equal(values[0], pointId === 1 ? 0 : pointId);
  }
  assert.deepEqual([points, readings], [5_000, 54_999]);
});

test('no readings give no series', async (t) => {
  const pool = await createTestDatabase(t);
  assert.deepEqual(await collect(streamSeries(pool, all)), []);
});

test('a reader that stops early, or is aborted, leaves the pool usable', async (t) => {
  const pool = await createTestDatabase(t);
  await ensurePartitions(pool, [new Date('2026-01-01')]);
  await pool.query(
    `insert into reading select n % 500, '2026-01-01'::timestamptz + n * interval '1 s', n from generate_series(0, 50000) n`,
  );
  for await (const _ of streamSeries(pool, all)) break;
  const stop = new AbortController();
  await assert.rejects(async () => {
    for await (const _ of streamSeries(pool, all, stop.signal)) stop.abort(new Error('stopped'));
  }, /stopped/);
  for (let n = 0; n < 12; n++) assert.equal((await pool.query('select 1 as one')).rows[0].one, 1);
});

test('a failed query throws its error', async (t) => {
  const pool = await createTestDatabase(t);
  await assert.rejects(collect(streamSeries(pool, 'select point_id, ts, value from nowhere')), /nowhere/);
});

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
