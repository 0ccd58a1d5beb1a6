import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@mycelium/database/testing';
import { startRedisCluster } from './redis-servers.ts';
import { growSmallFarm, imagesOfRun, runEachJob } from './small-farm.ts';

test('a Redis Cluster of three nodes runs the four jobs', async (t) => {
  const { url } = await startRedisCluster(t);
  const pool = await createTestDatabase(t);
  const runs = await runEachJob(t, {
    REDIS_URL: url,
    DATABASE_URL: pool.url,
    IMAGE_DIR: await growSmallFarm(t, pool),
  });
  assert.deepEqual(
    runs.map(({ job, status }) => [job, status]),
    ['create_tables', 'daily_env_stats', 'hourly_setpoint_monitoring', 'daily_clip_inference'].map((job) => [
      job,
      'succeeded',
    ]),
  );
  const [, stats, setpoints, images] = runs.map(({ report }) => report);
  assert.equal(stats?.written, 1);
  assert.ok(Number(setpoints?.changes) > 20);
  assert.deepEqual([images?.total, images?.succeeded], [imagesOfRun, imagesOfRun]);
});
