import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';

/** A node of oxc's syntax tree. Its fields depend on its type. */
// biome-ignore lint/suspicious/noExplicitAny: ESTree as a union of 200 types would need a cast at every step.
type Node = any;

export interface Statement {
  file: string;
  line: number;
  /** Every SQL text that the call can pass. */
  texts: string[];
  /** An expression in it that cannot be resolved. */
  unknown?: string;
}

/** Possible values of an expression in a statement, by file name and then by the expression's source. */
export type Samples = Record<string, Record<string, string[]>>;

interface Module {
  file: string;
  source: string;
  /** The initial values of variables. A name that occurs twice in a module has several. */
  variables: Map<string, Node[]>;
  /** Variables destructured from an object, with that object's expression: `const { table } = old[kind]`. */
  parts: Map<string, { of: Node; name: string }>;
  imports: Map<string, { from: string; name: string }>;
  calls: Node[];
}

/** The functions that take SQL, and in which argument. */
const functions: Record<string, number> = { query: 0, streamSeries: 1 };

/** Finds every SQL text in the shipped code. */
export async function findStatements(root: string, samples: Samples): Promise<Statement[]> {
  const files = globSync('{apps,packages}/*/src/**/*.ts', { cwd: root, exclude: ['**/node_modules/**'] })
    .filter((file) => !/\.test\.ts$|(^|\/)testing/.test(file))
    .sort();
  const statements: Statement[] = [];
  for (const file of files) {
    const module = readModule(root, file);
    for (const call of module.calls) {
      const line = module.source.slice(0, call.start).split('\n').length;
      try {
        const texts = await everyText(sqlArgument(call), { root, module, samples, chosen: {} });
        statements.push({ file, line, texts: [...new Set(texts)] });
      } catch (error) {
        if (!(error instanceof Unknown)) throw error;
        statements.push({ file, line, texts: [], unknown: error.message });
      }
    }
  }
  return statements;
}

class Unknown extends Error {}

/** Thrown when the text depends on which entry of an object is used. */
class Choice extends Error {
  readonly object: string;
  readonly keys: string[];

  constructor(object: string, keys: string[]) {
    super();
    this.object = object;
    this.keys = keys;
  }
}

const modules = new Map<string, Module>();

function readModule(root: string, file: string): Module {
  const cached = modules.get(file);
  if (cached) return cached;
  const source = readFileSync(join(root, file), 'utf8');
  const module: Module = {
    file,
    source,
    variables: new Map(),
    parts: new Map(),
    imports: new Map(),
    calls: [],
  };
  modules.set(file, module);
  walk(parseSync(file, source).program, (node) => note(node, module));
  return module;
}

function note(node: Node, { variables, parts, imports, calls }: Module): void {
  if (node.type === 'VariableDeclarator' && node.init) {
    if (node.id.type === 'Identifier') {
      variables.set(node.id.name, [...(variables.get(node.id.name) ?? []), unwrap(node.init)]);
    } else if (node.id.type === 'ObjectPattern') {
      for (const { key, value } of node.id.properties) {
        if (value?.type === 'Identifier') parts.set(value.name, { of: unwrap(node.init), name: key.name });
      }
    }
  } else if (node.type === 'ImportDeclaration') {
    for (const { local, imported } of node.specifiers) {
      if (imported) imports.set(local.name, { from: node.source.value, name: imported.name });
    }
  } else if (node.type === 'CallExpression' && sqlArgument(node)) calls.push(node);
}

function walk(node: Node, visit: (node: Node) => void): void {
  if (Array.isArray(node)) for (const one of node) walk(one, visit);
  else if (node && typeof node === 'object') {
    if (typeof node.type === 'string') visit(node);
    for (const value of Object.values(node)) if (value && typeof value === 'object') walk(value, visit);
  }
}

/** `x as const` and `x satisfies T` are x. */
function unwrap(node: Node): Node {
  return /^TS(As|Satisfies|NonNull)Expression$/.test(node?.type) ? unwrap(node.expression) : node;
}

function sqlArgument(call: Node): Node | undefined {
  const name = call.callee.type === 'MemberExpression' ? call.callee.property.name : call.callee.name;
  const index = functions[name];
  return index === undefined ? undefined : call.arguments[index];
}

interface Scope {
  root: string;
  module: Module;
  samples: Samples;
  /** The chosen entry of each object, by the object's name, so that all its parts fit together. */
  chosen: Record<string, string>;
}

async function everyText(node: Node, scope: Scope): Promise<string[]> {
  try {
    return await textsOf(node, scope);
  } catch (error) {
    if (!(error instanceof Choice)) throw error;
    const texts: string[] = [];
    for (const key of error.keys) {
      const chosen = { ...scope.chosen, [error.object]: key };
      texts.push(...(await everyText(node, { ...scope, chosen })));
    }
    return texts;
  }
}

/** Every text that an expression can evaluate to. */
async function textsOf(expression: Node, scope: Scope): Promise<string[]> {
  const node = unwrap(expression);
  const { module, samples } = scope;
  const source = module.source.slice(node.start, node.end).replace(/\s+/g, ' ');
  const sample = samples[basename(module.file)]?.[source];
  if (sample) return sample;
  switch (node.type) {
    case 'Literal':
      return [String(node.value)];
    case 'TemplateLiteral': {
      let texts = [node.quasis[0].value.cooked as string];
      for (const [n, part] of node.expressions.entries()) {
        texts = combine(texts, await textsOf(part, scope), node.quasis[n + 1].value.cooked);
      }
      return texts;
    }
    case 'BinaryExpression':
      if (node.operator === '+')
        return combine(await textsOf(node.left, scope), await textsOf(node.right, scope));
      break;
    case 'ConditionalExpression':
      return [...(await textsOf(node.consequent, scope)), ...(await textsOf(node.alternate, scope))];
    case 'ObjectExpression': {
      const text = entryOf(node, 'text');
      if (text) return textsOf(text, scope);
      break;
    }
    case 'MemberExpression':
      if (node.object.type === 'Identifier') return textsOf(entryTaken(node, scope), scope);
      break;
    case 'CallExpression': {
      const found = await textOfCall(node, scope);
      if (found) return found;
      break;
    }
    case 'Identifier': {
      const found = await textsOfName(node.name, scope);
      if (found) return found;
    }
  }
  throw new Unknown(source);
}

function entryOf(object: Node, name: string): Node | undefined {
  return object.properties.find(({ key }: Node) => (key?.name ?? key?.value) === name)?.value;
}

/** The current entry of `old[kind]`, or the entry `old.name`. */
function entryTaken(member: Node, { module, chosen }: Scope): Node {
  const name = member.object.name;
  const object = module.variables.get(name)?.[0];
  if (object?.type !== 'ObjectExpression') throw new Unknown(module.source.slice(member.start, member.end));
  const key = member.computed ? chosen[name] : member.property.name;
  if (key === undefined) {
    throw new Choice(
      name,
      object.properties.map(({ key }: Node) => key.name ?? key.value),
    );
  }
  return entryOf(object, key);
}

async function textOfCall(call: Node, scope: Scope): Promise<string[] | undefined> {
  // Of pg-copy-streams.
  if (/^copy(To|From)$/.test(call.callee.name)) return textsOf(call.arguments[0], scope);
  const imported = scope.module.imports.get(call.callee.name);
  if (imported) {
    const make = (await load(imported.from, scope))[imported.name];
    if (typeof make === 'function') {
      const values = [];
      for (const value of call.arguments) values.push(await valueIn(unwrap(value), scope));
      return [String(make(...values))];
    }
  }
  const local = scope.module.variables.get(call.callee.name)?.[0];
  if (local?.type !== 'ArrowFunctionExpression' || local.body.type === 'BlockStatement') return undefined;
  return textsOf(local.body, scope);
}

/** A literal, an object of such values, or else the first text that the expression can be. */
async function valueIn(node: Node, scope: Scope): Promise<unknown> {
  if (node.type === 'Literal') return node.value;
  if (node.type !== 'ObjectExpression') return (await textsOf(node, scope))[0];
  const entries: [string, unknown][] = [];
  for (const { key, value } of node.properties) entries.push([key.name, await valueIn(unwrap(value), scope)]);
  return Object.fromEntries(entries);
}

async function textsOfName(name: string, scope: Scope): Promise<string[] | undefined> {
  const { module } = scope;
  const part = module.parts.get(name);
  if (part?.of.type === 'MemberExpression') {
    const value = entryOf(entryTaken(part.of, scope), part.name);
    return value && textsOf(value, scope);
  }
  const values = module.variables.get(name);
  if (values) {
    const texts: string[] = [];
    for (const value of values) texts.push(...(await textsOf(value, scope)));
    return texts;
  }
  const imported = module.imports.get(name);
  if (!imported) return undefined;
  const value = (await load(imported.from, scope))[imported.name];
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : undefined;
}

/** Loads a module that a file imports, to resolve its constants and functions. */
async function load(from: string, { root, module }: Scope): Promise<Record<string, unknown>> {
  if (!from.startsWith('.')) return import(from);
  const file = join(root, dirname(module.file), from);
  return existsSync(file) ? import(file) : {};
}

function combine(before: string[], after: string[], end = ''): string[] {
  return before.flatMap((start) => after.map((text) => start + text + end));
}
