import { badImage } from './bad-image.ts';

type ImageFormat = 'jpeg' | 'png' | 'webp';

/** Formats that sharp can open but we refuse: each is one more parser exposed to untrusted bytes. */
const refused: [name: string, test: (bytes: Buffer) => boolean][] = [
  ['GIF', (bytes) => ascii(bytes, 0, 'GIF8')],
  ['TIFF', (bytes) => ascii(bytes, 0, 'II*\0') || ascii(bytes, 0, 'MM\0*')],
  ['BMP', (bytes) => ascii(bytes, 0, 'BM') && bytes.length > 14 && bytes.readUInt32LE(2) === bytes.length],
  ['HEIC or AVIF', (bytes) => ascii(bytes, 4, 'ftyp')],
  ['SVG', (bytes) => /^\s*<(\?xml|svg)/.test(bytes.toString('latin1', 0, 256))],
  ['PDF', (bytes) => ascii(bytes, 0, '%PDF')],
];

/** The parts of a file, found before any decoder sees it. */
export interface ImageFile {
  format: ImageFormat;
  /** Metadata: EXIF, XMP, maker's notes. */
  notes: Note[];
}

interface Note {
  kind: 'exif' | 'other';
  /** Where the part begins, at its marker or name. */
  at: number;
  payload: [from: number, to: number];
}

/**
 * Detects the format by the first bytes, not by the name. Refuses animated and truncated files.
 * @throws PermanentError
 */
export function readImageFile(bytes: Buffer): ImageFile {
  if (bytes.length === 0) throw badImage('empty', 'The file is empty');
  if (bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xffd8ff) return readJpeg(bytes);
  if (bytes.length >= 8 && bytes.readBigUInt64BE(0) === 0x89504e470d0a1a0an) return readPng(bytes);
  if (ascii(bytes, 0, 'RIFF') && ascii(bytes, 8, 'WEBP')) return readWebp(bytes);
  const other = refused.find(([, test]) => test(bytes));
  if (other) {
    throw badImage('unsupported_format', `The file is ${other[0]}; only JPEG, PNG and WebP are accepted`);
  }
  throw badImage('not_an_image', `The file is not an image: it begins with ${firstLetters(bytes)}`);
}

const ascii = (bytes: Buffer, at: number, text: string) =>
  bytes.toString('latin1', at, at + text.length) === text;

const firstLetters = (bytes: Buffer) =>
  JSON.stringify(bytes.toString('latin1', 0, 12).replace(/[^ -~]/g, '.'));

const truncated = (format: string, bytes: Buffer) =>
  badImage('truncated', `The ${format} is cut off after ${bytes.length} bytes`);

/**
 * A JPEG has an end-of-image marker somewhere after its first scan. Cameras append data, so the marker need not be
 * last. A thumbnail has its own marker in a segment before the scan, so segments are skipped.
 */
function readJpeg(bytes: Buffer): ImageFile {
  const notes: Note[] = [];
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) {
      // Decoders skip what is left of a segment whose length is wrong, and so do viewers.
      at = bytes.indexOf(0xff, at);
      if (at < 0) break;
      continue;
    }
    const marker = bytes[at + 1] as number;
    if (marker === 0xda) {
      if (bytes.lastIndexOf(endOfImage) <= at) break;
      return { format: 'jpeg', notes };
    }
    if (marker === 0xff) {
      at += 1;
    } else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;
    } else {
      const next = at + 2 + bytes.readUInt16BE(at + 2);
      const application = marker >= 0xe1 && marker <= 0xef;
      // The colour profile, and Adobe's note on how to read CMYK, are part of the picture.
      const needed = ascii(bytes, at + 4, 'ICC_PROFILE\0') || ascii(bytes, at + 4, 'Adobe');
      if (application && !needed && next <= bytes.length) {
        const isExif = ascii(bytes, at + 4, 'Exif\0\0');
        notes.push({ kind: isExif ? 'exif' : 'other', at, payload: [at + (isExif ? 10 : 4), next] });
      }
      at = next;
    }
  }
  throw truncated('JPEG', bytes);
}

const endOfImage = Buffer.from([0xff, 0xd9]);

/** Walks over the chunks: `acTL` marks an animated PNG, `IEND` the end of the file. */
function readPng(bytes: Buffer): ImageFile {
  const notes: Note[] = [];
  let at = 8;
  while (at + 12 <= bytes.length) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    const next = at + 12 + bytes.readUInt32BE(at);
    if (type === 'acTL' && bytes.readUInt32BE(at + 8) > 1) {
      throw badImage('animated', 'The PNG is animated; a camera takes still pictures');
    }
    if (type === 'IEND') return { format: 'png', notes };
    if (next > bytes.length) break;
    if (['eXIf', 'tEXt', 'zTXt', 'iTXt'].includes(type)) {
      notes.push({ kind: type === 'eXIf' ? 'exif' : 'other', at, payload: [at + 8, next - 4] });
    }
    at = next;
  }
  throw truncated('PNG', bytes);
}

/** Walks over the chunks of the RIFF file, whose header contains its length. */
function readWebp(bytes: Buffer): ImageFile {
  const notes: Note[] = [];
  const end = bytes.length < 21 ? Number.POSITIVE_INFINITY : bytes.readUInt32LE(4) + 8;
  if (end > bytes.length) throw truncated('WebP', bytes);
  const animation = 0x02;
  if (ascii(bytes, 12, 'VP8X') && (bytes[20] as number) & animation) {
    throw badImage('animated', 'The WebP is animated; a camera takes still pictures');
  }
  for (let at = 12; at + 8 <= end; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const to = at + 8 + bytes.readUInt32LE(at + 4);
    if (to <= end && (name === 'EXIF' || name === 'XMP ')) {
      notes.push({ kind: name === 'EXIF' ? 'exif' : 'other', at, payload: [at + 8, to] });
    }
    at = to + (to % 2);
  }
  return { format: 'webp', notes };
}
