import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig } from '@mycelium/config';
import { createTestDatabase } from '@mycelium/database/testing';
import { createQueues, scheduledJobs } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';

const script = new URL('../apps/scheduler/src/main.ts', import.meta.url).pathname;

test('one of three schedulers leads; when it is killed another takes over, and no schedule is duplicated', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  const connection = testRedis(t);
  const queues = createQueues(connection);
  const home = await mkdtemp(join(tmpdir(), 'mycelium-schedulers-'));
  const leaders: ChildProcess[] = [];
  const children = ['one', 'two', 'three'].map(() => {
    const child = spawn(process.execPath, [script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        TZ: 'Asia/Shanghai',
        DATABASE_URL: pool.url,
        REDIS_URL: readConfig().REDIS_URL,
        REDIS_PREFIX: connection.prefix,
        MYCELIUM_HOME: home,
        LOG_FORMAT: 'json',
      },
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('this scheduler leads')) leaders.push(child);
    });
    return child;
  });
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    await Promise.all(queues.all.map((queue) => queue.close()));
    await rm(home, { recursive: true });
  });

  await until(() => leaders.length === 1);
  await until(async () => (await schedules()).length === scheduledJobs.length);
  const before = await schedules();
  leaders[0]?.kill('SIGKILL');
  await until(() => leaders.length === 2);
  assert.notEqual(leaders[1], leaders[0]);
  await wait(500);
  assert.deepEqual(await schedules(), before);
  const waiting = await Promise.all(queues.all.map((queue) => queue.getDelayedCount()));
  assert.equal(
    waiting.reduce((sum, count) => sum + count, 0),
    scheduledJobs.length,
    'one next firing for each schedule',
  );

  async function schedules() {
    const all = await Promise.all(queues.all.map((queue) => queue.getJobSchedulers()));
    return all.flat().map(({ key, pattern, tz, next }) => ({ key, pattern, tz, next }));
  }
});

async function until(done: () => boolean | Promise<boolean>) {
  for (let n = 0; n < 600; n++) {
    if (await done()) return;
    await wait(100);
  }
  assert.fail('the condition was not met within a minute');
}
