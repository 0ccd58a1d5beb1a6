import type { Plan } from './plan.ts';

const separators: Record<string, string> = { '\t': 'tabs', ',': 'commas', ';': 'semicolons', '|': 'pipes' };
const shown = 60;

/** How a file was understood where it is not a plain table in UTF-8, a sentence each. The preview shows the same in its own rows. */
export function describeLayout({ text, layout, time, form, columns, numbers, options }: Plan): string[] {
  const { encoding, by } = text.encoding;
  const commas =
    form === 'wide' ? columns.some((each) => each.numbers.decimal === ',') : numbers.decimal === ',';
  const quoted = (line: string) => {
    const plain = line.replace(/^"([^"]*)"$/, '$1');
    return `"${plain.length > shown ? `${plain.slice(0, shown)}…` : plain}"`;
  };
  return [
    encoding !== 'utf-8' && by !== 'option' && `The encoding is ${encoding} (${by}).`,
    layout.separator !== ',' &&
      !options.separator &&
      `The fields are separated by ${separators[layout.separator] ?? `"${layout.separator}"`}.`,
    commas && !options.decimal && 'The decimal sign is a comma.',
    layout.titles.length > 0 && `Before the header, not read: ${layout.titles.map(quoted).join(', ')}.`,
    layout.skipped.length > 0 &&
      `After the header, not read as data: ${layout.skipped.map(quoted).join(', ')}.`,
    layout.trailing && 'Lines end with a separator, and the empty field after it is not read.',
    layout.doubled.length > 0 &&
      `Columns whose name stands twice are not read: ${layout.doubled.join(', ')}.`,
    time.format && !options.timeFormat && `The times are read as ${time.format}.`,
  ].filter((sentence) => typeof sentence === 'string');
}
