import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { createLedger } from './ledger.ts';

const job = 'daily_clip_inference';
const first = { job, slot: new Date('2025-12-24T19:02:25Z'), cause: 'backfill', request: 'a#1' };
const second = { job, slot: new Date('2025-12-25T19:02:25Z'), cause: 'backfill', request: 'b#1' };

test('a run that falls asleep while another slot begins does not leave two runs waiting for each other', async (t) => {
  const pool = await createTestDatabase(t);
  const ledger = createLedger(pool, 'worker');
  const begun = await ledger.begin(first);
  assert.ok('lease' in begun);

  // Locks the lease's row, so that `end` and `begin` are both in progress before either can take it.
  const blocker = await pool.connect();
  await blocker.query('begin');
  await blocker.query('select from lease where name = $1 for update', [job]);
  const ended = ledger.end(begun.lease, first, { status: 'waiting' });
  await waitForBlocked(pool, 1);
  const other = ledger.begin(second);
  await Promise.race([waitForBlocked(pool, 2), other]);
  await blocker.query('commit');
  blocker.release();
  await ended;

  const overtaken = await other;
  if ('lease' in overtaken) await ledger.end(overtaken.lease, second, { status: 'waiting' });
  const woken = [await ledger.begin(first), await ledger.begin(second)];
  assert.equal(woken.filter((each) => 'lease' in each).length, 1, JSON.stringify(woken));
});

async function waitForBlocked(pool: Awaited<ReturnType<typeof createTestDatabase>>, count: number) {
  for (;;) {
    const { rows } = await pool.query<{ n: number }>(
      `select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows[0]?.n === count) return;
  }
}
