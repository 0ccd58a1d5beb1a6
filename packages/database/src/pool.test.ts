import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transaction } from './pool.ts';
import { createTestDatabase } from './testing.ts';

test('a connection that breaks between two statements fails its transaction, not the process', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  const broken = transaction(pool, async (tx) => {
    const { rows } = await tx.query('select pg_backend_pid() as pid');
    const gone = new Promise((resolve) => tx.once('end', resolve));
    await pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await gone;
    await tx.query('select 1');
  });
  await assert.rejects(broken, /terminated|not queryable|connection/i);

  const { rows } = await pool.query('select 1 as one');
  assert.deepEqual(rows, [{ one: 1 }], 'the next one gets a connection that works');
});
