import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import {
  alertsToSend,
  clearAlert,
  listOpenAlerts,
  markSent,
  openAlert,
  postponeSending,
  rewordAlert,
} from './alerts.ts';

const at = (minutes: number) => new Date(Date.UTC(2025, 11, 24, 17, minutes));
const overdue = (since: number) => ({
  kind: 'overdue',
  subject: 'daily_env_stats',
  severity: 'critical' as const,
  message: 'the run of 01:03 has not begun',
  code: 'alert.overdue.one',
  params: { slot: '01:03' },
  since: at(since),
});

async function setup(t: Parameters<typeof createTestDatabase>[0]) {
  const pool = await createTestDatabase(t);
  const only = async () => {
    const [alert, ...more] = await listOpenAlerts(pool);
    assert.ok(alert);
    assert.equal(more.length, 0);
    return alert;
  };
  const toSend = async (minute: number) =>
    (await alertsToSend(pool, at(minute), 10)).map(({ closedAt }) => (closedAt ? 'end' : 'opening'));
  return { pool, only, toSend };
}

test('at most one alert per kind and subject is open, even when two schedulers see it at once', async (t) => {
  const { pool, only } = await setup(t);
  const opened = await Promise.all([1, 2, 3].map(() => openAlert(pool, overdue(0), at(10))));
  assert.equal(opened.filter(Boolean).length, 1);
  const { id } = await only();
  const words = { message: '2 runs have not begun', code: 'alert.overdue.many', params: { n: 2 } };
  await rewordAlert(pool, id, { severity: 'critical', ...words });
  const { message, code, params } = await only();
  assert.deepEqual({ message, code, params }, words);
});

test('a cleared alert may open again at any time', async (t) => {
  const { pool, only } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  const { id } = await only();
  assert.equal(await clearAlert(pool, id, at(20)), true);
  assert.equal(await clearAlert(pool, id, at(21)), false);
  assert.equal(await openAlert(pool, overdue(0), at(22)), true);
});

test('an alert that a person closed stays closed until its condition starts again', async (t) => {
  const { pool } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  await pool.query('update alert set closed_at = $1', [at(20)]);
  assert.equal(await openAlert(pool, overdue(0), at(21)), false);
  assert.equal(await openAlert(pool, overdue(30), at(40)), true);
});

test('the opening and the end of an alert are each sent once', async (t) => {
  const { pool, only, toSend } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  assert.deepEqual(await toSend(10), ['opening']);
  const opened = await only();
  await markSent(pool, opened);
  assert.deepEqual(await toSend(11), []);
  await clearAlert(pool, opened.id, at(20));
  assert.deepEqual(await toSend(20), ['end']);
  await markSent(pool, { ...opened, closedAt: at(20) });
  assert.deepEqual(await toSend(21), []);
});

test('an end that comes while the opening is being sent is still sent', async (t) => {
  const { pool, only, toSend } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  const opened = await only();
  await clearAlert(pool, opened.id, at(11));
  await markSent(pool, opened);
  assert.deepEqual(await toSend(12), ['end']);
});

test('a failed notification waits for its next attempt, and an end is retried for a day at most', async (t) => {
  const { pool, only, toSend } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  const { id } = await only();
  await postponeSending(pool, id, at(12));
  assert.deepEqual(await toSend(11), []);
  assert.deepEqual(await toSend(12), ['opening']);
  assert.deepEqual(await toSend(10_000), ['opening']);
  await clearAlert(pool, id, at(13));
  assert.deepEqual(await toSend(13 + 1_441), []);
});
