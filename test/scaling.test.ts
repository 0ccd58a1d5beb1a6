import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { read, root } from './deploy-files.ts';

test('the tables of docs/scaling.md match the output of its calculation', () => {
  const { stdout } = spawnSync(process.execPath, ['bench/scaling/capacity.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.match(stdout, /^### Measured cost/);
  assert.ok(
    read('docs/scaling.md').includes(stdout.trim()),
    'copy what `node bench/scaling/capacity.ts` prints into docs/scaling.md',
  );
});
