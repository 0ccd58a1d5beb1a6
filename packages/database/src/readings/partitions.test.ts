import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { dropPartitionsBefore, ensurePartitions, ensurePartitionsAhead } from './partitions.ts';

test('the tables of future months exist before their readings arrive', async (t) => {
  const pool = await createTestDatabase(t);
  await ensurePartitionsAhead(pool, new Date('2025-12-20T00:00:00Z'));
  for (const instant of ['2025-12-01T00:00:00Z', '2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00Z']) {
    await pool.query('insert into reading values (1, $1, 0)', [instant]);
  }
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
