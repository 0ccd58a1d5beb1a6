import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { functionsOf } from './functions.ts';

const longest = 80;

test(`no function of packages/ has more than ${longest} lines`, () => {
  const long = globSync('packages/*/src/**/*.ts')
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => functionsOf(file))
    .filter(({ lines }) => lines > longest)
    .map(({ file, line, name, lines }) => `${file}:${line}: ${name} has ${lines} lines`);
  assert.deepEqual(long, []);
});

test('functions are counted from their first line to their last', () => {
  const text = 'export function one() {\n  return 1;\n}\nconst two = () => {\n  const three = () => 3;\n};\n';
  assert.deepEqual(
    functionsOf('a.ts', text).map(({ name, line, lines }) => [name, line, lines]),
    [
      ['one', 1, 3],
      ['two', 4, 3],
      ['three', 5, 1],
    ],
  );
});
