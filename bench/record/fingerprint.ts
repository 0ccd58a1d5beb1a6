import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Identifies the code that produces a result and the criterion it is judged by: the given file, every file of test/
 * and bench/ that it imports or starts, directly or not, and `criterion`. What the product itself does is not part of
 * it, and neither are comments, import statements and line breaks: none of them changes what a result means.
 */
export function fingerprint(file: string, criterion?: unknown): string {
  const hash = createHash('sha256');
  for (const path of [...filesBehind(file)].sort())
    hash.update(`${relative(root, path)}\n${essence(readFileSync(path, 'utf8'))}\n`);
  if (criterion !== undefined) hash.update(JSON.stringify(criterion));
  return hash.digest('hex').slice(0, 16);
}

function filesBehind(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(file, 'utf8');
  const references = [
    ...text.matchAll(/(?:from|import) '(\.{1,2}\/[^']+)'/g),
    ...text.matchAll(/new URL\(\s*'([^']+\.ts)',\s*import\.meta\.url/g),
  ];
  for (const [, reference = ''] of references) {
    const path = join(dirname(file), reference);
    if (/^(test|bench)\//.test(relative(root, path)) && existsSync(path)) filesBehind(path, found);
  }
  return found;
}

function essence(text: string): string {
  return text
    .replace(/^import [^;]*;$/gm, '')
    .replace(/^\s*\/\*\*[\s\S]*?\*\/$/gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\s+/g, ' ');
}
