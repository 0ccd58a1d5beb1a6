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
  const columns = head.map((title, i) => [title, ...cells.map((row) => row[i] ?? '')]);
  const colWidths = fit(columns, process.stdout.columns);
  const wordsFit = columns.every((column, i) => longestWord(column) + 2 <= (colWidths[i] as number));
  const table = new Table({
    head,
    colWidths,
    wordWrap: true,
    // Keys and the like have no spaces: they are broken rather than cut.
    wrapOnWordBoundary: wordsFit,
    // Colours of its own would come out in a pipe, too.
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

/** Widths of the columns: the widest give way until the table fits the terminal, at first down to their words. */
function fit(columns: string[][], available = Number.POSITIVE_INFINITY): number[] {
  const widths = columns.map((column) => 2 + Math.max(...column.map(width)));
  const room = available - columns.length - 1;
  for (const least of [columns.map((column) => longestWord(column) + 2), columns.map(() => 12)]) {
    while (widths.reduce((sum, n) => sum + n, 0) > room) {
      const slack = widths.map((n, i) => (n > (least[i] as number) ? n : 0));
      const widest = slack.indexOf(Math.max(...slack));
      if (slack[widest] === 0) break;
      widths[widest] = (widths[widest] as number) - 1;
    }
  }
  return widths;
}

function longestWord(column: string[]): number {
  return Math.max(...column.flatMap((text) => text.split(/\s+/)).map(width));
}

/** Chinese characters take two places each. */
function width(text: string): number {
  return Math.max(
    ...text.split('\n').map((line) => line.length + (line.match(/[\u2e80-\uffe6]/g)?.length ?? 0)),
  );
}
