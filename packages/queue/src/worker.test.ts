import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { scheduledJobs } from './jobs.ts';
import type { Begun, Lease, Ledger, Outcome, RunKey } from './ledger.ts';
import { createQueues, type Queues } from './queues.ts';
import type { QueueConnection } from './redis/connection.ts';
import { handlersOf, testRedis } from './testing.ts';
import { syncSchedules } from './timetable/schedules.ts';
import { enqueueSlot, slotIsQueued } from './timetable/slot-jobs.ts';
import { startWorker } from './worker.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const slot = new Date('2025-12-24T17:03:20Z');
const stats = { day: '2025-12-24', written: 0, rooms: [], noData: [], failed: [] };

/** A ledger without a database. The real one is tested in packages/database. */
function memoryLedger() {
  const ended: { run: RunKey | undefined; outcome: Outcome }[] = [];
  let epoch = 0;
  const ledger: Ledger = {
    begin: async ({ job }): Promise<Begun> => ({ lease: { name: job, epoch: ++epoch } }),
    claim: async (name): Promise<Lease> => ({ name, epoch: ++epoch }),
    renew: async () => true,
    end: async (_, run, outcome) => {
      ended.push({ run, outcome });
      return true;
    },
    account: async () => {},
    requeued: async () => {},
  };
  return { ledger, ended };
}

function setup(t: { after(release: () => Promise<void>): void }) {
  const connection: QueueConnection = testRedis(t);
  const queues = createQueues(connection);
  const { ledger, ended } = memoryLedger();
  const options = { connection, queues, ledger, timeZone: 'Asia/Shanghai', logger: log };
  t.after(async () => {
    await Promise.all(queues.all.map((queue) => queue.close()));
  });
  return { queues, ended, options };
}

async function until(done: () => boolean | Promise<boolean>) {
  for (let n = 0; n < 400; n++) {
    if (await done()) return;
    await wait(25);
  }
  assert.fail('it did not happen within ten seconds');
}

const stateOf = async (queues: Queues, id: string) => queues.of('daily_env_stats').getJobState(id);

test('the slot, and yesterday, come from the scheduled time and not from the clock', async (t) => {
  const { queues, options } = setup(t);
  const seen: { slot: Date; day: string; cause: string }[] = [];
  const worker = startWorker(
    'env-stats',
    handlersOf<'env-stats'>({
      daily_env_stats: async (_, { run }) => {
        seen.push(run);
        return stats;
      },
    }),
    {},
    options,
  );
  t.after(() => worker.close());
  await enqueueSlot(queues, 'daily_env_stats', slot, 'backfill', {});
  await until(() => seen.length === 1);
  assert.equal(seen[0]?.day, '2025-12-24');
  assert.deepEqual(seen[0]?.slot, slot);
});

test('a future slot cannot be enqueued', async (t) => {
  const { queues } = setup(t);
  const now = new Date(+slot - 1);
  await assert.rejects(
    enqueueSlot(queues, 'daily_env_stats', slot, 'manual', {}, { now }),
    /2025-12-24T17:03:20.000Z of daily_env_stats has not come yet/,
  );
  assert.deepEqual(await queues.of('daily_env_stats').getJobCounts('waiting', 'delayed'), {
    waiting: 0,
    delayed: 0,
  });
  await enqueueSlot(queues, 'daily_env_stats', slot, 'manual', {}, { now: slot });
});

test('a permanent error fails at once, and any other is retried', async (t) => {
  const { queues, ended, options } = setup(t);
  let permanent = true;
  const worker = startWorker(
    'env-stats',
    handlersOf<'env-stats'>({
      daily_env_stats: async () => {
        throw permanent ? Object.assign(new Error('hopeless'), { permanent }) : new Error('for now');
      },
    }),
    {},
    options,
  );
  t.after(() => worker.close());
  const first = await enqueueSlot(queues, 'daily_env_stats', slot, 'manual', {});
  await until(async () => (await stateOf(queues, first.id as string)) === 'failed');
  assert.equal(ended.at(-1)?.outcome.status, 'failed');

  permanent = false;
  const second = await enqueueSlot(queues, 'daily_env_stats', new Date(+slot + 86_400_000), 'manual', {});
  await until(async () => (await stateOf(queues, second.id as string)) === 'delayed');
  assert.equal(ended.at(-1)?.outcome.status, 'retrying');
});

test('a payload is checked when it is enqueued and when it is taken', async (t) => {
  const { queues, options } = setup(t);
  await assert.rejects(queues.enqueue('embed_batch', { keys: [] }), z.ZodError);
  const worker = startWorker(
    'clip-batch',
    handlersOf<'clip-batch'>({ embed_batch: async () => ({ rooms: {}, failures: [] }) }),
    {},
    options,
  );
  t.after(() => worker.close());
  const queue = queues.of('embed_batch');
  const bad = await queue.add('embed_batch', { version: 1, cause: 'manual', payload: { keys: [7] } });
  await until(async () => (await queue.getJobState(bad.id as string)) === 'failed');
});

test('a job of a newer program is parked, and loses no attempt', async (t) => {
  const { queues, options } = setup(t);
  const worker = startWorker(
    'clip-batch',
    handlersOf<'clip-batch'>({ embed_batch: async () => ({ rooms: {}, failures: [] }) }),
    {},
    options,
  );
  t.after(() => worker.close());
  const queue = queues.of('embed_batch');
  const payload = { keys: ['a'] };
  const jobs = [
    await queue.add('embed_video', { version: 1, cause: 'manual', payload }),
    await queue.add('embed_batch', { version: 2, cause: 'rebalance', shape: 'unknown' }),
    await queue.add('embed_batch', { version: 1, cause: 'manual', payload: { ...payload, crop: true } }),
  ];
  for (const { id } of jobs) {
    await until(async () => (await queue.getJobState(id as string)) === 'delayed');
    const job = await queue.getJob(id as string);
    assert.equal(job?.attemptsMade, 0);
    const { logs } = await queue.getJobLogs(id as string);
    assert.match(logs[0] ?? '', /parked/);
  }
});

test('a run sleeps while its batches are done, and wakes with its plan and their results', async (t) => {
  const { queues, options, ended } = setup(t);
  let planned = 0;
  let answer: unknown;
  const image = { total: 1, succeeded: 1, failed: 0, skipped: 0 };
  const parents = startWorker(
    'clip',
    handlersOf<'clip'>({
      daily_clip_inference: async (_, { fanOut }) => {
        answer = await fanOut('embed_batch', async (add) => {
          planned++;
          await add([{ keys: ['a'] }, { keys: ['b'] }], { rooms: 0 });
          await add([{ keys: ['c'] }], { rooms: 1 });
          return { rooms: 1 };
        });
        const totals = { total: 3, succeeded: 3, failed: 0, skipped: 0 };
        const database = { images: 0, embeddings: 0, quarantined: 0 };
        return {
          ...totals,
          day: '2025-12-24',
          successRate: 1,
          rooms: {},
          seconds: 0,
          model: 'm',
          saved: true,
          database,
        };
      },
      embed_images: async () => assert.fail('not asked for'),
    }),
    {},
    options,
  );
  const batches = startWorker(
    'clip-batch',
    handlersOf<'clip-batch'>({
      embed_batch: async ({ keys }) => ({ rooms: { [keys[0] as string]: image }, failures: [] }),
    }),
    {},
    options,
  );
  t.after(async () => {
    await Promise.all([parents.close(), batches.close()]);
  });
  await enqueueSlot(queues, 'daily_clip_inference', slot, 'manual', {});
  await until(() => ended.some(({ run, outcome }) => run && outcome.status === 'succeeded'));
  assert.equal(planned, 1);
  const { plan, results } = answer as { plan: unknown; results: { rooms: object }[] };
  assert.deepEqual(plan, { rooms: 1 });
  assert.deepEqual(results.flatMap(({ rooms }) => Object.keys(rooms)).sort(), ['a', 'b', 'c']);
});

test('a run whose worker died while planning continues from there, with every batch once', async (t) => {
  const { queues, options } = setup(t);
  const begins: unknown[] = [];
  let answer: unknown;
  const parents = startWorker(
    'clip',
    handlersOf<'clip'>({
      daily_clip_inference: async () => assert.fail('not asked for'),
      embed_images: async (_, { fanOut }) => {
        answer = await fanOut<'embed_batch', { page: number }>('embed_batch', async (add, begun) => {
          begins.push(begun);
          if (begun) await add([{ keys: ['c'] }], { page: 2 });
          else {
            await add([{ keys: ['a'] }], { page: 0 });
            await add([{ keys: ['b'] }], { page: 1 });
            // When it died, the last batch was recorded but had not reached Redis.
            const waiting = await queues.of('embed_batch').getWaiting();
            await waiting.find(({ data }) => data.payload.keys[0] === 'b')?.remove();
            throw new Error('killed');
          }
          return { page: 2 };
        });
        return assert.fail('the test has seen enough');
      },
    }),
    {},
    options,
  );
  await enqueueSlot(queues, 'embed_images', slot, 'manual', { day: '2025-12-24' });
  await until(() => begins.length === 2);
  const seen: string[] = [];
  const batches = startWorker(
    'clip-batch',
    handlersOf<'clip-batch'>({
      embed_batch: async ({ keys }) => {
        seen.push(...keys);
        return { rooms: {}, failures: [] };
      },
    }),
    {},
    options,
  );
  t.after(async () => {
    await Promise.all([parents.close(), batches.close()]);
  });
  await until(() => answer !== undefined);
  assert.deepEqual(begins, [undefined, { page: 1 }]);
  assert.deepEqual(answer, { plan: { page: 2 }, results: Array(3).fill({ rooms: {}, failures: [] }) });
  assert.deepEqual(seen.sort(), ['a', 'b', 'c']);
});

test('schedules are written only when they differ', async (t) => {
  const { queues } = setup(t);
  const first = await syncSchedules(queues, 'Asia/Shanghai', new Set());
  assert.deepEqual(first.written, scheduledJobs);
  assert.deepEqual(await syncSchedules(queues, 'Asia/Shanghai', new Set()), { written: [], removed: [] });

  const moved = await syncSchedules(queues, 'Europe/London', new Set(['daily_env_stats']));
  assert.deepEqual(
    moved.written,
    scheduledJobs.filter((name) => name !== 'daily_env_stats'),
  );
  assert.deepEqual(moved.removed, ['daily_env_stats']);
});

test("the job of BullMQ's scheduler is found by its slot", async (t) => {
  const { queues } = setup(t);
  await syncSchedules(queues, 'Asia/Shanghai', new Set());
  const [delayed] = await queues.of('daily_env_stats').getDelayed();
  const next = new Date(delayed?.opts.prevMillis as number);
  assert.equal(await slotIsQueued(queues, 'daily_env_stats', next), true);
  assert.equal(await slotIsQueued(queues, 'daily_env_stats', new Date(+next + 1_000)), false);
});

test('while a dependency is down a job is requeued, loses no attempt, and is done when it returns', async (t) => {
  const { queues, ended, options } = setup(t);
  let up = true;
  const worker = startWorker(
    'env-stats',
    handlersOf<'env-stats'>({
      daily_env_stats: async () => {
        if (!up) throw new Error('the query failed');
        return stats;
      },
    }),
    {},
    { ...options, needs: [{ name: 'postgres', probe: async () => assert.ok(up, 'down') }] },
  );
  t.after(() => worker.close());
  await until(() => worker.trouble() === undefined);
  up = false;
  const job = await enqueueSlot(queues, 'daily_env_stats', slot, 'manual', {});
  await until(() => worker.trouble() !== undefined);
  assert.match(worker.trouble() ?? '', /postgres: down/);
  up = true;
  await until(async () => (await stateOf(queues, job.id as string)) === 'completed');
  assert.equal((await queues.of('daily_env_stats').getJob(job.id as string))?.attemptsMade, 1);
  assert.deepEqual(
    ended.map(({ outcome }) => outcome.status),
    ['retrying', 'succeeded'],
  );
});

test('a worker takes its first job when everything it needs has answered', async (t) => {
  const { queues, ended, options } = setup(t);
  let up = false;
  const worker = startWorker(
    'env-stats',
    handlersOf<'env-stats'>({ daily_env_stats: async () => stats }),
    {},
    { ...options, needs: [{ name: 'postgres', probe: async () => assert.ok(up, 'down') }] },
  );
  t.after(() => worker.close());
  const job = await enqueueSlot(queues, 'daily_env_stats', slot, 'manual', {});
  await until(() => /postgres: down/.test(worker.trouble() ?? ''));
  assert.equal(await stateOf(queues, job.id as string), 'waiting');
  assert.deepEqual(ended, []);
  up = true;
  await until(async () => (await stateOf(queues, job.id as string)) === 'completed');
  assert.equal(worker.trouble(), undefined);
});

test('a worker that shuts down requeues its jobs, which lose no attempt', async (t) => {
  const { queues, ended, options } = setup(t);
  let begun = false;
  const worker = startWorker(
    'env-stats',
    handlersOf<'env-stats'>({
      daily_env_stats: async (_, { signal }) => {
        begun = true;
        await wait(60_000, undefined, { signal });
        return stats;
      },
    }),
    {},
    options,
  );
  const job = await enqueueSlot(queues, 'daily_env_stats', slot, 'manual', {});
  await until(() => begun);
  await worker.close();
  assert.equal(ended.at(-1)?.outcome.status, 'retrying');
  const back = await queues.of('daily_env_stats').getJob(job.id as string);
  assert.equal(back?.attemptsMade, 0);
  assert.match(await stateOf(queues, job.id as string), /waiting|delayed/);
});
