import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readConfig, requireSettings } from '@mycelium/config';
import { createTestDatabase } from '@mycelium/database/testing';
import { testRedis } from '@mycelium/queue/testing';
import { growSmallFarm, imagesOfRun, runEachJob } from './small-farm.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: { stringValue?: string } }[];
}

/** Starts a collector that stores the spans it receives as OTLP over HTTP in JSON. */
async function startCollector(t: TestContext) {
  const spans: Span[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString());
    for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { spans, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('one trace contains the run of a slot, its batches and every image', async (t) => {
  const { spans, url } = await startCollector(t);
  const pool = await createTestDatabase(t);
  await runEachJob(t, {
    REDIS_URL: requireSettings(readConfig(), 'REDIS_URL').REDIS_URL,
    REDIS_PREFIX: testRedis(t).prefix,
    DATABASE_URL: pool.url,
    IMAGE_DIR: await growSmallFarm(t, pool),
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
  });
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const wayUp = (span: Span | undefined): string[] =>
    span ? [span.name, ...wayUp(byId.get(span.parentSpanId ?? ''))] : [];
  const images = spans.filter(({ name }) => name === 'image');
  assert.equal(images.length, imagesOfRun);
  for (const image of images) {
    const way = wayUp(image).join(' < ');
    assert.match(
      way,
      /^image < decode < .*clip-batch.* < .*daily_clip_inference|^image < decode < .*clip-batch.* < .*clip\b/,
    );
  }
  assert.equal(new Set(images.map(({ traceId }) => traceId)).size, 1);
});
