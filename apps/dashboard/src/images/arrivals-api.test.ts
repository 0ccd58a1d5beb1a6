import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { photographAs } from '@mycelium/encoder/testing';
import sharp from 'sharp';
import { openDashboard } from '../testing.ts';

const token = 'a token for cameras';

async function open(t: TestContext, settings: Record<string, string> = { IMAGE_TOKEN: token }) {
  const farm = await openDashboard(t, settings);
  const { app, queues } = farm;
  const post = async (url: string, payload: unknown, headers: Record<string, string> = {}) => {
    const answer = await app.inject({
      method: 'POST',
      url,
      payload: payload as object,
      headers: { authorization: `Bearer ${token}`, host: '127.0.0.1:7300', ...headers },
    });
    return { status: answer.statusCode, ...answer.json() };
  };
  const upload = (
    bytes: Buffer,
    query = '',
    headers: Record<string, string> = { 'content-type': 'image/jpeg' },
  ) => post(`/api/images?room=611&in-date=2025-12-18${query}`, bytes, headers);
  /** The keys of the queued batches, when this many are there. */
  const queued = async (n: number) => {
    const queue = queues.of('embed_batch');
    for (let tries = 0; tries < 100; tries++) {
      const jobs = await queue.getJobs(['waiting']);
      const batches = jobs.map(({ data }) => data.payload.keys as string[]);
      if (batches.flat().length >= n) return batches;
      await wait(50);
    }
    throw new Error(`${n} images were not queued`);
  };
  return { ...farm, post, upload, queued };
}

const at = '&captured-at=2025-12-24T16:00:00%2B08:00';
const key = '611/20251224/611_0_20251218_20251224160000.jpg';

test('an uploaded picture is stored, recorded and queued, and the same one again changes nothing', async (t) => {
  const { pool, store, upload, queued } = await open(t);
  const bytes = await photographAs('jpeg', 64, 48, 1);
  const first = await upload(bytes, at);
  const image = { name: 'picture', key, moved: false, converted: false, timeFrom: 'given' };
  assert.deepEqual(first, { status: 200, images: [{ ...image, new: true }], failed: [] });
  assert.ok((await store.read(key)).bytes.equals(bytes));
  assert.deepEqual(await queued(1), [[key]]);
  assert.deepEqual((await upload(bytes, at)).images, [{ ...image, new: false }]);
  const { rows } = await pool.query('select key, room, growth_day as "growthDay" from image');
  assert.deepEqual(rows, [{ key, room: '611', growthDay: 7 }]);
});

test('the time comes from the camera, or the name, or is that of the upload', async (t) => {
  const { upload } = await open(t);
  const exif = { IFD2: { DateTimeOriginal: '2025:12:24 17:00:00' } };
  const withTime = await sharp(await photographAs('jpeg', 64, 48, 2))
    .withExif(exif)
    .jpeg()
    .toBuffer();
  const [camera] = (await upload(withTime, '&camera=7')).images;
  assert.deepEqual(
    [camera.key, camera.timeFrom],
    ['611/20251224/611_7_20251218_20251224170000.jpg', 'camera'],
  );
  const plain = await photographAs('jpeg', 64, 48, 3);
  const [named] = (await upload(plain, '&name=IMG_20251224_180000.jpg')).images;
  assert.deepEqual([named.key.slice(-18), named.timeFrom], ['20251224180000.jpg', 'name']);
  assert.equal((await upload(await photographAs('jpeg', 64, 48, 4))).images[0].timeFrom, 'file');
});

test('pictures of one second that arrive at once get a key each', async (t) => {
  const { store, upload, queued } = await open(t);
  const pictures = await Promise.all(Array.from({ length: 25 }, (_, n) => photographAs('jpeg', 64, 48, n)));
  const answers = await Promise.all(pictures.map((bytes) => upload(bytes, at)));
  assert.equal(new Set(answers.map(({ images }) => images[0].key)).size, 25);
  const batches = await queued(25);
  assert.ok(batches.every(({ length }) => length <= 20));
  let objects = 0;
  for await (const _ of store.list('611/')) objects++;
  assert.equal(objects, 25);
});

test('a form has several pictures; a bad one is named and the others are stored', async (t) => {
  const { post, upload, queued } = await open(t);
  const form = new FormData();
  for (const [n, name] of ['20251224_100000.jpg', '20251224_110000.png'].entries()) {
    const bytes = await photographAs(name.endsWith('png') ? 'png' : 'jpeg', 64, 48, n);
    form.append('file', new Blob([new Uint8Array(bytes)]), name);
  }
  form.append('file', new Blob(['no picture']), 'notes.txt');
  const body = new Response(form);
  const headers = { 'content-type': body.headers.get('content-type') ?? '' };
  const payload = Buffer.from(await body.arrayBuffer());
  const answer = await post('/api/images?room=7', payload, headers);
  assert.equal(answer.status, 200);
  assert.deepEqual(
    answer.images.map(({ key, converted }: { key: string; converted: boolean }) => [key, converted]),
    [
      ['607/20251224/607_0_20251224_20251224100000.jpg', false],
      ['607/20251224/607_0_20251224_20251224110000.jpg', true],
    ],
  );
  assert.equal(answer.failed[0].name, 'notes.txt');
  await queued(2);

  const bad = await upload(Buffer.from('no picture'));
  assert.equal(bad.status, 422);
  assert.match(bad.failed[0].reason, /not an image|format/i);
  assert.equal((await upload(Buffer.alloc(0))).status, 400);
});

test('wrong names, a wrong token and a closed door are refused with the reason', async (t) => {
  const { post, upload } = await open(t);
  const bytes = await photographAs('jpeg', 64, 48, 1);
  assert.match((await post('/api/images?room=a!b', bytes)).error, /cannot be a room/);
  assert.equal((await upload(bytes, '&captured-at=yesterday')).status, 400);
  assert.equal((await upload(bytes, '', { authorization: 'Bearer something else' })).status, 401);
  const basic = `Basic ${Buffer.from(`sns:${token}`).toString('base64')}`;
  assert.equal((await upload(bytes, at, { authorization: basic })).status, 200);

  const closed = await open(t, {});
  const refused = await closed.upload(bytes);
  assert.equal(refused.status, 503);
  assert.match(refused.error, /IMAGE_TOKEN is not set/);
});

test('a notification records what is in the store; the rest is counted', async (t) => {
  const { pool, store, post, queued } = await open(t);
  const broken = '611/20251224/notes.jpg';
  for (const object of [key, broken, 'old_photos/a.jpg']) await store.write(object, Buffer.from('x'));
  const gone = '611/20251224/611_0_20251218_20251224170000.jpg';
  const record = (object: string, eventName = 's3:ObjectCreated:Put') => ({
    eventName,
    s3: { bucket: { name: 'mogu' }, object: { key: encodeURIComponent(object) } },
  });
  const records = [key, broken, 'old_photos/a.jpg', gone].map((object) => record(object));
  const event = { Records: [...records, record(key), record(key, 's3:ObjectRemoved:Delete')] };
  const { unreadable, ...counts } = await post('/api/events/s3', event);
  assert.deepEqual(counts, { status: 200, recorded: 1, gone: 1, ignored: 2 });
  assert.equal(unreadable[0].key, broken);
  assert.deepEqual((await pool.query('select key, reason from quarantine')).rows, [
    { key: broken, reason: 'bad_key' },
  ]);
  assert.deepEqual(await queued(1), [[key]]);

  const odd = await post('/api/events/s3', { Records: [record('611/../../secret.jpg'), record(key)] });
  assert.equal(odd.recorded, 1, 'a key that no store can have does not stop the others');
  assert.equal(odd.unreadable.length, 1);

  const sns = { Type: 'Notification', Message: JSON.stringify(event) };
  const asText = { 'content-type': 'text/plain; charset=UTF-8' };
  assert.equal((await post('/api/events/s3', JSON.stringify(sns), asText)).recorded, 1);
  assert.equal((await post('/api/events/s3', { hello: 1 })).status, 400);
});

test('a picture that is something else too, or too large once unpacked, or named like a path, does no harm', async (t) => {
  const { upload, post, store } = await open(t);
  const jpeg = await photographAs('jpeg', 64, 48, 1);
  const script = Buffer.from('<script>alert(1)</script>');
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
  const zip = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(60)]);
  const wide = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const disguised = { script, svg, zip, gif: Buffer.from('GIF89a\u0001\u0000\u0001\u0000'), wide };
  for (const [what, bytes] of Object.entries(disguised)) {
    const answer = await upload(bytes, at);
    assert.equal(answer.status, 422, `${what}: ${JSON.stringify(answer)}`);
  }
  // A JPEG with a script behind its end is still a JPEG; the store keeps it, and pages get a picture made from it.
  const both = await upload(Buffer.concat([jpeg, script]), at);
  assert.equal(both.status, 200);

  const names = [
    '../../../etc/cron.d/x.jpg',
    '/etc/passwd.jpg',
    'a\\..\\..\\b.jpg',
    '\u0000.jpg',
    `${'x'.repeat(5_000)}.jpg`,
  ];
  for (const name of names) {
    const boundary = 'boundary';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\nContent-Type: image/jpeg\r\n\r\n`;
    const form = Buffer.concat([Buffer.from(head), jpeg, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    const answer = await post('/api/images?room=611&in-date=2025-12-18', form, {
      'content-type': `multipart/form-data; boundary=${boundary}`,
    });
    assert.ok(answer.status < 500, `${name}: ${JSON.stringify(answer)}`);
  }
  for (const room of ['../../x', '..', '/etc', 'a/b', '611\u0000']) {
    const answer = await post(`/api/images?room=${encodeURIComponent(room)}&in-date=2025-12-18`, jpeg, {
      'content-type': 'image/jpeg',
    });
    assert.equal(answer.status, 400, `${room}: ${JSON.stringify(answer)}`);
  }
  for await (const { key: stored } of store.list(''))
    assert.match(stored, /^611\/\d{8}\/611_0_20251218_\d{14}\.jpg$/);
});
