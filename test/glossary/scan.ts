import { readdirSync, readFileSync } from 'node:fs';
import ignore from 'ignore';
import { words } from './words.ts';

export interface Finding {
  file: string;
  line: number;
  match: string;
  instead: string;
}

/** Applied migrations never change; the lists of this check and of packages are not prose. */
const exempt =
  /^(test\/glossary\/|package-lock\.json|LICENSE|docs\/img\/|packages\/database\/migrations\/00[1-7]_|packages\/[a-z]+\/demo-model\/)/;
const texts = /\.(ts|tsx|mjs|js|css|html|sql|md|ya?ml|json|sh|toml)$|(^|\/)(Dockerfile|run)$/;

/** Finds every word of the glossary's left column in the files that git tracks or would add; git is not needed. */
export function scanFiles(): Finding[] {
  const ignored = ignore().add('.git').add(readFileSync('.gitignore', 'utf8'));
  return filesIn('').flatMap((file) => scanText(file, readFileSync(file, 'utf8')));

  function filesIn(folder: string): string[] {
    return readdirSync(folder || '.', { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`;
      if (ignored.ignores(path)) return [];
      if (entry.isDirectory()) return filesIn(path);
      return entry.isFile() && texts.test(path) && !exempt.test(path) ? [path] : [];
    });
  }
}

/** A sentence may break across lines: each line is read together with the first words of the next one. */
export function scanText(file: string, text: string): Finding[] {
  const lines = [splitNames(file), ...text.split('\n').map(splitNames)];
  return words
    .filter(({ only, except }) => (!only || only.test(file)) && !except?.test(file))
    .flatMap(({ pattern, instead }) =>
      lines.flatMap((line, n) => {
        const next = n === 0 ? '' : (lines[n + 1] ?? '').replace(/^\s*(\/\/|\*|#|--|>)?\s*/, '');
        const head = next.split(' ').slice(0, 2).join(' ');
        const match = pattern.exec(`${line} ${head}`);
        // A match that begins on the next line belongs to that line.
        return match && match.index < line.length ? [{ file, line: n, match: match[0].trim(), instead }] : [];
      }),
    );
}

/** Names of JSON fields do not change, since other programs read them. */
const fields = /\bheldBack\b/g;

/** `withHouse`, `with_house` and `with-house` are the words "with house". */
function splitNames(line: string): string {
  return line
    .replace(fields, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/(?<=\w)[-_](?=\w)/g, ' ')
    .toLowerCase();
}
