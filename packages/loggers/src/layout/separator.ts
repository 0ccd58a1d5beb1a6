import { countOutsideQuotes } from '../text/split-line.ts';

const separators = [',', ';', '\t', '|'];

/** The separator that occurs equally often in most lines; of two, the one that gives more columns. */
export function findSeparator(lines: string[]): string {
  const filled = lines.filter((line) => line.trim() !== '').slice(0, 200);
  const scored = separators.map((separator) => {
    const uses = new Map<number, number>();
    for (const line of filled) {
      const count = countOutsideQuotes(line, separator);
      if (count > 0) uses.set(count, (uses.get(count) ?? 0) + 1);
    }
    const [count, support] = [...uses].sort(([a, m], [b, n]) => n - m || b - a)[0] ?? [0, 0];
    return { separator, count, support };
  });
  scored.sort((a, b) => b.support - a.support || b.count - a.count);
  return scored[0]?.support ? scored[0].separator : ',';
}

/** Reads `tab`, `\t`, `semicolon` and the like. */
export function parseSeparator(text: string): string {
  const names: Record<string, string> = { tab: '\t', '\\t': '\t', comma: ',', semicolon: ';', pipe: '|' };
  return names[text.toLowerCase()] ?? text;
}
