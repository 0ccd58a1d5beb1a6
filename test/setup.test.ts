import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const setup = fileURLToPath(new URL('../setup.mjs', import.meta.url));

/** A minimal project whose packages are local folders, so that nothing is downloaded. */
function project(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'mycelium-setup-'));
  t.after(() => rmSync(root, { recursive: true }));
  copyFileSync(setup, join(root, 'setup.mjs'));
  for (const folder of ['node', 'packages/farm']) mkdirSync(join(root, folder), { recursive: true });
  write('node/package.json', { name: 'node', version: '1.0.0', bin: 'node.sh' });
  writeFileSync(join(root, 'node/node.sh'), '#!/bin/sh\n');
  write('packages/farm/package.json', { name: '@mycelium/farm' });
  declare('file:./node');

  function write(file: string, content: object) {
    writeFileSync(join(root, file), JSON.stringify(content));
  }
  function declare(node: string) {
    write('package.json', { private: true, workspaces: ['packages/*'], devDependencies: { node } });
  }
  const run = () => spawnSync(process.execPath, ['setup.mjs'], { cwd: root, encoding: 'utf8' });
  return { root, declare, write, run };
}

test('missing packages are installed with one line of output, and a second run does nothing', (t) => {
  const { run } = project(t);
  const first = run();
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^Installing npm packages .*…\n$/);
  const second = run();
  assert.deepEqual([second.status, second.stdout, second.stderr], [0, '', '']);
});

test('the lock file is not changed, since an old npm would drop half of it', (t) => {
  const { root, run } = project(t);
  assert.equal(run().status, 0);
  assert.equal(existsSync(join(root, 'package-lock.json')), false);
});

test('a changed package.json in any workspace triggers an install', (t) => {
  const { run, write } = project(t);
  run();
  write('packages/farm/package.json', { name: '@mycelium/farm', version: '2.0.0' });
  assert.match(run().stdout, /^Installing/);
  assert.equal(run().stdout, '');
});

test('a failure shows the command and its output, and the next run tries again', (t) => {
  const { run, declare } = project(t);
  declare('file:./nowhere.tgz');
  const { status, stderr } = run();
  assert.equal(status, 1);
  assert.match(stderr, /nowhere.*Setting up Mycelium failed: `npm install .*` failed \(exit code \d+\)/s);
  declare('file:./node');
  assert.equal(run().status, 0);
});
