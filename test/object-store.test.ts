import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startS3 } from '@mycelium/embedded/testing';
import {
  directoryStore,
  type ListOptions,
  type ManagedStore,
  openStore,
  type StoredObject,
  StoreError,
  s3Store,
} from '@mycelium/storage';

const limit = 8 * 2 ** 20;

async function folderStore(): Promise<ManagedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'mycelium-store-'));
  after(() => rm(folder, { recursive: true }));
  return directoryStore(join(folder, 'images'), { maxObjectBytes: limit });
}

async function bucketStore(): Promise<ManagedStore> {
  const settings = await startS3({ after });
  return s3Store({
    endpoint: settings.S3_ENDPOINT,
    accessKey: settings.S3_ACCESS_KEY,
    secretKey: settings.S3_SECRET_KEY,
    bucket: settings.S3_BUCKET,
    maxObjectBytes: limit,
  });
}

const stores = { 'a folder': folderStore, 'an S3 bucket': bucketStore };

/** Keys that S3 clients, URLs, XML and paths are known to break. */
const awkward = [
  'awkward/a b/x & y.jpg',
  'awkward/a+b/1+1=2.jpg',
  'awkward/100%.jpg',
  'awkward/%2F%20.jpg',
  'awkward/库房/六〇七号.jpg',
  'awkward/é😀/ﬀ.jpg',
  'awkward/&amp;<tag>"quoted"\'.jpg',
  'awkward/?query#hash;semi:colon,(1)!*~@$.jpg',
  'awkward/0123',
  'awkward/..hidden..',
];

async function objectsOf(
  store: ManagedStore,
  prefix: string,
  options?: ListOptions,
): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of store.list(prefix, options)) objects.push(object);
  return objects;
}

async function keysOf(store: ManagedStore, prefix: string): Promise<string[]> {
  return (await objectsOf(store, prefix)).map(({ key }) => key);
}

for (const [name, open] of Object.entries(stores)) {
  describe(name, () => {
    let store: ManagedStore;
    const opening = open();
    const many = Array.from({ length: 2_500 }, (_, n) => {
      const time = new Date(Date.UTC(2025, 11, 24) + n * 34_000)
        .toISOString()
        .replace(/\D/g, '')
        .slice(0, 14);
      return `612/20251224/612_1921681235_20251218_${time}.jpg`;
    });

    before(async () => {
      store = await opening;
      await store.ensureBucket();
      await store.ensureBucket();
      const keys = [...many, ...awkward, '6120/20251224/other-room.jpg', '612-notes.txt'];
      while (keys.length) {
        await Promise.all(keys.splice(0, 50).map((key) => store.write(key, Buffer.from(`bytes of ${key}`))));
      }
    });

    test('lists 2,500 keys, each once and in order', async () => {
      assert.deepEqual(await keysOf(store, '612/20251224/'), many);
    });

    test('lists keys with a prefix that ends in the middle of a name', async () => {
      assert.deepEqual(
        await keysOf(store, '612/20251224/612_1921681235_20251218_2025122416'),
        many.filter((key) => key.includes('_2025122416')),
      );
      assert.deepEqual((await keysOf(store, '612')).length, many.length + 2);
      assert.deepEqual(await keysOf(store, '612-'), ['612-notes.txt']);
      assert.deepEqual(await keysOf(store, '612/2025122'), many);
    });

    test('lists everything for an empty prefix, and nothing for an unknown one', async () => {
      assert.equal((await keysOf(store, '')).length, many.length + awkward.length + 2);
      for (const prefix of [
        '613',
        '612/20251225/',
        '612//',
        '/',
        '../',
        '612/../',
        '612-notes.txt/',
        `${many[0]}x`,
      ]) {
        assert.deepEqual(await keysOf(store, prefix), [], prefix);
      }
    });

    test('topFolders returns the first part of every key, without objects at the top level', async () => {
      const top = await store.topFolders();
      assert.deepEqual(top.toSorted(), ['612', '6120', 'awkward']);
    });

    test('awkward keys survive a round trip', async () => {
      assert.deepEqual((await keysOf(store, 'awkward/')).sort(), [...awkward].sort());
      for (const key of awkward) {
        assert.equal((await store.read(key)).bytes.toString(), `bytes of ${key}`);
        assert.equal((await store.stat(key))?.key, key);
        assert.deepEqual(await keysOf(store, key), [key]);
      }
    });

    test('list and stat describe an object in the same way', async () => {
      const [listed] = await objectsOf(store, many[7] as string);
      const seen = await store.stat(many[7] as string);
      assert.ok(listed && seen);
      assert.equal(listed.size, Buffer.byteLength(`bytes of ${many[7]}`));
      assert.equal(seen.size, listed.size);
      assert.equal(seen.etag, listed.etag);
      // HTTP dates have whole seconds.
      assert.ok(Math.abs(seen.modifiedAt.getTime() - listed.modifiedAt.getTime()) < 1_000);
    });

    test('stat returns undefined for a missing object, and read throws', async () => {
      for (const key of ['612/none.jpg', 'none', `${many[0]}/below`, '612-notes.txt/below']) {
        assert.equal(await store.stat(key), undefined, key);
        await assert.rejects(
          store.read(key),
          (error) => error instanceof StoreError && error.reason === 'not_found' && error.permanent,
        );
      }
    });

    test('a replaced object has a new etag, though it has the same size', async () => {
      const etags = new Set<string | undefined>();
      for (const bytes of ['first ', 'second', 'third!', 'fourth']) {
        await store.write('replaced/x.jpg', Buffer.from(bytes));
        const read = await store.read('replaced/x.jpg');
        assert.equal(read.bytes.toString(), bytes);
        assert.equal(read.etag, (await store.stat('replaced/x.jpg'))?.etag);
        assert.equal(read.etag, (await objectsOf(store, 'replaced/x.jpg'))[0]?.etag);
        etags.add(read.etag);
      }
      assert.equal(etags.size, 4);
      assert.deepEqual(await keysOf(store, 'replaced/'), ['replaced/x.jpg']);
    });

    test('bytes come back unchanged, whether none or many', async () => {
      const photo = Buffer.alloc(3 * 2 ** 20, Buffer.from([0, 255, 10, 13, 128]));
      await store.write('bytes/photo.jpg', photo, { contentType: 'image/jpeg' });
      await store.write('bytes/empty.jpg', Buffer.alloc(0));
      assert.ok((await store.read('bytes/photo.jpg')).bytes.equals(photo));
      assert.equal((await store.read('bytes/empty.jpg')).bytes.length, 0);
      assert.equal((await store.stat('bytes/empty.jpg'))?.size, 0);
    });

    test('an object above the limit is refused, not read', async () => {
      await store.write('large/at.jpg', Buffer.alloc(limit));
      await store.write('large/above.jpg', Buffer.alloc(limit + 1));
      assert.equal((await store.read('large/at.jpg')).bytes.length, limit);
      await assert.rejects(store.read('large/above.jpg'), { reason: 'too_large' });
    });

    test('keys that a path or a proxy could misread are refused everywhere', async () => {
      const keys = [
        '',
        '/etc/passwd',
        '../x',
        'a/../../x',
        'a/..',
        './x',
        'a//b',
        'a/',
        'a\\..\\b',
        'a\0b',
        'a\nb',
      ];
      for (const key of [...keys, 'k'.repeat(1_025), 'lone \ud800 surrogate']) {
        await assert.rejects(store.read(key), { reason: 'invalid_key' }, key);
        await assert.rejects(store.stat(key), { reason: 'invalid_key' }, key);
        await assert.rejects(store.write(key, Buffer.from('x')), { reason: 'invalid_key' }, key);
      }
    });

    test('an aborted listing throws the reason of its signal', async () => {
      const stop = new AbortController();
      const reason = new Error('shutting down');
      let seen = 0;
      const listing = (async () => {
        for await (const _ of store.list('612/', { signal: stop.signal }))
          if (++seen === 10) stop.abort(reason);
      })();
      await assert.rejects(listing, reason);
      assert.equal(seen, 10);
      await assert.rejects(objectsOf(store, '', { signal: stop.signal }), reason);
    });

    test('a listing continues after a key, which may have been deleted', async () => {
      const rest = async (after: string) => (await objectsOf(store, '612/', { after })).map(({ key }) => key);
      const last = many[1_200] as string;
      assert.deepEqual(await rest(last), many.slice(1_201));
      assert.deepEqual(await rest(`${last}~`), many.slice(1_201));
      assert.deepEqual(await rest('612/'), many);
      assert.deepEqual(await rest('611/20991231/x.jpg'), many);
      assert.deepEqual(await rest(many.at(-1) as string), []);
      assert.deepEqual(await rest('613/'), []);
    });

    test('a listing may be abandoned early', async () => {
      for await (const { key } of store.list('612/')) {
        assert.equal(key, many[0]);
        break;
      }
    });

    test('an aborted signal stops every call', async () => {
      const reason = new Error('shutting down');
      const signal = AbortSignal.abort(reason);
      await assert.rejects(store.read(many[0] as string, signal), reason);
      await assert.rejects(store.stat(many[0] as string, signal), reason);
      await assert.rejects(store.write('x', Buffer.from('x'), { signal }), reason);
      await assert.rejects(store.probe(signal), reason);
      assert.equal(await store.stat('x'), undefined);
    });

    test('a working store passes the probe', async () => {
      await store.probe();
    });
  });
}

test('a store that is down reports so in every call', async () => {
  const gone = join(tmpdir(), 'mycelium-no-such-folder');
  const down = [
    directoryStore(gone),
    s3Store({ endpoint: 'http://127.0.0.1:9', accessKey: 'a', secretKey: 'b', bucket: 'mogu' }),
  ];
  for (const store of down) {
    await assert.rejects(store.probe(), { reason: 'unavailable' });
    await assert.rejects(store.read('612/x.jpg'), { reason: 'unavailable' });
    await assert.rejects(store.stat('612/x.jpg'), { reason: 'unavailable' });
    await assert.rejects(store.write('612/x.jpg', Buffer.from('x')), { reason: 'unavailable' });
    await assert.rejects(objectsOf(store, '612/'), { reason: 'unavailable' });
  }
});

test('a missing bucket counts as a store that is down, until it is created', async (t) => {
  const store = openStore({ ...(await startS3(t)), S3_BUCKET: 'not-made-yet' });
  await assert.rejects(store.probe(), /there is no bucket not-made-yet/);
  await assert.rejects(store.read('612/x.jpg'), { reason: 'unavailable' });
  await Promise.all([store.ensureBucket(), store.ensureBucket()]);
  await store.probe();
});

test('the settings choose the store', async (t) => {
  const s3 = await startS3(t);
  assert.match(openStore({ ...s3, IMAGE_DIR: '/srv/images' }).describe(), /^bucket mogu-\w+ at http:/);
  assert.equal(openStore({ IMAGE_DIR: '/srv/images' }).describe(), 'folder /srv/images');
  assert.throws(() => openStore({ S3_BUCKET: 'mogu' }), /set S3_ENDPOINT .* or IMAGE_DIR/);
  assert.throws(() => openStore({ ...s3, S3_ENDPOINT: 'http://host:9000/minio' }), /has no path/);
});

test('no store reveals its secrets', async () => {
  const store = s3Store({
    endpoint: 'http://someone:in-the-address@127.0.0.1:9',
    accessKey: 'the-access-key',
    secretKey: 'the-secret-key',
    bucket: 'mogu',
  });
  const texts = [
    store.describe(),
    await store.probe().catch((error) => `${error.stack} ${JSON.stringify(error)}`),
  ];
  assert.doesNotMatch(texts.join(), /the-secret-key|the-access-key|in-the-address/);
});
