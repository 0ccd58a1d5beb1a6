import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { page, renderPage } from './page.ts';
import { attackTarget } from './target.ts';
import { targets } from './targets.ts';

/** The short form: 1 of 400 cases of each input, and at least 100. `npm run fuzz` tries all. */
const share = 1 / 400;

for (const target of targets) {
  test(`no input crashes, hangs or fails the server: ${target.title}`, async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const result = await attackTarget(target, Math.max(Math.ceil(target.cases * share), 100), seed, t);
    t.diagnostic(`seed ${seed}, ${result.cases} cases, slowest ${result.slowestMillis.toFixed(0)} ms`);
    assert.equal(result.broken, undefined);
  });
}

test('docs/security.md has the kept results; `npm run fuzz -- --render` writes them', () => {
  const text = readFileSync(page, 'utf8');
  assert.equal(renderPage(text), text);
});
