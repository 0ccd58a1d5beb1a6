import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createRandomClip } from '../testing/random-clip.ts';
import { type FetchModel, fetchModel } from './model-fetch.ts';
import { openModel } from './model-folder.ts';
import { modelKey } from './model-id.ts';

type Serve = (request: IncomingMessage, response: ServerResponse, file: string, bytes: Buffer) => boolean;

/** Starts a hub with one model, farm/tiny. `serve` may answer a request itself and then returns true. */
async function startHub(t: TestContext, serve: Serve = () => false) {
  const root = await mkdtemp(join(tmpdir(), 'hub-'));
  const source = join(root, 'source');
  await createRandomClip(source, { size: 'tiny', dtype: 'fp32', seed: 1 });
  await createRandomClip(source, { size: 'tiny', dtype: 'q8', seed: 1 });
  const names = (await readdir(source, { recursive: true })).filter((name) => name.includes('.'));
  const files = new Map<string, Buffer>();
  for (const name of names) files.set(name, await readFile(join(source, name)));
  files.set('README.md', Buffer.from('not needed'));
  files.set('onnx/../../../escape.onnx', Buffer.from('not wanted'));
  const requests: string[] = [];

  const server = createServer((request, response) => {
    requests.push(`${request.url}${request.headers.range ? ` ${request.headers.range}` : ''}`);
    if (request.url === '/api/models/farm/tiny/revision/main?blobs=true') {
      return response.end(JSON.stringify({ sha: 'c0ffee', siblings: [...files].map(listing) }));
    }
    const file = request.url?.replace('/farm/tiny/resolve/c0ffee/', '') ?? '';
    const bytes = files.get(file);
    if (!bytes) return response.writeHead(404).end('{}');
    if (serve(request, response, file, bytes)) return;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0)
      response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(root, { recursive: true, force: true });
  });
  const modelDir = join(root, 'models');
  const options: FetchModel = {
    id: 'farm/tiny',
    dtype: 'fp32',
    modelDir,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    pause: async () => {},
  };
  return { options, modelDir, files, requests, place: join(modelDir, 'farm', 'tiny') };
}

/** Weights are in the large-file store with a SHA-256, the rest is in git with its SHA-1. */
function listing([rfilename, bytes]: [string, Buffer]) {
  const size = bytes.length;
  return rfilename.endsWith('.onnx')
    ? {
        rfilename,
        size,
        blobId: 'pointer',
        lfs: { size, sha256: createHash('sha256').update(bytes).digest('hex') },
      }
    : { rfilename, size, blobId: createHash('sha1').update(`blob ${size}\0`).update(bytes).digest('hex') };
}

test('a model is downloaded, checked and can be opened by its hub name', async (t) => {
  const { options, modelDir, requests, place, files } = await startHub(t);
  const progress: string[] = [];
  const id = await fetchModel({
    ...options,
    onProgress: ({ file, done, total }) => done === total && progress.push(file),
  });
  assert.match(modelKey(id), /^farm\/tiny@main\/fp32#[0-9a-f]{8}$/);
  assert.deepEqual((await openModel({ model: 'farm/tiny', modelDir, dtype: 'fp32' })).id, id);
  assert.deepEqual(
    await readFile(join(place, 'onnx/vision_model.onnx')),
    files.get('onnx/vision_model.onnx'),
  );
  assert.ok(progress.includes('onnx/text_model.onnx') && progress.includes('tokenizer.json'));
  assert.ok(!requests.some((url) => /README|quantized|escape/.test(url)), requests.join('\n'));
  assert.deepEqual(await readdir(join(modelDir, '.fetching')), []);
});

test('a second precision is added without downloading the first again', async (t) => {
  const { options, modelDir, requests } = await startHub(t);
  const fp32 = await fetchModel(options);
  requests.length = 0;
  const q8 = await fetchModel({ ...options, dtype: 'q8' });
  assert.notEqual(q8.hash, fp32.hash);
  assert.equal(requests.length, 3, requests.join('\n'));
  assert.deepEqual((await openModel({ model: 'farm/tiny', modelDir, dtype: 'fp32' })).id, fp32);
});

test('an interrupted download resumes where it stopped', async (t) => {
  let cuts = 3;
  const { options, requests } = await startHub(t, (request, response, file, bytes) => {
    if (file !== 'onnx/vision_model.onnx' || cuts === 0) return false;
    cuts--;
    const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': bytes.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.write(bytes.subarray(from, from + 300_000), () => response.destroy());
    return true;
  });
  await fetchModel(options);
  const ranges = requests.filter((url) => url.includes('vision_model.onnx bytes='));
  assert.ok(ranges.length >= 1, requests.join('\n'));
});

test('a new fetch resumes the download of a killed one', async (t) => {
  const stop = new AbortController();
  const { options, requests, place } = await startHub(t, (_, response, file, bytes) => {
    if (file !== 'onnx/vision_model.onnx' || stop.signal.aborted) return false;
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, 500_000));
    return true;
  });
  const first = fetchModel({
    ...options,
    signal: stop.signal,
    onProgress: ({ file, done }) => {
      if (file === 'onnx/vision_model.onnx' && done === 500_000) stop.abort(new Error('killed'));
    },
  });
  await assert.rejects(first, /killed/);
  await assert.rejects(stat(place), 'an incomplete model is never live');
  requests.length = 0;
  await fetchModel(options);
  assert.ok(
    requests.some((url) => /vision_model\.onnx bytes=\d+-/.test(url)),
    requests.join('\n'),
  );
  assert.ok(!requests.some((url) => url.endsWith('/config.json')), 'complete files are kept');
});

test('if the server does not support ranges, the whole file is downloaded again', async (t) => {
  let cut = true;
  const { options } = await startHub(t, (_, response, file, bytes) => {
    if (file !== 'onnx/text_model.onnx') return false;
    response.writeHead(200, { 'content-length': bytes.length });
    if (cut) response.write(bytes.subarray(0, 200_000), () => response.destroy());
    else response.end(bytes);
    cut = false;
    return true;
  });
  await fetchModel(options);
});

test('wrong bytes never become a model', async (t) => {
  const { options, place } = await startHub(t, (_, response, file, bytes) => {
    if (file !== 'onnx/text_model.onnx') return false;
    response.end(Buffer.from(bytes).fill(0, 1000, 1010));
    return true;
  });
  await assert.rejects(
    fetchModel(options),
    /onnx\/text_model\.onnx could not be downloaded: its checksum is wrong/,
  );
  await assert.rejects(stat(place));
});

test('the download is retried after wrong bytes, even for files in git', async (t) => {
  let wrong = 2;
  const { options } = await startHub(t, (_, response, file, bytes) => {
    if (file !== 'tokenizer.json' || wrong === 0) return false;
    response.end(wrong-- === 2 ? Buffer.concat([bytes, bytes]) : Buffer.from(bytes).fill(32, 0, 10));
    return true;
  });
  await fetchModel(options);
});

test('busy servers are retried, refusals are not', async (t) => {
  let busy = 2;
  const { options } = await startHub(t, (_, response) => {
    if (busy-- > 0) response.writeHead(busy ? 503 : 429).end();
    return busy >= 0;
  });
  await fetchModel(options);

  const closed = await startHub(t, (_, response) => Boolean(response.writeHead(403).end()));
  await assert.rejects(
    fetchModel(closed.options),
    /config\.json could not be downloaded: the server answers 403/,
  );
  assert.equal(closed.requests.length, 2);
});

test('a folder filled by hand keeps its correct files', async (t) => {
  const { options, modelDir, place, requests, files } = await startHub(t);
  await createRandomClip(place, { size: 'tiny', dtype: 'q8', seed: 1 });
  await writeFile(join(place, 'config.json'), '{}');
  await fetchModel(options);
  assert.ok(requests.some((url) => url.endsWith('/config.json')));
  assert.deepEqual(await readFile(join(place, 'config.json')), files.get('config.json'));
  await openModel({ model: 'farm/tiny', modelDir, dtype: 'q8' });
});

test('errors distinguish a missing model from an unreachable hub', async (t) => {
  const { options } = await startHub(t);
  const failed = (change: Partial<FetchModel>, expected: RegExp) =>
    assert.rejects(fetchModel({ ...options, ...change }), expected);
  await failed({ id: 'farm/other' }, /no public model farm\/other at main/);
  await failed({ revision: 'v2' }, /no public model farm\/tiny at v2/);
  await failed({ id: '../../etc/passwd' }, /expected org\/name/);
  await failed({ dtype: 'fp16' }, /vision_model_fp16\.onnx/);
  await assert.rejects(fetchModel({ ...options, endpoint: 'http://127.0.0.1:1' }), {
    dependency: 'hub',
    message: /cannot be reached; set HF_ENDPOINT/,
  });
});

test('a MODEL_DIR where nothing can be created is an error, and not a wait', async (t) => {
  const { options } = await startHub(t);
  await assert.rejects(fetchModel({ ...options, modelDir: '/proc/nowhere/models' }), { code: 'ENOENT' });
});
