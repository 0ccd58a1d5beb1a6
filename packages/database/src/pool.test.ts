import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPool, transaction } from './pool.ts';
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

test('the locks of a process that stops in the middle of a transaction are freed', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  const url = new URL(pool.url);
  assert.deepEqual((await pool.query('show idle_in_transaction_session_timeout')).rows, [
    { idle_in_transaction_session_timeout: '15s' },
  ]);
  url.searchParams.set('idle_in_transaction_session_timeout', '300');
  const stopped = createPool(url.href, { name: 'stopped' });
  t.after(() => stopped.end());
  const lock = 'select pg_advisory_xact_lock(1)';

  const ended = transaction(stopped, async (tx) => {
    await tx.query(lock);
    await transaction(pool, (other) => other.query(lock)); // the process does nothing more until another one has it
    await tx.query('select 1');
  });
  await assert.rejects(ended, /terminat|not queryable|connection/i);
});
