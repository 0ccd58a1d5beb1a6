/** `node test/shape/figures.ts [FOLDER]`: counts files, lines and functions of the shipped code. */
import { globSync, readFileSync } from 'node:fs';
import { functionsOf } from './functions.ts';

process.chdir(process.argv[2] ?? '.');
const files = globSync('{apps,packages}/*/{src,web}/**/*.{ts,tsx}').filter(
  (file) => !/\.test\.ts$/.test(file),
);
const lines = files.map((file) => readFileSync(file, 'utf8').split('\n').length - 1).sort((a, b) => a - b);
const functions = files.flatMap((file) => functionsOf(file)).sort((a, b) => b.lines - a.lines);
const inPackages = functions.filter(({ file }) => file.startsWith('packages/'));

console.log(`files            ${files.length}`);
console.log(`lines            ${lines.reduce((sum, n) => sum + n, 0)}`);
console.log(`median file      ${lines[Math.floor(lines.length / 2)]} lines`);
console.log(`largest file     ${lines.at(-1)} lines`);
for (const [where, some] of [
  ['packages', inPackages],
  ['apps', functions.filter(({ file }) => file.startsWith('apps/'))],
] as const) {
  const [largest] = some;
  console.log(`largest function in ${where}: ${largest?.name}, ${largest?.lines} lines, ${largest?.file}`);
}
console.log(`functions over 80 lines in packages: ${inPackages.filter((one) => one.lines > 80).length}`);
