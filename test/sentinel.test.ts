import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, createQueues } from '@mycelium/queue';
import { password, startRedisServer } from './redis-servers.ts';

test('Sentinels lead to the primary, and to the next one when it dies', async (t) => {
  const primary = await startRedisServer(t, []);
  const replica = await startRedisServer(t, [`replicaof 127.0.0.1 ${primary.port}`]);
  const watch = [
    `sentinel monitor farm 127.0.0.1 ${primary.port} 2`,
    `sentinel auth-pass farm "${password}"`,
    'sentinel down-after-milliseconds farm 1000',
    'sentinel failover-timeout farm 4000',
  ];
  const sentinels = await Promise.all([1, 2, 3].map(() => startRedisServer(t, watch, { sentinel: true })));
  const seen = async () => {
    const answers = await Promise.all(
      sentinels.map(({ client }) => client.call('sentinel', 'master', 'farm') as Promise<string[]>),
    );
    return answers.map((words) => ({
      others: words[words.indexOf('num-other-sentinels') + 1],
      replicas: words[words.indexOf('num-slaves') + 1],
    }));
  };
  while (!(await seen()).every(({ others, replicas }) => others === '2' && replicas === '1')) await wait(100);

  const [first, ...more] = sentinels.map(({ port }) => `127.0.0.1:${port}`);
  const connection = connect(
    {
      REDIS_URL: `redis+sentinel://:${encodeURIComponent(password)}@${first}/farm?nodes=${more.join(',')}`,
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
