import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CameraTimes, captureTime } from './capture-time.ts';

const fileTime = new Date('2026-11-27T00:00:00Z');
const read = (exif: CameraTimes, name = 'photo.jpg', clockOffset = 0) => {
  const { capturedAt, source } = captureTime({
    exif,
    name,
    fileTime,
    timeZone: 'Asia/Shanghai',
    clockOffset,
  });
  return `${source} ${capturedAt.toISOString().slice(0, 19)}`;
};
const all = {
  DateTimeOriginal: '2026:03:01 14:30:00',
  CreateDate: '2026:03:02 14:30:00',
  GPSDateStamp: '2026:03:04',
  GPSTimeStamp: [6, 30, 12.5],
  ModifyDate: '2026:03:03 14:30:00',
};

test('the best source of a time counts, and damaged ones are skipped', () => {
  assert.equal(read(all), 'camera 2026-03-01T06:30:00');
  assert.equal(read({ ...all, DateTimeOriginal: '0000:00:00 00:00:00' }), 'digitized 2026-03-02T06:30:00');
  assert.equal(
    read({ ...all, DateTimeOriginal: undefined, CreateDate: '2026:02:30 10:00:00' }),
    'gps 2026-03-04T06:30:12',
  );
  assert.equal(read({ ModifyDate: all.ModifyDate }), 'modified 2026-03-03T06:30:00');
  assert.equal(read({ ModifyDate: all.ModifyDate }, 'IMG_20260305_143000.jpg'), 'name 2026-03-05T06:30:00');
  assert.equal(read({}), 'file 2026-11-27T00:00:00');
});

test('names of cameras and phones have times, other numbers have none', () => {
  for (const name of [
    'IMG_20260301_143000.jpg',
    'IMG_20260301_143000123.jpg',
    'PXL_20260301_063000123.jpg',
    '2026-03-01 14.30.00.jpg',
    '2026-03-01T14-30-00.jpg',
    'WhatsApp Image 2026-03-01 at 14.30.00.jpeg',
    'cam1-20260301143000.jpg',
  ])
    assert.equal(read({}, name), 'name 2026-03-01T06:30:00', name);
  for (const name of ['IMG_4711.jpg', '20261301_143000.jpg', '20260301_253000.jpg', '120260301143000.jpg'])
    assert.equal(read({}, name).split(' ')[0], 'file', name);
});

test("an offset of the camera's own, or a correction of its clock, is applied", () => {
  const exif = { DateTimeOriginal: '2026:03:01 14:30:00', OffsetTimeOriginal: '+02:00' };
  assert.equal(read(exif), 'camera 2026-03-01T12:30:00');
  assert.equal(read(all, 'photo.jpg', -3_600_000), 'camera 2026-03-01T05:30:00');
  assert.equal(read({}, 'IMG_20260301_143000.jpg', -3_600_000), 'name 2026-03-01T06:30:00');
});

test('a time in XMP counts after EXIF and GPS, with its zone or in that of the farm', () => {
  const attribute = (time: string) => `<x:xmpmeta><rdf:Description xmp:CreateDate="${time}"/>`;
  const times: [xmp: string, expected: string][] = [
    [attribute('2026-03-12T16:00:00+02:00'), '2026-03-12T14:00:00.000Z'],
    [attribute('2026-03-12T16:00:00.25'), '2026-03-12T08:00:00.000Z'],
    ['<photoshop:DateCreated>2026-03-12T16:00:00Z</photoshop:DateCreated>', '2026-03-12T16:00:00.000Z'],
  ];
  const file = { name: 'a.jpg', fileTime: new Date(0), timeZone: 'Asia/Shanghai' };
  for (const [xmp, expected] of times) {
    const { capturedAt, source } = captureTime({ ...file, exif: { xmp } });
    assert.deepEqual([capturedAt.toISOString(), source], [expected, 'xmp']);
  }
  for (const xmp of [
    attribute('2026-03-12'),
    attribute('2026-13-45T99:00:00'),
    attribute('yesterday at noon'),
  ])
    assert.equal(captureTime({ ...file, exif: { xmp } }).source, 'file', xmp);
  const exif = { DateTimeOriginal: '2026:03:12 10:00:00', xmp: times[0]?.[0] };
  assert.equal(captureTime({ ...file, exif }).source, 'camera');
});
