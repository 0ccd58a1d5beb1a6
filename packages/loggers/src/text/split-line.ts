import { visible } from './visible.ts';

/** Line breaks and runs of spaces in a cell count as one space. */
export function plainText(cell: string): string {
  return visible(cell.replace(/\s+/g, ' ').trim());
}

/** How often a separator occurs outside quotes. */
export function countOutsideQuotes(line: string, separator: string): number {
  const text = line.includes('"') ? line.replace(/"[^"]*("|$)/g, '') : line;
  return text.split(separator).length - 1;
}

/** Whether a quote is open at the end of the line. */
export function opensQuote(line: string): boolean {
  return line.split('"').length % 2 === 0;
}

/** The fields of one line without their quotes. @throws Error when a quote is not closed */
export function splitLine(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator);
  const fields: string[] = [];
  let at = 0;
  while (at <= text.length) {
    if (text[at] === '"') {
      let field = '';
      let from = at + 1;
      for (;;) {
        const quote = text.indexOf('"', from);
        if (quote < 0) throw new Error('a quote is not closed');
        field += text.slice(from, quote);
        from = quote + 1;
        if (text[from] !== '"') break;
        field += '"';
        from++;
      }
      if (from < text.length && text[from] !== separator) throw new Error('text after a closing quote');
      fields.push(field);
      at = from + 1;
    } else {
      const end = text.indexOf(separator, at);
      fields.push(text.slice(at, end < 0 ? text.length : end));
      at = end < 0 ? text.length + 1 : end + 1;
    }
  }
  return fields;
}
