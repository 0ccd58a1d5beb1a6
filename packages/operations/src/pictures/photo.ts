import { createHash } from 'node:crypto';
import { decodeImage, readExifBlock, withImage } from '@mycelium/encoder';
import exifr from 'exifr';
import { type ExifTimes, exifTimes } from './capture-time.ts';

/** A picture ready for the store. */
export interface Photo {
  /** JPEG. */
  bytes: Buffer;
  /** Converted from PNG or WebP. */
  converted: boolean;
  /** The times that the camera wrote. */
  times: ExifTimes;
  /** Identical for the same source file, whichever version of the converter made the JPEG. */
  identity: string;
}

/**
 * Reads a picture file. JPEGs stay as they are, byte for byte; PNG and WebP become JPEGs, since every key ends in
 * `.jpg`. Decodes the picture as the nightly job does, so that nothing imported here is quarantined there.
 * @throws PermanentError
 */
export async function readPhoto(source: Buffer, signal?: AbortSignal): Promise<Photo> {
  await decodeImage(source, signal);
  const exif = await readExif(source);
  const converted = !isJpeg(source);
  return {
    bytes: converted ? await toJpeg(source, exif) : source,
    converted,
    times: exif,
    identity: identityOf(source, exif),
  };
}

/** The identity of a stored picture; for a converted one, that of its source file. */
export async function storedIdentity(bytes: Buffer): Promise<string> {
  return identityOf(bytes, isJpeg(bytes) ? await readExif(bytes) : {});
}

function isJpeg(bytes: Buffer): boolean {
  return bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xffd8ff;
}

interface Exif extends ExifTimes {
  ImageDescription?: unknown;
}

/** Damaged EXIF counts as missing, since the picture is usable without it. */
async function readExif(bytes: Buffer): Promise<Exif> {
  try {
    const block = readExifBlock(bytes);
    return (block && (await exifr.parse(block, exifOptions))) ?? {};
  } catch {
    return {};
  }
}

const exifOptions = {
  // Otherwise exifr returns Dates in this machine's time zone.
  reviveValues: false,
  pick: [...exifTimes, 'ImageDescription'],
};

const convertedFrom = 'Converted by Mycelium from ';

function identityOf(bytes: Buffer, exif: Exif): string {
  const note = String(exif.ImageDescription);
  if (note.startsWith(convertedFrom)) return note.slice(convertedFrom.length);
  return createHash('sha256').update(bytes).digest('hex');
}

async function toJpeg(source: Buffer, exif: Exif): Promise<Buffer> {
  const { DateTimeOriginal, OffsetTimeOriginal } = exif;
  return withImage(source, undefined, (image) =>
    image
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .withExif({
        IFD0: { ImageDescription: convertedFrom + identityOf(source, {}) },
        IFD2: {
          ...(typeof DateTimeOriginal === 'string' && { DateTimeOriginal }),
          ...(typeof OffsetTimeOriginal === 'string' && { OffsetTimeOriginal }),
        },
      })
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toBuffer(),
  );
}
