import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolders } from './folders.ts';

test('a folder is made with its parents, once, also by several at a time', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'mycelium-folders-'));
  t.after(() => rm(root, { recursive: true }));
  assert.equal(await makeFolders(join(root, 'a/b/c')), join(root, 'a'));
  assert.equal(await makeFolders(join(root, 'a/b/c')), undefined);
  assert.equal(await makeFolders(join(root, 'a/b/d')), join(root, 'a/b/d'));
  await Promise.all(Array.from({ length: 20 }, () => makeFolders(join(root, 'x/y/z'))));
  assert.ok((await stat(join(root, 'x/y/z'))).isDirectory());
  assert.equal(await makeFolders('/'), undefined);
});

test('a place where no folder can be made is an error, not a wait', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'mycelium-folders-'));
  t.after(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'file'), '');
  await assert.rejects(makeFolders(join(root, 'file')), { code: 'EEXIST' });
  await assert.rejects(makeFolders(join(root, 'file/below')), { code: 'ENOTDIR' });
  // The kernel's own folder on Linux; elsewhere nothing is there.
  const refused = process.platform === 'linux' ? '/proc/mycelium/images' : join(root, 'file/below');
  await assert.rejects(makeFolders(refused), { code: process.platform === 'linux' ? 'ENOENT' : 'ENOTDIR' });
});
