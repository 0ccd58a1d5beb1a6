import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate, migratedTables, verifySchema } from './migrate.ts';
import { createTestDatabase } from './testing.ts';

test('when two processes migrate at once, both succeed and one does the work', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  const both = await Promise.all([migrate(pool), migrate(pool)]);
  assert.deepEqual(both.map(({ applied }) => applied.length > 0).sort(), [false, true]);
  assert.match((await verifySchema(pool)).pgvector, /^\d/);
});

test('an empty database is refused, with everything that is missing', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  await assert.rejects(
    verifySchema(pool),
    (error: Error) => /pgvector/.test(error.message) && /runs/.test(error.message),
  );
});

test('a migration that was edited after it was applied is refused', async (t) => {
  const pool = await createTestDatabase(t);
  await pool.query(`update migration set hash = 'another' where name like '001%'`);
  await assert.rejects(migrate(pool), { reason: 'schema', permanent: true });
});

test('a database from a newer Mycelium is refused', async (t) => {
  const pool = await createTestDatabase(t);
  await pool.query(`insert into migration (name, hash) values ('999_future.sql', '')`);
  await assert.rejects(migrate(pool), /newer Mycelium/);
});

test('verifies exactly the tables that the migrations create', async (t) => {
  const pool = await createTestDatabase(t);
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class
     where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace and relname <> 'migration'`,
  );
  const tables = rows.map(({ name }) => name).sort();
  assert.deepEqual((await migratedTables()).sort(), tables);
  assert.equal((await verifySchema(pool)).tables, tables.length);
});

test('any missing table is named', async (t) => {
  const pool = await createTestDatabase(t);
  await pool.query('drop table console_session, description_wanted, readings_dropped, run_attempt');
  await assert.rejects(
    verifySchema(pool),
    /console_session, description_wanted, readings_dropped, run_attempt/,
  );
});
