import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { childEnvironment } from '@mycelium/config';
import { ensureModel, imageIds, type Pool, upsertEmbeddings, upsertImages } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { renderScene, type Scene, sceneOf } from '@mycelium/demo/pictures';
import { decodeImage, fuse, identityText, loadEncoder } from '@mycelium/encoder';
import { demoModelDir } from '@mycelium/encoder/demo-model';

/** Two rooms on days in all four stages, by day and by night. */
const scenes = ['611', '608'].flatMap((room) =>
  [4, 10, 15, 20, 27].flatMap((growthDay, seed) =>
    [11, 23].map((hour) => sceneOf({ room, growthDay, hour, seed })),
  ),
);
const images = scenes.map((scene) => ({
  key: `${scene.room}/${scene.growthDay}-${scene.hour}.jpg`,
  room: scene.room,
  day: '2025-12-24',
  capturedAt: new Date(Date.UTC(2025, 11, 24, scene.hour)),
  batchInDate: '2025-12-01',
  camera: '1',
  growthDay: scene.growthDay,
  stage: 'normal' as const,
  etag: 'a',
  bytes: 1,
}));
const sceneOfKey = new Map(images.map(({ key }, n) => [key, scenes[n] as Scene]));

test('search on a demo farm', async (t) => {
  const pool = await createTestDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'mycelium-search-'));
  t.after(() => rm(home, { recursive: true }));
  const env = childEnvironment({ MYCELIUM_HOME: home, DATABASE_URL: pool.url, CLIP_DEVICE: 'cpu' });
  const jpegs: Buffer[] = [];

  before(async () => {
    for (const scene of scenes) jpegs.push(await renderScene(scene, { width: 800, height: 450 }));
    await embed(pool, jpegs);
  });

  const search = (...args: string[]) =>
    new Promise<{ code: number; err: string; found: { key: string; score: number; textUsed: string }[] }>(
      (resolve) =>
        execFile(
          process.execPath,
          [join(import.meta.dirname, 'main.ts'), 'search', ...args, '--json'],
          { env },
          (error, out, err) =>
            resolve({ code: Number(error?.code ?? 0), err, found: out ? JSON.parse(out) : [] }),
        ),
    );

  for (const words of ['fruiting cluster', '出菇']) {
    await t.test(`"${words}" in room 611 shows its fruiting images first`, async () => {
      const { found, err } = await search('--text', words, '--room', '611');
      const stages = found.map(({ key }) => sceneOfKey.get(key)?.stage);
      assert.deepEqual(
        stages.map((stage) => stage === 'fruiting'),
        [true, true, true, true, ...Array(6).fill(false)],
        stages.join(', '),
      );
      assert.ok(found.every(({ key }) => key.startsWith('611/')));
      assert.match(found[0]?.textUsed ?? '', /^Mushroom Room 611, normal stage, Day (15|20)\.$/);
      assert.equal(err, '');
    });
  }

  await t.test('words that the model does not know are reported', async () => {
    const { found, err } = await search('--text', '好吃的 fruiting', '--limit', '3');
    assert.match(err, /demo:demo-model@local\/fp32#\w+ does not know "好吃的"/);
    assert.equal(found.length, 3);
  });

  await t.test('a picture finds itself, and so does one that is stored', async () => {
    const file = join(home, 'picture.jpg');
    await writeFile(file, jpegs[5] as Buffer);
    const expected = images[5]?.key as string;
    const byPicture = await search('--image', file, '--limit', '1');
    assert.deepEqual(
      byPicture.found.map(({ key }) => key),
      [expected],
    );
    assert.ok((byPicture.found[0]?.score ?? 0) > 0.999);
    const byKey = await search('--key', expected, '--room', '611', '--growth-day', '15');
    assert.equal(byKey.found[0]?.key, expected);
    assert.equal(byKey.found.length, 2);
  });

  await t.test('a missing key or model is reported', async () => {
    const none = await search('--key', 'nobody.jpg');
    assert.equal(none.code, 1);
    assert.match(none.err, /nobody\.jpg has no vector of demo:/);
    await pool.query(`update model set key = 'farm/other@main/q8#00000000'`);
    const elsewhere = await search('--text', 'fruiting');
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.err, /farm\/other@main\/q8#00000000, and that model is not on this machine/);
  });
});

/** Decodes, embeds and stores, like the workers. */
async function embed(pool: Pool, jpegs: Buffer[]): Promise<void> {
  const encoder = await loadEncoder({
    model: demoModelDir,
    modelDir: demoModelDir,
    dtype: 'fp32',
    device: 'cpu',
    threads: 1,
  });
  try {
    const modelId = await ensureModel(pool, encoder.key, encoder.id);
    await upsertImages(pool, images);
    const ids = await imageIds(
      pool,
      images.map(({ key }) => key),
    );
    const vectors = await encoder.embedImages(await Promise.all(jpegs.map((jpeg) => decodeImage(jpeg))));
    const texts = images.map((image) => identityText(image));
    const textVectors = await encoder.embedTexts(texts);
    await upsertEmbeddings(
      pool,
      modelId,
      images.map(({ key, etag }, n) => ({
        imageId: ids.get(key)?.id as number,
        etag,
        imageVector: vectors[n] as Float32Array,
        fusedVector: fuse(vectors[n] as Float32Array, textVectors[n] as Float32Array),
        madeFrom: 'identity' as const,
        textUsed: texts[n] as string,
        textCut: false,
        identityText: texts[n] as string,
        environment: {},
      })),
    );
  } finally {
    await encoder.close();
  }
}
