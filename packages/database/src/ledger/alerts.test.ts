import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import {
  clearAlert,
  listOpenAlerts,
  markTold,
  openAlert,
  postponeTelling,
  rewordAlert,
  untoldAlerts,
} from './alerts.ts';

const at = (minutes: number) => new Date(Date.UTC(2025, 11, 24, 17, minutes));
const overdue = (since: number) => ({
  kind: 'overdue',
  subject: 'daily_env_stats',
  severity: 'critical' as const,
  message: 'its slot has not begun',
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
  const untold = async (minute: number) =>
    (await untoldAlerts(pool, at(minute), 10)).map(({ closedAt }) => (closedAt ? 'end' : 'opening'));
  return { pool, only, untold };
}

test('one alert of a kind and a subject is open, also when two schedulers see it at once', async (t) => {
  const { pool, only } = await setup(t);
  const opened = await Promise.all([1, 2, 3].map(() => openAlert(pool, overdue(0), at(10))));
  assert.equal(opened.filter(Boolean).length, 1);
  const { id } = await only();
  await rewordAlert(pool, id, { severity: 'critical', message: 'two slots have not begun' });
  assert.equal((await only()).message, 'two slots have not begun');
});

test('what is over may come back at any time', async (t) => {
  const { pool, only } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  const { id } = await only();
  assert.equal(await clearAlert(pool, id, at(20)), true);
  assert.equal(await clearAlert(pool, id, at(21)), false);
  assert.equal(await openAlert(pool, overdue(0), at(22)), true);
});

test('what a person closed stays closed until it comes about anew', async (t) => {
  const { pool } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  await pool.query('update alert set closed_at = $1', [at(20)]);
  assert.equal(await openAlert(pool, overdue(0), at(21)), false);
  assert.equal(await openAlert(pool, overdue(30), at(40)), true);
});

test('opening and end are each told once', async (t) => {
  const { pool, only, untold } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  assert.deepEqual(await untold(10), ['opening']);
  const opened = await only();
  await markTold(pool, opened);
  assert.deepEqual(await untold(11), []);
  await clearAlert(pool, opened.id, at(20));
  assert.deepEqual(await untold(20), ['end']);
  await markTold(pool, { ...opened, closedAt: at(20) });
  assert.deepEqual(await untold(21), []);
});

test('an end that came while the opening was being told is still told', async (t) => {
  const { pool, only, untold } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  const opened = await only();
  await clearAlert(pool, opened.id, at(11));
  await markTold(pool, opened);
  assert.deepEqual(await untold(12), ['end']);
});

test('what could not be told waits for its time, and an end is told for a day at most', async (t) => {
  const { pool, only, untold } = await setup(t);
  await openAlert(pool, overdue(0), at(10));
  const { id } = await only();
  await postponeTelling(pool, id, at(12));
  assert.deepEqual(await untold(11), []);
  assert.deepEqual(await untold(12), ['opening']);
  assert.deepEqual(await untold(10_000), ['opening']);
  await clearAlert(pool, id, at(13));
  assert.deepEqual(await untold(13 + 1_441), []);
});
