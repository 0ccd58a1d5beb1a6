import { createHash } from 'node:crypto';
import { decodeImage, readExifBlock, withImage } from '@mycelium/encoder';
import { isDay, localToInstant } from '@mycelium/farm';
import exifr from 'exifr';

/** A picture ready for the store. */
export interface Photo {
  /** JPEG. */
  bytes: Buffer;
  /** Converted from PNG or WebP. */
  converted: boolean;
  /** The camera's time, if it wrote one. */
  capturedAt: Date | undefined;
  /** Identical for the same source file, whichever version of the converter made the JPEG. */
  identity: string;
}

/**
 * Reads a picture file. JPEGs stay as they are, byte for byte; PNG and WebP become JPEGs, since every key ends in
 * `.jpg`. Decodes the picture as the nightly job does, so that nothing imported here is quarantined there.
 * @throws PermanentError
 */
export async function readPhoto(source: Buffer, timeZone: string, signal?: AbortSignal): Promise<Photo> {
  await decodeImage(source, signal);
  const exif = await readExif(source);
  const converted = !isJpeg(source);
  return {
    bytes: converted ? await toJpeg(source, exif) : source,
    converted,
    capturedAt: captureTime(exif, timeZone),
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

interface Exif {
  DateTimeOriginal?: unknown;
  OffsetTimeOriginal?: unknown;
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
  pick: ['DateTimeOriginal', 'OffsetTimeOriginal', 'ImageDescription'],
};

/**
 * EXIF times are local and have no zone, unless the camera wrote its offset too. A camera whose clock was never set
 * writes invalid times, which are ignored.
 */
function captureTime(exif: Exif, timeZone: string): Date | undefined {
  const match = /^(\d{4}):(\d\d):(\d\d) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)/.exec(
    String(exif.DateTimeOriginal),
  );
  if (!match || !isDay(match.slice(1, 4).join('-'))) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const offset = /^([+-])(\d\d):([0-5]\d)$/.exec(String(exif.OffsetTimeOriginal));
  if (!offset) return localToInstant({ year, month, day, hour, minute, second }, timeZone);
  const minutes = Number(offset[2]) * 60 + Number(offset[3]);
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  return new Date(utc - (offset[1] === '-' ? -minutes : minutes) * 60_000);
}

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
