import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PermanentError } from '@mycelium/farm';
import sharp, { type Sharp } from 'sharp';
import {
  blackPng,
  loopingExif,
  photograph,
  photographAs,
  pngChunk,
  withSegment,
} from '../testing/pictures.ts';
import { decodeImage } from './decode.ts';
import { readImageFile } from './image-format.ts';

/**
 * A slow textbook implementation of CLIP's preprocessing in double precision: resize the short side to 224 with Keys'
 * cubic (a = -1/2), widened when shrinking, then crop the centre.
 */
function textbook(rgb: Uint8Array, width: number, height: number): Float64Array {
  const kernel = (x: number) => {
    const d = Math.abs(x);
    if (d <= 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1;
    return d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
  };
  const weightsFor = (from: number, to: number) => {
    const offset = Math.floor((to - 224) / 2);
    const step = from / to;
    const stretch = Math.max(1, step);
    return Array.from({ length: 224 }, (_, place) => {
      const centre = (place + offset + 0.5) * step - 0.5;
      const taps = [];
      for (let at = Math.ceil(centre - 2 * stretch); at <= centre + 2 * stretch; at++) {
        if (at >= 0 && at < from) taps.push({ at, weight: kernel((at - centre) / stretch) });
      }
      const sum = taps.reduce((total, tap) => total + tap.weight, 0);
      return taps.map(({ at, weight }) => ({ at, weight: weight / sum }));
    });
  };
  const short = Math.min(width, height);
  const columns = weightsFor(width, Math.floor((224 * width) / short));
  const rows = weightsFor(height, Math.floor((224 * height) / short));
  const between = new Float64Array(height * 224 * 3);
  for (let y = 0; y < height; y++) {
    for (const [x, taps] of columns.entries()) {
      for (let c = 0; c < 3; c++) {
        const sum = taps.reduce(
          (sum, { at, weight }) => sum + weight * (rgb[(y * width + at) * 3 + c] ?? 0),
          0,
        );
        between[(y * 224 + x) * 3 + c] = sum;
      }
    }
  }
  const result = new Float64Array(224 * 224 * 3);
  for (const [y, taps] of rows.entries()) {
    for (let i = 0; i < 224 * 3; i++) {
      const sum = taps.reduce((sum, { at, weight }) => sum + weight * (between[at * 224 * 3 + i] ?? 0), 0);
      result[y * 224 * 3 + i] = sum;
    }
  }
  return result.map((value) => Math.min(255, Math.max(0, value)));
}

/** In levels of 255: the mean difference, and the 99th percentile. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>) {
  const apart = Float64Array.from(a, (value, at) => Math.abs(value - (b[at] ?? 0))).sort();
  return {
    mean: apart.reduce((sum, d) => sum + d, 0) / apart.length,
    p99: apart[Math.floor(apart.length * 0.99)] ?? 0,
  };
}

function assertClose(a: ArrayLike<number>, b: ArrayLike<number>, mean: number, p99: number) {
  assert.equal(a.length, b.length);
  const apart = difference(a, b);
  assert.ok(apart.mean <= mean && apart.p99 <= p99, `mean ${apart.mean}, 99 % within ${apart.p99} levels`);
}

const reason = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof PermanentError, String(error));
  assert.equal(error.reason, expected, error.message);
  assert.equal(error.permanent, true);
  return true;
};

const sizes: [format: 'jpeg' | 'png' | 'webp', width: number, height: number][] = [
  ['jpeg', 1920, 1080],
  ['jpeg', 1080, 1920],
  ['jpeg', 1600, 1200],
  ['jpeg', 900, 905],
  ['jpeg', 448, 448],
  ['jpeg', 225, 300],
  ['jpeg', 224, 224],
  ['jpeg', 160, 120],
  ['jpeg', 120, 163],
  ['jpeg', 33, 250],
  ['png', 1280, 720],
  ['png', 100, 75],
  ['webp', 1280, 720],
  ['webp', 100, 75],
];
for (const [format, width, height] of sizes) {
  test(`a ${format} of ${width} × ${height} matches the textbook within one level on average`, async () => {
    const file = await photographAs(format, width, height);
    const full = await sharp(file).raw().toBuffer();
    const pixels = await decodeImage(file);
    assert.deepEqual([pixels.width, pixels.height], [width, height]);
    // The worst case is a side just over 4 × 224: the decoder halves it, and the filter smooths the least.
    assertClose(pixels.data, textbook(full, width, height), 0.85, 6);
  });
}

test('a 12-megapixel photograph, which the decoder shrinks first, matches too', async () => {
  const file = await photographAs('jpeg', 4000, 3000);
  const pixels = await decodeImage(file);
  assertClose(pixels.data, textbook(await sharp(file).raw().toBuffer(), 4000, 3000), 0.6, 2);
});

/** What cameras and phones add to a photograph. */
const cameras: Record<string, (image: Sharp) => Promise<Buffer>> = {
  'a phone held upright, with a colour profile, a position and a thumbnail': async (image) => {
    const jpeg = await image
      .withIccProfile('srgb')
      .withExif({ IFD0: { Make: 'Phone', Orientation: '6' }, IFD3: { GPSLatitudeRef: 'N' } })
      .jpeg({ quality: 85, chromaSubsampling: '4:2:0' })
      .toBuffer();
    return withSegment(jpeg, 0xe2, await photographAs('jpeg', 160, 120));
  },
  'a surveillance camera: strong compression, and its own data after the picture': async (image) =>
    Buffer.concat([
      await image.jpeg({ quality: 40, chromaSubsampling: '4:2:0' }).toBuffer(),
      Buffer.alloc(999),
    ]),
  'a DSLR: little compression, optimised, full colour resolution, maker’s notes': async (image) =>
    withSegment(
      await image
        .jpeg({ quality: 98, chromaSubsampling: '4:4:4', mozjpeg: false, optimiseCoding: true })
        .toBuffer(),
      0xed,
      Buffer.alloc(60_000, 'note'),
    ),
  'a picture saved for the web: progressive': (image) =>
    image.jpeg({ quality: 75, progressive: true }).toBuffer(),
};
for (const [camera, write] of Object.entries(cameras)) {
  test(`the file of ${camera}, matches the textbook`, async () => {
    for (const [width, height] of [
      [1200, 800],
      [768, 1024],
    ] as const) {
      const raw = { width, height, channels: 3 } as const;
      const file = await write(sharp(await photograph(width, height, width), { raw }));
      const { data, info } = await sharp(file).autoOrient().raw().toBuffer({ resolveWithObject: true });
      const pixels = await decodeImage(file);
      assert.deepEqual([pixels.width, pixels.height], [info.width, info.height]);
      assertClose(pixels.data, textbook(data, info.width, info.height), 0.85, 6);
    }
  });
}

test('the picture is upright however the camera was held, in every format', async () => {
  const upright = sharp(await photograph(640, 480), { raw: { width: 640, height: 480, channels: 3 } });
  const expected = (await decodeImage(await upright.clone().png().toBuffer())).data;
  // Turns an upright picture into what a camera stores for each orientation.
  const stored = [
    (image: Sharp) => image,
    (image: Sharp) => image.flop(),
    (image: Sharp) => image.rotate(180),
    (image: Sharp) => image.flip(),
    (image: Sharp) => image.flip().rotate(90),
    (image: Sharp) => image.rotate(-90),
    (image: Sharp) => image.flip().rotate(-90),
    (image: Sharp) => image.rotate(90),
  ];
  for (const [at, turn] of stored.entries()) {
    const raw = await turn(upright.clone()).raw().toBuffer({ resolveWithObject: true });
    const { width, height } = raw.info;
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const file = await sharp(raw.data, { raw: { width, height, channels: 3 } })
        .withMetadata({ orientation: at + 1 })
        .toFormat(format, format === 'png' ? {} : { quality: 97 })
        .toBuffer();
      const pixels = await decodeImage(file);
      assert.deepEqual([pixels.width, pixels.height], [640, 480], `${format}, orientation ${at + 1}`);
      const { mean } = difference(pixels.data, expected);
      assert.ok(mean < 3, `${format}, orientation ${at + 1}: ${mean} levels off`);
    }
  }
});

test('grey, 16 bits, CMYK, transparent, palette and wide-gamut pictures all become sRGB bytes', async () => {
  const plain = sharp(await photograph(600, 400), { raw: { width: 600, height: 400, channels: 3 } });
  const expected = (await decodeImage(await plain.clone().png().toBuffer())).data;
  const grey = (await decodeImage(await plain.clone().greyscale().toColourspace('srgb').png().toBuffer()))
    .data;
  const files: [name: string, file: Buffer, expected: Uint8Array, mean: number][] = [
    ['16 bits', await plain.clone().toColourspace('rgb16').png().toBuffer(), expected, 1],
    ['grey JPEG', await plain.clone().toColourspace('b-w').jpeg({ quality: 97 }).toBuffer(), grey, 3],
    ['16-bit grey', await plain.clone().toColourspace('grey16').png().toBuffer(), grey, 3],
    ['opaque', await plain.clone().ensureAlpha().png().toBuffer(), expected, 0.1],
    ['CMYK JPEG', await plain.clone().toColourspace('cmyk').jpeg({ quality: 97 }).toBuffer(), expected, 16],
    ['Display P3', await plain.clone().withIccProfile('p3').png().toBuffer(), expected, 2],
    ['palette', await plain.clone().png({ palette: true }).toBuffer(), expected, 12],
    ['progressive', await plain.clone().jpeg({ progressive: true, quality: 97 }).toBuffer(), expected, 2],
    ['interlaced', await plain.clone().png({ progressive: true }).toBuffer(), expected, 0.1],
  ];
  for (const [name, file, pixels, mean] of files) {
    const decoded = await decodeImage(file);
    assert.equal(decoded.data.length, 224 * 224 * 3, name);
    const apart = difference(decoded.data, pixels);
    assert.ok(apart.mean <= mean, `${name}: ${apart.mean} levels off`);
  }
});

test('transparency becomes white', async () => {
  const clear = await sharp({ create: { width: 300, height: 300, channels: 4, background: '#00000000' } })
    .png()
    .toBuffer();
  assert.ok((await decodeImage(clear)).data.every((value) => value === 255));
});

test('files that are not photographs are refused, each with its reason', async () => {
  const jpeg = await photographAs('jpeg', 640, 480);
  const png = await photographAs('png', 640, 480);
  const webp = await photographAs('webp', 640, 480);
  const upToHalf = (file: Buffer) => file.subarray(0, file.length >> 1);
  const shortened = Buffer.from(webp.subarray(0, webp.length >> 1));
  shortened.writeUInt32LE(shortened.length - 8, 4);
  const scribbled = Buffer.from(png);
  scribbled.write('????', png.length >> 1);
  const frames = [await photograph(64, 64, 1), await photograph(64, 64, 2)].map((data) =>
    sharp(data, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const moving = sharp(await Promise.all(frames), { join: { animated: true } });
  const bad: [file: Buffer, reason: string][] = [
    [Buffer.alloc(0), 'empty'],
    [Buffer.alloc(100_000), 'not_an_image'],
    [Buffer.from('{"error":"not found"}'), 'not_an_image'],
    [jpeg.subarray(0, 2), 'not_an_image'],
    [jpeg.subarray(0, 3), 'truncated'],
    [upToHalf(jpeg), 'truncated'],
    [jpeg.subarray(0, jpeg.length - 2), 'truncated'],
    [upToHalf(png), 'truncated'],
    [png.subarray(0, png.length - 12), 'truncated'],
    [upToHalf(webp), 'truncated'],
    [webp.subarray(0, 15), 'truncated'],
    [shortened, 'corrupt'],
    [scribbled, 'corrupt'],
    [Buffer.concat([jpeg.subarray(0, 20), Buffer.alloc(500)]), 'truncated'],
    [await moving.clone().webp().toBuffer(), 'animated'],
    [blackPng(64, 64, { before: [pngChunk('acTL', Buffer.from([0, 0, 0, 9, 0, 0, 0, 0]))] }), 'animated'],
    [await moving.clone().gif().toBuffer(), 'unsupported_format'],
    [await sharp(jpeg).tiff().toBuffer(), 'unsupported_format'],
    [await sharp(jpeg).avif({ effort: 0 }).toBuffer(), 'unsupported_format'],
    [Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'), 'unsupported_format'],
    [blackPng(20_000, 20_000), 'too_large'],
    [blackPng(5200, 5200, { depth: 16, colour: 6, interlaced: true, bytesPerRow: 8 }), 'too_large'],
    [blackPng(400, 31), 'bad_shape'],
    [blackPng(40_000, 1000), 'bad_shape'],
  ];
  for (const [file, expected] of bad) await assert.rejects(decodeImage(file), reason(expected));
});

test('a JPEG with data after it or a thumbnail inside is complete; one cut off in its scan is truncated', async () => {
  const thumbnail = await photographAs('jpeg', 64, 48);
  const jpeg = withSegment(await photographAs('jpeg', 640, 480), 0xe2, thumbnail);
  assert.equal(readImageFile(Buffer.concat([jpeg, Buffer.alloc(4000, 0xff)])).format, 'jpeg');
  assert.throws(() => readImageFile(jpeg.subarray(0, jpeg.length - 300)), reason('truncated'));
});

test('bytes left over between two segments are skipped, as in a viewer, and metadata after them is still removed', async () => {
  const jpeg = await photographAs('jpeg', 640, 480);
  const looping = withSegment(jpeg, 0xe1, Buffer.concat([Buffer.from('Exif\0\0'), loopingExif()]));
  const leftOver = Buffer.from([0x00, 0x41, 0xff, 0x00, 0x42]);
  const note = withSegment(looping, 0xe5, Buffer.from('a note'));
  const odd = Buffer.concat([note.subarray(0, 12), leftOver, note.subarray(12)]);
  assert.equal(readImageFile(odd).notes.length, 2);
  const [expected, read] = await Promise.all([decodeImage(jpeg), decodeImage(odd)]);
  assert.deepEqual(read.data, expected.data);
});

test('malicious metadata is removed before decoding', async () => {
  const jpeg = await photographAs('jpeg', 640, 480);
  const expected = (await decodeImage(jpeg)).data;
  const exif = loopingExif();
  let bomb = jpeg;
  for (let copy = 0; copy < 50; copy++) bomb = withSegment(bomb, 0xe1, exif);
  assert.deepEqual((await decodeImage(bomb)).data, expected);
  assert.deepEqual((await decodeImage(withSegment(jpeg, 0xe1, Buffer.from('Exif\0\0MM\0*')))).data, expected);

  const before = [pngChunk('eXIf', exif.subarray(6)), pngChunk('zTXt', Buffer.alloc(1_000_000))];
  assert.ok((await decodeImage(blackPng(300, 300, { before }))).data.every((value) => value === 0));
});

test('the buffer of the caller is not changed', async () => {
  const file = withSegment(await photographAs('jpeg', 320, 240), 0xe1, loopingExif());
  const before = Buffer.from(file);
  await decodeImage(file);
  assert.ok(file.equals(before));
});

test('nothing is decoded after an abort', async () => {
  const file = await photographAs('jpeg', 320, 240);
  await assert.rejects(decodeImage(file, AbortSignal.abort(new Error('given up'))), /given up/);
});
