import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

/**
 * The files of this repository that a program loads: those it imports, at its start or later, and those it names with
 * `new URL('…', import.meta.url)`, transitively.
 * @returns file → the file that refers to it
 */
export function importedFiles(program: string): Map<string, string> {
  const found = new Map([[program, program]]);
  for (const file of found.keys()) {
    if (!/\.m?ts$/.test(file)) continue;
    for (const path of referencesOf(file)) if (!found.has(path)) found.set(path, file);
  }
  return found;
}

function referencesOf(file: string): string[] {
  const { program } = parseSync(file, readFileSync(file, 'utf8'));
  const found: string[] = [];
  visit(program);
  return found;

  // biome-ignore lint/suspicious/noExplicitAny: ESTree as a union of 200 types would need a cast at every step.
  function visit(node: any): void {
    if (!node || typeof node !== 'object') return;
    if (/^(Import|Export)/.test(node.type) && node.source?.value) {
      const isType = node.importKind === 'type' || node.exportKind === 'type';
      const path = isType ? undefined : resolveImport(node.source.value, file);
      if (path) found.push(path);
    }
    const [name, base] = node.type === 'NewExpression' && node.callee.name === 'URL' ? node.arguments : [];
    if (typeof name?.value === 'string' && base?.property?.name === 'url') {
      const path = join(dirname(file), name.value).replace(/\/$/, '');
      if (!file.startsWith(`${path}/`)) found.push(path);
    }
    for (const value of Object.values(node)) visit(value);
  }
}

/** @returns undefined for a module of Node or of npm */
function resolveImport(name: string, file: string): string | undefined {
  if (name.startsWith('.')) return join(dirname(file), name);
  if (!name.startsWith('@mycelium/')) return undefined;
  return fileURLToPath(import.meta.resolve(name));
}
