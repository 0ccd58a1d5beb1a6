import { PermanentError } from '@mycelium/farm';
import { timeName } from '../layout/cells.ts';
import type { Layout } from '../layout/layout.ts';
import { guessTimeFormat } from '../times/guess.ts';
import { mostUsualShape } from './samples.ts';

/** The columns that have a file's times. */
export interface TimeColumns {
  columns: string[];
  at: number[];
  hhmm: boolean;
}

/** The position of a column that the user or a profile names. @throws PermanentError */
export function columnAt(layout: Layout, name: string): number {
  const wanted = name.replace(/\s+/g, ' ').trim();
  if (layout.doubled.includes(wanted)) {
    throw new PermanentError(
      'doubled_column',
      `The file has the column "${wanted}" more than once. Rename one of them in its header.`,
    );
  }
  const at = layout.columns.indexOf(wanted);
  if (at >= 0) return at;
  const names = layout.columns.map((each) => each || '(no name)').join(', ');
  throw new PermanentError('no_column', `The file has no column "${wanted}". Its columns are ${names}.`);
}

/** @param named columns, or one `Date+Time`. @throws PermanentError for a column that is missing */
export function namedTimeColumns(layout: Layout, named: string[]): TimeColumns {
  const columns = named.flatMap((name) =>
    layout.columns.includes(name.replace(/\s+/g, ' ').trim()) ? [name] : name.split('+'),
  );
  return withPositions(layout, columns);
}

function withPositions(layout: Layout, columns: string[]): TimeColumns {
  const at = columns.map((name) => columnAt(layout, name));
  return {
    columns: columns.map((name) => name.trim()),
    at,
    hhmm: columns.length === 3 && isYear(columns[0]),
  };
}

const isYear = (name = '') => /^(year|jahr|yyyy|year_rtm)$/i.test(name.trim());
const dayOfYear = /day.?of.?year|^doy$|julian|^jday$|day_rtm/i;
const clock = /^\d{1,2}:\d\d(:\d\d([.,]\d+)?)?(\s?[AaPp]\.?[Mm]\.?)?$/;
const date = /^(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}[- .][A-Za-z]{3,9}[- .]\d{2,4})$/;

/** Finds the columns with times by their names and cells. */
export function findTimeColumns(layout: Layout, rows: string[][]): TimeColumns | undefined {
  const cells = (at: number) => rows.map((row) => row[at] ?? '').filter(Boolean);
  const all = (at: number, shape: RegExp) => {
    const filled = mostUsualShape(cells(at));
    return filled.length > 0 && filled.every((cell) => shape.test(cell));
  };
  const positions = layout.columns.map((_, at) => at);
  const year = layout.columns.findIndex(isYear);
  const day = layout.columns.findIndex((name) => dayOfYear.test(name));
  const hhmm = layout.columns.findIndex((name) => /time|hhmm|hour.?min/i.test(name));
  if (year >= 0 && day >= 0 && hhmm >= 0)
    return {
      columns: [year, day, hhmm].map((at) => layout.columns[at] as string),
      at: [year, day, hhmm],
      hhmm: true,
    };
  const dates = positions.find((at) => all(at, date));
  const clocks = positions.find((at) => all(at, clock));
  if (dates !== undefined && clocks !== undefined)
    return {
      columns: [dates, clocks].map((at) => layout.columns[at] as string),
      at: [dates, clocks],
      hhmm: false,
    };
  const named = positions.filter((at) => timeName.test(layout.columns[at] as string));
  const found = [...named, ...positions].find((at) => {
    const samples = mostUsualShape(cells(at));
    const guess = guessTimeFormat(samples);
    const numeric = guess && !guess.ambiguous && /^(epoch|excel)/.test(guess.format ?? '');
    return guess !== undefined && (!numeric || named.includes(at));
  });
  return found === undefined
    ? undefined
    : { columns: [layout.columns[found] as string], at: [found], hhmm: false };
}

/** The text of a row's time: the cells of its columns, with a space between them. */
export function timeText(cells: readonly string[], { at, hhmm }: Pick<TimeColumns, 'at' | 'hhmm'>): string {
  if (at.length === 1) return (cells[at[0] as number] ?? '').trim();
  const texts = at.map((position) => (cells[position] ?? '').trim());
  if (hhmm) texts.push((texts.pop() as string).padStart(4, '0'));
  return texts.join(' ');
}
