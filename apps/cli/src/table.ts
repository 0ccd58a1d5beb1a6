import stringWidth from 'string-width';

const gap = '  ';

interface Layout {
  /** The width of the terminal; if undefined, nothing is shortened or left out. */
  available?: number | undefined;
  /** Titles of columns to leave out if they do not fit, the last one first. */
  optional?: string[] | undefined;
}

/**
 * Rows as `kubectl` prints them: aligned columns, no boxes, one line per row. If a line is too long for the
 * terminal, long texts are shortened with …, then optional columns are left out.
 * @returns the title line, then one line per row
 */
export function layOut(
  titles: string[],
  rows: unknown[][],
  { available, optional = [] }: Layout = {},
): string[] {
  const lines = [titles.map((title) => title.toUpperCase()), ...rows.map((row) => row.map(cellText))];
  let columns = titles.map((title, i) => ({ title, cells: lines.map((line) => line[i] ?? '') }));
  const dropping = [...optional];
  let widths = fit(columns, available);
  while (available && lineWidth(widths) > available && dropping.length > 0) {
    const dropped = dropping.pop();
    columns = columns.filter(({ title }) => title !== dropped);
    widths = fit(columns, available);
  }
  if (available) widths = squeeze(widths, columns, available);
  return lines.map((_, n) =>
    columns
      .map(({ cells }, i) => pad(shorten(cells[n] as string, widths[i] as number), widths[i] as number))
      .join(gap)
      .trimEnd(),
  );
}

function cellText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(2);
  return String(value).replace(/\s*\n\s*/g, ' ');
}

interface Column {
  title: string;
  cells: string[];
}

/** Texts longer than this are shortened before any column is left out. */
const longText = 30;

function fit(columns: Column[], available = Number.POSITIVE_INFINITY): number[] {
  const widths = columns.map(({ cells }) => Math.max(...cells.map((text) => stringWidth(text))));
  return narrow(widths, available, () => longText);
}

/** The last resort: shortens first the widest column, then all. */
function squeeze(widths: number[], columns: Column[], available: number): number[] {
  const widest = widths.indexOf(Math.max(...widths));
  const floors = columns.map(({ title }) => Math.max(8, stringWidth(title)));
  const first = narrow(widths, available, (i) =>
    i === widest ? Math.max(12, floors[i] as number) : Infinity,
  );
  return narrow(first, available, (i) => floors[i] as number);
}

/** Shortens the widest column character by character until a line fits or every column is at its minimum. */
function narrow(widths: number[], available: number, floor: (column: number) => number): number[] {
  const narrowed = [...widths];
  while (lineWidth(narrowed) > available) {
    const spare = narrowed.map((width, i) => (width > floor(i) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (!spare[widest]) break;
    narrowed[widest] = (narrowed[widest] as number) - 1;
  }
  return narrowed;
}

function lineWidth(widths: number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

/** Chinese characters take two places each. */
function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let taken = 1; // the …
  for (const character of text) {
    taken += stringWidth(character);
    if (taken > width) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}
