import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { ObjectStore, StoredObject } from '@mycelium/storage';
import sharp from 'sharp';
import { keyAt, picture, slot, startClipWorker } from './testing.ts';

const versions = `select image.etag as image, e.etag as vector, image.bytes from image
  left join image_embedding e on e.image_id = image.id order by key`;

test('a picture replaced between listing and reading gets the vector and etag of the bytes that were read', async (t) => {
  const { pool, store, queues, report } = await startClipWorker(t);
  const key = keyAt('611', 1);
  await store.write(key, await picture(1));
  const queue = queues.of('embed_batch');
  await queue.pause();
  const running = report('daily_clip_inference', slot);
  while ((await queue.count()) === 0) await wait(20);
  await store.write(key, await picture(20));
  await queue.resume();
  assert.equal((await running).succeeded, 1);

  const stored = await store.stat(key);
  const { rows } = await pool.query(versions);
  assert.deepEqual(rows, [{ image: stored?.etag, vector: stored?.etag, bytes: stored?.size }]);
  assert.equal((await report('daily_clip_inference', slot)).skipped, 1, 'nothing is left to embed');
});

test('a bad picture that replaced a good one is quarantined with the version that was read', async (t) => {
  const { pool, store, queues, report } = await startClipWorker(t);
  const key = keyAt('611', 1);
  await store.write(key, await picture(1));
  const queue = queues.of('embed_batch');
  await queue.pause();
  const running = report('daily_clip_inference', slot);
  while ((await queue.count()) === 0) await wait(20);
  await store.write(key, Buffer.from('half a picture'));
  await queue.resume();
  assert.equal((await running).failed, 1);

  const stored = await store.stat(key);
  const { rows } = await pool.query('select reason, etag from quarantine');
  assert.deepEqual(rows, [{ reason: 'not_an_image', etag: stored?.etag }]);
  assert.equal((await report('daily_clip_inference', slot)).skipped, 1);
});

test('a truncated picture leaves quarantine when the intact one that replaced it is embedded', async (t) => {
  const { pool, store, report } = await startClipWorker(t);
  const [half, stillHalf] = [keyAt('611', 1), keyAt('611', 2)];
  const whole = await picture(1);
  for (const key of [half, stillHalf]) await store.write(key, whole.subarray(0, 700));
  await report('daily_clip_inference', slot);
  const quarantined = async () => (await pool.query('select key from quarantine order by key')).rows;
  assert.deepEqual(await quarantined(), [{ key: half }, { key: stillHalf }]);

  await store.write(half, whole);
  const { succeeded, database } = await report('daily_clip_inference', slot);
  assert.equal(succeeded, 1);
  assert.deepEqual(database, { images: 2, embeddings: 1, quarantined: 1 });
  assert.deepEqual(await quarantined(), [{ key: stillHalf }]);
});

test('a picture that is still being written is read again in the same run', async (t) => {
  const { pool, store, report } = await startClipWorker(t);
  const [growing, broken] = [keyAt('611', 1), keyAt('611', 2)];
  const whole = await picture(1);
  for (const key of [growing, broken]) await store.write(key, whole.subarray(0, 700));
  const running = report('daily_clip_inference', slot);
  for (const bytes of [1_000, 1_200, whole.length]) {
    await wait(150);
    await store.write(growing, whole.subarray(0, bytes));
  }
  const { succeeded, failed } = await running;
  assert.deepEqual({ succeeded, failed }, { succeeded: 1, failed: 1 });
  assert.deepEqual((await pool.query('select key from quarantine')).rows, [{ key: broken }]);
});

test('a picture replaced again while being embedded fails, and no vector of the old version is written', async (t) => {
  let replace = async () => {};
  let real: ObjectStore | undefined;
  const read: ObjectStore['read'] = async (key, signal) => {
    const bytes = await (real as ObjectStore).read(key, signal);
    await replace();
    return bytes;
  };
  const { pool, store, embed, report } = await startClipWorker(t, { read });
  real = store;
  const key = keyAt('611', 1);
  await store.write(key, await picture(1));
  // Another run lists a newer version and records it before this batch commits.
  replace = async () => {
    await pool.query(`update image set etag = 'newer'`);
  };
  const first = await report('daily_clip_inference', slot);
  assert.deepEqual([first.succeeded, first.failed], [0, 1]);
  assert.deepEqual(
    (await pool.query(versions)).rows.map(({ image, vector }) => [image, vector]),
    [['newer', null]],
  );
  assert.equal((await pool.query('select from quarantine')).rowCount, 0, 'the picture itself is fine');

  replace = async () => {};
  const { failures } = await embed([key]);
  assert.deepEqual(failures, []);
});

test('a key without a row fails, a malformed one is quarantined, and neither stops the others', async (t) => {
  const { pool, store, report, embed } = await startClipWorker(t);
  const good = keyAt('611', 1);
  await store.write(good, await picture(1));
  await report('daily_clip_inference', slot);
  await pool.query('delete from image_embedding');

  const unrecorded = keyAt('612', 2);
  await store.write(unrecorded, await picture(2));
  const malformed = ['612/20251224/holiday.jpg', '__proto__/20251224/x.jpg', 'constructor/20251224/x.jpg'];
  const result = await embed([malformed[0] as string, good, unrecorded, ...malformed.slice(1)]);
  assert.deepEqual(result.rooms['611'], { total: 1, succeeded: 1, failed: 0, skipped: 0 });
  assert.deepEqual(result.rooms['612'], { total: 2, succeeded: 0, failed: 2, skipped: 0 });
  assert.deepEqual(result.rooms.unknown, { total: 1, succeeded: 0, failed: 1, skipped: 0 });
  const reasons = Object.fromEntries(result.failures.map(({ key, reason }) => [key, reason]));
  const badKeys = malformed.map((key) => [key, 'bad_key']);
  assert.deepEqual(reasons, Object.fromEntries([...badKeys, [unrecorded, 'not_recorded']]));
  const { rows } = await pool.query('select key from quarantine order by key collate "C"');
  assert.deepEqual(
    rows.map(({ key }) => key),
    malformed.toSorted(),
  );
  assert.equal((await pool.query('select from image_embedding')).rowCount, 1);
});

test('a batch of arrivals skips images that have a vector of their current version', async (t) => {
  const { pool, store, embed, report } = await startClipWorker(t);
  const [known, replaced] = [keyAt('611', 1), keyAt('611', 2)];
  for (const key of [known, replaced]) await store.write(key, await picture(1));
  await report('daily_clip_inference', slot);
  await store.write(replaced, await picture(3));
  const { etag } = (await store.stat(replaced)) as StoredObject;
  await pool.query('update image set etag = $1 where key = $2', [etag, replaced]);

  const arrived = () => embed([known, replaced], { onlyPending: true });
  assert.deepEqual((await arrived()).rooms, { 611: { total: 2, succeeded: 1, failed: 0, skipped: 1 } });
  assert.deepEqual((await arrived()).rooms, { 611: { total: 2, succeeded: 0, failed: 0, skipped: 2 } });
});

test('an image gets its brightness with its vector, and loses it when it is replaced', async (t) => {
  const { pool, store, report } = await startClipWorker(t);
  const plain = (level: number) =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: { r: level, g: level, b: level } } })
      .jpeg()
      .toBuffer();
  const [dark, light] = [keyAt('611', 1), keyAt('611', 2)];
  await store.write(dark, await plain(10));
  await store.write(light, await plain(200));
  await report('daily_clip_inference', slot);
  const levels = async () => {
    const { rows } = await pool.query<{ level: number | null }>(
      'select round(brightness * 255)::int as level from image order by key',
    );
    return rows.map(({ level }) => level);
  };
  assert.deepEqual(await levels(), [10, 200]);
  await store.write(dark, Buffer.from('no picture'));
  await report('daily_clip_inference', slot);
  assert.deepEqual(await levels(), [null, 200]);
});
