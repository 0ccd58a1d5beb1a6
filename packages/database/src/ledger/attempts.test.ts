import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { listAttempts } from './attempts.ts';
import { createLedger, failRun } from './ledger.ts';
import type { RunOutcome, RunRequest } from './run-rows.ts';
import { findRun } from './runs.ts';

const job = 'daily_env_stats';
const slot = new Date('2025-12-24T17:03:20Z');
const scheduled = { job, slot, cause: 'schedule', request: 'night#1', by: 'schedule' };

async function setup(t: Parameters<typeof createTestDatabase>[0]) {
  const pool = await createTestDatabase(t);
  const run = async (request: RunRequest, outcome?: RunOutcome, worker = 'one') => {
    const ledger = createLedger(pool, worker);
    const begun = await ledger.begin(request);
    assert.ok('lease' in begun, JSON.stringify(begun));
    if (outcome) assert.equal(await ledger.end(begun.lease, request, outcome), true);
  };
  const history = async () => {
    const { rows } = await pool.query<{ id: number }>('select id from runs');
    const attempts = await listAttempts(pool, rows[0]?.id as number);
    return attempts.map(({ attempt, by, cause, outcome, error }) => [attempt, by, cause, outcome, error]);
  };
  return { pool, run, history };
}

test('a retry keeps the failed attempts before it and who requested them', async (t) => {
  const { pool, run, history } = await setup(t);
  const error = 'relation "reading" does not exist';
  for (const status of ['retrying', 'retrying', 'failed'] as const) await run(scheduled, { status, error });
  const retried = { job, slot, cause: 'manual', request: 'again#2', by: 'operator Li' };
  await run(retried, { status: 'succeeded', report: {} }, 'two');
  assert.deepEqual(await history(), [
    [1, 'schedule', 'schedule', 'retrying', error],
    [2, 'schedule', 'schedule', 'retrying', error],
    [3, 'schedule', 'schedule', 'failed', error],
    [4, 'operator Li', 'manual', 'succeeded', null],
  ]);
  const found = await findRun(pool, job, slot);
  assert.deepEqual([found?.status, found?.attempts, found?.tries, found?.error], ['succeeded', 1, 4, null]);
});

test('sleeping and waking is one attempt, under the lease of the worker that woke it', async (t) => {
  const { pool, run, history } = await setup(t);
  await run(scheduled, { status: 'waiting' });
  assert.deepEqual(await history(), [[1, 'schedule', 'schedule', null, null]]);
  await run(scheduled, { status: 'succeeded', report: {} }, 'two');
  assert.deepEqual(await history(), [[1, 'schedule', 'schedule', 'succeeded', null]]);
  assert.deepEqual((await pool.query('select worker from run_attempt')).rows, [{ worker: 'two' }]);
});

test('an attempt whose worker died is lost, and so is one that another request replaced', async (t) => {
  const { pool, run, history } = await setup(t);
  await run(scheduled);
  await pool.query(`update lease set until = now() - interval '1 second'`);
  await run(scheduled, { status: 'waiting' });
  await run({ ...scheduled, cause: 'manual', request: 'again#2' }, { status: 'succeeded', report: {} });
  const outcomes = (await history()).map(([attempt, , , outcome]) => [attempt, outcome]);
  assert.deepEqual(outcomes, [
    [1, 'lost'],
    [2, 'lost'],
    [3, 'succeeded'],
  ]);
});

test('giving up a run ends its attempt and fences its worker', async (t) => {
  const { pool, history } = await setup(t);
  const ledger = createLedger(pool, 'one');
  const begun = await ledger.begin(scheduled);
  assert.ok('lease' in begun);
  assert.equal(await failRun(pool, scheduled, 'its job was lost'), false, 'its worker is alive');
  await pool.query(`update lease set until = now() - interval '1 second'`);
  assert.equal(await failRun(pool, scheduled, 'its job was lost'), true);
  assert.equal(await ledger.end(begun.lease, scheduled, { status: 'succeeded', report: {} }), false);
  assert.deepEqual(await history(), [[1, 'schedule', 'schedule', 'failed', 'its job was lost']]);
});

test('attempts are deleted with their run', async (t) => {
  const { pool, run } = await setup(t);
  await run(scheduled, { status: 'succeeded', report: {} });
  await pool.query('delete from runs');
  assert.equal((await pool.query('select from run_attempt')).rowCount, 0);
});
