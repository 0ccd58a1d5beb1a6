import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { photographAs } from '@mycelium/encoder/testing';
import { directoryStore } from '@mycelium/storage';
import sharp from 'sharp';
import { renderFilm } from './film.ts';

async function setup(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-film-'));
  t.after(() => rm(folder, { recursive: true }));
  const store = directoryStore(join(folder, 'store'));
  await store.ensureBucket();
  for (const [n, [width, height]] of [
    [320, 240],
    [320, 240],
    [240, 320],
  ].entries())
    await store.write(`611/${n}.jpg`, await photographAs('jpeg', width as number, height as number, n + 1));
  await store.write('611/3.jpg', Buffer.from('no picture'));
  const signal = new AbortController().signal;
  const render = (keys: number[], out: string) =>
    renderFilm(
      keys.map((n) => ({ key: `611/${n}.jpg` })),
      {
        store,
        out: join(folder, out),
        speed: 4,
        width: 160,
        ffmpeg: join(folder, 'no-ffmpeg'),
        onProgress: () => {},
        signal,
      },
    );
  return { folder, render };
}

test('a film has the images in order, of one size, and names those it cannot read', async (t) => {
  const { folder, render } = await setup(t);
  const { frames, unreadable } = await render([0, 1, 2, 3, 4], 'film.webp');
  assert.equal(frames, 3);
  assert.deepEqual(unreadable.map(({ key }) => key).sort(), ['611/3.jpg', '611/4.jpg']);
  const { pages, width, pageHeight, delay } = await sharp(await readFile(join(folder, 'film.webp')), {
    animated: true,
  }).metadata();
  assert.deepEqual(
    { pages, width, pageHeight, delay },
    { pages: 3, width: 160, pageHeight: 120, delay: [250, 250, 250] },
  );
  assert.equal((await render([1], 'one.webp')).frames, 1);
});

test('without a readable image or without ffmpeg there is an error, and no file', async (t) => {
  const { folder, render } = await setup(t);
  await assert.rejects(render([3], 'film.webp'), /None of 1 images can be read/);
  await assert.rejects(render([0, 1], 'film.mp4'), /needs ffmpeg, which is not installed/);
  assert.deepEqual(await readdir(folder), ['store']);
});
