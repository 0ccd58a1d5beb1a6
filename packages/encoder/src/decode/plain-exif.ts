import { crc32 } from 'node:zlib';
import { type ImageFile, readImageFile } from './image-format.ts';

/**
 * Copies the file without the metadata of cameras, phones and editors, except the EXIF orientation.
 * libexif spent 20 seconds in a looping table of a 67 KB file, and sharp's time limit does not cover it.
 */
export function withPlainExif(bytes: Buffer, { format, notes }: ImageFile): Buffer {
  if (notes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  const first = notes.find(({ kind }) => kind === 'exif');
  const exif = first ? orientationOnly(readOrientation(bytes.subarray(...first.payload))) : undefined;

  for (const note of notes) {
    const payload = copy.subarray(...note.payload).fill(0);
    const keeps = note === first && exif !== undefined && payload.length >= exif.length;
    if (keeps) exif.copy(payload);
    if (format === 'jpeg') {
      // APP15, which no decoder reads.
      if (!keeps) copy[note.at + 1] = 0xef;
    } else if (format === 'png') {
      // A private chunk that decoders ignore.
      if (!keeps) copy.write('noTe', note.at + 4, 'latin1');
      copy.writeUInt32BE(crc32(copy.subarray(note.at + 4, note.payload[1])), note.payload[1]);
    } else if (!keeps) {
      copy.write('NOTE', note.at, 'latin1');
    }
  }
  return copy;
}

/**
 * The first EXIF block of a file, starting at its TIFF header, read without a decoder: libexif can hang on it.
 * @throws PermanentError when the file is not an image
 */
export function readExifBlock(bytes: Buffer): Buffer | undefined {
  const exif = readImageFile(bytes).notes.find(({ kind }) => kind === 'exif');
  return exif && withoutHeader(bytes.subarray(...exif.payload));
}

/** WebP may repeat the header that JPEG writes before the block. */
const withoutHeader = (exif: Buffer) =>
  exif.toString('latin1', 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;

const orientationTag = 0x0112;

/** 1 … 8 from the first table of an EXIF block; 1 (upright) when it is missing or unreadable. */
function readOrientation(exif: Buffer): number {
  const tiff = withoutHeader(exif);
  if (tiff.length < 14) return 1;
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const table = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (table + 2 > tiff.length) return 1;
  const entries = u16(table);
  for (let entry = 0; entry < entries; entry++) {
    const at = table + 2 + entry * 12;
    if (at + 12 > tiff.length) return 1;
    if (u16(at) === orientationTag) {
      const value = u16(at + 8);
      return value >= 1 && value <= 8 ? value : 1;
    }
  }
  return 1;
}

/** The smallest EXIF block with an orientation: one table with one entry. */
function orientationOnly(orientation: number): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write('II*\0', 0, 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(1, 8);
  tiff.writeUInt16LE(orientationTag, 10);
  tiff.writeUInt16LE(3, 12); // A 16-bit number,
  tiff.writeUInt32LE(1, 14); // one value.
  tiff.writeUInt16LE(orientation, 18);
  return tiff;
}
