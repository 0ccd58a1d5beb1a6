import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allowed, licences } from './licences-page.ts';
import { pages } from './pages.ts';

const files = ['README.md', ...globSync('docs/**/*.md').sort()];
const read = (file: string) => readFileSync(file, 'utf8');
const withoutCode = (text: string) => text.replace(/^```.*?^```/gms, '');

describe('docs', () => {
  for (const [file, page] of Object.entries(pages)) {
    test(`${file} matches the code; \`npm run docs\` writes it`, () => {
      assert.equal(read(file), page());
    });
  }

  test('every row of a table has as many cells as its title', () => {
    for (const file of files) {
      let columns = 0;
      for (const [n, line] of withoutCode(read(file)).split('\n').entries()) {
        const cells = line.startsWith('|') ? line.match(/(?<!\\)\|/g)?.length : 0;
        columns = cells ? columns || cells : 0;
        assert.equal(cells ?? 0, columns, `${file}, table row ${n + 1}: ${line.slice(0, 60)}`);
      }
    }
  });

  test('every link to a file or heading in the repository has a target', () => {
    const broken = files.flatMap((file) =>
      [...withoutCode(read(file)).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !leadsSomewhere(file, link))
        .map((link) => `${file}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });

  test('the list of decisions has every page in order, and the numbers have no gaps', () => {
    const written = globSync('docs/decisions/[0-9]*.md')
      .sort()
      .map((file) => file.slice('docs/decisions/'.length));
    assert.deepEqual(
      written.map((file) => Number(file.slice(0, 4))),
      written.map((_, n) => n + 1),
    );
    const listed = [...read('docs/decisions/README.md').matchAll(/\]\((\d{4}-[^)]+)\)/g)];
    assert.deepEqual(
      listed.map(([, file]) => file),
      written,
    );
  });

  test('every decision has a context, a decision and consequences', () => {
    for (const file of globSync('docs/decisions/[0-9]*.md')) {
      const headings = [...read(file).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      for (const heading of ['Context', 'Decision', 'Consequences']) {
        assert.ok(headings.includes(heading), `${file} has no section ${heading}`);
      }
    }
  });

  test('the index names every page', () => {
    const index = read('docs/README.md');
    const missing = globSync('docs/*.md')
      .map((file) => file.slice('docs/'.length))
      .filter((page) => page !== 'README.md' && !index.includes(`](${page})`));
    assert.deepEqual(missing, []);
  });
});

function leadsSomewhere(file: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path ? join(dirname(file), path) : file;
  if (!existsSync(target)) return false;
  return !heading || !target.endsWith('.md') || anchors(target).has(heading);
}

/** The anchors that GitHub generates for headings. */
function anchors(file: string): Set<string> {
  const headings = withoutCode(read(file)).match(/^#+ .+$/gm) ?? [];
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}

test('every package that runs in production has a licence that somebody has looked at', () => {
  const unknown = [...licences()].filter(([license]) => !(license in allowed));
  assert.deepEqual(unknown, []);
});

test('the bill of materials lists every package that runs in production', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const printed = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: root, maxBuffer: 64 * 2 ** 20 });
  const { bomFormat, components } = JSON.parse(printed.toString()) as {
    bomFormat: string;
    components: { name: string; version: string; purl: string }[];
  };
  assert.equal(bomFormat, 'CycloneDX');
  const names = new Set(components.map(({ name }) => name));
  const missing = [...licences(true).values()].flat().filter((name) => !names.has(name));
  assert.deepEqual(missing, []);
});
