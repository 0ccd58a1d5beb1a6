/** Puts `text` between the markers `<!-- name -->` and `<!-- /name -->` of a page. */
export function replaceBlock(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, rest = ''] = page.split(begin);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`the page has no ${begin} … ${end}`);
  return `${before}${begin}\n\n${text.trim()}\n\n${end}${after}`;
}

/** A Markdown table; columns whose heading ends with `:` are aligned to the right. */
export function table(headings: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(headings.map((heading) => heading.replace(/:$/, ''))),
    `|${headings.map((heading) => (heading.endsWith(':') ? ' ---: ' : ' --- ')).join('|')}|`,
    ...rows.map(line),
  ].join('\n');
}

export const staleNote = 'not run since its code or criterion changed';
