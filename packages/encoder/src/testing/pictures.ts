import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { seededRandom } from '../random.ts';

// Good and bad pictures for tests and benchmarks, generated identically every time.

/** RGB bytes that resemble a photograph: large soft shapes, edges, and sensor noise. */
export async function photograph(width: number, height: number, seed = 1): Promise<Buffer> {
  const random = seededRandom(seed);
  const blobs = Buffer.from(Array.from({ length: 16 * 12 * 3 }, () => random() * 256));
  const soft = await sharp(blobs, { raw: { width: 16, height: 12, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  const caps = Array.from({ length: 60 }, () => ({
    x: random() * width,
    y: random() * height,
    radius: (0.01 + 0.06 * random()) * Math.min(width, height),
    light: random() * 160 - 80,
  }));
  for (const { x, y, radius, light } of caps) {
    for (let row = Math.max(0, Math.ceil(y - radius)); row < Math.min(height, y + radius); row++) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (row - y) ** 2));
      for (let column = Math.max(0, Math.ceil(x - half)); column < Math.min(width, x + half); column++) {
        const at = (row * width + column) * 3;
        for (let channel = 0; channel < 3; channel++)
          soft[at + channel] = clamp((soft[at + channel] ?? 0) + light);
      }
    }
  }
  for (let at = 0; at < soft.length; at++) soft[at] = clamp((soft[at] ?? 0) + (random() - 0.5) * 16);
  return soft;
}

const clamp = (value: number) => Math.min(255, Math.max(0, value));

export async function photographAs(
  format: 'jpeg' | 'png' | 'webp',
  width: number,
  height: number,
  seed = 1,
): Promise<Buffer> {
  const rgb = await photograph(width, height, seed);
  // Given a quality, sharp would write a palette PNG.
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .toFormat(format, format === 'png' ? {} : { quality: 88 })
    .toBuffer();
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** A black PNG of any size in a few kilobytes, with any chunks before the picture. */
export function blackPng(
  width: number,
  height: number,
  {
    before = [],
    depth = 1,
    colour = 0,
    interlaced = false,
    bytesPerRow = Math.ceil(width / 8),
  }: {
    before?: Buffer[];
    depth?: number;
    colour?: number;
    interlaced?: boolean;
    bytesPerRow?: number;
  } = {},
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, Number(interlaced)], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  // Interlacing adds a byte per row in each of its seven passes.
  const picture = deflateSync(Buffer.alloc(height * (bytesPerRow + (interlaced ? 8 : 1))), { level: 1 });
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    ...before,
    pngChunk('IDAT', picture),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The JPEG with a segment inserted before all others. */
export function withSegment(jpeg: Buffer, marker: number, payload: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, payload, jpeg.subarray(2)]);
}

/** An EXIF block whose table has 5,000 entries that all point back to the table. */
export function loopingExif(): Buffer {
  const entries = 5000;
  const tiff = Buffer.alloc(10 + entries * 12 + 4);
  tiff.write('II*\0', 0, 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(entries, 8);
  for (let entry = 0; entry < entries; entry++) {
    const at = 10 + entry * 12;
    tiff.writeUInt16LE(0x8769, at);
    tiff.writeUInt16LE(4, at + 2);
    tiff.writeUInt32LE(1, at + 4);
    tiff.writeUInt32LE(8, at + 8);
  }
  tiff.writeUInt32LE(8, 10 + entries * 12);
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
}
