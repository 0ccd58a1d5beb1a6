import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { readConfig, requireSettings } from '@mycelium/config';
import { openDashboard, visit } from '@mycelium/dashboard/src/testing.ts';
import { findRun, migrate, type Pool, searchImages } from '@mycelium/database';
import { createTestDatabase, settleBefore } from '@mycelium/database/testing';
import { testPrograms } from '@mycelium/embedded/testing';
import { photographAs } from '@mycelium/encoder/testing';
import { formatImageKey } from '@mycelium/farm';
import { runContext, silent } from '@mycelium/process/testing';
import { connect, createQueues } from '@mycelium/queue';
import { removeKeys } from '@mycelium/queue/testing';
import { directoryStore } from '@mycelium/storage';
import { computeEnvStats } from '@mycelium/worker-env-stats/src/compute-env-stats.ts';
import { watchSetpoints } from '@mycelium/worker-setpoint/src/watch-setpoints.ts';
import { runEachJob } from './small-farm.ts';

const folder = new URL('fixtures/first-release/', import.meta.url);
/** The keys in the values of its Redis have it too. */
const prefix = '{first-release}';

interface Expected {
  slot: string;
  day: string;
  token: string;
  stats: Record<string, unknown>[];
  changes: Record<string, unknown>[];
  images: { key: string; room: string; day: string }[];
  runs: { job: string; slot: string; status: string }[];
}

const readExpected = async (): Promise<Expected> =>
  JSON.parse(await readFile(new URL('expected.json', folder), 'utf8'));

/** The database as 0.1 left it. */
async function firstRelease(t: TestContext): Promise<Pool & { url: string }> {
  const { postgresBin } = await testPrograms(readConfig().MYCELIUM_HOME);
  const pool = await createTestDatabase(t, { migrated: false });
  const dump = new URL('farm.dump', folder).pathname;
  execFileSync(join(postgresBin, 'pg_restore'), ['--exit-on-error', '--no-owner', '-d', pool.url, dump]);
  return pool;
}

const asJson = (value: unknown) => JSON.parse(JSON.stringify(value));

/** Only what the first release knew of a row. */
const like = (rows: Record<string, unknown>[], expected: Record<string, unknown>[]) =>
  asJson(rows).map((row: Record<string, unknown>) =>
    Object.fromEntries(Object.keys(expected[0] ?? {}).map((name) => [name, row[name]])),
  );

test('a database of the first release keeps its statistics, changes, images, accounts and schedules', async (t) => {
  const expected = await readExpected();
  const pool = await firstRelease(t);
  await migrate(pool);
  const { rows: stats } = await pool.query('select * from env_daily_stats order by 1, 2, 3');
  assert.deepEqual(like(stats, expected.stats), expected.stats);
  const { rows: changes } = await pool.query('select * from setpoint_change order by 1, 2, 3');
  assert.deepEqual(like(changes, expected.changes), expected.changes);
  const { rows: images } = await pool.query('select key, room, day::text from image order by key');
  assert.deepEqual(images, expected.images);
  const { rows: runs } = await pool.query('select job, slot, status, cause from runs order by job, slot');
  assert.deepEqual(asJson(runs), expected.runs);

  const { app } = await openDashboard(
    t,
    { OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'x' },
    { pool },
  );
  const ann = await visit(app, { name: 'ann', password: 'a pass phrase of 0.1' });
  assert.equal((await ann.send({ url: '/api/session' })).json().visitor.role, 'viewer');
  const headers = { host: '127.0.0.1:7300', authorization: `Bearer ${expected.token}` };
  assert.equal((await app.inject({ url: '/api/today', headers })).statusCode, 200);
  const { rows: paused } = await pool.query('select job from schedule where paused_at is not null');
  assert.deepEqual(paused, [{ job: 'prune' }]);
});

test('its statistics and changes computed again are the same, before and after its readings are settled', async (t) => {
  const expected = await readExpected();
  const pool = await firstRelease(t);
  await migrate(pool);
  const slotOf = (name: string) => new Date(expected.runs.find(({ job }) => job === name)?.slot ?? 0);
  for (const isSettled of [false, true]) {
    if (isSettled) {
      const { readings } = await settleBefore(pool);
      assert.ok(readings > 1_000);
      assert.equal((await pool.query('select from reading')).rowCount, 0);
    }
    await pool.query('delete from env_daily_stats');
    const stats = await runContext(pool, 'daily_env_stats', slotOf('daily_env_stats'), 'UTC');
    await computeEnvStats({}, { pool, logger: silent, ...stats });
    const { rows } = await pool.query('select * from env_daily_stats where day = $1 order by 1, 2, 3', [
      expected.stats[0]?.day,
    ]);
    // In 0.1 the day was computed before its pictures, from which the growth day and so the bands come.
    const measured = (list: Record<string, unknown>[]) =>
      list.map(({ computed_at: _, growth_day, phase, minutes_above, minutes_below, ...row }) => row);
    assert.deepEqual(measured(like(rows, expected.stats)), measured(expected.stats));

    await pool.query('truncate setpoint_change, setpoint_watermark');
    const setpoints = await runContext(
      ...([pool, 'hourly_setpoint_monitoring', slotOf('hourly_setpoint_monitoring'), 'UTC'] as const),
    );
    await watchSetpoints({}, { pool, logger: silent, ...setpoints });
    const { rows: changes } = await pool.query('select * from setpoint_change order by 1, 2, 3');
    assert.deepEqual(like(changes, expected.changes), expected.changes);
  }
});

test('its vectors are the same within half precision, and searches return the same order', async (t) => {
  const pool = await firstRelease(t);
  const read = async () =>
    (
      await pool.query<{ key: string; model: number; vector: string }>(
        `select image.key, model_id as model, fused_vector::text as vector
           from image_embedding join image on image.id = image_id order by 1`,
      )
    ).rows.map(({ vector, ...row }) => ({ ...row, vector: JSON.parse(vector) as number[] }));
  const before = await read();
  assert.ok(before.length >= 6);
  const cosine = (a: number[], b: number[]) => {
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  await migrate(pool);
  const after = await read();
  for (const [n, { key, vector }] of before.entries()) {
    assert.equal(after[n]?.key, key);
    assert.ok(cosine(vector, after[n]?.vector ?? []) > 0.999_99, key);
  }
  for (const { vector, model } of before) {
    const exact = before
      .map((other) => ({ key: other.key, score: cosine(vector, other.vector) }))
      .sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
    const found = await searchImages(pool, {
      vector: Float32Array.from(vector),
      modelId: model,
      limit: before.length,
    });
    for (const [n, { key, score }] of found.entries()) {
      const wanted = exact.find((one) => one.key === key)?.score ?? 0;
      assert.ok(Math.abs(score - wanted) < 1e-3, `${key} ${score} ${wanted}`);
      // Neighbours closer to each other than half precision may change places.
      assert.ok(Math.abs((exact[n]?.score ?? 0) - score) < 1e-3, `place ${n}`);
    }
  }
});

test('a run that was in flight in its Redis ends under this release', async (t) => {
  const expected = await readExpected();
  const pool = await firstRelease(t);
  const { REDIS_URL } = requireSettings(readConfig(), 'REDIS_URL');
  await removeKeys(REDIS_URL, prefix);
  t.after(() => removeKeys(REDIS_URL, prefix));
  const connection = connect(
    { ...requireSettings(readConfig(), 'REDIS_URL'), REDIS_PREFIX: prefix },
    () => {},
  );
  const queues = createQueues(connection);
  t.after(() => queues.close());
  const dumped = gunzipSync(await readFile(new URL('queues.json.gz', folder))).toString();
  for (const [key, value] of JSON.parse(dumped) as [string, string][])
    await connection.redis.restore(key, 0, Buffer.from(value, 'base64'), 'REPLACE');

  const images = await mkdtemp(join(tmpdir(), 'mycelium-first-'));
  t.after(() => rm(images, { recursive: true }));
  const store = directoryStore(images);
  for (const room of ['611', '612']) {
    for (const hour of [3, 11, 19, 27, 35, 43]) {
      const capturedAt = new Date(Date.parse(`${expected.day}T00:00:00Z`) + hour * 3_600_000);
      const parts = { room, capturedAt, batchInDate: '2026-11-10', camera: '1' };
      const picture = await photographAs('jpeg', 64, 48, capturedAt.getUTCHours() + 1);
      await store.write(formatImageKey(parts, { timeZone: 'UTC' }), picture);
    }
  }

  const slot = new Date(expected.slot);
  await migrate(pool);
  assert.equal((await findRun(pool, 'daily_clip_inference', slot))?.status, 'waiting');
  await runEachJob(t, { REDIS_URL, REDIS_PREFIX: prefix, DATABASE_URL: pool.url, IMAGE_DIR: images });
  for (let n = 0; n < 50; n++) {
    if ((await findRun(pool, 'daily_clip_inference', slot))?.status === 'succeeded') break;
    await wait(100);
  }
  const run = await findRun(pool, 'daily_clip_inference', slot);
  assert.equal(run?.status, 'succeeded', run?.error ?? '');
  const { rows } = await pool.query(
    `select count(*)::int as n from image where day = $1 and exists (select from image_embedding where image_id = image.id)`,
    [expected.day],
  );
  assert.equal(rows[0].n, 6);
  const paused = await queues.of('prune').getJobSchedulers();
  assert.deepEqual(
    paused.filter(({ name }) => name === 'prune'),
    [],
  );
});
