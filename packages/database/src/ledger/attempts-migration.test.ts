import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../migrate.ts';
import type { Pool } from '../pool.ts';
import { createTestDatabase, migrateBefore } from '../testing.ts';
import { listAttempts } from './attempts.ts';
import { takeLease } from './lease.ts';
import { createLedger } from './ledger.ts';

const run = { job: 'daily_env_stats', slot: new Date('2026-06-11T01:03:20Z') };
const request = { ...run, cause: 'schedule', request: 'night#1' };

/** A run of the previous release, whose workers know no attempts. */
async function beginAsBefore(pool: Pool) {
  const lease = await takeLease(pool, run.job, 'of the previous release', 15);
  await pool.query(
    `insert into runs (job, slot, epoch, status, cause, request, worker, attempts, started_at, lateness)
     values ($1, $2, $3, 'running', 'schedule', $4, 'of the previous release', 1, now(), now() - $2)`,
    [run.job, run.slot, lease?.epoch, request.request],
  );
  return async (status: string, error: string | null = null) => {
    await pool.query(
      `update runs set status = $4, error = $5, finished_at = case when $4 in ('succeeded', 'failed') then now() end
       where job = $1 and slot = $2 and epoch = $3`,
      [run.job, run.slot, lease?.epoch, status, error],
    );
    await pool.query('delete from lease where epoch = $1', [lease?.epoch]);
  };
}

/** An upgrade while a worker of the previous release is at work. */
async function upgrade(t: Parameters<typeof createTestDatabase>[0]) {
  const pool = await createTestDatabase(t, { migrated: false });
  await migrateBefore(pool, '008');
  const end = await beginAsBefore(pool);
  await migrate(pool);
  const attempts = async () => {
    const { rows } = await pool.query<{ id: number }>('select id from runs');
    const found = await listAttempts(pool, rows[0]?.id as number);
    return found.map(({ outcome, error, endedAt }) => [outcome, error, endedAt !== null]);
  };
  return { pool, end, attempts };
}

test('a run that was in flight during an upgrade ends its attempt', async (t) => {
  const { end, attempts } = await upgrade(t);
  assert.deepEqual(await attempts(), [[null, null, false]]);
  await end('succeeded');
  assert.deepEqual(await attempts(), [['succeeded', null, true]]);
});

test('a run that was in flight during an upgrade may fail and be retried by a new worker', async (t) => {
  const { pool, end, attempts } = await upgrade(t);
  await end('retrying', 'no connection');
  assert.deepEqual(await attempts(), [['retrying', 'no connection', true]]);
  const ledger = createLedger(pool, 'new');
  const begun = await ledger.begin(request);
  assert.ok('lease' in begun);
  await ledger.end(begun.lease, run, { status: 'succeeded', report: {} });
  assert.deepEqual(await attempts(), [
    ['retrying', 'no connection', true],
    ['succeeded', null, true],
  ]);
});
