import { isDay, localToInstant } from '@mycelium/farm';

/** Where the time of a picture can come from, the best source first. */
export const timeSources = [
  'given',
  'camera',
  'digitized',
  'gps',
  'xmp',
  'name',
  'modified',
  'file',
] as const;
export type TimeSource = (typeof timeSources)[number];

/** The EXIF fields with times, by exifr's names, and the XMP packet. */
export interface CameraTimes {
  xmp?: string | undefined;
  DateTimeOriginal?: unknown;
  OffsetTimeOriginal?: unknown;
  /** Exif calls it DateTimeDigitized. */
  CreateDate?: unknown;
  OffsetTimeDigitized?: unknown;
  /** Exif calls it DateTime. Programs that edit a picture change it. */
  ModifyDate?: unknown;
  OffsetTime?: unknown;
  GPSDateStamp?: unknown;
  /** Hours, minutes and seconds of UTC. */
  GPSTimeStamp?: unknown;
}

export const exifTimes = [
  ...['DateTimeOriginal', 'OffsetTimeOriginal', 'CreateDate', 'OffsetTimeDigitized', 'ModifyDate'],
  ...['OffsetTime', 'GPSDateStamp', 'GPSTimeStamp'],
];

interface PictureFile {
  /** The sender's time. */
  given?: Date | undefined;
  exif: CameraTimes;
  /** The name of the file, without folders. */
  name: string;
  /** The time of the file, or when it was received. */
  fileTime: Date;
  timeZone: string;
  /** Milliseconds to add to what the camera's clock wrote. */
  clockOffset?: number | undefined;
}

/**
 * The time of a picture from its best source. EXIF times are local and have no zone, unless the camera wrote its offset
 * too. A camera whose clock was never set writes invalid times, which are ignored.
 */
export function captureTime({ given, exif, name, fileTime, timeZone, clockOffset = 0 }: PictureFile): {
  capturedAt: Date;
  source: TimeSource;
} {
  const camera = (time: unknown, offset: unknown) => {
    const instant = exifTime(time, offset, timeZone);
    return instant && new Date(instant.getTime() + clockOffset);
  };
  const found: Record<TimeSource, Date | undefined> = {
    given,
    camera: camera(exif.DateTimeOriginal, exif.OffsetTimeOriginal),
    digitized: camera(exif.CreateDate, exif.OffsetTimeDigitized),
    gps: gpsTime(exif),
    xmp: xmpTime(exif, timeZone),
    name: nameTime(name, timeZone),
    modified: camera(exif.ModifyDate, exif.OffsetTime),
    file: fileTime,
  };
  const source = timeSources.find((each) => found[each] !== undefined) as TimeSource;
  return { capturedAt: found[source] as Date, source };
}

function exifTime(time: unknown, offset: unknown, timeZone: string): Date | undefined {
  const parts = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)/.exec(String(time));
  const [, sign, hours, minutes] = /^([+-])(\d\d):([0-5]\d)$/.exec(String(offset)) ?? [];
  if (!sign) return instantOf(parts, timeZone);
  const utc = instantOf(parts, 'UTC');
  const east = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return utc && new Date(utc.getTime() - east * 60_000);
}

const xmpFields = ['exif:DateTimeOriginal', 'xmp:CreateDate', 'photoshop:DateCreated'];

/** An ISO time, in an attribute or an element; local if it has no zone. */
function xmpTime({ xmp = '' }: CameraTimes, timeZone: string): Date | undefined {
  for (const field of xmpFields) {
    const [, written = ''] = new RegExp(`${field}(?:="|>)([^"<]{10,40})`).exec(xmp) ?? [];
    const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(written);
    if (!parts) continue;
    if (!parts[7]) return instantOf(parts, timeZone);
    const instant = new Date(written);
    if (!Number.isNaN(instant.getTime())) return instant;
  }
  return undefined;
}

function gpsTime({ GPSDateStamp: date, GPSTimeStamp: time }: CameraTimes): Date | undefined {
  if (!Array.isArray(time) || time.length !== 3) return undefined;
  const clock = time.map((part) => String(Math.floor(Number(part))).padStart(2, '0')).join(':');
  return instantOf(/^(\d{4})[:-](\d\d)[:-](\d\d) (\d\d):(\d\d):(\d\d)$/.exec(`${date} ${clock}`), 'UTC');
}

/**
 * `IMG_20260301_143000.jpg`, `2026-03-01 14.30.00.jpg`, `cam1-20260301143000.jpg`. Pixel phones name pictures in UTC:
 * `PXL_20260301_063000123.jpg`.
 */
function nameTime(name: string, timeZone: string): Date | undefined {
  const parts =
    /(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?:[-_ T.]| at ){0,3}(\d\d)[-_.:]?(\d\d)[-_.:]?(\d\d)(?:\d{3})?(?!\d)/.exec(
      name,
    );
  return instantOf(parts, name.startsWith('PXL_') ? 'UTC' : timeZone);
}

/** @returns undefined when there is no such time */
function instantOf(parts: RegExpExecArray | null, timeZone: string): Date | undefined {
  if (!parts || !isDay(parts.slice(1, 4).join('-'))) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    ...[number, number, number],
    ...[number, number, number],
  ];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return localToInstant({ year, month, day, hour, minute, second }, timeZone);
}
