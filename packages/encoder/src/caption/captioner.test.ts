import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { PermanentError } from '@mycelium/farm';
import sharp from 'sharp';
import { photographAs } from '../testing/pictures.ts';
import { Unavailable } from '../unavailable.ts';
import { type CaptionerOptions, createCaptioner } from './captioner.ts';

const description = {
  growth_stage_description: 'Fruiting: dense clusters of pale caps.',
  chinese_description: '出菇期，菌盖密集。',
  image_quality_score: 85,
};
const completion = (content: unknown = description) =>
  JSON.stringify({ choices: [{ message: { role: 'assistant', content: JSON.stringify(content) } }] });
const image = await photographAs('jpeg', 320, 240);
const apiKey = 'canary-key-canary';

type Answer = (response: ServerResponse, request: IncomingMessage, nth: number) => void;

/** A captioner and its server, with the requests the server received. */
async function start(t: TestContext, answer: Answer, options: Partial<CaptionerOptions> = {}) {
  const received: { url: string | undefined; key: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ url: request.url, key: request.headers.authorization, body });
    answer(response, request, received.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const slept: number[] = [];
  const captioner = createCaptioner({
    url: `http://127.0.0.1:${port}`,
    model: 'llava',
    apiKey,
    random: () => 0.5,
    sleep: async (ms) => void slept.push(ms),
    ...options,
  });
  assert.ok(captioner);
  t.after(() => {
    captioner.close();
    server.closeAllConnections();
    server.close();
  });
  return { captioner, received, slept, port };
}

const good: Answer = (response) => response.end(completion());
const status =
  (code: number, headers = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end('{"error":"…"}');

/** Asserts that it fails as expected and that the key does not appear in the error or its causes. */
async function fails(promise: Promise<unknown>, kind: new (...args: never[]) => Error, expected: RegExp) {
  await assert.rejects(promise, (error: Error) => {
    assert.ok(error instanceof kind, String(error));
    assert.match(error.message, expected);
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      assert.ok(!`${cause.stack}${JSON.stringify(cause)}`.includes(apiKey));
    }
    return true;
  });
}

test('without an address, no captioner is created', () => {
  assert.equal(createCaptioner({ url: undefined, model: 'x' }), undefined);
  assert.equal(createCaptioner({ url: '', model: 'x' }), undefined);
});

test('a picture is sent as an upright JPEG of at most 960 pixels without metadata, and the answer is read', async (t) => {
  const { captioner, received } = await start(t, good);
  const large = await sharp(await photographAs('jpeg', 1600, 1200))
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { Artist: 'the-farm' } })
    .toBuffer();
  assert.deepEqual((await captioner.describe(large)).description, description);
  const [{ url, key, body } = { url: '', key: '', body: '{}' }] = received;
  assert.deepEqual([url, key], ['/v1/chat/completions', `Bearer ${apiKey}`]);
  const sent = JSON.parse(body);
  assert.equal(sent.model, 'llava');
  assert.ok(!body.includes(apiKey));
  const [, data = ''] = sent.messages[1].content[1].image_url.url.split('data:image/jpeg;base64,');
  const jpeg = Buffer.from(data, 'base64');
  const { width, height, format, exif } = await sharp(jpeg).metadata();
  assert.deepEqual(
    { width, height, format, exif },
    { width: 960, height: 1280, format: 'jpeg', exif: undefined },
  );
});

test('a small picture is not enlarged, and a bad one is never sent', async (t) => {
  const { captioner, received } = await start(t, good);
  await captioner.describe(image);
  const [, data = ''] = received[0]?.body.match(/base64,([^"]+)/) ?? [];
  assert.equal((await sharp(Buffer.from(data, 'base64')).metadata()).width, 320);
  await assert.rejects(captioner.describe(Buffer.from('<svg/>')), PermanentError);
  assert.equal(received.length, 1);
});

test('the address may be the server, its /v1 or the full path, also behind a proxy', async (t) => {
  const { port } = await start(t, good);
  for (const [path, expected] of [
    ['', '/v1/chat/completions'],
    ['/v1', '/v1/chat/completions'],
    ['/v1/', '/v1/chat/completions'],
    ['/v1/chat/completions', '/v1/chat/completions'],
    ['/vision/v1', '/vision/v1/chat/completions'],
  ]) {
    const { captioner, received } = await start(t, good, {});
    const own = createCaptioner({ url: `${captioner.where}${path}`, model: 'x' });
    t.after(() => own?.close());
    await own?.describe(image);
    assert.equal(received[0]?.url, expected);
  }
  const secret = createCaptioner({
    url: `http://user:${apiKey}@127.0.0.1:${port}/?key=${apiKey}`,
    model: 'x',
  });
  assert.equal(secret?.where, `http://127.0.0.1:${port}`);
});

test('an answer without a description fails at once, without a retry', async (t) => {
  const { captioner, received, slept } = await start(t, (response) => response.end(completion({ score: 1 })));
  await fails(captioner.describe(image), PermanentError, /growth_stage_description/);
  assert.deepEqual([received.length, slept.length], [1, 0]);
});

test('429 and 5xx are retried after the time the server requests, or with a growing delay', async (t) => {
  const now = () => Date.parse('2026-01-01T00:00:00Z');
  const answers = [
    status(429, { 'retry-after': '7' }),
    status(503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' }),
    status(500),
    good,
  ];
  const { captioner, slept } = await start(
    t,
    (response, request, nth) => answers[nth - 1]?.(response, request, nth),
    { now },
  );
  assert.deepEqual((await captioner.describe(image)).description, description);
  assert.deepEqual(slept, [7000, 20_000, 4000]);
});

test('a requested delay of an hour is limited to a minute', async (t) => {
  const { captioner, slept } = await start(t, (response, request, nth) =>
    (nth === 1 ? status(429, { 'retry-after': '3600' }) : good)(response, request, nth),
  );
  await captioner.describe(image);
  assert.deepEqual(slept, [60_000]);
});

test('a server that stays down is unavailable; the picture is not to blame', async (t) => {
  const { captioner, received } = await start(t, status(502), { attempts: 3 });
  await fails(captioner.describe(image), Unavailable, /answers 502/);
  assert.equal(received.length, 3);
  const nobody = createCaptioner({
    url: 'http://127.0.0.1:1',
    model: 'x',
    attempts: 2,
    sleep: async () => {},
  });
  await fails(
    nobody?.describe(image) ?? Promise.resolve(),
    Unavailable,
    /cannot be reached \(ECONNREFUSED\)/,
  );
});

test('with a wrong key, address or model, pictures wait until the server takes the question', async (t) => {
  for (const [code, expected] of [
    [401, /refuses with 401: CAPTION_API_KEY/],
    [404, /refuses with 404: CAPTION_URL or CAPTION_MODEL is wrong, or the server has not loaded the model/],
  ] as const) {
    let pulled = false;
    const { captioner, received } = await start(t, (response, request, nth) => {
      if (request.method === 'GET') response.end('{"data":[]}');
      else (pulled ? good : status(code))(response, request, nth);
    });
    await fails(captioner.describe(image), Unavailable, expected);
    assert.equal(received.length, 1, 'not retried at once');
    await fails(captioner.probe(), Unavailable, expected);
    pulled = true;
    await captioner.probe();
    assert.ok(!received.at(-1)?.body.includes('base64'), 'the probe sends no picture');
    assert.deepEqual((await captioner.describe(image)).description, description);
  }
});

test('a server that refuses the form of the question is asked in a simpler one from then on', async (t) => {
  const formOf = (body: string) => JSON.parse(body).response_format?.type ?? 'none';
  const knows = async (known: string[]) => {
    const { captioner, received } = await start(t, (response, request, nth) =>
      (known.includes(formOf(received[nth - 1]?.body ?? '{}')) ? good : status(400))(response, request, nth),
    );
    const described = () => captioner.describe(image).then(() => true);
    return { described, forms: () => received.map(({ body }) => formOf(body)) };
  };
  const old = await knows(['json_object', 'none']);
  assert.ok((await old.described()) && (await old.described()));
  assert.deepEqual(old.forms(), ['json_schema', 'json_object', 'json_object']);
  const plain = await knows(['none']);
  assert.ok(await plain.described());
  assert.deepEqual(plain.forms(), ['json_schema', 'json_object', 'none']);
  const never = await knows([]);
  await fails(never.described(), PermanentError, /refuses with 400/);
  assert.equal(never.forms().length, 3);
});

test('Ollama is asked its own way, without thinking', async (t) => {
  const answer = JSON.stringify({ message: { content: JSON.stringify(description) }, done_reason: 'stop' });
  const { captioner: openai, received } = await start(t, (response) => response.end(answer));
  const captioner = createCaptioner({ url: `${openai.where}/api/chat`, model: 'qwen3-vl', maxTokens: 900 });
  assert.ok(captioner);
  t.after(() => captioner.close());
  assert.deepEqual((await captioner.describe(image)).description, description);
  const [{ url, body } = { url: '', body: '{}' }] = received;
  assert.equal(url, '/api/chat');
  const { think, format, options, messages } = JSON.parse(body);
  assert.deepEqual([think, format.type, options.num_predict], [false, 'object', 900]);
  assert.equal((await sharp(Buffer.from(messages[1].images[0], 'base64')).metadata()).width, 320);
  await captioner.probe();
  assert.equal(received.at(-1)?.url, '/api/tags');
});

test('redirects are not followed', async (t) => {
  const other = await start(t, good);
  const { captioner } = await start(
    t,
    status(307, { location: `http://127.0.0.1:${other.port}/v1/chat/completions` }),
  );
  await fails(captioner.describe(image), Unavailable, /redirects are not followed/);
  assert.equal(other.received.length, 0);
});

test('a server that is silent or very slow times out', async (t) => {
  const drip: Answer = (response) => {
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
  for (const answer of [() => {}, drip]) {
    const { captioner, received } = await start(t, answer, { timeoutMs: 150, attempts: 2 });
    await fails(captioner.describe(image), Unavailable, /did not answer within 0\.15 s/);
    assert.equal(received.length, 2);
  }
});

test('an endless answer is cut off', async (t) => {
  const flood: Answer = (response) => {
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
    };
    response.on('drain', write);
    write();
  };
  const { captioner } = await start(t, flood);
  await fails(captioner.describe(image), PermanentError, /longer than 262144 bytes/);
});

test('a connection that breaks in the middle of an answer is retried', async (t) => {
  const { captioner } = await start(t, (response, request, nth) => {
    if (nth > 1) return good(response, request, nth);
    response.writeHead(200, { 'content-length': 1000 });
    response.write('{"choices"', () => response.destroy());
  });
  assert.deepEqual((await captioner.describe(image)).description, description);
});

test('link-local and metadata addresses are never contacted', async () => {
  for (const url of [
    'http://169.254.169.254/latest',
    'http://[fe80::1]:11434',
    'http://[fd00:ec2::254]',
    'http://2852039166',
  ]) {
    const captioner = createCaptioner({ url, model: 'x', apiKey });
    assert.ok(captioner);
    await fails(captioner.describe(image), Unavailable, /never asked/);
    await fails(captioner.probe(), Unavailable, /never asked/);
  }
});

test('the limit on concurrent pictures is respected', async (t) => {
  const waiting: ServerResponse[] = [];
  let most = 0;
  const { captioner } = await start(
    t,
    (response) => {
      most = Math.max(most, waiting.push(response));
      // Answered in pairs, once both have arrived.
      if (waiting.length >= 2) for (const asked of waiting.splice(0)) asked.end(completion());
    },
    { concurrency: 2 },
  );
  await Promise.all(Array.from({ length: 8 }, () => captioner.describe(image)));
  assert.equal(most, 2);
});

test('after several pictures without an answer, requests pause until a probe succeeds', async (t) => {
  let clock = 0;
  let down = true;
  const { captioner, received } = await start(
    t,
    (response, request, nth) => (down ? status(500) : good)(response, request, nth),
    { attempts: 1, breakAfter: 3, restMs: 30_000, now: () => clock },
  );
  for (let n = 0; n < 3; n++) await fails(captioner.describe(image), Unavailable, /answers 500/);
  await fails(captioner.describe(image), Unavailable, /paused/);
  assert.equal(received.length, 3);

  clock = 30_000;
  await fails(captioner.describe(image), Unavailable, /answers 500/);
  await fails(captioner.describe(image), Unavailable, /paused/);
  down = false;
  await captioner.probe();
  assert.deepEqual((await captioner.describe(image)).description, description);
});

test('a probe distinguishes a healthy server from one that is down or refuses the key', async (t) => {
  await (await start(t, (response) => response.end('{"data":[]}'))).captioner.probe();
  await (await start(t, status(404))).captioner.probe();
  await fails((await start(t, status(503))).captioner.probe(), Unavailable, /503/);
  await fails((await start(t, status(401))).captioner.probe(), Unavailable, /CAPTION_API_KEY/);
  const nobody = createCaptioner({ url: 'http://127.0.0.1:1', model: 'x' });
  await fails(nobody?.probe() ?? Promise.resolve(), Unavailable, /ECONNREFUSED/);
});

test('an abort takes effect at once, even between two attempts', async (t) => {
  const stop = new AbortController();
  const { captioner } = await start(t, () => stop.abort(new Error('given up')));
  await assert.rejects(captioner.describe(image, stop.signal), /given up/);
  await assert.rejects(captioner.describe(image, stop.signal), /given up/);
});
