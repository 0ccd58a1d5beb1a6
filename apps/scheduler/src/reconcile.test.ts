import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createLedger,
  ensureModel,
  findRun,
  listRuns,
  pauseSchedule,
  resumeSchedule,
} from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { createQueues, enqueueSlot, type JobName, type QueueConnection } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { createLogger } from '@mycelium/telemetry';
import { UnrecoverableError, Worker } from 'bullmq';
import { reconcile } from './reconcile.ts';

const logger = createLogger({ service: 'test', level: 'error', format: 'json' });
const timeZone = 'Asia/Shanghai';
/** 01:03:20 farm time. */
const slot = new Date('2025-12-24T17:03:20Z');
const minutes = (n: number) => new Date(slot.getTime() + n * 60_000);

/** A scheduler with a clock set by the test. Redis uses the real clock, so its schedules are in the future. */
async function setup(t: Parameters<typeof createTestDatabase>[0]) {
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  t.after(async () => {
    await Promise.all(queues.all.map((queue) => queue.close()));
  });
  const at = (now: Date) => reconcile({ pool, queues, timeZone, logger, now: () => now });
  const jobOf = (name: JobName, when: Date) => queues.of(name).getJob(`${name}@${when.getTime()}`);
  const forget = async () => {
    for (const queue of queues.all) await queue.obliterate({ force: true });
  };
  return { pool, queues, connection, at, jobOf, forget };
}

test('a slot before the schedule was first seen is not due', async (t) => {
  const { pool, at } = await setup(t);
  await at(minutes(60));
  assert.deepEqual(await listRuns(pool, {}), []);
});

test('a slot at 01:03:20 that fell into a downtime until 01:05:00 is enqueued, 100 s late', async (t) => {
  const { at, jobOf } = await setup(t);
  await at(minutes(-10));
  await at(minutes(100 / 60));
  assert.equal((await jobOf('daily_env_stats', slot))?.data.cause, 'schedule');
});

test('a lost job is restored as often as Redis loses it, until the run is in the ledger', async (t) => {
  const { pool, at, jobOf, forget } = await setup(t);
  await at(minutes(-10));
  for (const n of [1, 2, 3]) {
    await at(minutes(n));
    assert.ok(await jobOf('daily_env_stats', slot), `after ${n} min`);
    await forget();
  }
  const ledger = createLedger(pool, 'worker');
  const run = { job: 'daily_env_stats', slot };
  const begun = await ledger.begin({ ...run, cause: 'schedule', request: '1' });
  assert.ok('lease' in begun);
  await ledger.end(begun.lease, run, { status: 'succeeded', report: {} });
  await at(minutes(4));
  assert.equal(await jobOf('daily_env_stats', slot), undefined);
});

test('a run that had begun before Redis lost its data is enqueued again', async (t) => {
  const { pool, at, jobOf, forget } = await setup(t);
  await at(minutes(-10));
  const ledger = createLedger(pool, 'worker');
  const run = { job: 'daily_clip_inference', slot };
  const begun = await ledger.begin({ ...run, cause: 'schedule', request: '1' });
  assert.ok('lease' in begun);
  await ledger.end(begun.lease, run, { status: 'waiting' });
  await forget();
  await at(minutes(1));
  assert.ok(await jobOf('daily_clip_inference', slot));
});

test('a run that sleeps on its batches under its own job id is not treated as lost', async (t) => {
  const { pool, queues, at, forget } = await setup(t);
  const request = { slot, jobId: 'backfill-2025-12-23-611' };
  const { id, timestamp } = await queues.enqueue('embed_images', { day: '2025-12-23' }, request);
  const run = { job: 'embed_images', slot };
  const ledger = createLedger(pool, 'worker');
  const begun = await ledger.begin({ ...run, cause: 'backfill', request: `${id}#${timestamp}` });
  assert.ok('lease' in begun);
  await ledger.end(begun.lease, run, { status: 'waiting' });
  await at(minutes(1));
  assert.equal((await findRun(pool, 'embed_images', slot))?.status, 'waiting');
  await forget();
  await at(minutes(2));
  assert.match((await findRun(pool, 'embed_images', slot))?.error ?? '', /lost from Redis; run it again/);
});

test('after three days of downtime, every missed day is run, but only the newest hour', async (t) => {
  const { pool, queues, at } = await setup(t);
  await at(minutes(-10));
  await at(minutes(3 * 24 * 60 - 30));
  const waiting = await queues.of('daily_env_stats').getWaiting();
  assert.deepEqual(
    waiting.map(({ data }) => [data.slot, data.cause]),
    [0, 1, 2].map((day) => [minutes(day * 24 * 60).toISOString(), 'catch-up']),
  );
  const hourly = await listRuns(pool, { job: 'hourly_setpoint_monitoring', limit: 1_000 });
  assert.equal(hourly.length, 71);
  assert.ok(hourly.every(({ status }) => status === 'coalesced'));
  assert.equal((await queues.of('hourly_setpoint_monitoring').getWaiting()).length, 1);
});

test('slots of a paused schedule are recorded as paused, and later slots run', async (t) => {
  const { pool, at, jobOf } = await setup(t);
  await at(minutes(-10));
  await pauseSchedule(pool, 'daily_env_stats', minutes(-5));
  await at(minutes(1));
  assert.equal((await findRun(pool, 'daily_env_stats', slot))?.status, 'paused');
  assert.equal(await jobOf('daily_env_stats', slot), undefined);

  await resumeSchedule(pool, 'daily_env_stats');
  await at(minutes(24 * 60 + 1));
  assert.ok(await jobOf('daily_env_stats', minutes(24 * 60)));
});

test('reconciling again changes nothing', async (t) => {
  const { pool, queues, at } = await setup(t);
  await at(minutes(-10));
  await at(minutes(1));
  const before = await listRuns(pool, { limit: 1_000 });
  const jobs = await Promise.all(queues.all.map((queue) => queue.getJobCounts()));
  await at(minutes(1));
  assert.deepEqual(await listRuns(pool, { limit: 1_000 }), before);
  assert.deepEqual(await Promise.all(queues.all.map((queue) => queue.getJobCounts())), jobs);
});

test('a scheduler that dies at any point around a slot leaves no slot unaccounted for', async (t) => {
  const { pool, queues, at, jobOf } = await setup(t);
  await at(minutes(-10));
  let calls = 0;
  let dieAfter = Number.POSITIVE_INFINITY;
  /** Everything the scheduler does goes through the database or the queue: it dies before the nth call. */
  const mortal = <Owner extends object>(owner: Owner): Owner =>
    new Proxy(owner, {
      get(target, property) {
        const value = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          if (++calls > dieAfter) throw new Error('killed');
          return value.apply(target, given);
        };
      },
    });
  let deaths = 0;
  for (let day = 0; day < 24; day++) {
    calls = 0;
    dieAfter = day;
    const now = minutes(day * 24 * 60 + 1);
    const parts = { pool: mortal(pool), queues: mortal(queues), timeZone, logger, now: () => now };
    await reconcile(parts).catch(() => deaths++);
    await at(new Date(now.getTime() + 60_000));
    const due = minutes(day * 24 * 60);
    assert.ok(await jobOf('daily_env_stats', due), `died before call ${day + 1}`);
    assert.equal((await queues.of('daily_env_stats').getWaiting()).length, day + 1, 'and no slot twice');
  }
  assert.ok(deaths >= 20, `${deaths} deaths`);
});

test('descriptions that Redis lost are enqueued again, once each, but not while others are queued', async (t) => {
  const { pool, queues, at, forget } = await setup(t);
  const model = { name: 'stub', revision: '1', dtype: 'fp32', hash: '0', demo: true, dimensions: 512 };
  const modelId = await ensureModel(pool, 'stub', model);
  const keys = ['601/20251224/a.jpg', '601/20251224/b.jpg', '602/20251224/c.jpg'];
  await pool.query(
    `with image as (
       insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
       select key, '601', '2025-12-24', now(), '2025-12-20', '1', 5, 'normal', 'e', 1 from unnest($1::text[]) key
       returning id)
     insert into description_wanted (image_id, model_id, wanted_at) select id, $2, $3 from image`,
    [keys, modelId, slot],
  );
  const enqueued = async () => {
    const jobs = await queues.of('describe_batch').getWaiting();
    return jobs.flatMap(({ data }) => data.payload.keys).sort();
  };

  await queues.enqueue('describe_batch', { keys });
  await at(minutes(1));
  assert.deepEqual(await enqueued(), keys, 'they are in the queue');
  await forget();
  await at(minutes(2));
  await at(minutes(3));
  assert.deepEqual(await enqueued(), keys);
});

/** What BullMQ does with a job that killed its workers: it fails, and no worker reports it to the ledger. */
async function deadLetter({ prefix, forWorker }: QueueConnection, reason: string) {
  const killer = new Worker('env-stats', undefined, { connection: forWorker(), prefix, autorun: false });
  const taken = await killer.getNextJob('token');
  await taken?.moveToFailed(new UnrecoverableError(reason), 'token', false);
  await killer.close();
}

const requestOf = (job: { id?: string; timestamp: number } | undefined) => `${job?.id}#${job?.timestamp}`;

test('a run whose job was dead-lettered ends as failed and is not enqueued again', async (t) => {
  const { pool, queues, connection, at, jobOf } = await setup(t);
  await at(minutes(-10));
  await at(minutes(1));
  const request = requestOf(await jobOf('daily_env_stats', slot));
  await createLedger(pool, 'worker').begin({ job: 'daily_env_stats', slot, cause: 'schedule', request });
  await pool.query(`update lease set until = now() - interval '1 second'`);
  await deadLetter(connection, 'job stalled more than allowable limit');
  await at(minutes(2));
  const run = await findRun(pool, 'daily_env_stats', slot);
  assert.equal(await (await jobOf('daily_env_stats', slot))?.getState(), 'failed');
  assert.deepEqual([run?.status, run?.error], ['failed', 'job stalled more than allowable limit']);
  assert.equal((await queues.of('daily_env_stats').getWaiting()).length, 0);
});

test('a lost run is enqueued again, although an earlier request for its slot was dead-lettered', async (t) => {
  const { pool, queues, connection, at, jobOf } = await setup(t);
  await at(minutes(-10));
  const nightly = { version: 1, cause: 'schedule', slot, payload: {} };
  // The id that BullMQ's scheduler gives it.
  const jobId = `repeat:daily_env_stats:${slot.getTime()}`;
  await queues.of('daily_env_stats').add('daily_env_stats', nightly, { jobId });
  await deadLetter(connection, 'the disk was full');

  const again = await enqueueSlot(queues, 'daily_env_stats', slot, 'manual', {});
  const request = requestOf(again);
  await createLedger(pool, 'worker').begin({ job: 'daily_env_stats', slot, cause: 'manual', request });
  await pool.query(`update lease set until = now() - interval '1 second'`);
  await again.remove();
  await at(minutes(2));
  const run = await findRun(pool, 'daily_env_stats', slot);
  assert.deepEqual([run?.status, run?.error], ['running', null]);
  assert.equal(await (await jobOf('daily_env_stats', slot))?.getState(), 'waiting');
});
