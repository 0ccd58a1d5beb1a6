import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { childEnvironment, readConfig, requireSettings } from '@mycelium/config';
import { openDashboard, visit } from '@mycelium/dashboard/src/testing.ts';
import { createTestDatabase } from '@mycelium/database/testing';
import { createQueues } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { growSmallFarm, makeHome, runEachJob } from './small-farm.ts';
import { startCollector } from './tools/trace-collector.ts';

const main = new URL('../apps/cli/src/main.ts', import.meta.url).pathname;

test('a run has one id in commands, API, logs, traces and Bull Board', async (t) => {
  const { spans, url } = await startCollector(t);
  const pool = await createTestDatabase(t);
  const home = await makeHome(t);
  const connection = testRedis(t);
  const env = {
    REDIS_URL: requireSettings(readConfig(), 'REDIS_URL').REDIS_URL,
    REDIS_PREFIX: connection.prefix,
    DATABASE_URL: pool.url,
    IMAGE_DIR: await growSmallFarm(t, pool),
    MYCELIUM_HOME: home,
    TZ: 'UTC',
  };
  await runEachJob(t, { ...env, LOG_LEVEL: 'info', OTEL_EXPORTER_OTLP_ENDPOINT: url }, home);
  const mycelium = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--json'], {
      env: childEnvironment(env),
    });
    return JSON.parse(stdout);
  };

  const listed = (await mycelium('runs')).find((run: { job: string }) => run.job === 'daily_clip_inference');
  const id: string = listed.run;
  assert.equal(id, `daily_clip_inference@${Date.parse(listed.slot)}`);

  const shown = await mycelium('runs', 'show', id, '--logs');
  const messages = shown.log.map(({ message }: { message: string }) => message);
  const batches = messages.filter((message: string) => message === 'batch of embed_batch done');
  assert.equal(messages[0], 'run of daily_clip_inference begins');
  assert.ok(messages.includes('run of daily_clip_inference waits for its batches'));
  assert.equal(messages.at(-1), 'run of daily_clip_inference succeeded');
  assert.ok(batches.length >= 2, `${batches.length} batches`);

  const { app } = await openDashboard(t, {}, { pool });
  const { send } = await visit(app);
  const byId = (await send({ url: `/api/runs/${id}` })).json();
  const byNumber = (await send({ url: `/api/runs/${byId.id}` })).json();
  assert.deepEqual([byId.run, byNumber.run, byId.id], [id, id, byNumber.id]);
  assert.equal((await send({ url: '/api/runs/daily_clip_inference@1' })).statusCode, 404);
  assert.equal((await send({ url: '/api/runs/no_job@1' })).statusCode, 404);

  const attributed = spans.filter(({ attributes }) =>
    attributes.some(({ key, value }) => key === 'mycelium.run' && value.stringValue === id),
  );
  assert.ok(attributed.length > batches.length, `${attributed.length} spans`);

  const queues = createQueues(connection);
  t.after(() => queues.close());
  const inBoard = await queues.of('embed_batch').getJobs(['completed']);
  assert.equal(inBoard.filter((job) => job.id?.startsWith(`${id}-`)).length, batches.length);
  const job = await queues.of('daily_clip_inference').getJob(shown.queued.id);
  const { logs } = await queues.of('daily_clip_inference').getJobLogs(job?.id ?? '');
  assert.ok(job?.id === id || logs.includes(`run ${id}`), `${job?.id}: ${logs}`);
});
