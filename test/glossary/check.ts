/** `npm run words`: the words that `words.ts` lists must not come back, in code, comments, messages or docs. */
import { scanFiles } from './scan.ts';

const found = scanFiles();
for (const { file, line, match, instead } of found) {
  console.error(`${file}:${line}: ${match} (write: ${instead})`);
}
if (found.length > 0) {
  console.error(`\n${found.length} words of the glossary in test/glossary/words.ts. Rewrite the sentences.`);
  process.exitCode = 1;
}
