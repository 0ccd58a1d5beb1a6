import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { dropPartitionsBefore, ensurePartitions, ensurePartitionsAhead } from './partitions.ts';

test('the tables of days ahead exist before their readings arrive, and readings of other days are stored too', async (t) => {
  const pool = await createTestDatabase(t);
  await ensurePartitionsAhead(pool, new Date('2025-12-20T00:00:00Z'));
  for (const instant of ['2025-12-20T00:00:00Z', '2025-12-27T23:59:59.999Z', '1970-01-01', '2099-01-01']) {
    await pool.query('insert into reading values (1, $1, 0)', [instant]);
  }
  const { rows } = await pool.query('select ts from reading_late order by ts');
  assert.deepEqual(rows, [{ ts: new Date('1970-01-01') }, { ts: new Date('2099-01-01') }]);
});

test('whole months before an instant are dropped; the month of the instant stays', async (t) => {
  const pool = await createTestDatabase(t);
  await ensurePartitions(
    pool,
    ['2025-11-15', '2025-12-15', '2026-01-15'].map((day) => new Date(day)),
  );
  assert.deepEqual(await dropPartitionsBefore(pool, new Date('2026-01-20')), [
    'reading_2025_11',
    'reading_2025_12',
  ]);
  assert.deepEqual(await dropPartitionsBefore(pool, new Date('2026-01-20')), []);
});

test('a day of the current month gets a table of its own, with its readings that came before', async (t) => {
  const pool = await createTestDatabase(t);
  const { rows: now } = await pool.query<{ now: Date }>('select now()');
  const today = now[0]?.now as Date;
  const tomorrow = new Date(today.getTime() + 86_400_000);
  await pool.query('insert into reading values (1, $1, 1), (1, $2, 2)', [today, tomorrow]);
  await ensurePartitionsAhead(pool, today, 1);
  const tables = (await pool.query('select tableoid::regclass::text as name from reading order by ts')).rows;
  const nameOf = (day: Date) => `reading_${day.toISOString().slice(0, 10).replaceAll('-', '_')}`;
  assert.deepEqual(tables, [{ name: nameOf(today) }, { name: nameOf(tomorrow) }]);
});

test('a long query delays no writer: the day gets no table, and its readings are stored', async (t) => {
  const pool = await createTestDatabase(t);
  const reader = await pool.connect();
  await reader.query('begin');
  await reader.query('select from reading');
  const began = Date.now();
  await ensurePartitionsAhead(pool, new Date('2099-01-01'), 0);
  assert.ok(Date.now() - began < 10_000);
  await pool.query(`insert into reading values (1, '2099-01-01', 1)`);
  assert.equal((await pool.query('select from reading')).rowCount, 1);
  await reader.query('rollback');
  reader.release();
});
