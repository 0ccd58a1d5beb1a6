import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig, requireSettings } from '@mycelium/config';
import type { Pool } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { testPrograms } from '@mycelium/embedded/testing';
import { testRedis } from '@mycelium/queue/testing';
import { growSmallFarm, imagesOfRun, imagesPerDay, runEachJob } from './small-farm.ts';

/** Rows and a digest of every table, without heartbeats, which change all the time. */
async function contents(pool: Pool): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
       and relname not in ('heartbeat', 'lease') order by 1`,
  );
  const found: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await pool.query<{ count: number; digest: string }>(
      `select count(*), md5(string_agg(line, '' order by line)) as digest from (select t::text as line from ${name} t) as lines`,
    );
    found[name] = `${rows[0]?.count} ${rows[0]?.digest}`;
  }
  return found;
}

test('a backup restored to a new PostgreSQL with an empty Redis has lost nothing, and the jobs continue', async (t) => {
  const { REDIS_URL } = requireSettings(readConfig(), 'REDIS_URL');
  const { postgresBin } = await testPrograms(readConfig().MYCELIUM_HOME);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-backup-'));
  t.after(() => rm(folder, { recursive: true }));
  const dump = join(folder, 'mycelium.dump');
  const old = await createTestDatabase(t);
  const IMAGE_DIR = await growSmallFarm(t, old);
  await runEachJob(t, { REDIS_URL, REDIS_PREFIX: testRedis(t).prefix, DATABASE_URL: old.url, IMAGE_DIR });
  const before = await contents(old);
  assert.match(before.image ?? '', new RegExp(`^${imagesOfRun} `));

  execFileSync(join(postgresBin, 'pg_dump'), ['-Fc', '-f', dump, '-d', old.url]);
  const restored = await createTestDatabase(t, { migrated: false });
  execFileSync(join(postgresBin, 'pg_restore'), ['--exit-on-error', '--no-owner', '-d', restored.url, dump]);
  assert.deepEqual(await contents(restored), before);

  const runs = await runEachJob(t, {
    REDIS_URL,
    REDIS_PREFIX: testRedis(t).prefix,
    DATABASE_URL: restored.url,
    IMAGE_DIR,
  });
  assert.deepEqual(
    runs.map(({ status }) => status),
    ['succeeded', 'succeeded', 'succeeded', 'succeeded'],
  );
  const { total, skipped, succeeded } = runs[3]?.report ?? {};
  assert.deepEqual(
    { total, skipped, succeeded },
    { total: imagesPerDay, skipped: imagesPerDay, succeeded: 0 },
  );
  const after = await contents(restored);
  for (const table of ['point', 'image', 'model', 'setpoint_change', 'quarantine'])
    assert.equal(after[table], before[table], table);
});
