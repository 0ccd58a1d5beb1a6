import stringWidth from 'string-width';

const gap = '  ';
/** A column is not shortened below this, or below its title. */
const least = 8;

/**
 * Rows as `kubectl` prints them: aligned columns, no boxes, one line per row. The widest column gives way, with …,
 * until a line fits `available` places.
 * @returns the title line, then one line per row
 */
export function layOut(titles: string[], rows: unknown[][], available = Number.POSITIVE_INFINITY): string[] {
  const lines = [titles.map((title) => title.toUpperCase()), ...rows.map((row) => row.map(cellText))];
  const columns = titles.map((_, i) => lines.map((line) => line[i] ?? ''));
  const widths = fit(columns, available);
  return lines.map((line) =>
    line
      .map((text, i) => pad(shorten(text, widths[i] as number), widths[i] as number))
      .join(gap)
      .trimEnd(),
  );
}

function cellText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(2);
  return String(value).replace(/\s*\n\s*/g, ' ');
}

function fit(columns: string[][], available: number): number[] {
  const widths = columns.map((column) => Math.max(...column.map((text) => stringWidth(text))));
  const floors = columns.map(([title = '']) => Math.max(least, stringWidth(title)));
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1) - available;
  for (; excess > 0; excess--) {
    const spare = widths.map((width, i) => (width > (floors[i] as number) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (!spare[widest]) break;
    widths[widest] = (widths[widest] as number) - 1;
  }
  return widths;
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
