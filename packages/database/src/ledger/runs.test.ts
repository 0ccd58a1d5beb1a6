import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { commit, FencedError, renewLease } from './lease.ts';
import { createLedger } from './ledger.ts';
import { findRun, unattendedRuns } from './runs.ts';

const job = 'daily_env_stats';
const slot = new Date('2025-12-24T17:03:20Z');
const later = new Date('2025-12-25T17:03:20Z');
const asked = { job, slot, cause: 'schedule', request: 'one' };

const insertion = `insert into audit (actor, action, subject) values ('a worker', 'wrote', '611')`;

/** What other workers see when one is paused for longer than its lease. */
const expire = (pool: Awaited<ReturnType<typeof createTestDatabase>>) =>
  pool.query(`update lease set until = now() - interval '1 second'`);

test('a second instance of a job is refused while the first is alive, whatever its slot', async (t) => {
  const pool = await createTestDatabase(t);
  const [one, two] = [createLedger(pool, 'one'), createLedger(pool, 'two')];
  const first = await one.begin(asked);
  assert.ok('lease' in first);
  assert.ok('busy' in (await two.begin({ ...asked, request: 'two' })));
  assert.ok('busy' in (await two.begin({ ...asked, slot: later, request: 'two' })));
  await one.end(first.lease, asked, { status: 'succeeded', report: {} });
  assert.ok('lease' in (await two.begin({ ...asked, slot: later, request: 'two' })));
});

test('when ten workers begin at once, one gets the run', async (t) => {
  const pool = await createTestDatabase(t);
  const begun = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      createLedger(pool, `worker ${n}`).begin({ ...asked, request: `${n}` }),
    ),
  );
  assert.equal(begun.filter((each) => 'lease' in each).length, 1);
});

test('a worker that was paused past its lease cannot write, renew or end the run of its successor', async (t) => {
  const pool = await createTestDatabase(t);
  const [one, two] = [createLedger(pool, 'one'), createLedger(pool, 'two')];
  const first = await one.begin(asked);
  assert.ok('lease' in first);
  await expire(pool);
  const second = await two.begin({ ...asked, request: 'two' });
  assert.ok('lease' in second);

  await assert.rejects(
    commit(pool, first.lease, (tx) => tx.query(insertion)),
    FencedError,
  );
  assert.equal((await pool.query('select from audit')).rowCount, 0);
  assert.equal(await renewLease(pool, first.lease, 15), false);
  await one.end(first.lease, asked, { status: 'failed', error: 'zombie' });
  assert.equal((await findRun(pool, job, slot))?.status, 'running');

  await commit(pool, second.lease, (tx) => tx.query(insertion));
  await two.end(second.lease, asked, { status: 'succeeded', report: { by: 'two' } });
  const run = await findRun(pool, job, slot);
  assert.deepEqual([run?.status, run?.report, run?.worker], ['succeeded', { by: 'two' }, 'two']);
});

test('a takeover waits for a commit in progress', async (t) => {
  const pool = await createTestDatabase(t);
  const [one, two] = [createLedger(pool, 'one'), createLedger(pool, 'two')];
  const first = await one.begin(asked);
  assert.ok('lease' in first);
  await expire(pool);
  const order: string[] = [];
  let takeover: Promise<unknown> | undefined;
  await commit(pool, first.lease, async (tx) => {
    takeover = two.begin({ ...asked, request: 'two' }).then(() => order.push('takeover'));
    await tx.query('select pg_sleep(0.2)');
    order.push('commit');
  });
  await takeover;
  assert.deepEqual(order, ['commit', 'takeover']);
});

test('finished work is not repeated by the timetable, but is on a person’s request', async (t) => {
  const pool = await createTestDatabase(t);
  const ledger = createLedger(pool, 'one');
  const begun = await ledger.begin(asked);
  assert.ok('lease' in begun);
  await ledger.end(begun.lease, asked, { status: 'succeeded', report: { rows: 12 } });

  assert.deepEqual(await ledger.begin(asked), { done: { rows: 12 } });
  assert.deepEqual(await ledger.begin({ ...asked, cause: 'catch-up', request: 'two' }), {
    done: { rows: 12 },
  });
  assert.ok('lease' in (await ledger.begin({ ...asked, cause: 'manual', request: 'three' })));
});

test('a run that began before its slot does not count as the run of that slot', async (t) => {
  const pool = await createTestDatabase(t);
  const ledger = createLedger(pool, 'one');
  const early = { ...asked, startedAt: new Date(slot.getTime() - 1_000), cause: 'manual', request: 'early' };
  const begun = await ledger.begin(early);
  assert.ok('lease' in begun);
  await ledger.end(begun.lease, early, { status: 'succeeded', report: {} });
  const scheduled = await ledger.begin(asked);
  assert.ok('lease' in scheduled);
  await ledger.end(scheduled.lease, asked, { status: 'succeeded', report: { rows: 12 } });
  assert.deepEqual(await ledger.begin({ ...asked, request: 'two' }), { done: { rows: 12 } });
});

test('a future slot is never begun, for any request', async (t) => {
  const pool = await createTestDatabase(t);
  const ledger = createLedger(pool, 'one');
  const minutes = (n: number) => new Date(Date.now() + n * 60_000);
  const tomorrow = minutes(1_440);
  for (const cause of ['schedule', 'manual', 'backfill']) {
    const begun = await ledger.begin({ ...asked, slot: tomorrow, cause });
    assert.ok('busy' in begun, cause);
    assert.deepEqual(begun.until, tomorrow);
  }
  assert.equal(await findRun(pool, job, tomorrow), undefined);
  assert.ok(
    'lease' in (await ledger.begin({ ...asked, slot: minutes(0.5) })),
    'a clock may be slightly ahead',
  );
});

test('a worker whose lease was taken over for another slot does not end its own run', async (t) => {
  const pool = await createTestDatabase(t);
  const [one, two] = [createLedger(pool, 'one'), createLedger(pool, 'two')];
  const first = await one.begin(asked);
  assert.ok('lease' in first);
  await expire(pool);
  const other = { ...asked, slot: later, request: 'two' };
  const second = await two.begin(other);
  assert.ok('lease' in second);
  assert.equal(await one.end(first.lease, asked, { status: 'waiting' }), false);
  assert.equal((await findRun(pool, job, slot))?.status, 'running');
  assert.equal(await two.end(second.lease, other, { status: 'waiting' }), true);
});

test('while a run waits for its batches, another slot of the job has to wait', async (t) => {
  const pool = await createTestDatabase(t);
  const ledger = createLedger(pool, 'one');
  const begun = await ledger.begin(asked);
  assert.ok('lease' in begun);
  await ledger.end(begun.lease, asked, { status: 'waiting' });
  assert.ok('busy' in (await ledger.begin({ ...asked, slot: later, request: 'two' })));
  assert.ok('lease' in (await ledger.begin(asked)));
  assert.equal((await findRun(pool, job, slot))?.attempts, 1);
});

test('a run whose worker died is unattended', async (t) => {
  const pool = await createTestDatabase(t);
  const ledger = createLedger(pool, 'one');
  await ledger.begin(asked);
  assert.deepEqual(await unattendedRuns(pool), []);
  await expire(pool);
  assert.deepEqual(
    (await unattendedRuns(pool)).map((run) => run.slot),
    [slot],
  );
});
