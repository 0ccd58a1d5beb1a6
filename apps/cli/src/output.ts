import { err, out } from './colours.ts';
import { type Bar, createBar, silentBar } from './progress-bar.ts';
import { layOut } from './table.ts';

/** Where a command writes: text for people, or one JSON document and nothing else. */
export interface Output {
  line(text?: string): void;
  /** Reports a finished step: ✓ Redis  embedded */
  done(what: string, how: string): void;
  /** To standard error, also with --json. */
  warn(text: string): void;
  /** @param optional columns to drop on a narrow terminal, the last one first */
  table(titles: string[], rows: unknown[][], optional?: string[]): void;
  bar(label: string): Bar;
  /** The command's answer as data: printed only with --json. */
  result(value: unknown): void;
  /** --wide: every column, in full. */
  wide: boolean;
}

/** The options that every command takes. */
export interface OutputOptions {
  json?: boolean | undefined;
  wide?: boolean | undefined;
}

export function createOutput({ json = false, wide = false }: OutputOptions = {}): Output {
  const warn = (text: string) => console.error(err.yellow(text));
  if (json) {
    const silent = () => {};
    return {
      line: silent,
      done: silent,
      warn,
      table: silent,
      bar: () => silentBar,
      result: (value) => console.log(JSON.stringify(value, null, 2)),
      wide,
    };
  }
  return {
    line: (text = '') => console.log(text),
    done: (what, how) => console.log(`${out.green('✓')} ${what.padEnd(11)} ${how}`),
    warn,
    table: (titles, rows, optional) => printTable(titles, rows, wide, optional),
    bar: createBar,
    result: () => {},
    wide,
  };
}

/** In a pipe nothing is shortened or left out, since a program or a file receives the output. */
function printTable(titles: string[], rows: unknown[][], wide: boolean, optional?: string[]) {
  if (rows.length === 0) return console.log(out.dim('(none)'));
  const { isTTY, columns } = process.stdout;
  const [head = '', ...lines] = layOut(titles, rows, {
    available: isTTY && !wide ? columns : undefined,
    optional,
  });
  console.log([out.dim(head), ...lines].join('\n'));
}

/** Breaks a text between words to the width of the terminal, its later lines indented. In a pipe it stays one line. */
export function hanging(text: string, indent: number): string {
  const { isTTY, columns } = process.stdout;
  if (!isTTY) return text;
  const width = Math.max(columns - indent, 20);
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
