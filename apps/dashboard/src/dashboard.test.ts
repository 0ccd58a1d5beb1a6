import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createLedger, findRun } from '@mycelium/database';
import { createQueues, enqueueSlot, startWorker, syncSchedules } from '@mycelium/queue';
import { handlersOf, testRedis } from '@mycelium/queue/testing';
import { createLogger } from '@mycelium/telemetry';
import { keepConfiguredAccount } from './access/account.ts';
import { failJobs, openDashboard, operator, visit } from './testing.ts';

const owner = { name: operator.DASHBOARD_USER, password: operator.DASHBOARD_PASSWORD };

test('it refuses to listen beyond this machine without a login, and explains what to do', async (t) => {
  await assert.rejects(
    openDashboard(t, { DASHBOARD_HOST: '0.0.0.0' }),
    /DASHBOARD_HOST: read "0\.0\.0\.0", expected 127\.0\.0\.1\. .* set DASHBOARD_USER and DASHBOARD_PASSWORD/,
  );
  await openDashboard(t, { DASHBOARD_HOST: '0.0.0.0', ...operator });
});

test('it is alive, and ready when its servers answer', async (t) => {
  const { app, queues } = await openDashboard(t);
  assert.equal((await app.inject({ url: '/livez' })).statusCode, 200);
  assert.equal((await app.inject({ url: '/readyz' })).statusCode, 200);
  await queues.close();
  const unready = await app.inject({ url: '/readyz' });
  assert.equal(unready.statusCode, 503);
  assert.match(unready.body, /Redis does not answer/);
});

test('Bull Board shows every queue and the schedules, and loads nothing from elsewhere', async (t) => {
  const { app, queues } = await openDashboard(t);
  await syncSchedules(queues, 'Asia/Shanghai', new Set());
  const { send } = await visit(app);
  const page = await send({ url: '/queues' });
  assert.equal(page.statusCode, 200);
  assert.doesNotMatch(page.body, /(src|href)="https?:/);

  const listed = (await send({ url: '/queues/api/queues' })).json();
  assert.deepEqual(
    listed.queues.map(({ name }: { name: string }) => name).sort(),
    queues.all.map(({ name }) => name).sort(),
  );
  const { body } = await send({ url: '/queues/api/job-schedulers' });
  for (const job of ['daily_env_stats', 'hourly_setpoint_monitoring', 'daily_clip_inference']) {
    assert.match(body, new RegExp(job));
  }
});

test('a failed job is retried in Bull Board, and the audit records who did it', async (t) => {
  const { app, queues, pool } = await openDashboard(t, operator);
  const job = await enqueueSlot(queues, 'daily_env_stats', new Date('2026-01-02T17:03:20Z'), 'backfill', {});
  await failJobs(t, queues.of('daily_env_stats'));
  assert.equal(await job.getState(), 'failed');

  const { send } = await visit(app, owner);
  const url = `/queues/api/queues/env-stats/${encodeURIComponent(job.id as string)}/retry`;
  assert.equal((await send({ method: 'PUT', url })).statusCode, 204);
  assert.equal(await job.getState(), 'waiting');
  const { rows } = await pool.query(`select actor, subject from audit where action = 'bull-board'`);
  assert.equal(rows.length, 1);
  assert.equal(rows[0].actor, 'grower');
});

test('a retry in Bull Board is a new attempt of the same run in the ledger', async (t) => {
  const connection = testRedis(t);
  const queues = createQueues(connection);
  const { app, pool } = await openDashboard(t, operator, { queues });
  t.after(() => queues.close());
  const run = { job: 'daily_env_stats', slot: new Date('2026-01-02T17:03:20Z') } as const;
  let hopeless = true;
  const worker = startWorker(
    'env-stats',
    handlersOf<'env-stats'>({
      async daily_env_stats(_, { run: { day } }) {
        if (hopeless) throw Object.assign(new Error('the sensors are on strike'), { permanent: true });
        return { day, written: 0, rooms: [], noData: [], failed: [] };
      },
    }),
    {},
    {
      connection,
      queues,
      ledger: createLedger(pool, 'test'),
      timeZone: 'Asia/Shanghai',
      logger: createLogger({ service: 'test', level: 'error', format: 'json' }),
    },
  );
  t.after(() => worker.close());
  const job = await enqueueSlot(queues, run.job, run.slot, 'backfill', {}, { by: 'operator Li' });
  await until(() => job.isFailed());
  assert.equal((await findRun(pool, run.job, run.slot))?.status, 'failed');

  hopeless = false;
  const { send } = await visit(app, owner);
  const url = `/queues/api/queues/env-stats/${encodeURIComponent(job.id as string)}/retry`;
  assert.equal((await send({ method: 'PUT', url })).statusCode, 204);
  await until(() => job.isCompleted());
  const again = await findRun(pool, run.job, run.slot);
  assert.deepEqual([again?.status, again?.attempts, again?.error], ['succeeded', 2, null]);

  // The failed attempt stays in the history of the successful run.
  const [{ id }] = (await send({ url: `/api/runs?job=${run.job}` })).json().runs;
  const { history } = (await send({ url: `/api/runs/${id}` })).json();
  assert.deepEqual(
    history.map(({ by, worker, outcome, error }: Record<string, unknown>) => [by, worker, outcome, error]),
    [
      ['operator Li', 'test', 'failed', 'the sensors are on strike'],
      ['operator Li', 'test', 'succeeded', null],
    ],
  );
});

test('a session ends on logout, and when the configured password changes', async (t) => {
  const { app, pool } = await openDashboard(t, operator);
  const first = await visit(app, owner);
  assert.equal((await first.send({ url: '/queues/api/queues' })).statusCode, 200);
  assert.equal((await first.send({ method: 'POST', url: '/api/logout' })).statusCode, 200);
  const kept = first.jar.get('mycelium_session');
  assert.equal(kept, '');

  const second = await visit(app, owner);
  await keepConfiguredAccount(pool, owner.name, 'another pass phrase');
  assert.equal((await second.send({ url: '/queues/api/queues' })).statusCode, 401);
});

async function until(done: () => Promise<boolean>) {
  for (let n = 0; n < 600; n++) {
    if (await done()) return;
    await wait(50);
  }
  assert.fail('the condition was not met within half a minute');
}
