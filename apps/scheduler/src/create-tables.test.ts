import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLedger, findRun, listRuns } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { createTablesAtStart } from './create-tables.ts';

const logger = { info() {}, warn() {}, error() {} };

test('on an empty database the run is recorded with its true start', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  const report = await createTablesAtStart({ pool, ledger: createLedger(pool, 'scheduler'), logger });
  assert.ok(report.applied.length > 0);
  const [run] = await listRuns(pool, {});
  assert.deepEqual([run?.status, run?.lateness, run?.report], ['succeeded', 0, report]);
  const { rows } = await pool.query<{ applied: Date }>('select max(applied_at) as applied from migration');
  assert.ok((run?.startedAt as Date) < (rows[0]?.applied as Date), 'it started before the migrations');
  assert.ok((run?.finishedAt as Date) >= (rows[0]?.applied as Date), 'and ended after them');
});

test('a failure is recorded with its reason, and the next successful start as another run', async (t) => {
  const pool = await createTestDatabase(t);
  const ledger = createLedger(pool, 'scheduler');
  const { rows } = await pool.query<{ hash: string }>(`select hash from migration where name like '001%'`);
  await pool.query(`update migration set hash = 'another' where name like '001%'`);
  await assert.rejects(createTablesAtStart({ pool, ledger, logger }), { reason: 'schema' });
  await pool.query(`update migration set hash = $1 where name like '001%'`, [rows[0]?.hash]);
  await createTablesAtStart({ pool, ledger, logger });
  const runs = await listRuns(pool, { job: 'create_tables' });
  assert.deepEqual(
    runs.map(({ status }) => status),
    ['succeeded', 'failed'],
  );
  assert.match(runs[1]?.error ?? '', /has changed since it was applied/);
  const failed = await findRun(pool, 'create_tables', runs[1]?.slot as Date);
  assert.ok((failed?.startedAt as Date) <= (failed?.finishedAt as Date));
});

test('two schedulers that start together both succeed, and each run ends', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  await Promise.all(
    ['one', 'two'].map((name) => createTablesAtStart({ pool, ledger: createLedger(pool, name), logger })),
  );
  const runs = await listRuns(pool, {});
  assert.ok(runs.length >= 1);
  assert.ok(runs.every(({ status }) => status === 'succeeded'));
});
