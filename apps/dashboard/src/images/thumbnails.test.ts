import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loopingExif, photographAs, withSegment } from '@mycelium/encoder/testing';
import { directoryStore } from '@mycelium/storage';
import sharp from 'sharp';
import { createThumbnails } from './thumbnails.ts';

async function setup(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-thumbnails-'));
  t.after(() => rm(folder, { recursive: true }));
  const store = directoryStore(folder);
  let reads = 0;
  const counted = {
    ...store,
    read: (key: string) => {
      reads++;
      return store.read(key);
    },
  };
  return { store, thumbnail: createThumbnails(counted), reads: () => reads };
}

test('a picture whose EXIF loops is shown at once instead of blocking the console', async (t) => {
  const { store, thumbnail } = await setup(t);
  let bomb = await photographAs('jpeg', 640, 480);
  for (let copy = 0; copy < 50; copy++) bomb = withSegment(bomb, 0xe1, loopingExif());
  await store.write('612/bomb.jpg', bomb);
  const startedAt = Date.now();
  const webp = await thumbnail('612/bomb.jpg', 'e1', 320);
  assert.ok(Date.now() - startedAt < 5_000, `${Date.now() - startedAt} ms`);
  assert.equal((await sharp(webp).metadata()).width, 320);
});

test('a picture is upright, is never enlarged, and is made once for concurrent requests', async (t) => {
  const { store, thumbnail, reads } = await setup(t);
  const turned = await sharp(await photographAs('jpeg', 480, 320))
    .withMetadata({ orientation: 6 })
    .toBuffer();
  await store.write('612/turned.jpg', turned);
  const asked = Array.from({ length: 5 }, () => thumbnail('612/turned.jpg', 'e1', 640));
  for (const webp of await Promise.all(asked)) {
    const { format, width, height, exif } = await sharp(webp).metadata();
    assert.deepEqual(
      { format, width, height, exif },
      { format: 'webp', width: 320, height: 480, exif: undefined },
    );
  }
  await thumbnail('612/turned.jpg', 'e1', 640);
  assert.equal(reads(), 1);
  await thumbnail('612/turned.jpg', 'e2', 640);
  assert.equal(reads(), 2, 'a replaced picture has another etag');
});

test('bytes that are not a picture are refused, and a missing object is undefined', async (t) => {
  const { store, thumbnail } = await setup(t);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>';
  await store.write('612/svg.jpg', Buffer.from(svg));
  await store.write('612/half.jpg', (await photographAs('jpeg', 640, 480)).subarray(0, 4000));
  await assert.rejects(thumbnail('612/svg.jpg', 'e', 320), { statusCode: 422 });
  await assert.rejects(thumbnail('612/half.jpg', 'e', 320), {
    ...{ statusCode: 422, code: 'refused.picture', params: { reason: 'reason.truncated' } },
  });
  assert.equal(await thumbnail('612/none.jpg', 'e', 320), undefined);
});
