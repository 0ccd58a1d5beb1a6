import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountForSlot, openAlert, pauseSchedule, rememberSchedule } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { connect, createQueues, scheduledJobs } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { Registry } from 'prom-client';
import { measureLedger } from './ledger-metrics.ts';

const timeZone = 'Asia/Shanghai';
/** 01:03:20 farm time. */
const slot = new Date('2025-12-24T17:03:20Z');
const seconds = (n: number) => new Date(slot.getTime() + n * 1_000);

async function setup(t: Parameters<typeof createTestDatabase>[0], connection = testRedis(t)) {
  const pool = await createTestDatabase(t);
  const queues = createQueues(connection);
  t.after(async () => {
    await Promise.all(queues.all.map((queue) => queue.close()));
  });
  const registry = new Registry();
  let clock = seconds(400);
  measureLedger({ pool, queues, timeZone, now: () => clock }, registry);
  const scrape = async (at = clock) => {
    clock = at;
    return (await registry.metrics()).split('\n');
  };
  return { pool, queues, connection, scrape };
}

test('the metrics show the ledger: next runs, overdue slots, heartbeats, alerts', async (t) => {
  const { pool, scrape } = await setup(t);
  await rememberSchedule(pool, { job: 'daily_env_stats', pattern: '20 3 1 * * *', timeZone }, seconds(-60));
  await pool.query(`insert into heartbeat values ('one', 'worker-clip', 'host', $1, $1)`, [seconds(370)]);
  const condition = { severity: 'critical' as const, message: 'silent', code: '', params: {}, since: slot };
  await openAlert(pool, { kind: 'dead-worker', subject: 'worker-clip', ...condition }, seconds(390));

  const lines = await scrape();
  for (const line of [
    `mycelium_next_run_timestamp_seconds{job="daily_env_stats"} ${slot.getTime() / 1_000 + 86_400}`,
    'mycelium_overdue_slots{job="daily_env_stats"} 1',
    'mycelium_overdue_slots{job="daily_clip_inference"} 0',
    'mycelium_heartbeat_age_seconds{service="worker-clip"} 30',
    'mycelium_alerts_open{kind="dead-worker"} 1',
    'mycelium_alerts_open{kind="overdue"} 0',
  ])
    assert.ok(lines.includes(line), line);
});

test('a paused schedule has no next run', async (t) => {
  const { pool, scrape } = await setup(t);
  await rememberSchedule(pool, { job: 'daily_env_stats', pattern: '20 3 1 * * *', timeZone }, seconds(-60));
  await pauseSchedule(pool, 'daily_env_stats', seconds(-30));
  const next = (await scrape()).filter((line) => line.startsWith('mycelium_next_run_timestamp_seconds{'));
  assert.equal(next.length, scheduledJobs.length - 1);
  assert.ok(next.every((line) => !line.includes('daily_env_stats')));
});

test('slots that ended since the scheduler started are counted once, however often the metrics are scraped', async (t) => {
  const { pool, scrape } = await setup(t);
  for (const [n, finishedAt] of [seconds(399), seconds(401), seconds(402)].entries()) {
    const run = { job: 'daily_env_stats', slot: seconds(n * 86_400) };
    await accountForSlot(pool, run, 'missed');
    await pool.query('update runs set finished_at = $2 where slot = $1', [run.slot, finishedAt]);
  }
  const missed = 'mycelium_runs_total{job="daily_env_stats",status="missed"} 2';
  const [one, two] = await Promise.all([scrape(), scrape()]);
  assert.ok(one.includes(missed) && two.includes(missed));
  assert.ok((await scrape()).includes(missed));
});

test('queues show their jobs by state, and how long their dead letters have waited', async (t) => {
  const { queues, connection, scrape } = await setup(t);
  const queue = queues.of('embed_batch');
  await queues.enqueue('embed_batch', { keys: ['612/a.jpg'] });
  const job = await queues.enqueue('embed_batch', { keys: ['612/b.jpg'] });
  const id = job.id as string;
  // The state in which a worker leaves a job that used its last attempt.
  await connection.redis.lrem(queue.toKey('wait'), 0, id);
  await connection.redis.zadd(queue.toKey('failed'), slot.getTime(), id);
  await connection.redis.hset(queue.toKey(id), 'finishedOn', slot.getTime());

  const lines = await scrape();
  for (const line of [
    'mycelium_queue_jobs{queue="clip-batch",state="waiting"} 1',
    'mycelium_queue_jobs{queue="clip-batch",state="failed"} 1',
    'mycelium_oldest_dead_letter_seconds{queue="clip-batch"} 400',
    'mycelium_oldest_dead_letter_seconds{queue="clip"} 0',
  ])
    assert.ok(lines.includes(line), line);
});

test('while Redis is unreachable the metrics show the ledger, and no outdated values of the queues', async (t) => {
  const nowhere = {
    REDIS_URL: 'redis://127.0.0.1:1',
    REDIS_CONNECT_TIMEOUT: 500,
    REDIS_COMMAND_TIMEOUT: 500,
  };
  const connection = connect({ ...nowhere, REDIS_PREFIX: '{test}' }, () => {});
  const { scrape } = await setup(t, connection);
  t.after(() => connection.redis.disconnect());
  const lines = await scrape();
  assert.ok(lines.includes('mycelium_alerts_open{kind="overdue"} 0'));
  assert.deepEqual(
    lines.filter((line) => line.startsWith('mycelium_queue_jobs{')),
    [],
  );
});
