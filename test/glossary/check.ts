/** `npm run words`: the words that `words.ts` lists must not come back, in code, comments, messages or docs. */
import { readFileSync } from 'node:fs';
import { scanFiles } from './scan.ts';

/** Files still to be rewritten. This list only shrinks. */
const notYetClean = new Set(
  readFileSync(new URL('not-yet-clean.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean),
);

const found = scanFiles();
const bad = found.filter(({ file }) => !notYetClean.has(file));
for (const { file, line, match, instead } of bad) {
  console.error(`${file}:${line}: ${match} (write: ${instead})`);
}
const dirty = new Set(found.map(({ file }) => file));
const clean = [...notYetClean].filter((file) => !dirty.has(file));
if (clean.length > 0) console.log(`Clean by now, to be removed from not-yet-clean.txt: ${clean.join(' ')}`);
if (bad.length > 0) {
  console.error(`\n${bad.length} words of the glossary in test/glossary/words.ts. Rewrite the sentences.`);
  process.exitCode = 1;
}
