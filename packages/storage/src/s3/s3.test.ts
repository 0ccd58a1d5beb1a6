import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type S3StoreSettings, StoreError, s3Store } from '../index.ts';

/** Starts a server that misbehaves. */
async function brokenServer(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, n: number) => void,
  settings: Partial<S3StoreSettings> = {},
) {
  const urls: string[] = [];
  const server = createServer((request, response) => {
    urls.push(request.url ?? '');
    answer(request, response, urls.length);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  return { urls, store: s3Store({ endpoint, accessKey: 'a', secretKey: 'b', bucket: 'mogu', ...settings }) };
}

function page({ keys, next, more = '' }: { keys: string[]; next?: string; more?: string }): string {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><Size>1</Size><ETag>"e"</ETag><LastModified>2025-12-24T08:00:00.000Z</LastModified></Contents>`,
  );
  const token = next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`;
  return `<ListBucketResult>${more}<IsTruncated>${next !== undefined}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`;
}

/** The keys listed before the listing ended, and how it ended. */
async function listUntilEnd(store: ReturnType<typeof s3Store>, signal?: AbortSignal) {
  const keys: string[] = [];
  try {
    for await (const { key } of store.list('', { signal })) keys.push(key);
  } catch (error) {
    return { keys, error: error as Error };
  }
  return { keys, error: undefined };
}

test('a server that repeats its continuation token forever ends the listing with an error', async (t) => {
  const { store, urls } = await brokenServer(t, (_, response) =>
    response.end(page({ keys: ['a'], next: 'same' })),
  );
  const { keys, error } = await listUntilEnd(store);
  assert.ok(error instanceof StoreError && error.reason === 'unavailable');
  assert.match(error.message, /does not advance/);
  assert.equal(urls.length, 2);
  assert.deepEqual(keys, ['a', 'a']);
});

test('a server whose tokens form a cycle ends the listing with an error', async (t) => {
  const { store, urls } = await brokenServer(t, (_, response, n) =>
    response.end(page({ keys: [`k${n}`], next: `token-${n % 3}` })),
  );
  assert.match((await listUntilEnd(store)).error?.message ?? '', /does not advance/);
  assert.equal(urls.length, 4);
});

test('a server that announces more pages without a token ends the listing with an error', async (t) => {
  const { store } = await brokenServer(t, (_, response) => response.end(page({ keys: ['a'], next: '' })));
  assert.match((await listUntilEnd(store)).error?.message ?? '', /does not advance/);
});

test('an endless listing stops at the limit of pages', async (t) => {
  const answer = (_: IncomingMessage, response: ServerResponse, n: number) =>
    void response.end(page({ keys: [], next: `token-${n}` }));
  const { store, urls } = await brokenServer(t, answer, { maxPages: 5 });
  assert.match((await listUntilEnd(store)).error?.message ?? '', /more than 5 pages/);
  assert.equal(urls.length, 5);
});

test('tokens and keys made of digits stay text, and tokens are sent back unchanged', async (t) => {
  const { store, urls } = await brokenServer(t, (_, response, n) =>
    response.end(n === 1 ? page({ keys: ['007', '1e3'], next: '0012+/=&amp;(' }) : page({ keys: ['08'] })),
  );
  assert.deepEqual((await listUntilEnd(store)).keys, ['007', '1e3', '08']);
  const sent = new URL(urls[1] as string, 'http://s3').searchParams.get('continuation-token');
  assert.equal(sent, '0012+/=&(');
});

test('keys are decoded only when the server declares them encoded', async (t) => {
  const encoded = await brokenServer(t, (_, response) =>
    response.end(page({ keys: ['a+b%2Bc%26/%E5%BA%93.jpg'], more: '<EncodingType>url</EncodingType>' })),
  );
  assert.deepEqual((await listUntilEnd(encoded.store)).keys, ['a b+c&/库.jpg']);
  const plain = await brokenServer(t, (_, response) => response.end(page({ keys: ['a+b%2Bc&amp;/库.jpg'] })));
  assert.deepEqual((await listUntilEnd(plain.store)).keys, ['a+b%2Bc&/库.jpg']);
});

test('folders are listed with a delimiter, over all pages', async (t) => {
  const folders = (names: string[]) =>
    names.map((name) => `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`).join('');
  const { store, urls } = await brokenServer(t, (_, response, n) =>
    response.end(
      n === 1
        ? page({ keys: ['notes.txt'], next: 'more', more: folders(['607/', 'a&amp;b/']) })
        : page({ keys: [], more: folders(['612/']) }),
    ),
  );
  assert.deepEqual(await store.topFolders(), ['607', 'a&b', '612']);
  assert.equal(new URL(urls[0] as string, 'http://s3').searchParams.get('delimiter'), '/');
});

test('characters that XML escapes are read correctly', async (t) => {
  const escaped = '&lt;a&gt; &amp;amp; &quot;b&quot; &apos;c&apos; &#x5e93;&#25151; &unknown;';
  const { store } = await brokenServer(t, (_, response) => response.end(page({ keys: [escaped] })));
  assert.deepEqual((await listUntilEnd(store)).keys, ['<a> &amp; "b" \'c\' 库房 &unknown;']);
});

test('a full page of keys that XML must escape is read', async (t) => {
  const keys = Array.from({ length: 1_000 }, (_, n) => `${'&amp;'.repeat(100)}${n}`);
  const { store } = await brokenServer(t, (_, response) => response.end(page({ keys })));
  const listed = await listUntilEnd(store);
  assert.equal(listed.error, undefined);
  assert.equal(listed.keys[999], `${'&'.repeat(100)}999`);
});

test('the empty objects that consoles create as folders are left out', async (t) => {
  const { store } = await brokenServer(t, (_, response) =>
    response.end(page({ keys: ['612/', '612/a.jpg'] })),
  );
  assert.deepEqual((await listUntilEnd(store)).keys, ['612/a.jpg']);
});

test('a response that is not a listing counts as a failed store', async (t) => {
  const half = page({ keys: ['a', 'b'] }).slice(0, -30);
  for (const answer of ['<html>hello</html>', '', half]) {
    const { store } = await brokenServer(t, (_, response) => response.end(answer));
    assert.match((await listUntilEnd(store)).error?.message ?? '', /not an S3 listing/);
  }
  const { store } = await brokenServer(t, (_, response) =>
    response.end(page({ keys: ['a'] }).replaceAll('Key>', 'Name>')),
  );
  assert.match((await listUntilEnd(store)).error?.message ?? '', /something without Key/);
});

test('a request to a stalled server fails after the time limit, wherever it stalls', async (t) => {
  const headersOnly = (response: ServerResponse) => {
    response.writeHead(200, {
      'content-length': '100',
      etag: '"e"',
      'last-modified': new Date(0).toUTCString(),
    });
    response.write('some');
  };
  for (const stall of [() => {}, (_: IncomingMessage, response: ServerResponse) => headersOnly(response)]) {
    const { store } = await brokenServer(t, stall, { timeoutMs: 50, probeTimeoutMs: 50 });
    const late = (error: unknown) =>
      error instanceof StoreError && error.reason === 'unavailable' && /within 50 ms/.test(error.message);
    assert.ok(late((await listUntilEnd(store)).error));
    await assert.rejects(store.read('612/x.jpg'), late);
    await assert.rejects(store.write('612/x.jpg', Buffer.from('x')), late);
  }
  const { store } = await brokenServer(t, () => {}, { timeoutMs: 60_000, probeTimeoutMs: 50 });
  await assert.rejects(store.probe(), { reason: 'unavailable' });
});

test('an abort reaches a request in progress, with the reason of its signal', async (t) => {
  for (const stall of ['before the answer', 'inside the body']) {
    const stop = new AbortController();
    const reason = new Error('shutting down');
    const { store } = await brokenServer(t, (_, response) => {
      if (stall === 'inside the body') response.writeHead(200, { 'content-length': '100' }).write('some');
      setImmediate(() => stop.abort(reason));
    });
    await assert.rejects(store.read('612/x.jpg', stop.signal), reason, stall);
  }
});

test('a request is repeated after a dropped connection or a busy server', async (t) => {
  const { store, urls } = await brokenServer(t, (request, response, n) => {
    if (n === 1) request.socket.destroy();
    else if (n === 2) response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
    else response.writeHead(200, { etag: '"e"' }).end('bytes');
  });
  assert.equal((await store.read('612/x.jpg')).bytes.toString(), 'bytes');
  assert.equal(urls.length, 3);
});

test('a response that ends too early is discarded and requested again', async (t) => {
  const { store } = await brokenServer(t, (request, response, n) => {
    response.writeHead(200, { 'content-length': '10', etag: 'W/"e1"' });
    if (n > 1) response.end('0123456789');
    else response.write('0123', () => request.socket.destroy());
  });
  const { bytes, etag } = await store.read('612/x.jpg');
  assert.deepEqual([bytes.toString(), etag], ['0123456789', 'e1']);
});

test('a busy or refusing server counts as a failed store; a missing object does not', async (t) => {
  const status = { value: 503, code: 'SlowDown' };
  const { store, urls } = await brokenServer(t, (_, response) =>
    response.writeHead(status.value).end(`<Error><Code>${status.code}</Code><Message>no</Message></Error>`),
  );
  await assert.rejects(
    store.read('x'),
    (error) => error instanceof StoreError && error.reason === 'unavailable' && /503/.test(error.message),
  );
  assert.equal(urls.length, 3);
  Object.assign(status, { value: 403, code: 'AccessDenied' });
  await assert.rejects(store.read('x'), /AccessDenied/);
  Object.assign(status, { value: 404, code: 'NoSuchKey' });
  await assert.rejects(store.read('x'), { reason: 'not_found' });
});
