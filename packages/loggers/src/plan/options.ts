import type { NamedPoint } from '@mycelium/farm';

/** How to read a file, as far as it is set and not to be found out. */
export interface ReadingOptions {
  /** The farm's time zone, for files that name none. */
  timeZone: string;
  room?: string | undefined;
  /** `COLUMN=DEVICE.POINT` or `COLUMN=DEVICE.POINT:UNIT`. */
  maps?: string[] | undefined;
  /** Names, or one `Date+Time`. */
  timeColumns?: string[] | undefined;
  timeFormat?: string | undefined;
  /** The zone of the file's times: an IANA name or a fixed offset. */
  zone?: string | undefined;
  headerLine?: number | undefined;
  encoding?: string | undefined;
  separator?: string | undefined;
  decimal?: '.' | ',' | undefined;
  /** More words for nothing. */
  missing?: string[] | undefined;
  /** A shipped profile, or `none`. */
  profile?: string | undefined;
  repeatedHour?: 'first' | 'second' | undefined;
  /** The unit of a point, if it has one. */
  unitOf?: ((point: NamedPoint) => string | undefined) | undefined;
}
