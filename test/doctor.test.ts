import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { childEnvironment } from '@mycelium/config';
import { createPool, migrate } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { password, startRedisServer } from './redis-servers.ts';

const main = new URL('../apps/cli/src/main.ts', import.meta.url).pathname;

interface Finding {
  about: string;
  verdict: 'good' | 'warning' | 'bad';
  says: string;
}

async function setup(t: TestContext, redisSettings: string[] = []) {
  const images = await mkdtemp(join(tmpdir(), 'mycelium-doctor-'));
  t.after(() => rm(images, { recursive: true }));
  const pool = await createTestDatabase(t);
  const { port, client } = await startRedisServer(t, redisSettings);
  const address = `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  const env = { MYCELIUM_HOME: images, IMAGE_DIR: images, DATABASE_URL: pool.url, REDIS_URL: address };
  const doctor = (more: Parameters<typeof childEnvironment>[0] = {}, options: string[] = []) =>
    new Promise<{ code: number; findings: Finding[] }>((resolve) => {
      const environment = { env: childEnvironment({ ...env, CAPTION_URL: '', CLIP_MODEL: '', ...more }) };
      execFile(process.execPath, [main, 'doctor', '--json', ...options], environment, (error, out) =>
        resolve({ code: Number(error?.code ?? 0), findings: JSON.parse(out) }),
      );
    });
  return { pool, images, client, doctor };
}

const bad = (findings: Finding[]) =>
  findings.filter(({ verdict }) => verdict === 'bad').map(({ about, says }) => `${about} ${says}`);

test('a healthy system gets only good findings, and nothing is left behind', async (t) => {
  const { pool, images, doctor } = await setup(t);
  await pool.query(`alter database ${new URL(pool.url).pathname.slice(1)} set synchronous_commit = on`);
  const { findings } = await doctor();
  const text = findings.map(({ about, verdict, says }) => `${verdict} ${about} ${says}`).join('\n');
  for (const good of [
    /good Redis never evicts jobs/,
    /good Redis keeps an append-only file/,
    /good PostgreSQL builds indexes in/,
    /good images can be written, read and removed/,
    /good captioner none/,
    /good clocks agree/,
  ])
    assert.match(text, good);
  assert.deepEqual(await readdir(images), []);
});

test('settings that lose jobs are reported with a remedy, and the exit code is 1', async (t) => {
  const { client, doctor } = await setup(t, ['appendonly no', 'maxmemory-policy allkeys-lru']);
  const { code, findings } = await doctor();
  assert.equal(code, 1);
  const text = bad(findings).join('\n');
  assert.match(text, /maxmemory-policy is allkeys-lru.*set it to noeviction/);
  assert.match(text, /keeps nothing on disk.*set appendonly yes/);

  await client.config('SET', 'maxmemory-policy', 'noeviction');
  await client.config('SET', 'appendonly', 'yes');
  await client.config('SET', 'maxmemory', '100kb');
  assert.match(bad((await doctor()).findings).join('\n'), /% of maxmemory is used.*raise maxmemory/);
});

test('a process whose clock is wrong, an unreachable captioner and a missing image folder are found', async (t) => {
  const { pool, images, doctor } = await setup(t);
  await pool.query(
    `insert into heartbeat (process, service, host, started_at, seen_at, clock_ahead)
     values ('worker-clip@shed#7', 'worker-clip', 'shed', now(), now(), -61)`,
  );
  const { code, findings } = await doctor({
    CAPTION_URL: 'http://127.0.0.1:9',
    IMAGE_DIR: join(images, 'nowhere'),
  });
  assert.equal(code, 1);
  assert.match(bad(findings).join('\n'), /the clock of worker-clip@shed#7.* is 61\.0 s behind: run NTP/);
  assert.match(bad(findings).join('\n'), /images .*nowhere/);
  const captioner = findings.find(({ about }) => about === 'captioner');
  assert.match(`${captioner?.verdict} ${captioner?.says}`, /warning .*descriptions wait/);
});

test('an order of text that changed under the indexes is reported with the two commands, and so is a misspelt setting', async (t) => {
  const { pool, doctor } = await setup(t);
  const name = new URL(pool.url).pathname.slice(1);
  // A database sorted by ICU, as an image on another base would have made it, here with another version noted.
  const sorted = `${name}_icu`;
  await pool.query(
    `create database ${sorted} template template0 encoding 'UTF8' locale_provider icu icu_locale 'en' locale 'C.UTF-8'`,
  );
  try {
    const address = Object.assign(new URL(pool.url), { pathname: `/${sorted}` }).href;
    const migrated = createPool(address, { name: 'test', max: 1 });
    await migrate(migrated);
    await migrated.end();
    const settings = { DATABASE_URL: address, KEEP_IMAGE_DAYS: '90' } as Parameters<typeof doctor>[0];
    const before = await doctor(settings);
    assert.deepEqual(
      bad(before.findings).filter((finding) => finding.includes('sort order')),
      [],
    );
    assert.match(
      before.findings.map(({ about, says }) => `${about} ${says}`).join('\n'),
      /settings KEEP_IMAGE_DAYS is not a setting: do you mean KEEP_IMAGES_DAYS\?/,
    );
    await pool.query(`update pg_database set datcollversion = '1.0' where datname = $1`, [sorted]);
    const { code, findings } = await doctor(settings);
    assert.equal(code, 1);
    assert.match(
      bad(findings).join('\n'),
      /sort order of text is of version .* now, but indexes were built with 1\.0.*`reindex database concurrently \w+`.*`alter database \w+ refresh collation version`/,
    );
    const inDatabase = createPool(address, { name: 'test', max: 1 });
    await inDatabase.query(
      `update pg_index set indisvalid = false where indexrelid = 'runs_unfinished'::regclass`,
    );
    await inDatabase.end();
    const repaired = await doctor(settings, ['--fix']);
    const left = repaired.findings.filter(({ says }) => /sort order|broken off/.test(says));
    assert.deepEqual(left, []);
  } finally {
    await pool.query(`drop database ${sorted} with (force)`);
  }
});

test('--fix applies missing migrations, and nothing is changed without it', async (t) => {
  const { doctor } = await setup(t);
  const empty = await createTestDatabase(t, { migrated: false });
  const settings = { DATABASE_URL: empty.url };
  const before = await doctor(settings);
  assert.match(bad(before.findings).join('\n'), /no tables|tables are missing/);
  assert.equal((await empty.query(`select to_regclass('runs') is null as none`)).rows[0].none, true);
  const { findings } = await doctor(settings, ['--fix']);
  assert.deepEqual(
    bad(findings).filter((finding) => finding.includes('tables')),
    [],
  );
  assert.equal((await empty.query(`select to_regclass('runs') is null as none`)).rows[0].none, false);
});
