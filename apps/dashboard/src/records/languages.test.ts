import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAlert } from '@mycelium/database';
import { isCode, message, say, sayStored } from '@mycelium/words';
import { openDashboard, visit } from '../testing.ts';

const chinese = /\p{Script=Han}/u;

test('an alert has its English text and the data to show it in another language', async (t) => {
  const { app, pool } = await openDashboard(t);
  const { send } = await visit(app);
  const { code, params } = message('alert.no-data.room', { room: '611', slot: '2025-12-25 01:03:20' });
  const now = new Date();
  const about = { kind: 'no-data', subject: 'room 611', severity: 'critical' as const, since: now };
  await openAlert(pool, { ...about, message: say({ code, params }), code, params }, now);
  const [alert] = (await send({ url: '/api/alerts' })).json().alerts;
  assert.match(alert.message, /^Room 611: no valid reading in the run of 2025-12-25 01:03:20/);
  assert.match(
    sayStored(alert, alert.message, 'zh-CN'),
    /^611 库房在 2025-12-25 01:03:20 的运行中没有有效读数/,
  );
});

test('pages can show every refusal of the API in another language', async (t) => {
  const { app } = await openDashboard(t);
  const { send } = await visit(app);
  const requests = [
    ['POST', '/api/jobs/daily_env_stats/pause', {}, 409],
    ['POST', '/api/jobs/daily_env_stats/run', { day: '2999-01-01' }, 400],
    ['POST', '/api/jobs/embed_images/run', {}, 400],
    ['POST', '/api/jobs/nothing/run', {}, 400],
    ['POST', '/api/runs/7/retry', {}, 404],
    ['POST', '/api/failed/retry', { queue: 'none' }, 400],
    ['GET', '/api/runs/7', undefined, 404],
    ['GET', '/api/rooms/999/stats?from=2026-01-02&to=2026-01-01', undefined, 400],
    ['GET', '/api/coverage?from=2026-01-02&to=2026-01-01', undefined, 400],
    ['GET', '/api/images?limit=none', undefined, 400],
    ['GET', '/api/search?text=mushroom', undefined, 409],
    ['GET', '/api/nothing', undefined, 404],
  ] as const;
  for (const [method, url, payload, status] of requests) {
    const answer = await send({ method, url, ...(payload && { payload }) });
    assert.equal(answer.statusCode, status, `${url}: ${answer.body}`);
    const body = answer.json();
    assert.ok(isCode(body.code), `${url}: ${answer.body}`);
    assert.match(body.error, /^[\x20-\x7e…’“”–]+$/, url);
    assert.match(sayStored(body, body.error, 'zh-CN'), chinese, url);
  }
});
