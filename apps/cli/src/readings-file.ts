import { isReadingTime } from '@mycelium/database';
import { type NamedPoint, PermanentError, wrongName } from '@mycelium/farm';
import { CommandFailed } from './command-errors.ts';
import { splitLine } from './csv-lines.ts';
import { instantReader } from './time-format.ts';

/** How to read the columns of a file. */
export interface ReadingsFormat {
  timeZone: string;
  /**
   * For a wide file with a column per point: `COLUMN=DEVICE.POINT` each. The default is `time,room,device,point,value`.
   */
  maps?: string[] | undefined;
  /** The room of a wide file. */
  room?: string | undefined;
  timeColumn?: string | undefined;
  timeFormat?: string | undefined;
}

/** A line that cannot be imported. */
const badLine = (message: string) => new PermanentError('bad_line', message);

export interface FoundReading {
  point: NamedPoint;
  /** Milliseconds since 1970. */
  time: number;
  value: number;
}

const longColumns = ['time', 'room', 'device', 'point', 'value'] as const;

/**
 * Creates a reader for the lines of a file from its header.
 * @returns a function that returns the readings of a line, none if all its cells are empty, and throws a PermanentError
 * @throws CommandFailed
 */
export function lineReader(
  header: string,
  separator: string,
  format: ReadingsFormat,
): (line: string) => FoundReading[] {
  const columns = splitLine(header.replace(/^\uFEFF/, ''), separator).map((name) => name.trim());
  const readCells = format.maps?.length
    ? wideReader(columns, format, format.maps)
    : longReader(columns, format);
  return (line) => {
    let cells: string[];
    try {
      cells = splitLine(line, separator);
    } catch (error) {
      throw badLine((error as Error).message);
    }
    if (cells.length !== columns.length) {
      throw badLine(`${cells.length} fields, but the header has ${columns.length}`);
    }
    return readCells(cells);
  };
}

function columnIndex(columns: string[], name: string): number {
  const index = columns.indexOf(name);
  if (index < 0)
    throw new CommandFailed(`The file has no column "${name}". Its columns are ${columns.join(', ')}.`);
  return index;
}

function longReader(columns: string[], { timeZone, timeFormat, timeColumn }: ReadingsFormat) {
  const missing = longColumns.filter((name) => !columns.includes(name) && !(name === 'time' && timeColumn));
  if (missing.length > 0) {
    throw new CommandFailed(
      `The file has no column ${missing.join(', ')}. A long file has the columns ${longColumns.join(',')}; a wide one ` +
        'needs --room, --time-column and --map COLUMN=DEVICE.POINT.',
    );
  }
  const [time, room, device, point, value] = longColumns.map((name) =>
    columnIndex(columns, name === 'time' ? (timeColumn ?? name) : name),
  ) as [number, number, number, number, number];
  const readTime = timeReader(timeZone, timeFormat);
  const checked = new Set<string>();

  return (cells: string[]): FoundReading[] => {
    const cell = (index: number) => (cells[index] as string).trim();
    const named = { room: cell(room), device: cell(device), point: cell(point) };
    const series = `${named.room}/${named.device}/${named.point}`;
    if (!checked.has(series)) {
      const wrong = wrongName(named);
      if (wrong) throw badLine(wrong);
      checked.add(series);
    }
    return [{ point: named, value: readValue(cell(value), 'value'), time: readTime(cell(time), series) }];
  };
}

function wideReader(
  columns: string[],
  { timeZone, timeFormat, timeColumn, room }: ReadingsFormat,
  maps: string[],
) {
  if (!room) throw new CommandFailed('A file with one column per point needs --room.');
  const time = columnIndex(columns, timeColumn ?? 'time');
  const mapped = maps.map((map) => {
    const [, column, device, point] = /^(.+)=([^=.]+)\.([^=.]+)$/.exec(map) ?? [];
    if (!column || !device || !point) {
      throw new CommandFailed(
        `--map ${map}: expected COLUMN=DEVICE.POINT, such as T=mushroom_env_status_611.temperature`,
      );
    }
    const named = { room, device, point };
    const wrong = wrongName(named);
    if (wrong) throw new CommandFailed(`--map ${map}: ${wrong}`);
    return { column, index: columnIndex(columns, column), point: named };
  });
  const readTime = timeReader(timeZone, timeFormat);

  return (cells: string[]): FoundReading[] => {
    const at = readTime((cells[time] as string).trim(), '');
    const found: FoundReading[] = [];
    for (const { column, index, point } of mapped) {
      const text = (cells[index] as string).trim();
      if (isAbsent(text)) continue;
      found.push({ point, time: at, value: readValue(text, column) });
    }
    return found;
  };
}

/** What loggers write if a sensor sent nothing. */
function isAbsent(text: string): boolean {
  return text === '' || /^(nan|n\/?a|null|none|-)$/i.test(text);
}

function readValue(text: string, column: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value))
    throw badLine(text ? `${column}: "${text}" is not a number` : `${column} is empty`);
  return value;
}

function timeReader(timeZone: string, timeFormat: string | undefined) {
  const readInstant = instantReader(timeZone, timeFormat);
  const before = new Map<string, number>();
  return (text: string, series: string): number => {
    const time = readInstant(text, before.get(series));
    if (!isReadingTime(time)) throw badLine(`"${text}" is outside the years 2000 to 2099`);
    before.set(series, time);
    return time;
  };
}
