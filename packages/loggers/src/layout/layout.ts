import { PermanentError } from '@mycelium/farm';
import { opensQuote, plainText, splitLine } from '../text/split-line.ts';
import { visible } from '../text/visible.ts';
import { type NamedUnit, readUnit } from '../units/unit.ts';
import { isData, isTime, timeName } from './cells.ts';
import { findSeparator } from './separator.ts';

/** Where the header and the data of a file are. Lines count from 1. */
export interface Layout {
  separator: string;
  headerLine: number;
  /** Names with single spaces; `''` for a column without a name. */
  columns: string[];
  /** Names that occur more than once. */
  doubled: string[];
  /** Text before the header. */
  titles: string[];
  /** Lines between the header and the data, such as units and kinds of averages. */
  skipped: string[];
  /** The units of the columns as a line of units has them. */
  units: NamedUnit[];
  dataLine: number;
  /** The lines end with a separator. */
  trailing: boolean;
}

export interface LayoutOptions {
  separator?: string | undefined;
  headerLine?: number | undefined;
  /** Columns that the header must have. */
  columns?: string[] | undefined;
  /** Columns that are mapped: they decide where no line looks like a header, for example because names are numbers. */
  mapped?: string[] | undefined;
}

interface Line {
  line: number;
  /** Lines that the record takes because of line breaks in quotes. */
  height: number;
  text: string;
}

const searched = 60;
const annotation = /^#(datatype|group|default)\b/;

/** Finds the header of a file from its first lines. @throws PermanentError when there is none */
export function findLayout(head: string[], options: LayoutOptions = {}): Layout {
  const first = plainText(head[0] ?? '');
  const declared = /^"?sep=(.)"?$/i.exec(first)?.[1] ?? (/^"?sep=$/i.test(first) ? '\t' : undefined);
  const lines = joinQuotedBreaks(head);
  const separator = options.separator ?? declared ?? findSeparator(lines.map(({ text }) => text));
  const split = ({ text }: Line) => {
    try {
      return splitLine(text, separator).map(plainText);
    } catch {
      return [];
    }
  };
  const at = headerIndex(lines.slice(declared ? 1 : 0), split, options) + (declared ? 1 : 0);
  const header = lines[at] as Line;
  const names = split(header);
  const columns = withoutTrailing(names);
  const after = lines.slice(at + 1);
  const skipped: Line[] = [];
  for (const line of after.slice(0, 4)) {
    const cells = split(line);
    if (cells.some(isData) || cells.every((cell) => cell === '')) break;
    skipped.push(line);
  }
  if (skipped.length === after.length) skipped.length = 0;
  const named = skipped.map((line) => split(line).map(readUnit));
  const units = named.find((found) => found.some(({ unit }) => unit)) ?? named[0] ?? [];
  const data = after[skipped.length];
  return {
    separator,
    headerLine: header.line,
    columns,
    doubled: [...new Set(columns.filter((name, n) => name !== '' && columns.indexOf(name) !== n))],
    titles: lines
      .slice(0, at)
      .map(({ text }) => plainText(text))
      .filter(Boolean),
    skipped: skipped.map(({ text }) => visible(text)),
    units,
    dataLine: data?.line ?? header.line + header.height,
    trailing: names.length > columns.length || (data !== undefined && split(data).length > columns.length),
  };
}

/** A quote that is open at the end of one of the first lines continues in the next ones, if it is closed there. */
function joinQuotedBreaks(head: string[]): Line[] {
  const lines: Line[] = [];
  for (let n = 0; n < head.length; n++) {
    let text = head[n] as string;
    let height = 1;
    if (n < searched && opensQuote(text)) {
      const more = head.slice(n + 1, n + 6);
      const closing = more.findIndex((line) => opensQuote(line));
      if (closing >= 0) {
        text = [text, ...more.slice(0, closing + 1)].join('\n');
        height = closing + 2;
      }
    }
    lines.push({ line: n + 1, height, text });
    n += height - 1;
  }
  return lines;
}

function headerIndex(lines: Line[], split: (line: Line) => string[], options: LayoutOptions): number {
  const { headerLine, columns: required = [], mapped = [] } = options;
  if (headerLine !== undefined) {
    const at = lines.findIndex(({ line, height }) => headerLine >= line && headerLine < line + height);
    if (at >= 0) return at;
    throw new PermanentError('no_header', `The file has no line ${headerLine}.`);
  }
  const rows = lines.slice(0, searched).map((line) => (annotation.test(line.text) ? [] : split(line)));
  if (required.length > 0) {
    const named = rows.findIndex((cells) => required.every((name) => cells.includes(name)));
    if (named >= 0) return named;
  }
  const timed = rows.filter((cells) => cells.some(isTime));
  const filled = timed.length > 0 ? timed : rows.filter((cells) => cells.some(isData));
  const widths = filled.map((cells) => withoutTrailing(cells).length);
  const width = mostFrequent(widths);
  const firstData = rows.findIndex((cells) => cells.length > 1 && cells.some(isTime));
  const candidates = rows.flatMap((cells, n) => {
    const names = withoutTrailing(cells);
    const fits = names.length >= Math.max(2, width - 1) && names.filter(Boolean).length * 2 > names.length;
    return fits && !names.some(isData) && (firstData < 0 || n < firstData) ? [n] : [];
  });
  const found = candidates.find((n) => rows[n]?.some((name) => timeName.test(name))) ?? candidates[0];
  if (found !== undefined) return found;
  const named = rows.findIndex((cells) => mapped.length > 0 && mapped.every((name) => cells.includes(name)));
  if (named >= 0) return named;
  throw new PermanentError(
    'no_header',
    'No line with the names of the columns was found. Add --header-line N, or a first line with names.',
  );
}

function mostFrequent(numbers: number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 2;
}

function withoutTrailing(names: string[]): string[] {
  let length = names.length;
  while (length > 1 && names[length - 1] === '') length--;
  return names.slice(0, length);
}
