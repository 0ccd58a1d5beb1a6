import { BadImage } from './bad-image.ts';

export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** Formats that sharp could open and we do not: each is one more parser for a stranger's bytes. */
const refused: [name: string, test: (bytes: Buffer) => boolean][] = [
  ['GIF', (bytes) => ascii(bytes, 0, 'GIF8')],
  ['TIFF', (bytes) => ascii(bytes, 0, 'II*\0') || ascii(bytes, 0, 'MM\0*')],
  ['BMP', (bytes) => ascii(bytes, 0, 'BM') && bytes.length > 14 && bytes.readUInt32LE(2) === bytes.length],
  ['HEIC or AVIF', (bytes) => ascii(bytes, 4, 'ftyp')],
  ['SVG', (bytes) => /^\s*<(\?xml|svg)/.test(bytes.toString('latin1', 0, 256))],
  ['PDF', (bytes) => ascii(bytes, 0, '%PDF')],
];

/**
 * What the first bytes say the file is; its name is not asked. A file that ends before its format says it should,
 * or moves, is refused here, before any decoder sees it.
 * @throws BadImage
 */
export function imageFormat(bytes: Buffer): ImageFormat {
  if (bytes.length === 0) throw new BadImage('empty', 'The file is empty');
  if (bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xffd8ff) return checkJpeg(bytes);
  if (bytes.length >= 8 && bytes.readBigUInt64BE(0) === 0x89504e470d0a1a0an) return checkPng(bytes);
  if (ascii(bytes, 0, 'RIFF') && ascii(bytes, 8, 'WEBP')) return checkWebp(bytes);
  const other = refused.find(([, test]) => test(bytes));
  if (other) {
    throw new BadImage('unsupported_format', `The file is ${other[0]}; only JPEG, PNG and WebP are taken`);
  }
  throw new BadImage('not_an_image', `The file is not an image: it begins with ${describe(bytes)}`);
}

const ascii = (bytes: Buffer, at: number, text: string) =>
  bytes.toString('latin1', at, at + text.length) === text;

const describe = (bytes: Buffer) => JSON.stringify(bytes.toString('latin1', 0, 12).replace(/[^ -~]/g, '.'));

/**
 * A JPEG ends with an end-of-image marker somewhere behind its first scan. Cameras write things after it, so it
 * need not be last; a thumbnail's own marker sits in a segment before the scan, so segments are stepped over.
 */
function checkJpeg(bytes: Buffer): ImageFormat {
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) throw new BadImage('corrupt', `The JPEG has no marker at byte ${at}`);
    const marker = bytes[at + 1] as number;
    if (marker === 0xda) {
      if (bytes.lastIndexOf(endOfImage) > at) return 'jpeg';
      break;
    }
    const alone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    if (marker === 0xff) at += 1;
    else if (alone) at += 2;
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
  throw new BadImage('truncated', `The JPEG ends before its picture does, after ${bytes.length} bytes`);
}

const endOfImage = Buffer.from([0xff, 0xd9]);

/** Steps over the chunks: `acTL` makes a PNG move, `IEND` ends it. */
function checkPng(bytes: Buffer): ImageFormat {
  let at = 8;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'acTL' && bytes.readUInt32BE(at + 8) > 1) {
      throw new BadImage('animated', 'The PNG is animated; a camera takes still pictures');
    }
    if (type === 'IEND') return 'png';
    at += 12 + length;
  }
  throw new BadImage('truncated', `The PNG ends before its picture does, after ${bytes.length} bytes`);
}

function checkWebp(bytes: Buffer): ImageFormat {
  if (bytes.length < 21 || bytes.readUInt32LE(4) + 8 > bytes.length) {
    throw new BadImage('truncated', `The WebP ends before its picture does, after ${bytes.length} bytes`);
  }
  const animation = 0x02;
  if (ascii(bytes, 12, 'VP8X') && (bytes[20] as number) & animation) {
    throw new BadImage('animated', 'The WebP is animated; a camera takes still pictures');
  }
  return 'webp';
}
