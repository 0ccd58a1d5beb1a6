import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, createQueues } from '@mycelium/queue';
import { startSentinels } from './redis-servers.ts';

test('Sentinels lead to the primary, and to the next one when it dies', async (t) => {
  const { url, primary, replica } = await startSentinels(t);
  const connection = connect(
    {
      REDIS_URL: url,
      REDIS_PREFIX: '{farm}',
      REDIS_CONNECT_TIMEOUT: 2_000,
      REDIS_COMMAND_TIMEOUT: 10_000, // a dead primary hangs up; a busy machine answers late
    },
    () => {},
  );
  const queues = createQueues(connection);
  t.after(() => queues.close());
  const one = await queues.enqueue('daily_env_stats', {}, { slot: new Date(0), jobId: 'one' });
  // The first copy of the primary takes a few seconds. Until then the replica acknowledges nothing.
  while ((await connection.redis.wait(1, 1_000)) === 0);

  await primary.stop();
  let kept: Awaited<ReturnType<typeof find>>;
  const find = () => queues.of('daily_env_stats').getJob(one.id as string);
  while (!kept) kept = await find().catch(() => undefined);
  await queues.enqueue('daily_env_stats', {}, { slot: new Date(1), jobId: 'two' });
  assert.match(await replica.client.info('replication'), /role:master/);
  assert.equal(await queues.of('daily_env_stats').getWaitingCount(), 2);
});
