import type { Layout } from '../layout/layout.ts';

/** The columns of a file with a row per reading whose point is named in the row. */
export interface SeriesColumns {
  /** Their values together name the series. */
  names: string[];
  value: string;
  /** The unit of each row. */
  unit?: string | undefined;
}

/** What a kind of file has that need not be found out. */
export interface ProfileSettings {
  timeColumn?: string | undefined;
  timeFormat?: string | undefined;
  /** Whether the day comes before the month. */
  dayFirst?: boolean | undefined;
  zone?: string | undefined;
  series?: SeriesColumns | undefined;
  /** Columns that are never readings. */
  ignored?: RegExp | undefined;
}

/** The files of one program or logger. */
export interface Profile {
  name: string;
  title: string;
  /** Where the layout is documented: a public page or file. */
  source: string;
  /** @returns the settings, or undefined when the file is of another kind */
  recognise(layout: Layout): ProfileSettings | undefined;
}

/** The first column whose name matches. */
export function column({ columns }: Layout, name: RegExp): string | undefined {
  return columns.find((each) => name.test(each));
}
