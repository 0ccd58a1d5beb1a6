import type { NamedPoint } from '@mycelium/farm';
import type { Layout } from '../layout/layout.ts';
import type { Profile, SeriesColumns } from '../profiles/profile.ts';
import type { TextFile } from '../text/read-lines.ts';
import type { Conversion } from '../units/convert.ts';
import type { NumberFormat } from '../values/number.ts';
import type { ReadingOptions } from './options.ts';

/** What a file is and how it will be read. Preview prints it, and the import executes it. */
export interface Plan {
  text: TextFile;
  layout: Layout;
  options: ReadingOptions;
  profile?: Profile | undefined;
  /** long: a row per reading with room, device and point. wide: a column per point. series: a row per reading, named. */
  form: 'long' | 'wide' | 'series';
  time: PlannedTime;
  /** The columns (wide) or series that are read. */
  columns: PlannedColumn[];
  series?: SeriesColumns | undefined;
  /** The decimal sign of the value column of long and series files. */
  numbers: NumberFormat;
  /** The columns and series are a proposal, not set by the user. */
  proposed: boolean;
  /** Columns or series that are not read. */
  unread: string[];
  /** What was found or taken for granted, a sentence each. */
  assumed: string[];
  /** What must be decided before an import, a sentence each with the option that decides it. */
  open: string[];
}

export interface PlannedTime {
  columns: string[];
  /** Positions of the columns in a row. */
  at: number[];
  /** The last column has hours and minutes without a colon: `815` is 08:15. */
  hhmm: boolean;
  /** Undefined for ISO 8601. */
  format?: string | undefined;
  zone: string;
  zoneFrom: 'option' | 'header' | 'profile' | 'farm';
}

export interface PlannedColumn {
  /** The column's or the series' name. */
  name: string;
  /** The position in a row of a wide file. */
  at: number;
  point: NamedPoint;
  /** The unit in the file, if it is known. */
  unit?: string | undefined;
  /** The unit is set by the user, whatever the file names. */
  unitSet: boolean;
  conversion?: Conversion | undefined;
  numbers: NumberFormat;
  /** The first cells with a value. */
  samples: string[];
}
