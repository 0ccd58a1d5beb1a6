/** `npm run words`: the words that `words.ts` lists must not come back, in code, comments, messages or docs. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { scanFiles } from './scan.ts';

/** Files still to be rewritten, identified by name since files move. This list may only shrink. */
const list = readFileSync(new URL('not-yet-clean.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter(Boolean);
const notYetClean = new Set(list.map((file) => basename(file)));

const found = scanFiles();
const bad = found.filter(({ file }) => !notYetClean.has(basename(file)));
for (const { file, line, match, instead } of bad) {
  console.error(`${file}:${line}: ${match} (write: ${instead})`);
}
const dirty = new Set(found.map(({ file }) => basename(file)));
const clean = [...notYetClean].filter((name) => !dirty.has(name));
if (clean.length > 0)
  console.log(`${clean.length} files are clean by now: remove them from not-yet-clean.txt.`);
if (bad.length > 0) {
  console.error(`\n${bad.length} words of the glossary in test/glossary/words.ts. Rewrite the sentences.`);
  process.exitCode = 1;
}
