import { readFileSync } from 'node:fs';
import { markdownTable } from './markdown-table.ts';

/** Licences of packages that run in production. Anything else needs a person who has read it. */
export const allowed: Record<string, string> = {
  MIT: 'keep the notice',
  ISC: 'keep the notice',
  '0BSD': 'nothing',
  'BSD-2-Clause': 'keep the notice',
  'BSD-3-Clause': 'keep the notice',
  'BlueOak-1.0.0': 'keep the notice',
  'CC0-1.0': 'nothing',
  '(MIT OR CC0-1.0)': 'nothing',
  'Apache-2.0': 'keep the notices, state changes',
  'MPL-2.0': 'changes to its own files stay open; none is changed',
  'LGPL-3.0':
    'a library of its own that anyone may replace: libheif, in WebAssembly, loaded from `node_modules`',
  'LGPL-3.0-or-later':
    'a library of its own that anyone may replace: libvips, loaded by sharp from `node_modules`',
  'Apache-2.0 AND LGPL-3.0-or-later': 'the same libvips, for Windows',
  'Apache-2.0 AND LGPL-3.0-or-later AND MIT': 'the same libvips, in WebAssembly',
};

interface Locked {
  license?: string;
  dev?: boolean;
  link?: boolean;
  /** Such as one of several for an operating system. */
  optional?: boolean;
}

/**
 * The packages that run in production, by licence, as the lock file states them.
 * @param onlyInstalled leaves out those that may not be installed, such as for another operating system
 */
export function licences(onlyInstalled = false): Map<string, string[]> {
  const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const found = new Map<string, Set<string>>();
  for (const [path, { license = 'none stated', dev, link, optional }] of Object.entries(lock.packages)) {
    const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    if (!name || dev || link || (onlyInstalled && optional)) continue;
    found.set(license, (found.get(license) ?? new Set()).add(name));
  }
  return new Map([...found].map(([license, names]) => [license, [...names].sort()]));
}

export function licencesPage(): string {
  const rows = [...licences()]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([license, names]) => [
      license,
      String(names.length),
      allowed[license] ?? '**not looked at**',
      names.map((name) => `\`${name}\``).join(', '),
    ]);
  return `# Licences

Mycelium is under the MIT licence. These are the licences of the packages that it installs, without those that only its
development needs, from \`package-lock.json\`; a package for another operating system is listed too, but not installed. A
test refuses a licence that is not in this table.

A bill of materials for a scanner, in CycloneDX, with the packages of development too: \`npm run --silent sbom > sbom.json\`.

${markdownTable(['licence', 'packages', 'what it asks for', 'which'], rows)}
`;
}
