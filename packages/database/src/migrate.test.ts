import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFit, migrate, migratedTables, verifySchema } from './migrate.ts';
import { createTestDatabase, migrateBefore } from './testing.ts';

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

test('a database fits the programs of its range', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  await assert.rejects(checkFit(pool), /no tables yet/);
  await migrateBefore(pool, '014');
  await assert.rejects(
    checkFit(pool),
    /older than this program: .* 014_half_vectors.ts and \d+ more is missing/,
  );
  await migrate(pool);
  await checkFit(pool);
  const { rows } = await pool.query(
    `select name, oldest from migration where left(name, 3) in ('007', '013', '016') order by name`,
  );
  assert.deepEqual(
    rows.map(({ oldest }) => oldest),
    ['007', '008', '008'],
  );

  await pool.query(`insert into migration (name, hash, oldest) values ('998_next.sql', '', '016')`);
  await checkFit(pool);
  assert.deepEqual((await migrate(pool)).applied, []);
  await pool.query(`insert into migration (name, hash, oldest) values ('999_later.sql', '', '998')`);
  await assert.rejects(checkFit(pool), { reason: 'schema', message: /newer than this program: .*999_later/ });
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
