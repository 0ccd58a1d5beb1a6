import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensureModel, type Pool, upsertImages } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { parseImageKey } from '@mycelium/farm';
import { countVectors } from './harness/images.ts';
import { countStatistics } from './harness/readings.ts';
import { countRefusedWrites } from './harness/refused-writes.ts';
import { holds, type Testbed } from './harness/scenario.ts';
import { startStubWorker } from './harness/stub-worker.ts';

const keys = ['00', '01', '02'].map((n) => `601/20260101/601_1921681235_20251220_202601010000${n}.jpg`);
const [one = '', two = ''] = keys;

test('an image without a vector is lost, one with two is doubled', async (t) => {
  const pool = await createTestDatabase(t);
  assert.deepEqual(await countVectors(pool, keys), { lost: 3, doubled: 0 });
  await writeVectors(pool, 'one', [one, two]);
  assert.deepEqual(await countVectors(pool, keys), { lost: 1, doubled: 0 });
  await writeVectors(pool, 'two', [two]);
  assert.deepEqual(await countVectors(pool, keys), { lost: 1, doubled: 1 });
});

test('statistics that are missing are lost, and rows beyond one are doubled', async (t) => {
  const pool = await createTestDatabase(t);
  await pool.query('alter table env_daily_stats drop constraint env_daily_stats_pkey');
  const day = '2026-01-01';
  assert.deepEqual(await countStatistics(pool, [day]), { lost: 6, doubled: 0 });
  const write = (room: string) =>
    pool.query(
      `insert into env_daily_stats (room, day, metric, count, expected_count, coverage, longest_gap, min, min_at, max,
                                    max_at, mean, time_weighted_mean, p5, q25, median, q75, p95, time_zone)
       select $1, $2::date, metric, 1, 1, 1, '0', 1, $2::date, 1, $2::date, 1, 1, 1, 1, 1, 1, 1, 'UTC'
       from unnest('{temperature,humidity,co2}'::text[]) metric`,
      [room, day],
    );
  for (const room of ['611', '612']) await write(room);
  assert.deepEqual(await countStatistics(pool, [day]), { lost: 0, doubled: 0 });
  await write('612');
  assert.deepEqual(await countStatistics(pool, [day]), { lost: 0, doubled: 3 });
});

test('refused writes are summed over processes, with the last value of a dead one', async (t) => {
  const counter = countRefusedWrites((release) => t.after(release as () => void));
  assert.deepEqual(await counter.total(), { refused: null, unread: 0 });
  let alive = true;
  counter.watch(async () => 2);
  counter.watch(async () => {
    if (alive) return 3;
    throw new Error('the process is gone');
  });
  assert.deepEqual(await counter.total(), { refused: 5, unread: 0 });
  alive = false;
  assert.deepEqual(await counter.total(), { refused: 5, unread: 0 });
});

test('a counter that was never read does not count as 0', async (t) => {
  const counter = countRefusedWrites((release) => t.after(release as () => void));
  counter.watch(async () => {
    throw new Error('it died before it served its metrics');
  });
  counter.watch(async () => undefined);
  assert.deepEqual(await counter.total(), { refused: null, unread: 2 });
  counter.watch(async () => 0);
  assert.deepEqual(await counter.total(), { refused: 0, unread: 2 });
});

test('a worker that dies before it takes jobs has no counter', async (t) => {
  const onEnd = (release: () => unknown) => t.after(release as () => void);
  const refusedWrites = countRefusedWrites(onEnd);
  const testbed = { random: () => 0, refusedWrites, onEnd } as Testbed;
  const { ended } = startStubWorker(testbed, { name: 'worker', millisecondsPerImage: 0, via: ['false'] });
  await ended;
  assert.deepEqual(await refusedWrites.total(), { refused: null, unread: 1 });
});

test('a scenario holds if lost and doubled were counted and are 0, and every condition holds', () => {
  assert.equal(holds({ lost: 0, doubled: 0, broken: [] }), true);
  assert.equal(holds({ lost: null, doubled: 0, broken: [] }), false);
  assert.equal(holds({ lost: 0, doubled: null, broken: [] }), false);
  assert.equal(holds({ lost: 1, doubled: 0, broken: [] }), false);
  assert.equal(holds({ lost: 0, doubled: 1, broken: [] }), false);
  assert.equal(holds({ lost: 0, doubled: 0, broken: ['no report in time'] }), false);
});

async function writeVectors(pool: Pool, name: string, written: string[]): Promise<void> {
  const model = { name, revision: 'none', dtype: 'fp32', hash: '0', demo: true, dimensions: 512 };
  const modelId = await ensureModel(pool, name, model);
  await upsertImages(
    pool,
    written.map((key) => ({
      ...parseImageKey(key, { timeZone: 'UTC', aliases: {} }),
      etag: '1',
      bytes: 1,
    })),
  );
  await pool.query(
    `insert into image_embedding (image_id, model_id, etag, image_vector, fused_vector, made_from, text_used, identity_text)
     select id, $2, '1', vector, vector, 'identity', '', ''
     from image, (select array_fill(1, array[512])::vector as vector) v where key = any($1)`,
    [written, modelId],
  );
}
