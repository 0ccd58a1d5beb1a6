import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  benchFiles,
  fingerprintOf,
  type KeptBench,
  loadBenches,
  performancePage,
} from '@mycelium/bench/record';

const files = benchFiles(await loadBenches());
const { page, renderPage, rowsOf } = performancePage;

test('docs/performance.md shows the stored rows', () => {
  assert.equal(
    readFileSync(page, 'utf8'),
    renderPage(files),
    'run `npm run bench -- --render` to render docs/performance.md again',
  );
});

const kept: KeptBench = {
  id: 'P9',
  machine: { cores: 2, cpu: 'CPU', memoryGigabytes: 8, node: 'v24', os: 'Linux' },
  date: '2026-01-01',
  commit: 'abc',
  fingerprint: fingerprintOf('P9', 'startup.ts'),
  rows: [
    {
      ...{ case: 'npm start again', unit: 's', n: 3, ours: 4, naive: null, limit: 5 },
      ...{ vsNaive: 12.3456, vsLimit: 0.9, atLeast: { naive: null, limit: 1 } },
      before: { commit: 'def', ours: 4.4, ratio: 1.1, rounds: 3 },
    },
  ],
};

test('a row shows its criterion, in bold if it misses it, and the previous release', () => {
  assert.deepEqual(rowsOf('P9', 'startup.ts', kept), [
    ['P9 npm start again', '4 s', '12.3×', '**0.9** (≥ 1)', '1.1× of def, 3 rounds', '3', '2026-01-01, abc'],
  ]);
});

test('a row that was carried over from an earlier page says so', () => {
  const cells = ['P9 npm start again', '4 s', '–', '1.25 (≥ 1)'];
  assert.deepEqual(rowsOf('P9', 'startup.ts', { id: 'P9', carriedOver: true, rows: [cells] }), [
    [...cells, '–', '–', 'carried over from the page of the previous release, not measured by this code'],
  ]);
});

test('a row older than its benchmark is marked, and one that was never measured has no figures', () => {
  const [row] = rowsOf('P9', 'startup.ts', { ...kept, fingerprint: 'another' });
  assert.equal(row?.at(-1), '2026-01-01, abc; not run since its code or criterion changed');
  assert.deepEqual(rowsOf('P9', 'startup.ts', undefined), [['P9', '–', '–', '–', '–', '–', 'not run yet']]);
});
