import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig, requireSettings } from '@mycelium/config';
import { createTestDatabase } from '@mycelium/database/testing';
import { testRedis } from '@mycelium/queue/testing';
import { growSmallFarm, imagesOfRun, runEachJob } from './small-farm.ts';
import { startCollector } from './tools/trace-collector.ts';

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
  const wayUp = (span: (typeof spans)[number] | undefined): string[] =>
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
