import assert from 'node:assert/strict';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startS3 } from '@mycelium/embedded/testing';
import { loopingExif, withSegment } from '@mycelium/encoder/testing';
import { PermanentError } from '@mycelium/farm';
import { directoryStore, type ObjectStore, openStore } from '@mycelium/storage';
import sharp from 'sharp';
import { type ImportImages, importImages } from './import-images.ts';

const timeZone = 'Asia/Shanghai';

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-import-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** An empty store and an empty folder to import from. */
async function setup(t: TestContext) {
  const folder = await temporaryFolder(t);
  const directory = join(folder, 'photos');
  await mkdir(directory);
  const store = directoryStore(join(folder, 'store'));
  await store.ensureBucket();
  const take = (options: Partial<Omit<ImportImages, 'directory' | 'store' | 'room'>> = {}) =>
    importImages({ directory, store, room: '611', timeZone, ...options });
  return { directory, store, take };
}

interface Exif {
  DateTimeOriginal?: string;
  OffsetTimeOriginal?: string;
}

/** A picture of one colour; the colour identifies it. */
function picture(colour: number, exif: Exif = {}) {
  const background = { r: colour, g: 120, b: 60 };
  return sharp({ create: { width: 64, height: 48, channels: 3, background } }).withExif({
    IFD2: { ...exif },
  });
}

async function putJpeg(file: string, colour: number, exif: Exif = {}): Promise<Buffer> {
  const bytes = await picture(colour, exif).jpeg().toBuffer();
  await writeFile(file, bytes);
  return bytes;
}

async function contents(store: ObjectStore): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key, etag } of store.list('')) found[key] = etag;
  return found;
}

test('pictures get the time of the camera or else of the file, and the day of capture as in-date', async (t) => {
  const { directory, store, take } = await setup(t);
  const bytes = await putJpeg(join(directory, 'a.jpg'), 1, { DateTimeOriginal: '2025:12:24 16:00:00' });
  await putJpeg(join(directory, 'b.jpeg'), 2);
  const modified = new Date('2025-12-24T20:30:40.900Z');
  await utimes(join(directory, 'b.jpeg'), modified, modified);

  const { seconds: _, ...report } = await take();
  assert.deepEqual(report, {
    imported: 2,
    skipped: 0,
    converted: 0,
    moved: 0,
    failed: [],
    times: { given: 0, camera: 1, digitized: 0, gps: 0, xmp: 0, name: 0, modified: 0, file: 1 },
    passedOver: {},
    days: ['2025-12-24', '2025-12-25'],
  });
  const [a, b] = Object.keys(await contents(store));
  assert.equal(a, '611/20251224/611_0_20251224_20251224160000.jpg');
  assert.equal(b, '611/20251225/611_0_20251225_20251225043040.jpg');
  assert.ok((await store.read(a as string)).bytes.equals(bytes), 'a JPEG is kept byte for byte');
});

test('a picture whose EXIF loops is imported without delay, with the file’s time', async (t) => {
  const { directory, store, take } = await setup(t);
  let bomb: Buffer = await picture(1).jpeg().toBuffer();
  for (let copy = 0; copy < 50; copy++) bomb = withSegment(bomb, 0xe1, loopingExif());
  await writeFile(join(directory, 'bomb.jpg'), bomb);
  const startedAt = Date.now();
  const { imported, failed } = await take();
  assert.deepEqual([imported, failed], [1, []]);
  assert.equal((await take()).skipped, 1);
  assert.ok(Date.now() - startedAt < 5_000, `${Date.now() - startedAt} ms`);
  assert.equal(Object.keys(await contents(store)).length, 1);
});

test('the in-date and the camera can be given', async (t) => {
  const { directory, store, take } = await setup(t);
  await putJpeg(join(directory, 'a.jpg'), 1, { DateTimeOriginal: '2025:12:24 16:00:00' });
  await take({ inDate: '2025-12-18', camera: '1921681235' });
  assert.deepEqual(Object.keys(await contents(store)), [
    '611/20251224/611_1921681235_20251218_20251224160000.jpg',
  ]);
});

test('the offset that a camera wrote is used', async (t) => {
  const { directory, store, take } = await setup(t);
  await putJpeg(join(directory, 'a.jpg'), 1, {
    DateTimeOriginal: '2025:12:24 20:00:00',
    OffsetTimeOriginal: '-03:30',
  });
  await take();
  assert.deepEqual(Object.keys(await contents(store)), ['611/20251225/611_0_20251225_20251225073000.jpg']);
});

test('the same photograph has another local hour on another farm only if its camera wrote an offset', async (t) => {
  const { directory, store, take } = await setup(t);
  await putJpeg(join(directory, 'local.jpg'), 1, { DateTimeOriginal: '2025:07:30 10:00:00' });
  await putJpeg(join(directory, 'offset.jpg'), 2, {
    DateTimeOriginal: '2025:07:30 12:00:00',
    OffsetTimeOriginal: '+08:00',
  });
  await take({ timeZone: 'Europe/London' });
  assert.deepEqual(Object.keys(await contents(store)), [
    '611/20250730/611_0_20250730_20250730050000.jpg',
    '611/20250730/611_0_20250730_20250730100000.jpg',
  ]);
});

test('the file’s time replaces that of a camera whose clock was never set', async (t) => {
  const { directory, store, take } = await setup(t);
  const modified = new Date('2025-12-24T08:00:00Z');
  for (const [n, time] of ['0000:00:00 00:00:00', '    :  :     :  :  ', '2025:02:30 12:00:00'].entries()) {
    const file = join(directory, `${n}.jpg`);
    await putJpeg(file, n, { DateTimeOriginal: time });
    await utimes(file, modified, modified);
  }
  assert.equal((await take()).imported, 3);
  assert.equal(Object.keys(await contents(store))[0], '611/20251224/611_0_20251224_20251224160000.jpg');
});

test('PNG and WebP become JPEG, upright and with their time, whatever their name says', async (t) => {
  const { directory, store, take } = await setup(t);
  const exif = { DateTimeOriginal: '2025:12:24 16:00:00' };
  await writeFile(join(directory, 'a.png'), await picture(1, exif).png().toBuffer());
  await writeFile(join(directory, 'b.webp'), await picture(2, exif).webp().toBuffer());
  await writeFile(
    join(directory, 'c.jpg'),
    await picture(3, exif).withMetadata({ orientation: 6 }).png().toBuffer(),
  );
  const report = await take();
  assert.deepEqual([report.imported, report.converted, report.failed], [3, 3, []]);
  for (const key of Object.keys(await contents(store))) {
    assert.match(key, /611_0_20251224_2025122416000[012]\.jpg$/);
    const { format, width, orientation } = await sharp((await store.read(key)).bytes).metadata();
    assert.deepEqual([format, orientation ?? 1], ['jpeg', 1]);
    assert.equal(width, key.endsWith('2.jpg') ? 48 : 64);
  }
  const again = await take();
  assert.deepEqual([again.imported, again.skipped], [0, 3]);
});

test('a PNG that an older converter stored with other bytes is still the same picture', async (t) => {
  const { directory, store, take } = await setup(t);
  await writeFile(
    join(directory, 'a.png'),
    await picture(1, { DateTimeOriginal: '2025:12:24 16:00:00' }).png().toBuffer(),
  );
  await take();
  const [key = ''] = Object.keys(await contents(store));
  await store.write(
    key,
    await sharp((await store.read(key)).bytes)
      .keepExif()
      .jpeg({ quality: 40 })
      .toBuffer(),
  );
  const { imported, skipped } = await take();
  assert.deepEqual([imported, skipped], [0, 1]);
});

test('bad files are reported with the reason, the others are imported, and files of other types are ignored', async (t) => {
  const { directory, store, take } = await setup(t);
  await mkdir(join(directory, 'deeper', 'still'), { recursive: true });
  const good = await putJpeg(join(directory, 'deeper', 'still', 'GOOD.JPG'), 1);
  await writeFile(join(directory, 'empty.jpg'), '');
  await writeFile(join(directory, 'text.jpg'), 'not a picture at all');
  await writeFile(join(directory, 'truncated.jpg'), good.subarray(0, good.length / 2));
  await writeFile(join(directory, 'LICENSE'), 'MIT');
  await writeFile(join(directory, '._a.jpg'), 'what macOS leaves next to a picture');
  await symlink('/etc/hostname', join(directory, 'link.jpg'));
  await putJpeg(join(directory, 'old.jpg'), 2, { DateTimeOriginal: '1987:01:01 00:00:00' });

  const { imported, failed } = await take();
  assert.equal(imported, 1);
  assert.deepEqual(
    failed.map(({ file }) => file),
    ['empty.jpg', 'old.jpg', 'text.jpg', 'truncated.jpg'],
  );
  assert.match(failed[0]?.reason ?? '', /empty/);
  assert.match(failed[1]?.reason ?? '', /"19870101" is not a date from 2000 to 2099/);
  assert.match(failed[2]?.reason ?? '', /not an image/);
  assert.match(failed[3]?.reason ?? '', /is cut off after/);
  assert.equal(Object.keys(await contents(store)).length, 1);
});

const stores: Record<string, (t: TestContext) => Promise<ObjectStore>> = {
  'a folder': async (t) => directoryStore(await temporaryFolder(t)),
  'an S3 bucket': async (t) => {
    const store = openStore(await startS3(t));
    await store.ensureBucket();
    return store;
  },
};

for (const [name, open] of Object.entries(stores)) {
  test(`pictures of one second get one key each, and importing again changes nothing in ${name}`, async (t) => {
    const store = await open(t);
    const directory = await temporaryFolder(t);
    const take = (from: string) => importImages({ directory: from, store, room: '611', timeZone });
    const exif = { DateTimeOriginal: '2025:12:24 16:00:00' };
    for (let n = 0; n < 8; n++) await putJpeg(join(directory, `${n}.jpg`), n * 20, exif);
    await putJpeg(join(directory, 'same-as-3.jpg'), 60, exif);

    const first = await take(directory);
    assert.deepEqual([first.imported, first.skipped, first.moved], [8, 1, 7]);
    const before = await contents(store);
    assert.deepEqual(
      Object.keys(before),
      Array.from({ length: 8 }, (_, n) => `611/20251224/611_0_20251224_2025122416000${n}.jpg`),
    );

    const second = await take(directory);
    assert.deepEqual([second.imported, second.skipped, second.days], [0, 9, ['2025-12-24']]);
    assert.deepEqual(await contents(store), before);

    const another = await temporaryFolder(t);
    await putJpeg(join(another, 'z.jpg'), 5 * 20, exif);
    await putJpeg(join(another, 'new.jpg'), 201, exif);
    const third = await take(another);
    assert.deepEqual([third.imported, third.skipped], [1, 1]);
    assert.equal(Object.keys(await contents(store)).length, 9);
  });
}

test('a burst at the last second of a day stays on that day', async (t) => {
  const { directory, store, take } = await setup(t);
  for (let n = 0; n < 3; n++) {
    await putJpeg(join(directory, `${n}.jpg`), n * 50, { DateTimeOriginal: '2025:12:24 23:59:59' });
  }
  assert.deepEqual((await take()).days, ['2025-12-24']);
  assert.deepEqual(
    Object.keys(await contents(store)).map((key) => key.slice(-10, -4)),
    ['235957', '235958', '235959'],
  );
});

test('a room, a camera or an in-date that cannot be part of a key stops the import before it begins', async (t) => {
  const { directory, store, take } = await setup(t);
  await putJpeg(join(directory, 'a.jpg'), 1);
  await assert.rejects(importImages({ directory, store, room: 'a/b', timeZone }), PermanentError);
  await assert.rejects(take({ camera: '192.168.1.235' }), /camera "192.168.1.235" is not 1 to 12 digits/);
  await assert.rejects(take({ inDate: '2025-02-30' }), PermanentError);
  assert.deepEqual(await contents(store), {});
});

test('a store that is down aborts the import instead of failing every picture', async (t) => {
  const { directory } = await setup(t);
  await putJpeg(join(directory, 'a.jpg'), 1);
  const store = directoryStore(join(directory, 'not-there'));
  await assert.rejects(importImages({ directory, store, room: '611', timeZone }), { reason: 'unavailable' });
});

test('progress counts to the number of pictures, and an abort ends the import', async (t) => {
  const { directory, store } = await setup(t);
  for (let n = 0; n < 4; n++) {
    await putJpeg(join(directory, `${n}.jpg`), n * 50, { DateTimeOriginal: '2025:12:24 16:00:00' });
  }
  const stop = new AbortController();
  const reason = new Error('interrupted');
  const seen: number[] = [];
  const options = { directory, store, room: '611', timeZone };
  const aborted = importImages({
    ...options,
    signal: stop.signal,
    onProgress({ done, total }) {
      assert.equal(total, 4);
      seen.push(done);
      if (done === 2) stop.abort(reason);
    },
  });
  await assert.rejects(aborted, reason);
  assert.deepEqual(seen, [0, 1, 2]);
  assert.equal(Object.keys(await contents(store)).length, 2);

  const whole = await importImages({ ...options, onProgress: ({ done }) => seen.push(done) });
  assert.deepEqual(seen.slice(3), [0, 1, 2, 3, 4]);
  assert.deepEqual([whole.imported, whole.skipped], [2, 2]);
  assert.equal((await readdir(directory)).length, 4);
});

test('files that are passed over are counted by kind, and sources of times', async (t) => {
  const { directory, take } = await setup(t);
  await putJpeg(join(directory, 'a.JPG'), 1, { DateTimeOriginal: '2026:03:01 14:30:00' });
  await putJpeg(join(directory, 'b.jfif'), 2);
  await putJpeg(join(directory, 'IMG_20260302_143000.jpeg'), 3);
  for (const name of ['c.avif', 'd.AVIF', 'e.tiff', 'f.mp4', 'notes.txt', 'README', '.hidden'])
    await writeFile(join(directory, name), 'x');
  const { imported, times, passedOver } = await take();
  assert.equal(imported, 3);
  assert.deepEqual(times, {
    given: 0,
    camera: 1,
    digitized: 0,
    gps: 0,
    xmp: 0,
    name: 1,
    modified: 0,
    file: 1,
  });
  assert.deepEqual(passedOver, { AVIF: 2, TIFF: 1, video: 1, '.txt': 1, 'without an ending': 1 });
});

test('with a camera time required, a picture that has only the time of its file fails', async (t) => {
  const { directory, take } = await setup(t);
  await putJpeg(join(directory, 'a.jpg'), 1, { DateTimeOriginal: '2026:03:01 14:30:00' });
  await putJpeg(join(directory, 'b.jpg'), 2);
  const { imported, failed } = await take({ requireCameraTime: true, clockOffset: 86_400_000 });
  assert.equal(imported, 1);
  assert.deepEqual(failed, [{ file: 'b.jpg', reason: 'neither the picture nor its name has a time' }]);
});

test('a HEIC is converted, with the time of its camera, and is the same one the next time', async (t) => {
  const { directory, store, take } = await setup(t);
  const heic = new URL('../../../packages/operations/src/pictures/testing/picture.heic', import.meta.url);
  await copyFile(heic, join(directory, 'IMG_1.HEIC'));
  await writeFile(join(directory, 'IMG_2.heic'), (await readFile(heic)).subarray(0, 700));
  const { imported, converted, times, failed } = await take();
  assert.deepEqual({ imported, converted, camera: times.camera }, { imported: 1, converted: 1, camera: 1 });
  assert.equal(failed.length, 1);
  assert.match(failed[0]?.reason ?? '', /The HEIC (does not decode|has no picture)/);
  const [key = ''] = Object.keys(await contents(store));
  assert.equal(key, '611/20260312/611_0_20260312_20260312160000.jpg');
  const { data, info } = await sharp((await store.read(key)).bytes)
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [96, 64]);
  for (const [channel, expected] of [220, 200, 60].entries())
    assert.ok(
      Math.abs((data[channel] as number) - expected) < 12,
      `${data.subarray(0, 3).join()} in the corner`,
    );
  assert.equal((await take()).skipped, 1);
});
