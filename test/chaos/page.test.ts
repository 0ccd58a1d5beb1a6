import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { page, renderPage, row } from './harness/page.ts';
import { fingerprintOf, type KeptResult } from './harness/results.ts';
import { scenarios } from './scenarios/index.ts';

test('docs/reliability.md shows the stored results', () => {
  assert.equal(
    readFileSync(page, 'utf8'),
    renderPage(),
    'run `npm run chaos -- --render` to render docs/reliability.md again',
  );
});

test('every scenario has its own fingerprint', () => {
  const prints = scenarios.map(({ id }) => fingerprintOf(id));
  assert.equal(new Set(prints).size, scenarios.length);
});

test('a row shows what was not counted, a scenario that did not run, and a result older than its code', () => {
  const kept: KeptResult = {
    ...{ id: 'R1', title: '', pass: true, notRun: null, broken: [], note: '12 kills', seconds: 3.2, seed: 1 },
    ...{ lost: 0, doubled: 0, late: null, refused: 3, recovered: null },
    ...{ date: '2026-01-01', commit: 'abc', fingerprint: fingerprintOf('R1') },
    machine: { cores: 2, cpu: 'CPU', memoryGigabytes: 8, node: 'v24', os: 'Linux' },
  };
  assert.deepEqual(row('R1', kept), ['R1', '0', '0', '–', '3', '–', '3', 'holds', '12 kills']);
  assert.equal(
    row('R1', { ...kept, fingerprint: 'another' }).at(-1),
    '12 kills; not run since its code or criterion changed',
  );
  const none = { lost: null, doubled: null, refused: null, seconds: 0, note: '' };
  assert.deepEqual(row('R1', { ...kept, ...none, pass: null, notRun: 'no namespaces' }).slice(1), [
    ...['–', '–', '–', '–', '–', '–', 'not run', 'no namespaces'],
  ]);
  assert.match(
    row('R1', { ...kept, pass: false, broken: ['2 lost'] }).join(),
    /\*\*broken\*\*,12 kills; 2 lost/,
  );
});
