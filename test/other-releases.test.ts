import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { childEnvironment, readConfig, requireSettings } from '@mycelium/config';
import { findRun } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { freePort } from '@mycelium/embedded';
import { createQueues, enqueueSlot } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { spawnApp } from './tools/start-app.ts';

const main = new URL('../apps/cli/src/main.ts', import.meta.url).pathname;
/** 02:10 of the farm: the daily statistics of 24 December. */
const slot = new Date('2025-12-24T18:10:00Z');

async function setup(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'mycelium-releases-'));
  t.after(() => rm(home, { recursive: true }));
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  t.after(() => queues.close());
  const env = {
    MYCELIUM_HOME: home,
    IMAGE_DIR: home,
    DATABASE_URL: pool.url,
    REDIS_URL: requireSettings(readConfig(), 'REDIS_URL').REDIS_URL,
    REDIS_PREFIX: connection.prefix,
  };
  const mycelium = (...args: string[]) =>
    new Promise<{ code: number; printed: string }>((resolve) => {
      execFile(process.execPath, [main, ...args], { env: childEnvironment(env) }, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), printed: out + err }),
      );
    });
  /** As if a newer release had migrated the database, which programs from `oldest` on may use. */
  const migrateFurther = (oldest: string) =>
    pool.query(
      `insert into migration (name, hash, oldest) values ('999_future.sql', '', $1)
       on conflict (name) do update set oldest = excluded.oldest`,
      [oldest],
    );
  return { pool, queues, env, mycelium, migrateFurther };
}

async function until(holds: () => Promise<unknown>, what: string): Promise<void> {
  for (let n = 0; n < 300; n++) {
    if (await holds()) return;
    await wait(100);
  }
  assert.fail(what);
}

test('a worker takes no job while the database does not fit it, and does when it fits', async (t) => {
  const { pool, queues, env, migrateFurther } = await setup(t);
  await migrateFurther('999');
  const worker = await spawnApp(t, 'worker-env-stats', env);
  await enqueueSlot(queues, 'daily_env_stats', slot, 'manual', {});
  await until(
    async () => /newer than this program: .*999_future.* Update/.test((await worker.ready())?.says ?? ''),
    'it says why',
  );
  await wait(1_500);
  assert.equal((await worker.ready())?.ok, false);
  assert.equal(await findRun(pool, 'daily_env_stats', slot), undefined);

  await migrateFurther('016');
  const ended = async () => (await findRun(pool, 'daily_env_stats', slot))?.status === 'succeeded';
  await until(ended, 'a newer database that programs of this release may use is used');
  await until(async () => (await worker.ready())?.ok, 'it is ready');

  await migrateFurther('999');
  await until(async () => (await worker.ready())?.ok === false, 'a running worker notices');
  await pool.query(`delete from migration where name = '999_future.sql' or name like '016%'`);
  await until(
    async () =>
      /older than this program: .*016_oldest_program.sql is missing. Start the scheduler/.test(
        (await worker.ready())?.says ?? '',
      ),
    'an older database does not fit either',
  );
  assert.equal(worker.child.exitCode, null);
});

test('the console and the commands refuse a database that does not fit, with what to do', async (t) => {
  const { pool, env, mycelium, migrateFurther } = await setup(t);
  await migrateFurther('999');
  const dashboard = await spawnApp(t, 'dashboard', { ...env, DASHBOARD_PORT: String(await freePort()) });
  assert.deepEqual((await dashboard.ended)[0], 1);
  assert.match(dashboard.errors(), /newer than this program: .*999_future.*Update this program/);
  for (const command of [['runs'], ['doctor'], ['migrate']]) {
    const { code, printed } = await mycelium(...command);
    assert.equal(code, 1, command.join(' '));
    assert.match(printed, /newer than this program: [^.]*999_future.sql/, command.join(' '));
  }
  await pool.query(`delete from migration where name in ('999_future.sql', '016_oldest_program.sql')`);
  assert.match((await mycelium('runs')).printed, /older than this program.*run `mycelium migrate`/);
  assert.equal((await mycelium('migrate')).code, 0);
  assert.equal((await mycelium('runs')).code, 0);
});
