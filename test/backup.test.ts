import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { childEnvironment, readConfig, requireSettings } from '@mycelium/config';
import { createPool, migrate, type Pool, recordHeartbeat } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { discardHome, startServices } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { createQueues } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { growSmallFarm, imagesOfRun, imagesPerDay, runEachJob } from './small-farm.ts';

const script = new URL('../apps/cli/src/main.ts', import.meta.url).pathname;

/** Runs `mycelium`, and interrupts it once it prints what is given. */
async function mycelium(args: string[], settings: Record<string, string>, { interruptAt = /^$/ } = {}) {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...childEnvironment(settings), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
    if (interruptAt.source !== '^$' && interruptAt.test(printed)) child.kill('SIGINT');
  });
  const errors = text(child.stderr);
  const [code] = await once(child, 'close');
  return { code, printed: printed + (await errors) };
}

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-backup-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}
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
  const dump = join(await makeFolder(t), 'farm.dump');
  const old = await createTestDatabase(t);
  const IMAGE_DIR = await growSmallFarm(t, old);
  await runEachJob(t, { REDIS_URL, REDIS_PREFIX: testRedis(t).prefix, DATABASE_URL: old.url, IMAGE_DIR });
  const before = await contents(old);
  assert.match(before.image ?? '', new RegExp(`^${imagesOfRun} `));

  const backup = await mycelium(['backup', dump], { DATABASE_URL: old.url });
  assert.equal(backup.code, 0, backup.printed);
  const fresh = await createTestDatabase(t, { migrated: false });
  const settings = { DATABASE_URL: fresh.url, REDIS_URL, REDIS_PREFIX: testRedis(t).prefix };
  const restored = await mycelium(['restore', dump], settings);
  assert.equal(restored.code, 0, restored.printed);
  assert.deepEqual(await contents(fresh), before);

  const runs = await runEachJob(t, { ...settings, IMAGE_DIR });
  assert.deepEqual(
    runs.map(({ status }) => status),
    ['succeeded', 'succeeded', 'succeeded', 'succeeded'],
  );
  const { total, skipped, succeeded } = runs[3]?.report ?? {};
  assert.deepEqual(
    { total, skipped, succeeded },
    { total: imagesPerDay, skipped: imagesPerDay, succeeded: 0 },
  );
  const after = await contents(fresh);
  for (const table of ['point', 'image', 'model', 'setpoint_change', 'quarantine'])
    assert.equal(after[table], before[table], table);
});

test('a backup is of one moment, also while others write', async (t) => {
  const dump = join(await makeFolder(t), 'farm.dump');
  const pool = await createTestDatabase(t);
  const write = () => pool.query(`insert into audit (actor, action, subject) values ('t', 'run', 's')`);
  for (let n = 0; n < 50; n++) await write();
  let writing = true;
  const writer = (async () => {
    while (writing) await write();
  })();
  const backup = await mycelium(['backup', dump], { DATABASE_URL: pool.url });
  writing = false;
  await writer;
  assert.equal(backup.code, 0, backup.printed);
  const fresh = await createTestDatabase(t, { migrated: false });
  const restored = await mycelium(['restore', dump], { DATABASE_URL: fresh.url });
  assert.equal(restored.code, 0, restored.printed);
  for (const file of [dump, `${dump}.json`]) assert.equal((await stat(file)).mode & 0o777, 0o600);
  const manifest = JSON.parse(await readFile(`${dump}.json`, 'utf8'));
  const rows = async (db: Pool) => (await db.query('select count(*)::int as n from audit')).rows[0].n;
  assert.equal(await rows(fresh), manifest.tables.audit);
  assert.ok((await rows(pool)) > (await rows(fresh)));
});

test('a backup that is incomplete, altered or of a newer program is not restored', async (t) => {
  const folder = await makeFolder(t);
  const dump = join(folder, 'farm.dump');
  const pool = await createTestDatabase(t);
  await mycelium(['backup', dump], { DATABASE_URL: pool.url });
  const again = await mycelium(['backup', dump], { DATABASE_URL: pool.url });
  assert.match(again.printed, /exists already/);

  const fresh = await createTestDatabase(t, { migrated: false });
  const attempt = async (change: (copy: string) => Promise<unknown>, expected: RegExp) => {
    const copy = join(folder, 'copy.dump');
    await copyFile(dump, copy);
    await copyFile(`${dump}.json`, `${copy}.json`);
    await change(copy);
    const { code, printed } = await mycelium(['restore', copy], { DATABASE_URL: fresh.url });
    assert.equal(code, 1);
    assert.match(printed, expected);
    assert.deepEqual(await contents(fresh), {});
  };
  const inManifest =
    (change: (manifest: { migrations: string[]; tables: object }) => object) => (copy: string) =>
      readFile(`${copy}.json`, 'utf8').then((json) =>
        writeFile(`${copy}.json`, JSON.stringify(change(JSON.parse(json)))),
      );
  await attempt((copy) => truncate(copy, 5_000), /5000 bytes instead of .*incomplete/);
  await attempt((copy) => appendFile(copy, 'x').then(() => truncate(copy, 5_000)), /bytes instead of/);
  await attempt(async (copy) => {
    const bytes = await readFile(copy);
    bytes[2_000] = (bytes[2_000] ?? 0) ^ 1;
    await writeFile(copy, bytes);
  }, /checksum differs/);
  await attempt((copy) => rm(`${copy}.json`), /copy it too/);
  await attempt((copy) => writeFile(`${copy}.json`, '{"format": 9'), /not a manifest/);
  await attempt(
    inManifest((manifest) => ({ ...manifest, migrations: [...manifest.migrations, '999_later.sql'] })),
    /of a newer Mycelium .*999_later/,
  );
  await attempt(
    inManifest((manifest) => ({ ...manifest, tables: { ...manifest.tables, audit: 7 } })),
    /audit 0 instead of 7.*Nothing was changed/,
  );
});

test('a database with tables is replaced only on request, not under running processes, and is kept', async (t) => {
  const { REDIS_URL } = requireSettings(readConfig(), 'REDIS_URL');
  const dump = join(await makeFolder(t), 'farm.dump');
  const pool = await createTestDatabase(t);
  await mycelium(['backup', dump], { DATABASE_URL: pool.url });
  const present = await createTestDatabase(t);
  await present.query(`insert into audit (actor, action, subject) values ('t', 'run', 'mine')`);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  t.after(() => queues.close());
  await queues.enqueue('daily_env_stats', {}, { jobId: 'old' });
  const settings = { DATABASE_URL: present.url, REDIS_URL, REDIS_PREFIX: connection.prefix };

  const refused = await mycelium(['restore', dump], settings);
  assert.match(refused.printed, /nothing is overwritten\. With --replace/);
  const alive = { process: 'worker-clip@h#1', service: 'worker-clip', host: 'h', trouble: () => undefined };
  await recordHeartbeat(present, alive);
  const running = await mycelium(['restore', dump, '--replace'], settings);
  assert.match(running.printed, /Stop the processes first: worker-clip\./);
  await present.query('delete from heartbeat');

  const done = await mycelium(['restore', dump, '--replace', '--json'], settings);
  assert.equal(done.code, 0, done.printed);
  const { kept, redisEmptied } = JSON.parse(done.printed);
  assert.deepEqual([redisEmptied, await queues.named('env-stats').getJobs()], [true, []]);
  const now = createPool(present.url, { name: 'test', max: 1 });
  t.after(() => now.end());
  assert.equal((await now.query('select from audit')).rowCount, 0);
  const address = new URL(present.url);
  address.pathname = `/${kept}`;
  const before = createPool(address.href, { name: 'test', max: 1 });
  assert.deepEqual((await before.query('select subject from audit')).rows, [{ subject: 'mine' }]);
  await before.end();
  await now.query(`drop database "${kept}"`);
});

test('an interrupted backup leaves no file, an interrupted restore no database', async (t) => {
  const folder = await makeFolder(t);
  const dump = join(folder, 'farm.dump');
  const pool = await createTestDatabase(t);
  const cut = await mycelium(['backup', dump], { DATABASE_URL: pool.url }, { interruptAt: /tables/ });
  assert.equal(cut.code, 130, cut.printed);
  assert.match(cut.printed, /no backup was written/);
  assert.deepEqual(await readdir(folder), []);

  await mycelium(['backup', dump], { DATABASE_URL: pool.url });
  const fresh = await createTestDatabase(t, { migrated: false });
  const half = await mycelium(['restore', dump], { DATABASE_URL: fresh.url }, { interruptAt: /restored/ });
  assert.equal(half.code, 130, half.printed);
  assert.match(half.printed, /nothing was changed/);
  assert.deepEqual(await contents(fresh), {});
  const { rows } = await fresh.query<{ n: number }>(
    `select count(*)::int as n from pg_database where datname like current_database() || '_%'`,
  );
  assert.equal(rows[0]?.n, 0);
});

test('with nothing running, the servers of the home are started for the backup and for the restore', async (t) => {
  const dump = join(await makeFolder(t), 'farm.dump');
  const homes = await Promise.all([1, 2].map(() => createTestHome(readConfig().MYCELIUM_HOME)));
  t.after(() => Promise.all(homes.map(discardHome)));
  const [home = '', other = ''] = homes;
  const inHome = async (folder: string, work: (pool: Pool) => Promise<unknown>) => {
    const services = await startServices({ home: folder, redis: true, postgres: true, durable: false });
    const pool = createPool(services.databaseUrl as string, { name: 'test', max: 1 });
    await work(pool);
    await pool.end();
    await services.stop();
  };
  await inHome(home, async (pool) => {
    await migrate(pool);
    await pool.query(`insert into audit (actor, action, subject) values ('t', 'run', 'kept')`);
  });
  const none = { DATABASE_URL: '', REDIS_URL: '' };
  const backup = await mycelium(['backup', dump], { ...none, MYCELIUM_HOME: home });
  assert.equal(backup.code, 0, backup.printed);
  const restored = await mycelium(['restore', dump], { ...none, MYCELIUM_HOME: other });
  assert.equal(restored.code, 0, restored.printed);
  await inHome(other, async (pool) => {
    assert.deepEqual((await pool.query('select subject from audit')).rows, [{ subject: 'kept' }]);
  });
});
