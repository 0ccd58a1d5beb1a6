import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { childEnvironment, readConfig, requireSettings } from '@mycelium/config';
import { createPool } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { freePort } from '@mycelium/embedded';
import { createRandomClip } from '@mycelium/encoder/testing';
import { formatImageKey } from '@mycelium/farm';
import { testRedis } from '@mycelium/queue/testing';
import { directoryStore } from '@mycelium/storage';
import sharp from 'sharp';
import { startApp } from './tools/start-app.ts';

const root = join(import.meta.dirname, '..');
const timeZone = 'Asia/Shanghai';
const day = '2025-12-24';
const images = 24;

type Environment = Record<string, string>;

/** A farm with a day of images, two models in its MODEL_DIR, and its own database and queues. */
async function setup(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-models-'));
  t.after(() => rm(folder, { recursive: true }));
  const modelDir = join(folder, 'models');
  await createRandomClip(join(modelDir, 'farm/first'), { size: 'tiny', dtype: 'fp32', seed: 1 });
  await createRandomClip(join(modelDir, 'farm/second'), { size: 'tiny', dtype: 'fp32', seed: 2 });

  const imageDir = join(folder, 'images');
  const store = directoryStore(imageDir);
  await store.ensureBucket();
  for (let hour = 0; hour < images; hour++) {
    const capturedAt = new Date(Date.parse('2025-12-23T16:00:00Z') + hour * 3_600_000);
    const key = formatImageKey(
      { room: '611', capturedAt, batchInDate: '2025-12-18', camera: '1' },
      { timeZone },
    );
    const background = { r: hour * 10, g: 240 - hour * 10, b: (hour * 77) % 256 };
    await store.write(
      key,
      await sharp({ create: { width: 320, height: 240, channels: 3, background } })
        .jpeg()
        .toBuffer(),
    );
  }
  const { url } = await createTestDatabase(t);
  const env: Environment = {
    DATABASE_URL: url,
    REDIS_URL: requireSettings(readConfig(), 'REDIS_URL').REDIS_URL,
    REDIS_PREFIX: testRedis(t).prefix,
    IMAGE_DIR: imageDir,
    MODEL_DIR: modelDir,
    MYCELIUM_HOME: folder,
    CLIP_DEVICE: 'cpu',
    CLIP_DTYPE: 'fp32',
    CLIP_THREADS: '1',
    TZ: timeZone,
    LOG_LEVEL: 'error',
  };
  return env;
}

/** A dashboard without a login accepts programs by their token. */
async function addToken({ DATABASE_URL = '' }: Environment, token: string): Promise<void> {
  const pool = createPool(DATABASE_URL, { name: 'test', max: 1 });
  await pool.query(
    `insert into api_token (name, token_hash, role, created_by) values ('test', sha256($1), 'viewer', 'test')`,
    [Buffer.from(token)],
  );
  await pool.end();
}

function mycelium(env: Environment, ...args: string[]) {
  return new Promise<ReturnType<typeof JSON.parse>>((resolve, reject) => {
    const options = { cwd: root, env: childEnvironment(env) };
    execFile(process.execPath, ['apps/cli/src/main.ts', ...args, '--json'], options, (error, out, err) =>
      error ? reject(new Error(`${args.join(' ')}: ${err || out}`)) : resolve(JSON.parse(out)),
    );
  });
}

test('a backfill fills a second model while the first one serves, and no search fails during the switch', async (t) => {
  const env = await setup(t);
  const [first, second] = ['farm/first', 'farm/second'].map((CLIP_MODEL) => ({ ...env, CLIP_MODEL }));
  assert.ok(first && second);
  const days = ['--from', day, '--to', day];
  const backfill = (of: Environment, ...more: string[]) =>
    mycelium(of, 'backfill', 'daily_clip_inference', ...days, '--only', 'stale', ...more);

  const stopFirst = await startApp(t, 'worker-clip', first);
  const run = await mycelium(first, 'run', 'daily_clip_inference', '--day', day, '--wait');
  assert.equal(run.report.succeeded, images);
  await stopFirst();

  const port = await freePort();
  await startApp(t, 'dashboard', { ...first, DASHBOARD_PORT: String(port) });
  await addToken(first, 'searching');
  const search = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/search?text=a+cap&limit=5`, {
      headers: { authorization: 'Bearer searching' },
    });
    const answer = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answer));
    assert.equal(answer.images.length, 5);
    return answer.model;
  };
  const answered: string[] = [];
  let searching = true;
  const searches = (async () => {
    while (searching) answered.push(await search());
  })();
  // A failure is reported when these are awaited below.
  searches.catch(() => {});

  await startApp(t, 'worker-clip', second);
  assert.deepEqual((await backfill(first, '--dry-run')).plan, []);
  const { plan, runs } = await backfill(second);
  assert.deepEqual(
    plan.map((each: { day: string; reason: string }) => `${each.day} ${each.reason}`),
    [`${day} stale`],
  );
  assert.equal(runs[0].report.succeeded, images);
  assert.deepEqual((await backfill(second)).plan, []);

  const { stored } = await mycelium(first, 'models');
  const [one, two] = stored as { key: string; active: boolean; embeddings: number }[];
  assert.ok(one && two);
  assert.deepEqual([one.active, two.active, one.embeddings, two.embeddings], [true, false, images, images]);
  assert.deepEqual(new Set(answered), new Set([one.key]), 'searches use the first model until the change');

  const changeTo = async (key: string) => {
    const since = performance.now();
    await mycelium(first, 'models', 'use', key);
    while ((await search()) !== key);
    return performance.now() - since;
  };
  t.diagnostic(`ms from the command until searches use the second model: ${await changeTo(two.key)}`);
  t.diagnostic(`ms to change back: ${await changeTo(one.key)}`);
  searching = false;
  await searches;
  assert.deepEqual(new Set(answered), new Set([one.key, two.key]));
  t.diagnostic(`${answered.length} searches`);
});
