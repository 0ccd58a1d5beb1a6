import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from '../pool.ts';
import { createTestDatabase } from '../testing.ts';
import { upsertEmbeddings } from './embeddings.ts';
import { imageIds, upsertImages } from './images.ts';
import { ensureModel } from './models.ts';
import { findImageVector, searchImages, searchQuery } from './search.ts';

const count = 600;
const rooms = ['607', '608', '611', '612'];

/** The same numbers every time, 0–1. */
function randomNumbers(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Vectors of length one that differ in a few latent directions, as a farm's pictures do. */
function latentVectors(seed: number, how: number): Float32Array[] {
  const random = randomNumbers(seed);
  const directions = Array.from({ length: 12 }, () =>
    Float32Array.from({ length: 512 }, () => random() - 0.5),
  );
  return Array.from({ length: how }, () => {
    const vector = new Float32Array(512);
    for (const direction of directions) {
      const share = random() - 0.5;
      direction.forEach((value, i) => {
        vector[i] = (vector[i] as number) + share * value;
      });
    }
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  });
}

const images = Array.from({ length: count }, (_, n) => ({
  key: `${rooms[n % 4]}/${n}.jpg`,
  room: rooms[n % 4] as string,
  day: n % 8 < 4 ? '2025-12-23' : '2025-12-24',
  capturedAt: new Date(Date.UTC(2025, 11, 24, 0, n)),
  batchInDate: '2025-12-18',
  camera: '1',
  growthDay: 1 + (n % 30),
  stage: n % 30 < 27 ? ('normal' as const) : ('non_growth' as const),
  etag: 'a',
  bytes: 10,
}));
const text = latentVectors(3, 4);

/** Every image gets its picture vector and a fused vector with a little of its room's text. */
async function fill(pool: Pool, name: string, seed: number, of = images) {
  const modelId = await ensureModel(pool, name, {
    name,
    revision: '1',
    dtype: 'fp32',
    hash: 'abc',
    demo: false,
    dimensions: 512,
  });
  const keys = of.map(({ key }) => key);
  const ids = await imageIds(pool, keys);
  const pictures = latentVectors(seed, of.length);
  const rows = pictures.map((imageVector, n) => ({
    imageId: ids.get(keys[n] as string)?.id as number,
    etag: 'a',
    imageVector,
    fusedVector: imageVector.map((value, i) => 0.7 * value + 0.3 * (text[n % 4]?.[i] as number)),
    madeFrom: 'identity' as const,
    textUsed: `Room ${rooms[n % 4]}`,
    textCut: false,
    identityText: 'text',
    environment: {},
  }));
  await upsertEmbeddings(pool, modelId, rows);
  return { modelId, pictures };
}

test('searches of one model among two', async (t) => {
  const pool = await createTestDatabase(t);
  await upsertImages(pool, images);
  const first = await fill(pool, 'first', 1);
  const second = await fill(pool, 'second', 2);
  await pool.query('analyze');
  const queries = latentVectors(9, 20);

  /** What an exact scan finds, by picture or by picture and text. */
  const exactly = async (vector: Float32Array, modelId: number, column: string, where = 'true') => {
    const { rows } = await pool.query<{ key: string }>(
      `select image.key from image_embedding e join image on image.id = e.image_id
       where model_id = $2 and ${where} order by (${column} <=> $1) + 0 limit 10`,
      [`[${vector.join(',')}]`, modelId],
    );
    return rows.map(({ key }) => key);
  };
  const recall = (found: string[], expected: string[]) =>
    found.filter((key) => expected.includes(key)).length / expected.length;

  await t.test("a search of the whole farm uses only the model's own index", async () => {
    for (const { modelId } of [first, second]) {
      const { text, values } = searchQuery({ vector: queries[0] as Float32Array, modelId });
      const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      assert.match(plan, new RegExp(`Index Scan using image_embedding_${modelId}_fused_vector_idx`), plan);
      assert.doesNotMatch(plan, new RegExp(`image_embedding_${modelId === 1 ? 2 : 1}\\b`), plan);
    }
  });

  await t.test('the index finds what a scan finds, despite another model, and for pictures too', async () => {
    let [byText, byPicture] = [0, 0];
    for (const vector of queries) {
      const { modelId } = second;
      const keys = async (by: 'fused' | 'image') =>
        (await searchImages(pool, { vector, modelId, by })).map(({ key }) => key);
      byText += recall(await keys('fused'), await exactly(vector, modelId, 'fused_vector'));
      byPicture += recall(await keys('image'), await exactly(vector, modelId, 'image_vector'));
    }
    assert.ok(byText / queries.length >= 0.99, `recall by text ${byText / queries.length}`);
    assert.ok(byPicture / queries.length >= 0.99, `recall by picture ${byPicture / queries.length}`);
  });

  await t.test('in one room the answer is exact and full, by text and by picture', async () => {
    const { modelId } = first;
    for (const vector of queries) {
      for (const by of ['fused', 'image'] as const) {
        const found = await searchImages(pool, { vector, modelId, by, room: '611' });
        const expected = await exactly(vector, modelId, `${by}_vector`, "room = '611'");
        assert.deepEqual(
          found.map(({ key }) => key),
          expected,
        );
      }
    }
  });

  await t.test('days, growth day, stage and quality narrow the search', async () => {
    const { modelId } = first;
    await pool.query('update image_embedding set quality = image_id % 100 where model_id = $1', [modelId]);
    const vector = queries[0] as Float32Array;
    const found = (filter: object) => searchImages(pool, { vector, modelId, limit: 1_000, ...filter });
    assert.ok((await found({ from: '2025-12-24' })).every(({ day }) => day === '2025-12-24'));
    assert.ok((await found({ to: '2025-12-23' })).every(({ day }) => day === '2025-12-23'));
    assert.ok((await found({ growthDay: 12 })).every(({ growthDay }) => growthDay === 12));
    assert.ok((await found({ stage: 'non_growth' })).every(({ stage }) => stage === 'non_growth'));
    assert.ok((await found({ minQuality: 90 })).every(({ quality }) => (quality ?? 0) >= 90));
    assert.equal((await found({ growthDay: 12 })).length, count / 30);
    assert.deepEqual(await found({ room: '999' }), []);
  });

  await t.test('an image is nearest to itself, with its score and the source of its vector', async () => {
    const key = images[7]?.key as string;
    const vector = await findImageVector(pool, key, second.modelId);
    assert.ok(vector);
    const [nearest] = await searchImages(pool, { vector, modelId: second.modelId, by: 'image' });
    assert.equal(nearest?.key, key);
    assert.ok(Math.abs((nearest?.score ?? 0) - 1) < 1e-5);
    assert.deepEqual([nearest?.madeFrom, nearest?.textUsed], ['identity', 'Room 612']);
    assert.equal(await findImageVector(pool, 'nobody.jpg', second.modelId), undefined);
  });
});

test('after most images were pruned, an answer is full and that of a scan', async (t) => {
  const pool = await createTestDatabase(t);
  const many = Array.from({ length: 4 }, (_, n) =>
    images.map((image) => ({ ...image, key: `${image.room}/${n}-${image.key.split('/')[1]}` })),
  ).flat();
  await upsertImages(pool, many);
  const { modelId } = await fill(pool, 'model', 1, many);
  await pool.query('analyze');
  await pool.query(`alter table image_embedding_${modelId} set (autovacuum_enabled = off)`);
  await pool.query('delete from image where id % 20 <> 0');
  const left = many.length / 20;
  for (const [n, vector] of latentVectors(9, 6).entries()) {
    const asked = n % 2 ? 40 : 10;
    for (const by of ['fused', 'image'] as const) {
      const found = await searchImages(pool, { vector, modelId, by, limit: asked });
      assert.equal(found.length, asked, `by ${by}`);
      const exact = await searchImages(pool, { vector, modelId, by, limit: asked, from: '2000-01-01' });
      assert.deepEqual(
        found.map(({ key }) => key),
        exact.map(({ key }) => key),
      );
    }
    const all = await searchImages(pool, { vector, modelId, limit: 1_000 });
    assert.equal(all.length, left, 'all there are');
  }
});
