import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadImage } from './bad-image.ts';
import type { Pixels } from './decode.ts';
import { embedObjects, mapAhead } from './pipeline.ts';
import { photographAs } from './testing.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('results come in order, and only so many are under way', async () => {
  let underWay = 0;
  let most = 0;
  const doubled = mapAhead(
    Array.from({ length: 50 }, (_, n) => n),
    async (n) => {
      most = Math.max(most, ++underWay);
      for (let turns = (n * 7) % 5; turns >= 0; turns--) await turn();
      underWay--;
      return 2 * n;
    },
    { ahead: 6 },
  );
  assert.deepEqual(
    await collect(doubled),
    Array.from({ length: 50 }, (_, n) => 2 * n),
  );
  assert.equal(most, 6);
});

test('nothing runs ahead of a consumer who does not ask', async () => {
  let begun = 0;
  const endless = (function* () {
    for (let n = 0; ; n++) yield n;
  })();
  const count = async (n: number) => {
    begun++;
    return n;
  };
  for await (const n of mapAhead(endless, count, { ahead: 4 })) {
    await turn();
    if (n === 10) break;
  }
  assert.equal(begun, 14);
});

test('an error is thrown in its turn, after the results before it', async () => {
  const results: number[] = [];
  const failing = mapAhead([0, 1, 2, 3], async (n) => (n === 2 ? Promise.reject(new Error('two')) : n), {
    ahead: 4,
  });
  await assert.rejects(async () => {
    for await (const n of failing) results.push(n);
  }, /two/);
  assert.deepEqual(results, [0, 1]);
});

test('images become vectors in order and in full batches; a bad one and a missing one do not stop the others', async () => {
  const good = await photographAs('jpeg', 320, 240);
  const keys = Array.from({ length: 20 }, (_, n) => `607/${n}.jpg`);
  const batches: number[] = [];
  const encoder = {
    batchSize: 8,
    async embedImages(images: Pixels[]) {
      batches.push(images.length);
      return images.map(() => new Float32Array(512).fill(batches.length));
    },
  };
  const read = async (key: string) => {
    if (key === '607/3.jpg') return Buffer.alloc(0);
    if (key === '607/12.jpg') throw new Error('no such key');
    return good;
  };
  const images = await collect(embedObjects(keys, { read, encoder }));
  assert.deepEqual(
    images.map(({ key }) => key),
    keys,
  );
  assert.deepEqual(batches, [7, 7, 4]);
  for (const [at, image] of images.entries()) {
    if ('error' in image) continue;
    assert.equal(image.vector[0], Math.floor(at / 8) + 1);
    assert.deepEqual([image.pixels.width, image.bytes.equals(good)], [320, true]);
  }
  const failed = images.filter((image) => 'error' in image);
  assert.deepEqual(
    failed.map(({ key, error }) => [key, error instanceof BadImage ? error.reason : error.message]),
    [
      ['607/3.jpg', 'empty'],
      ['607/12.jpg', 'no such key'],
    ],
  );
});

test('a model that fails, or a caller who stops, ends it', async () => {
  const good = await photographAs('jpeg', 64, 64);
  const read = async () => good;
  const failing = { batchSize: 8, embedImages: () => Promise.reject(new Error('out of memory')) };
  await assert.rejects(collect(embedObjects(['a', 'b'], { read, encoder: failing })), /out of memory/);

  const stop = AbortSignal.abort(new Error('stopped'));
  await assert.rejects(collect(embedObjects(['a'], { read, encoder: failing, signal: stop })), /stopped/);
});
