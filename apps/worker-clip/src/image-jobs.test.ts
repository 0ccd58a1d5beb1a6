import assert from 'node:assert/strict';
import { rename, truncate } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { activeModel, findRun, type RunRow, searchImages } from '@mycelium/database';
import { startS3 } from '@mycelium/embedded/testing';
import { createCaptioner, decodeImage } from '@mycelium/encoder';
import type { Result } from '@mycelium/queue';
import { encoder, keyAt, picture, slot, startClipWorker } from './testing.ts';

const stores = {
  'a folder': async () => undefined,
  'an S3 bucket': startS3,
};

for (const [place, start] of Object.entries(stores)) {
  test(`each image of the previous day is embedded once from ${place}, and again after it is replaced`, async (t) => {
    const { pool, store, report } = await startClipWorker(t, { bucket: await start(t) });
    for (let n = 0; n < 24; n++) await store.write(keyAt('611', n), await picture(n));
    await store.write(keyAt('612', 3), await picture(3));

    const first = await report('daily_clip_inference', slot);
    assert.deepEqual([first.total, first.succeeded, first.failed, first.skipped], [25, 25, 0, 0]);
    assert.deepEqual(first.rooms['612'], { total: 1, succeeded: 1, failed: 0, skipped: 0 });
    assert.deepEqual(first.database, { images: 25, embeddings: 25, quarantined: 0 });
    assert.equal(first.day, '2025-12-24');

    const rows = () =>
      pool.query<{ at: string }>('select max(embedded_at)::text as at, count(*) from image_embedding');
    const before = (await rows()).rows;
    const second = await report('daily_clip_inference', slot);
    assert.deepEqual([second.total, second.succeeded, second.skipped], [25, 0, 25]);
    assert.deepEqual((await rows()).rows, before);

    await store.write(keyAt('611', 5), await picture(20));
    const third = await report('daily_clip_inference', slot);
    assert.deepEqual([third.succeeded, third.skipped], [1, 24]);
    assert.deepEqual(third.database, first.database);
    const { rows: again } = await pool.query(
      `select key, image.etag = e.etag as current from image_embedding e join image on image.id = e.image_id
     where embedded_at > $1`,
      [before[0]?.at],
    );
    assert.deepEqual(again, [{ key: keyAt('611', 5), current: true }]);
  });

  test(`pictures that came late are embedded by the next nightly run from ${place}`, async (t) => {
    const { store, report } = await startClipWorker(t, { bucket: await start(t) });
    await store.write(keyAt('611', 2), await picture(2));
    assert.equal((await report('daily_clip_inference', slot)).succeeded, 1);
    await store.write(keyAt('611', 3), await picture(3));
    await store.write(keyAt('612', 3), await picture(4));
    await store.write(keyAt('611', 26), await picture(5));
    const next = await report('daily_clip_inference', new Date(slot.getTime() + 86_400_000));
    assert.deepEqual([next.total, next.succeeded, next.failed], [3, 3, 0]);
    assert.deepEqual(next.late, { images: 2, days: ['2025-12-24'] });
  });
}

test('the row of a vector records what it was made from', async (t) => {
  const { pool, store, report } = await startClipWorker(t);
  await store.write(keyAt('611', 12), await picture(1));
  await report('daily_clip_inference', slot);
  const { rows } = await pool.query(
    'select made_from, text_used, identity_text, text_cut from image_embedding',
  );
  const text = 'Mushroom Room 611, normal stage, Day 7.';
  assert.deepEqual(rows, [{ made_from: 'identity', text_used: text, identity_text: text, text_cut: false }]);
});

test('a batch that killed two workers is processed image by image and reports one result', async (t) => {
  const { store, queues, redis } = await startClipWorker(t);
  const keys = [keyAt('611', 1), keyAt('611', 2), keyAt('612', 3)];
  for (const [n, key] of keys.slice(0, 2).entries()) await store.write(key, await picture(n));
  const queue = queues.of('embed_batch');
  await queue.pause();
  const job = await queues.enqueue('embed_batch', { keys, save: false });
  // BullMQ's own counter of stalled attempts.
  await redis.hset(queue.toKey(job.id as string), 'stc', 2);
  await queue.resume();

  while (!(await job.isCompleted())) await wait(50);
  const result = (await queue.getJob(job.id as string))?.returnvalue;
  assert.deepEqual(result, {
    rooms: {
      611: { total: 2, succeeded: 2, failed: 0, skipped: 0 },
      612: { total: 1, succeeded: 0, failed: 1, skipped: 0 },
    },
    failures: [{ key: keys[2], reason: 'missing' }],
  });
  const done = await queue.getJobs(['completed']);
  assert.deepEqual(done.map(({ data }) => data.payload.keys.length).sort(), [1, 1, 1, 3]);
});

test('bad images and bad keys are quarantined with the reason, and the rest are embedded', async (t) => {
  const { pool, store, report } = await startClipWorker(t);
  for (let n = 0; n < 5; n++) await store.write(keyAt('611', n), await picture(n));
  const whole = await picture(9);
  await store.write(keyAt('611', 9), whole.subarray(0, whole.length / 2));
  await store.write(keyAt('611', 10), Buffer.alloc(0));
  await store.write('611/20251224/holiday.jpg', whole);

  const done = await report('daily_clip_inference', slot);
  assert.deepEqual([done.total, done.succeeded, done.failed], [8, 5, 3]);
  assert.equal(done.successRate, 5 / 8);
  const { rows } = await pool.query('select reason from quarantine order by reason');
  assert.deepEqual(
    rows.map(({ reason }) => reason),
    ['bad_key', 'empty', 'truncated'],
  );

  const again = await report('daily_clip_inference', slot);
  assert.equal(again.succeeded, 0);
});

test('a store that had images and is empty fails the run, and the next succeeds once they are back', async (t) => {
  const { pool, store, directory, report } = await startClipWorker(t);
  assert.equal((await report('daily_clip_inference', slot)).total, 0, 'a new farm has no images');
  await store.write(keyAt('611', 1), await picture(1));
  await report('daily_clip_inference', slot);

  await rename(join(directory, '611'), join(directory, '..', 'unmounted-611'));
  const tomorrow = new Date(slot.getTime() + 86_400_000);
  await assert.rejects(
    report('daily_clip_inference', tomorrow),
    /store is empty, but the database has 1 of its images/,
  );
  const { rows } = await pool.query('select status from runs where slot = $1', [tomorrow]);
  assert.deepEqual(rows, [{ status: 'failed' }]);

  await rename(join(directory, '..', 'unmounted-611'), join(directory, '611'));
  const dayAfter = new Date(tomorrow.getTime() + 86_400_000);
  assert.equal((await report('daily_clip_inference', dayAfter)).total, 0);
});

test('pictures whose names end in JPG or jpeg are embedded', async (t) => {
  const { store, report } = await startClipWorker(t);
  const keys = ['.JPG', '.jpeg'].map((ending, n) => keyAt('611', n).replace('.jpg', ending));
  for (const [n, key] of keys.entries()) await store.write(key, await picture(n));
  const done = await report('daily_clip_inference', slot);
  assert.deepEqual([done.total, done.succeeded], [2, 2]);
});

test('a picture whose key could not be read is embedded once ROOM_ALIASES makes it readable', async (t) => {
  const aliases: Record<string, string> = {};
  const { store, report } = await startClipWorker(t, { aliases });
  await store.write('9/20251224/609_1921681235_20251218_20251224160000.jpg', await picture(1));
  const before = await report('daily_clip_inference', slot);
  assert.deepEqual([before.failed, before.database.quarantined], [1, 1]);
  aliases['9'] = '609';
  const after = await report('daily_clip_inference', slot);
  assert.deepEqual([after.succeeded, after.database.quarantined], [1, 0]);
});

test('a picture larger than the store reads is quarantined, and the rest of its batch is embedded', async (t) => {
  const { pool, store, directory, report } = await startClipWorker(t);
  for (let n = 0; n < 3; n++) await store.write(keyAt('611', n), await picture(n));
  const huge = keyAt('611', 9);
  await store.write(huge, await picture(9));
  const bytes = 64 * 2 ** 20 + 1;
  await truncate(join(directory, huge), bytes);

  const done = await report('daily_clip_inference', slot);
  assert.deepEqual([done.total, done.succeeded, done.failed], [4, 3, 1]);
  const quarantined = async () => (await pool.query('select key, reason, bytes from quarantine')).rows;
  assert.deepEqual(await quarantined(), [{ key: huge, reason: 'too_large', bytes }]);
  const again = await report('daily_clip_inference', slot);
  assert.deepEqual([again.skipped, again.failed], [4, 0]);
});

test('a request can choose rooms, limit the images per room and skip saving', async (t) => {
  const { pool, store, report } = await startClipWorker(t);
  for (const room of ['611', '612'])
    for (let n = 0; n < 6; n++) await store.write(keyAt(room, n), await picture(n));
  const request = { day: '2025-12-24', rooms: ['612'], maxPerRoom: 3, save: false };
  const done = await report('embed_images', new Date('2025-12-25T03:00:00Z'), request);
  assert.deepEqual([done.total, done.succeeded, done.saved], [3, 3, false]);
  assert.equal((await pool.query('select from image_embedding')).rowCount, 0);

  const since = await report('embed_images', new Date('2025-12-23T20:30:00Z'), {
    since: '2025-12-23T18:30:00Z',
  });
  assert.equal(since.total, 6, 'hours 3 to 5 of both rooms; later ones do not exist yet');
});

test('a picture in the folder of room 7 belongs to room 607', async (t) => {
  const { pool, store, report } = await startClipWorker(t);
  await store.write('7/20251224/7_1921681235_20251218_20251224160000.jpg', await picture(1));
  const done = await report('daily_clip_inference', slot);
  assert.deepEqual(Object.keys(done.rooms), ['607']);
  const [nearest] = await searchImages(pool, {
    modelId: (await activeModel(pool))?.id as number,
    vector: await vectorOf(await picture(1)),
    by: 'image',
    room: '607',
  });
  assert.ok((nearest?.score ?? 0) > 0.999);
});

test('descriptions arrive later and are then fused, and the report of their day has their cost', async (t) => {
  const answer = {
    growth_stage_description: 'A dense cluster of caps.',
    chinese_description: '菌盖',
    image_quality_score: 140,
  };
  let answers = 0;
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    const content = `\`\`\`json\n${JSON.stringify(answer)}\n\`\`\``;
    const choices = [
      { message: { role: 'assistant', content: answers++ ? 'no idea' : content }, finish_reason: 'stop' },
    ];
    response.end(JSON.stringify({ choices, usage: { prompt_tokens: 900, completion_tokens: 60 } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const { pool, store, report } = await startClipWorker(t, {
    captioner: createCaptioner({ url: `http://127.0.0.1:${port}`, model: 'stub' }),
  });
  await store.write(keyAt('611', 12), await picture(1));
  await store.write(keyAt('611', 13), await picture(2));
  await report('daily_clip_inference', slot);
  for (let n = 0; n < 200; n++) {
    const { rows } = await pool.query(
      'select made_from, text_used, quality, description from image_embedding order by made_from',
    );
    if ((await pool.query('select from description_wanted')).rowCount === 0) {
      assert.equal(rows[0].text_used, 'A dense cluster of caps. Mushroom Room 611, normal stage, Day 7.');
      assert.equal(rows[0].quality, 100);
      assert.equal(rows[0].description.chinese_description, '菌盖');
      assert.deepEqual(rows[1], { ...rows[1], made_from: 'identity', description: null });
      const run = await findRun(pool, 'daily_clip_inference', slot);
      const { descriptions } = (run as RunRow).report as Result<'daily_clip_inference'>;
      assert.deepEqual([descriptions?.described, descriptions?.failed], [1, 1]);
      assert.deepEqual(descriptions?.tokens, { question: 900, answer: 60 });
      assert.ok((descriptions?.seconds ?? 0) > 0);
      return;
    }
    await wait(50);
  }
  assert.fail('the image got no description');
});

async function vectorOf(bytes: Buffer) {
  const [vector] = await encoder.embedImages([await decodeImage(bytes)]);
  return vector as Float32Array;
}
