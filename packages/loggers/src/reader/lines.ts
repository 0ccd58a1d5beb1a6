import { PermanentError } from '@mycelium/farm';
import type { Layout } from '../layout/layout.ts';
import { splitLine } from '../text/split-line.ts';

/** A line that cannot be read. */
export const badLine = (message: string) => new PermanentError('bad_line', message);

/** Returns a splitter of lines; more fields than columns are allowed if they are empty. @throws PermanentError */
export function createSplitter({ separator, columns }: Layout): (text: string) => string[] {
  const wanted = columns.length;
  return (text) => {
    let cells: string[];
    try {
      cells = splitLine(text, separator);
    } catch (error) {
      throw badLine((error as Error).message);
    }
    if (cells.length === wanted) return cells;
    if (cells.length > wanted && cells.slice(wanted).every((cell) => cell.trim() === '')) return cells;
    throw badLine(`${cells.length} ${cells.length === 1 ? 'field' : 'fields'}, but the header has ${wanted}`);
  };
}

/**
 * Skips the annotations of an InfluxDB file and its repeated headers.
 * @throws PermanentError for the rows of a table with other columns
 */
export function createSkipper({ columns, separator }: Layout): (text: string) => boolean {
  const header = columns.join(separator);
  let annotated = false;
  let foreign = false;
  return (text) => {
    if (text.startsWith('#') && /^#(datatype|group|default)\b/.test(text)) {
      annotated = true;
      return true;
    }
    if (!annotated) {
      if (foreign) throw badLine('a table with other columns; import it as a file of its own');
      return false;
    }
    annotated = false;
    foreign = text !== header;
    return true;
  };
}
