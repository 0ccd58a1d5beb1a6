import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'bullmq';
import { sendCanaries, waitingCanaries } from './canary.ts';
import { createQueues } from './queues.ts';
import { testRedis } from './testing.ts';
import { watchService } from './watch-service.ts';
import { startWorker } from './worker.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };

function open(t: TestContext) {
  const connection = testRedis(t);
  const queues = createQueues(connection);
  t.after(() => Promise.all(queues.all.map((queue) => queue.close())));
  return { connection, queues };
}

test('a worker takes a canary, which makes no run and leaves nothing behind', async (t) => {
  const { connection, queues } = open(t);
  // No ledger: any call to it would fail.
  const options = { connection, queues, ledger: {} as never, timeZone: 'UTC', logger: log };
  const worker = startWorker('env-stats', {} as never, {}, options);
  t.after(() => worker.close());
  await sendCanaries(queues, new Set(['env-stats']));
  for (let n = 0; n < 100 && (await waitingCanaries(queues)).length > 0; n++) await wait(50);
  assert.deepEqual(await waitingCanaries(queues), []);
  assert.deepEqual(await queues.named('env-stats').getJobs(), []);
  assert.equal(worker.trouble(), undefined);
});

test('one canary at a time waits in a queue that nobody serves, and none in a queue with jobs', async (t) => {
  const { queues } = open(t);
  await queues.enqueue('daily_env_stats', {}, { jobId: 'one' });
  for (let n = 0; n < 3; n++) await sendCanaries(queues, new Set(['env-stats', 'tables']));
  const waiting = await waitingCanaries(queues);
  assert.deepEqual(
    waiting.map(({ queue, active, isPaused }) => ({ queue, active, isPaused })),
    [{ queue: 'tables', active: 0, isPaused: false }],
  );
  assert.equal(await queues.named('tables').getWaitingCount(), 1);
});

test('a worker that has room and takes nothing while jobs wait reports it, until it takes one', async (t) => {
  const { connection, queues } = open(t);
  const queue = queues.named('env-stats');
  const service = watchService({ queue, concurrency: 1, isRunning: () => true }, 50);
  t.after(() => service.close());
  await wait(300);
  assert.equal(service.trouble(), undefined);
  await queue.add('daily_env_stats', {});
  await wait(300);
  assert.match(service.trouble() ?? '', /^env-stats: 1 jobs? waits?, /);
  await service.hold(async () => {
    await wait(200);
    assert.equal(service.trouble(), undefined, 'a busy worker is fine');
  });
  await wait(300);
  assert.match(service.trouble() ?? '', /takes none$/);
  const worker = new Worker(queue.name, () => service.hold(async () => {}), {
    connection: connection.forWorker(),
    prefix: connection.prefix,
  });
  t.after(() => worker.close());
  await wait(500);
  assert.equal(service.trouble(), undefined);
});
