import { createHash } from 'node:crypto';
import { decodeImage, readExifBlock, withImage } from '@mycelium/encoder';
import exifr from 'exifr';
import sharp, { type Sharp } from 'sharp';
import { type CameraTimes, exifTimes } from './capture-time.ts';
import { decodeHeic, heicExifBlock, isHeic } from './heic.ts';

/** A picture ready for the store. */
export interface Photo {
  /** JPEG. */
  bytes: Buffer;
  /** Converted from PNG, WebP or HEIC. */
  converted: boolean;
  /** The times that the camera wrote. */
  times: CameraTimes;
  /** Identical for the same source file, whichever version of the converter made the JPEG. */
  identity: string;
}

/**
 * Reads a picture file. JPEGs stay as they are, byte for byte; PNG, WebP and HEIC become JPEGs, since every key ends in
 * `.jpg`. Decodes the picture as the nightly job does, so that nothing imported here is quarantined there.
 * @throws PermanentError
 */
export async function readPhoto(source: Buffer, signal?: AbortSignal): Promise<Photo> {
  if (isHeic(source)) return readHeic(source, signal);
  await decodeImage(source, signal);
  const exif = await readExif(readExifBlock(source));
  const converted = !isJpeg(source);
  return {
    bytes: converted
      ? await withImage(source, signal, (image) => toJpeg(image, identityOf(source, {}), exif))
      : source,
    converted,
    times: { ...exif, xmp: xmpOf(source) },
    identity: identityOf(source, exif),
  };
}

async function readHeic(source: Buffer, signal: AbortSignal | undefined): Promise<Photo> {
  const { width, height, data } = await decodeHeic(source, signal);
  const exif = await readExif(heicExifBlock(source));
  const identity = identityOf(source, {});
  const bytes = await toJpeg(sharp(data, { raw: { width, height, channels: 4 } }), identity, exif);
  await decodeImage(bytes, signal);
  return { bytes, converted: true, times: { ...exif, xmp: xmpOf(source) }, identity };
}

/** The XMP packet of a picture, which is text in every format. */
function xmpOf(bytes: Buffer): string | undefined {
  const start = bytes.indexOf('<x:xmpmeta');
  const end = start < 0 ? -1 : bytes.indexOf('</x:xmpmeta>', start);
  return end < 0 ? undefined : bytes.toString('utf8', start, Math.min(end, start + 100_000));
}

/** The identity of a stored picture; for a converted one, that of its source file. */
export async function storedIdentity(bytes: Buffer): Promise<string> {
  return identityOf(bytes, isJpeg(bytes) ? await readExif(readExifBlock(bytes)) : {});
}

function isJpeg(bytes: Buffer): boolean {
  return bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xffd8ff;
}

interface Exif extends CameraTimes {
  ImageDescription?: unknown;
}

/** Damaged EXIF counts as missing, since the picture is usable without it. */
async function readExif(block: Buffer | undefined): Promise<Exif> {
  try {
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

function toJpeg(
  image: Sharp,
  identity: string,
  { DateTimeOriginal, OffsetTimeOriginal }: Exif,
): Promise<Buffer> {
  return image
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .withExif({
      IFD0: { ImageDescription: convertedFrom + identity },
      IFD2: {
        ...(typeof DateTimeOriginal === 'string' && { DateTimeOriginal }),
        ...(typeof OffsetTimeOriginal === 'string' && { OffsetTimeOriginal }),
      },
    })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
