import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accountForSlot,
  createLedger,
  findRun,
  listOpenAlerts,
  pauseSchedule,
  rememberSchedule,
} from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { connect, createQueues, enqueueSlot, type JobName, jobs, type Result } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { createLogger } from '@mycelium/telemetry';
import { sayStored } from '@mycelium/words';
import { Worker } from 'bullmq';
import { reconcile } from '../reconcile.ts';
import { watchAlerts } from './watch-alerts.ts';

const logger = createLogger({ service: 'test', level: 'error', format: 'json' });
const timeZone = 'Asia/Shanghai';
/** 01:03:20 farm time. */
const slot = new Date('2025-12-24T17:03:20Z');
const seconds = (n: number) => new Date(slot.getTime() + n * 1_000);
const hours = (n: number) => seconds(n * 3_600);

async function setup(t: Parameters<typeof createTestDatabase>[0], connection = testRedis(t)) {
  const pool = await createTestDatabase(t);
  const queues = createQueues(connection);
  t.after(async () => {
    await Promise.all(queues.all.map((queue) => queue.close()));
  });
  const parts = (now: Date) => ({ pool, queues, timeZone, logger, now: () => now });
  const watch = async (now: Date) => {
    await watchAlerts(parts(now));
    return (await listOpenAlerts(pool)).map(({ kind, subject }) => `${kind} ${subject}`).sort();
  };
  /** Records a run from start to end, by the test's clock. */
  const ran = async (
    job: JobName,
    when: Date,
    outcome?: Parameters<ReturnType<typeof createLedger>['end']>[2],
  ) => {
    const run = { job, slot: when };
    const ledger = createLedger(pool, 'worker');
    const begun = await ledger.begin({ ...run, cause: 'schedule', request: `${when.getTime()}` });
    assert.ok('lease' in begun);
    if (outcome) await ledger.end(begun.lease, run, outcome);
    await pool.query('update runs set finished_at = slot where job = $1 and slot = $2', [job, when]);
  };
  return { pool, connection, queues, parts, watch, ran };
}

const images = (succeeded: number, failed: number): Result<'daily_clip_inference'> => ({
  day: '2025-12-24',
  total: succeeded + failed,
  succeeded,
  failed,
  skipped: 0,
  successRate: succeeded + failed === 0 ? null : succeeded / (succeeded + failed),
  rooms: {},
  seconds: 1,
  model: 'demo',
  saved: true,
  database: { images: 0, embeddings: 0, quarantined: 0 },
});

test('a missing run is an alert after the grace period, until the run starts', async (t) => {
  const { pool, parts, watch, ran } = await setup(t);
  await reconcile(parts(hours(-0.5)));
  assert.deepEqual(await watch(seconds(299)), []);
  assert.deepEqual(await watch(seconds(300)), ['overdue daily_env_stats']);
  const [alert] = await listOpenAlerts(pool);
  assert.match(alert?.message ?? '', /^The run of 2025-12-25 01:03:20 is due/);
  assert.match(sayStored(alert ?? { code: null }, '', 'zh-CN'), /^2025-12-25 01:03:20 的运行已到时间/);
  // No reconciliation is needed, and watching twice opens one alert.
  assert.deepEqual(await watch(hours(1)), ['overdue daily_env_stats', 'overdue hourly_setpoint_monitoring']);
  await ran('daily_env_stats', slot);
  assert.deepEqual(await watch(seconds(3_700)), ['overdue hourly_setpoint_monitoring']);
});

test('a paused schedule is not overdue', async (t) => {
  const { pool, parts, watch } = await setup(t);
  await reconcile(parts(hours(-0.5)));
  await pauseSchedule(pool, 'daily_env_stats', seconds(-60));
  assert.deepEqual(await watch(seconds(399)), []);
});

test('a scheduler started at 04:00 alerts about the missed slot of a job without catch-up', async (t) => {
  const { pool, parts, watch } = await setup(t);
  t.mock.property(jobs.daily_env_stats, 'catchUp', 'none');
  await reconcile(parts(hours(-0.5)));
  await reconcile(parts(new Date('2025-12-24T20:00:00Z')));
  const run = await findRun(pool, 'daily_env_stats', slot);
  assert.deepEqual([run?.status, run?.attempts], ['missed', 0]);
  await pool.query('update runs set finished_at = $1', [new Date('2025-12-24T20:00:00Z')]);
  const open = await watch(new Date('2025-12-24T20:01:00Z'));
  assert.deepEqual(
    open.filter((alert) => alert.endsWith('daily_env_stats')),
    ['missed daily_env_stats'],
  );
});

test('a missed slot is an alert for a day, or until it is backfilled', async (t) => {
  const { pool, watch, ran } = await setup(t);
  await accountForSlot(pool, { job: 'daily_env_stats', slot }, 'missed');
  await pool.query('update runs set finished_at = $1', [hours(3)]);
  assert.deepEqual(await watch(hours(4)), ['missed daily_env_stats']);
  assert.deepEqual(await watch(hours(27)), []);
  assert.deepEqual(await watch(hours(4)), ['missed daily_env_stats']);
  await ran('daily_env_stats', slot, { status: 'succeeded', report: {} });
  assert.deepEqual(await watch(hours(5)), []);
});

test('image runs: a failure rate above 10 % opens, one between 5 and 10 % leaves open, one below closes', async (t) => {
  const { watch, ran } = await setup(t);
  const night = async (n: number, succeeded: number, failed: number) => {
    await ran('daily_clip_inference', hours(n * 24), {
      status: 'succeeded',
      report: images(succeeded, failed),
    });
    return watch(hours(n * 24 + 1));
  };
  assert.deepEqual(await night(0, 93, 7), []);
  assert.deepEqual(await night(1, 88, 12), ['failure-rate daily_clip_inference']);
  assert.deepEqual(await night(2, 93, 7), ['failure-rate daily_clip_inference']);
  assert.deepEqual(await night(3, 96, 4), []);
});

test('no images, no rooms and rooms without readings are alerts', async (t) => {
  const { watch, ran } = await setup(t);
  await ran('daily_clip_inference', slot, { status: 'succeeded', report: images(0, 0) });
  const report = { day: '2025-12-24', written: 0, rooms: [], noData: ['607', '611'], failed: [] };
  await ran('daily_env_stats', slot, { status: 'succeeded', report });
  assert.deepEqual(await watch(hours(1)), [
    'no-data daily_clip_inference',
    'no-data daily_env_stats',
    'no-data room 607',
    'no-data room 611',
  ]);
});

test('batches of descriptions that all failed are an alert until one is described', async (t) => {
  const { connection, queues, watch } = await setup(t);
  let described = 0;
  const worker = new Worker('captions', async () => ({ described, failed: 3 - described }), {
    connection: connection.forWorker(),
    prefix: connection.prefix,
  });
  t.after(() => worker.close());
  const ended = async () => {
    const done = new Promise((resolve) => worker.once('completed', resolve));
    await queues.enqueue('describe_batch', { keys: ['a', 'b', 'c'] });
    await done;
  };
  await ended();
  assert.deepEqual(await watch(new Date()), [], 'three failures may be chance');
  await ended();
  assert.deepEqual(await watch(new Date()), ['descriptions captioner']);
  described = 1;
  await ended();
  assert.deepEqual(await watch(new Date()), []);
});

test('three failures in a row are an alert until a success', async (t) => {
  const { watch, ran } = await setup(t);
  const job = 'hourly_setpoint_monitoring';
  for (const n of [0, 1, 2]) {
    assert.deepEqual(await watch(hours(n)), []);
    await ran(job, hours(n), { status: 'failed', error: 'no space left' });
  }
  assert.deepEqual(await watch(hours(3)), [`consecutive-failures ${job}`]);
  const report = { to: hours(3).toISOString(), changes: 0, rooms: [], failed: [] };
  await ran(job, hours(3), { status: 'succeeded', report });
  assert.deepEqual(await watch(hours(4)), []);
});

test('a silent service is dead after a minute, and a breaker open for a while is an alert', async (t) => {
  const { pool, watch } = await setup(t);
  const beat = (process: string, seen: Date, troubleSince?: Date) =>
    pool.query(
      `insert into heartbeat values ($1, 'worker-clip', 'host', $2, $2, $3, $4)
       on conflict (process) do update set seen_at = $2, trouble = $3, trouble_since = $4`,
      [process, seen, troubleSince ? 'object store: no answer' : null, troubleSince],
    );
  await beat('one', seconds(0));
  await beat('two', seconds(100), seconds(80));
  assert.deepEqual(await watch(seconds(95)), []);
  assert.deepEqual(await watch(seconds(105)), ['breaker-open worker-clip']);
  assert.deepEqual(await watch(seconds(200)), ['dead-worker worker-clip']);
  await beat('two', seconds(210));
  assert.deepEqual(await watch(seconds(215)), []);
});

test('a dead letter in Redis is an alert for its queue until it is removed', async (t) => {
  const { connection, queues, watch } = await setup(t);
  const queue = queues.of('embed_batch');
  const job = await queues.enqueue('embed_batch', { keys: ['612/a.jpg'] });
  // The state in which a worker leaves a job that used its last attempt.
  await connection.redis.lrem(queue.toKey('wait'), 0, job.id as string);
  await connection.redis.zadd(queue.toKey('failed'), slot.getTime(), job.id as string);
  await connection.redis.hset(queue.toKey(job.id as string), 'finishedOn', slot.getTime());
  assert.deepEqual(await watch(seconds(600)), []);
  assert.deepEqual(await watch(seconds(601)), ['dead-letters clip-batch']);
  await job.remove();
  assert.deepEqual(await watch(seconds(700)), []);
});

test('a waiting run without a live batch is stuck until it wakes', async (t) => {
  const { pool, connection, queues, watch } = await setup(t);
  const name = 'daily_clip_inference';
  const { id, timestamp } = await enqueueSlot(queues, name, slot, 'backfill', {});
  const parent = { id: id as string, queue: queues.of(name).qualifiedName };
  const batch = await queues.enqueue('embed_batch', { keys: ['612/a.jpg'] }, { parent });
  const planner = new Worker('clip', undefined, {
    connection: connection.forWorker(),
    prefix: connection.prefix,
    autorun: false,
  });
  await (await planner.getNextJob('token'))?.moveToWaitingChildren('token');
  await planner.close();
  const ledger = createLedger(pool, 'worker');
  const run = { job: name, slot, cause: 'backfill', request: `${id}#${timestamp}` };
  const begun = await ledger.begin(run);
  assert.ok('lease' in begun);
  await ledger.end(begun.lease, run, { status: 'waiting' });

  assert.deepEqual(await watch(seconds(1)), []);
  assert.deepEqual(await watch(seconds(200)), [], 'its batch is in the queue');
  // As if someone had deleted the batch by hand in Redis: BullMQ itself would update its parent.
  await connection.redis.del(queues.of('embed_batch').toKey(batch.id as string));
  assert.deepEqual(await watch(seconds(210)), []);
  assert.deepEqual(await watch(seconds(331)), [`stuck-run ${name}`]);
  await ledger.begin(run);
  assert.deepEqual(await watch(seconds(340)), []);
});

test('a job that workers cannot take is an alert after ten minutes, until it is no longer requeued', async (t) => {
  const { pool, watch } = await setup(t);
  const ledger = createLedger(pool, 'worker');
  const requeue = { queue: 'clip', id: 'one', job: 'embed_images', reason: 'a newer program enqueued it' };
  await ledger.requeued(requeue);
  await ledger.requeued(requeue);
  const since = (await pool.query<{ since: Date }>('select since from requeued')).rows[0]?.since as Date;
  const after = (n: number) => new Date(since.getTime() + n * 1_000);
  await pool.query('update requeued set last_seen = $1', [after(600)]);
  assert.deepEqual(await watch(after(600)), []);
  assert.deepEqual(await watch(after(601)), ['requeued embed_images']);
  assert.deepEqual(await watch(after(800)), []);
  assert.equal((await pool.query('select from requeued')).rowCount, 0);
});

test('while Redis is unreachable, its own alerts stay unchanged and everything else is watched', async (t) => {
  const nowhere = {
    REDIS_URL: 'redis://127.0.0.1:1',
    REDIS_CONNECT_TIMEOUT: 500,
    REDIS_COMMAND_TIMEOUT: 500,
  };
  const connection = connect({ ...nowhere, REDIS_PREFIX: '{test}' }, () => {});
  const { pool, watch } = await setup(t, connection);
  t.after(() => connection.redis.disconnect());
  await rememberSchedule(pool, { job: 'daily_env_stats', pattern: '20 3 1 * * *', timeZone }, hours(-0.5));
  await pool.query(
    `insert into alert (kind, subject, severity, message) values ('dead-letters', 'clip', 'warning', 'as it was')`,
  );
  assert.deepEqual(await watch(seconds(300)), ['dead-letters clip', 'overdue daily_env_stats']);
});
