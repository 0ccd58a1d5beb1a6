import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { upsertEmbeddings } from './embeddings.ts';
import { imageIds, upsertImages } from './images.ts';
import { activeModel, ensureModel, listModels, useModel } from './models.ts';
import { searchImages } from './search.ts';

const model = (name: string) => ({
  name,
  revision: '1',
  dtype: 'fp32',
  hash: 'abc',
  demo: false,
  dimensions: 512,
});

/** A vector of length one that leans towards one of 512 directions. */
function towards(direction: number): Float32Array {
  const vector = new Float32Array(512).fill(0.01);
  vector[direction] = 1;
  return vector;
}

const images = Array.from({ length: 40 }, (_, n) => ({
  key: `611/20251224/${n}.jpg`,
  room: '611',
  day: '2025-12-24',
  capturedAt: new Date(Date.UTC(2025, 11, 24, 0, n)),
  batchInDate: '2025-12-18',
  camera: '1',
  growthDay: 7,
  stage: 'normal' as const,
  etag: 'a',
  bytes: 10,
}));

async function setup(t: Parameters<typeof createTestDatabase>[0]) {
  const pool = await createTestDatabase(t);
  await upsertImages(pool, images);
  const known = await imageIds(
    pool,
    images.map(({ key }) => key),
  );
  /** Image n leans towards direction n + shift. */
  const embed = (modelId: number, shift: number, of = images) =>
    upsertEmbeddings(
      pool,
      modelId,
      of.map(({ key }) => {
        const vector = towards(images.findIndex((image) => image.key === key) + shift);
        return {
          imageId: known.get(key)?.id as number,
          etag: 'a',
          imageVector: vector,
          fusedVector: vector,
          madeFrom: 'identity' as const,
          textUsed: 'text',
          textCut: false,
          identityText: 'text',
          environment: {},
        };
      }),
    );
  const nearest = async (direction: number) => {
    const modelId = (await activeModel(pool))?.id as number;
    return (await searchImages(pool, { vector: towards(direction), modelId, limit: 3 }))[0]?.key;
  };
  return { pool, embed, nearest };
}

test('a second model is filled while searches continue; `use` switches at once, and back', async (t) => {
  const { pool, embed, nearest } = await setup(t);
  const first = await ensureModel(pool, 'first', model('first'));
  await embed(first, 0);
  assert.equal(await nearest(5), images[5]?.key);

  let going = true;
  let searches = 0;
  const searching = (async () => {
    while (going) {
      // Image 5 by the first model, image 3 by the second: never anything else, and never nothing.
      assert.ok([images[5]?.key, images[3]?.key].includes(await nearest(5)));
      searches++;
    }
  })();
  const second = await ensureModel(pool, 'second', model('second'));
  for (let at = 0; at < images.length; at += 8) await embed(second, 2, images.slice(at, at + 8));
  assert.equal(await nearest(5), images[5]?.key, 'searches use the first model until the change');

  assert.equal(await useModel(pool, 'second'), true);
  assert.equal(await nearest(5), images[3]?.key);
  assert.equal(await useModel(pool, 'first'), true);
  assert.equal(await nearest(5), images[5]?.key);
  going = false;
  await searching;
  assert.ok(searches > 0);
});

test('the active model gives a full answer, however many vectors another model has nearby', async (t) => {
  const { pool, embed } = await setup(t);
  const first = await ensureModel(pool, 'first', model('first'));
  for (let n = 0; n < 4; n++) await embed(await ensureModel(pool, `other ${n}`, model(`other ${n}`)), 0);
  await embed(first, 0);
  const found = await searchImages(pool, { vector: towards(5), modelId: first, limit: 40 });
  assert.equal(found.length, 40);
});

test('the first model becomes the active one; an unknown model is refused', async (t) => {
  const { pool } = await setup(t);
  assert.equal(await activeModel(pool), undefined);
  await ensureModel(pool, 'first', model('first'));
  await ensureModel(pool, 'second', model('second'));
  assert.equal((await activeModel(pool))?.key, 'first');
  assert.equal(await useModel(pool, 'third'), false);
  assert.equal((await activeModel(pool))?.key, 'first');
});

test('several workers of several models may start at the same moment', async (t) => {
  const { pool } = await setup(t);
  const keys = ['a', 'b', 'c', 'a', 'b', 'c'];
  const ids = await Promise.all(keys.map((key) => ensureModel(pool, key, model(key))));
  assert.equal(new Set(ids).size, 3);
  assert.equal((await listModels(pool)).length, 3);
});
