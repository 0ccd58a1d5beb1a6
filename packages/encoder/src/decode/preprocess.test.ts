import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNormaliser, imageLength, readNormalisation } from './preprocess.ts';

const clip = {
  crop_size: { height: 224, width: 224 },
  do_center_crop: true,
  do_normalize: true,
  do_resize: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
  resample: 3,
  size: { shortest_edge: 224 },
};

test('bytes become three planes of (value / 255 − mean) / std per image', () => {
  const rgb = Uint8Array.from({ length: 2 * imageLength }, (_, at) => (at * 31) % 256);
  const values = createNormaliser(readNormalisation(clip))(rgb);
  assert.equal(values.length, rgb.length);
  for (const [image, y, x, channel] of [
    [0, 0, 0, 0],
    [0, 0, 1, 2],
    [0, 223, 223, 1],
    [1, 17, 101, 0],
    [1, 223, 223, 2],
  ] as const) {
    const byte = rgb[image * imageLength + (y * 224 + x) * 3 + channel] ?? 0;
    const expected = (byte / 255 - (clip.image_mean[channel] ?? 0)) / (clip.image_std[channel] ?? 1);
    const value = values[image * imageLength + channel * 224 * 224 + y * 224 + x] ?? 0;
    assert.ok(Math.abs(value - expected) < 1e-5, `${value} for ${expected}`);
  }
});

test('older spellings of the same preprocessing are accepted', () => {
  const read = readNormalisation({ ...clip, size: 224, crop_size: 224, rescale_factor: 0.5 });
  assert.deepEqual(read, { mean: clip.image_mean, std: clip.image_std, rescale: 0.5 });
});

test('a model that needs its images prepared differently is refused', () => {
  for (const other of [
    { size: { shortest_edge: 336 } },
    { crop_size: { height: 224, width: 448 } },
    { resample: 2 },
    { do_center_crop: false },
    { image_mean: [0.5] },
  ]) {
    assert.throws(() => readNormalisation({ ...clip, ...other }), JSON.stringify(other));
  }
});
