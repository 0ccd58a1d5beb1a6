import { readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';

export interface FunctionShape {
  file: string;
  line: number;
  name: string;
  lines: number;
}

/** Every function of a file, including methods and arrow functions, with its number of lines. */
export function functionsOf(file: string, text = readFileSync(file, 'utf8')): FunctionShape[] {
  const found: FunctionShape[] = [];
  const starts = [...text.matchAll(/\n/g)].map(({ index }) => index);
  const lineOf = (offset: number) => 1 + starts.filter((start) => start < offset).length;
  visit(parseSync(file, text).program, 'anonymous');
  return found;

  // biome-ignore lint/suspicious/noExplicitAny: ESTree as a union of 200 types would need a cast at every step.
  function visit(node: any, name: string): void {
    if (Array.isArray(node)) {
      for (const one of node) visit(one, name);
      return;
    }
    if (!node || typeof node !== 'object') return;
    if (/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) {
      const line = lineOf(node.start);
      found.push({ file, line, name: node.id?.name ?? name, lines: lineOf(node.end) - line + 1 });
    }
    const inner = node.id?.name ?? node.key?.name ?? name;
    for (const value of Object.values(node)) if (value && typeof value === 'object') visit(value, inner);
  }
}
