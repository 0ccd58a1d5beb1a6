import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHealthServer } from './health.ts';
import { countImages, fencedWrites, readMetrics, timeStage, watchBreaker } from './metrics.ts';

const lines = async (name: string) =>
  (await readMetrics())
    .split('\n')
    .filter((line) => line.startsWith(name))
    .sort();

test('a process reports its metrics, even the second time', async () => {
  assert.equal((await lines('process_cpu_seconds_total')).length, 1);
  assert.equal((await lines('process_cpu_seconds_total')).length, 1);
});

test('a stage counts its seconds per image, even when it fails, and returns its result', async () => {
  assert.equal(await timeStage('decode', 20, async () => 'decoded'), 'decoded');
  await assert.rejects(
    timeStage('decode', 1, async () => {
      throw new Error('bad image');
    }),
    /bad image/,
  );
  await timeStage('decode', 0, async () => {});
  assert.deepEqual(await lines('mycelium_stage_seconds_count'), [
    'mycelium_stage_seconds_count{stage="decode"} 2',
  ]);
});

test('images are counted by room and outcome, and rooms beyond the limit share one label', async () => {
  countImages({ 611: { succeeded: 19, failed: 1, skipped: 0 } });
  countImages({ 611: { succeeded: 20, failed: 0, skipped: 0 } });
  assert.deepEqual(await lines('mycelium_images_total'), [
    'mycelium_images_total{room="611",outcome="failed"} 1',
    'mycelium_images_total{room="611",outcome="skipped"} 0',
    'mycelium_images_total{room="611",outcome="succeeded"} 39',
  ]);
  for (let room = 0; room < 2_000; room++)
    countImages({ [`invented ${room}`]: { succeeded: 1, failed: 0, skipped: 0 } });
  assert.equal((await lines('mycelium_images_total')).length, 3 * 1_001);
  assert.deepEqual((await lines('mycelium_images_total{room="other",outcome="succeeded"')).length, 1);
});

test('an open breaker is shown with the dependency that is down', async () => {
  let down: string | undefined;
  watchBreaker(['postgres', 'object store'], () => down);
  watchBreaker(['postgres'], () => undefined);
  down = 'object store';
  assert.deepEqual(await lines('mycelium_breaker_open'), [
    'mycelium_breaker_open{dependency="object store"} 1',
    'mycelium_breaker_open{dependency="postgres"} 0',
  ]);
});

test('the health server shows the metrics', async (t) => {
  const { port, close } = await startHealthServer({ port: 0, ready: () => undefined });
  t.after(close);
  fencedWrites.inc();
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=/);
  assert.match(await response.text(), /^mycelium_fenced_writes_total 1$/m);
});
