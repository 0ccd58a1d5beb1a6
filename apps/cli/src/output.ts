import Table from 'cli-table3';
import colors from 'picocolors';
import { type Bar, createBar, silentBar } from './progress-bar.ts';

/** Where a command's words go: text for people, or one JSON document and nothing else. */
export interface Output {
  line(text?: string): void;
  /** Something done: ✓ Redis  embedded */
  done(what: string, how: string): void;
  /** To standard error, with --json too. */
  warn(text: string): void;
  table(head: string[], rows: unknown[][]): void;
  bar(label: string): Bar;
  /** The command's answer as data: printed with --json alone. */
  result(value: unknown): void;
}

export function createOutput(json = false): Output {
  const warn = (text: string) => console.error(colors.yellow(text));
  if (json) {
    const silent = () => {};
    return {
      line: silent,
      done: silent,
      warn,
      table: silent,
      bar: () => silentBar,
      result: (value) => console.log(JSON.stringify(value, null, 2)),
    };
  }
  return {
    line: (text = '') => console.log(text),
    done: (what, how) => console.log(`${colors.green('✓')} ${what.padEnd(11)} ${how}`),
    warn,
    table: (head, rows) => console.log(rows.length > 0 ? drawTable(head, rows) : colors.dim('  (none)')),
    bar: createBar,
    result: () => {},
  };
}

function drawTable(head: string[], rows: unknown[][]): string {
  const cells = rows.map((row) => row.map(cellText));
  const table = new Table({
    head: head.map(colors.bold),
    colWidths: fit(head, cells, process.stdout.columns),
    wordWrap: true,
    wrapOnWordBoundary: false,
    // Its own colours come out in a pipe, too.
    style: { head: [], border: [], compact: true },
  });
  table.push(...cells);
  return table.toString();
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(2);
  return String(value);
}

/** Widths of the columns; the widest give way until the table fits the terminal. */
function fit(head: string[], rows: string[][], available: number | undefined): number[] {
  const widths = head.map(
    (title, i) => 2 + Math.max(title.length, ...rows.map((row) => width(row[i] ?? ''))),
  );
  const room = (available ?? Number.POSITIVE_INFINITY) - head.length - 1;
  while (widths.reduce((sum, n) => sum + n, 0) > room && Math.max(...widths) > 12) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] as number) - 1;
  }
  return widths;
}

/** Chinese characters take two places each. */
function width(text: string): number {
  return Math.max(
    ...text.split('\n').map((line) => line.length + (line.match(/[\u2e80-\uffe6]/g)?.length ?? 0)),
  );
}
