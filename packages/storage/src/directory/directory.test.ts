import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { directoryStore, type ObjectStore } from '../index.ts';

/** Creates an outer folder with a secret, and the store's folder inside it. */
async function setup(t: TestContext) {
  const outside = await mkdtemp(join(tmpdir(), 'mycelium-directory-'));
  t.after(() => rm(outside, { recursive: true }));
  await writeFile(join(outside, 'secret.jpg'), 'secret');
  const root = join(outside, 'images');
  const store = directoryStore(root);
  await store.ensureBucket();
  return { outside, root, store };
}

async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

test('no key and no prefix leads out of the folder', async (t) => {
  const { outside, root, store } = await setup(t);
  await store.write('612/a.jpg', Buffer.from('a'));
  const keys = [
    '../secret.jpg',
    '612/../../secret.jpg',
    join(outside, 'secret.jpg'),
    '..\\secret.jpg',
    '..',
    '612/..',
  ];
  for (const key of keys) {
    await assert.rejects(store.read(key), { reason: 'invalid_key' }, key);
    await assert.rejects(store.stat(key), { reason: 'invalid_key' }, key);
    await assert.rejects(store.write(key, Buffer.from('written')), { reason: 'invalid_key' }, key);
    assert.deepEqual(await keysOf(store, key), [], key);
  }
  assert.deepEqual(await readdir(outside), ['images', 'secret.jpg']);
  assert.deepEqual(await readdir(root), ['612']);
  assert.equal(await readFile(join(outside, 'secret.jpg'), 'utf8'), 'secret');
});

test('links are not objects and are not followed', async (t) => {
  const { outside, root, store } = await setup(t);
  await mkdir(join(root, '612'));
  await symlink(join(outside, 'secret.jpg'), join(root, '612', 'link.jpg'));
  await symlink(outside, join(root, '613'));
  await symlink(join(outside, 'not-there.jpg'), join(root, '612', 'dangling.jpg'));
  for (const key of ['612/link.jpg', '613/secret.jpg', '612/dangling.jpg']) {
    await assert.rejects(store.read(key), { reason: 'not_found' }, key);
    assert.equal(await store.stat(key), undefined, key);
  }
  for (const prefix of ['', '612/', '613', '613/', '613/sec'])
    assert.deepEqual(await keysOf(store, prefix), []);

  await assert.rejects(store.write('613/written.jpg', Buffer.from('x')), { reason: 'invalid_key' });
  await store.write('612/link.jpg', Buffer.from('replaces the link, not its target'));
  assert.deepEqual((await readdir(outside)).sort(), ['images', 'secret.jpg']);
  assert.equal(await readFile(join(outside, 'secret.jpg'), 'utf8'), 'secret');
  assert.deepEqual(await keysOf(store), ['612/link.jpg']);
});

test('the folder itself may be a link', async (t) => {
  const { outside, store } = await setup(t);
  await store.write('612/a.jpg', Buffer.from('a'));
  await symlink(join(outside, 'images'), join(outside, 'elsewhere'));
  const linked = directoryStore(join(outside, 'elsewhere'));
  assert.deepEqual(await keysOf(linked), ['612/a.jpg']);
  assert.equal((await linked.read('612/a.jpg')).bytes.toString(), 'a');
});

test('keys are listed in byte order, across files and folders', async (t) => {
  const { store } = await setup(t);
  const keys = ['a!', 'a-b/x', 'a.jpg', 'a/b', 'a/é', 'a/ﬀ', 'a/😀', 'a0', 'b/c/d', 'é/x', '库/x'];
  for (const key of new Set(keys)) await store.write(key, Buffer.from('x'));
  const sorted = [...new Set(keys)].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
  assert.deepEqual(await keysOf(store), sorted);
});

test('unfinished files are invisible, and none is left behind', async (t) => {
  const { root, store } = await setup(t);
  await mkdir(join(root, '612'));
  await writeFile(join(root, '612', '.mycelium-left-by-a-crash.tmp'), 'half');
  await store.write('612/a.jpg', Buffer.from('a'));
  assert.deepEqual(await keysOf(store), ['612/a.jpg']);
  assert.deepEqual(await keysOf(store, '612/.mycelium'), []);
  await assert.rejects(store.read('612/.mycelium-left-by-a-crash.tmp'), { reason: 'invalid_key' });
  await assert.rejects(store.write('.mycelium-x/a.jpg', Buffer.from('x')), { reason: 'invalid_key' });

  const stop = new AbortController();
  const writing = store.write('612/b.jpg', Buffer.alloc(50_000_000), { signal: stop.signal });
  stop.abort(new Error('shutting down'));
  await assert.rejects(writing, /shutting down/);
  assert.deepEqual((await readdir(join(root, '612'))).sort(), ['.mycelium-left-by-a-crash.tmp', 'a.jpg']);
});

test('a reader never sees a partly written image', async (t) => {
  const { store } = await setup(t);
  const images = [Buffer.alloc(300_000, 1), Buffer.alloc(200_000, 2)];
  await store.write('612/a.jpg', images[0] as Buffer);
  let writing = true;
  const writer = (async () => {
    for (let n = 0; n < 100; n++) await store.write('612/a.jpg', images[n % 2] as Buffer);
    writing = false;
  })();
  while (writing) {
    const { bytes, etag } = await store.read('612/a.jpg');
    assert.ok(images.some((image) => image.equals(bytes)));
    assert.equal(Number.parseInt(etag, 16), bytes.length, 'the etag belongs to these bytes');
  }
  await writer;
});

test('a replacement by another program is detected by its time or size', async (t) => {
  const { root, store } = await setup(t);
  await store.write('612/a.jpg', Buffer.from('one'));
  const path = join(root, '612', 'a.jpg');
  const etag = async () => (await store.stat('612/a.jpg'))?.etag;
  const first = await etag();
  const { atime, mtime } = await stat(path);
  await utimes(path, atime, new Date(mtime.getTime() + 1));
  const second = await etag();
  await writeFile(path, 'three');
  await utimes(path, atime, new Date(mtime.getTime() + 1));
  assert.equal(new Set([first, second, await etag()]).size, 3);
});

test('anything but a file is not an object, and cannot block a read', async (t) => {
  const { root, store } = await setup(t);
  await mkdir(join(root, '612', 'folder.jpg'), { recursive: true });
  execFileSync('mkfifo', [join(root, '612', 'pipe.jpg')]);
  for (const key of ['612/folder.jpg', '612/pipe.jpg', '612']) {
    await assert.rejects(store.read(key), { reason: 'not_found' }, key);
    assert.equal(await store.stat(key), undefined, key);
  }
  assert.deepEqual(await keysOf(store), []);
});

test('a key that is another key’s folder is refused with the reason', async (t) => {
  const { store } = await setup(t);
  await store.write('612/a.jpg', Buffer.from('a'));
  await assert.rejects(store.write('612', Buffer.from('x')), /is the folder of other objects/);
  await assert.rejects(store.write('612/a.jpg/b.jpg', Buffer.from('x')), { reason: 'invalid_key' });
  await assert.rejects(store.write(`612/${'n'.repeat(300)}.jpg`, Buffer.from('x')), /name is too long/);
  assert.deepEqual(await keysOf(store), ['612/a.jpg']);
});

test('a store whose folder disappeared is down, not empty', async (t) => {
  const { root, store } = await setup(t);
  await store.write('612/a.jpg', Buffer.from('a'));
  await rm(root, { recursive: true });
  await assert.rejects(store.read('612/a.jpg'), { reason: 'unavailable' });
  await assert.rejects(store.stat('612/a.jpg'), { reason: 'unavailable' });
  await assert.rejects(keysOf(store, '612/'), { reason: 'unavailable' });
  await assert.rejects(store.topFolders(), { reason: 'unavailable' });
  await assert.rejects(store.write('612/a.jpg', Buffer.from('a')), { reason: 'unavailable' });
  await writeFile(root, 'a file');
  await assert.rejects(store.probe(), /is not a folder/);
});

test('a folder that disappears during a listing fails it: the rest is not gone', async (t) => {
  for (const key of ['612/2.jpg', '613/2.jpg']) {
    const { root, store } = await setup(t);
    await store.write('612/1/1.jpg', Buffer.from('a'));
    await store.write(key, Buffer.from('b'));
    const listing = store.list('')[Symbol.asyncIterator]();
    assert.equal((await listing.next()).value?.key, '612/1/1.jpg');
    await rm(root, { recursive: true });
    await assert.rejects(listing.next(), { reason: 'unavailable' }, key);
  }
});
