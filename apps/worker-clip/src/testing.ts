import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createLedger, ensureModel, findRun } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { type Captioner, loadEncoder } from '@mycelium/encoder';
import { createRandomClip } from '@mycelium/encoder/testing';
import { formatImageKey } from '@mycelium/farm';
import { createQueues, enqueueSlot, type Result, startWorker } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { directoryStore, type ObjectStore } from '@mycelium/storage';
import { createLogger } from '@mycelium/telemetry';
import sharp from 'sharp';
import { describeBatch } from './describe-batch.ts';
import { embedBatch } from './embed-batch.ts';
import { dailyClipInference, embedImages } from './embed-images.ts';

const timeZone = 'Asia/Shanghai';
/** 03:02:25 on 25 December, farm time. Its run works on the 24th. */
export const slot = new Date('2025-12-24T19:02:25Z');
const logger = createLogger({ service: 'test', level: 'error', format: 'json' });

const folder = await mkdtemp(join(tmpdir(), 'mycelium-clip-'));
await createRandomClip(join(folder, 'model'), { size: 'tiny', dtype: 'fp32', seed: 7 });
export const encoder = await loadEncoder({
  model: join(folder, 'model'),
  modelDir: folder,
  dtype: 'fp32',
  device: 'cpu',
  threads: 1,
});
after(async () => {
  await encoder.close();
  await rm(folder, { recursive: true });
});

export function keyAt(room: string, hour: number) {
  const capturedAt = new Date(Date.parse('2025-12-23T16:00:00Z') + hour * 3_600_000);
  return formatImageKey({ room, capturedAt, batchInDate: '2025-12-18', camera: '1921681235' }, { timeZone });
}

export const picture = (n: number) =>
  sharp({ create: { width: 320, height: 240, channels: 3, background: { r: n * 9, g: 200 - n * 7, b: 90 } } })
    .jpeg()
    .toBuffer();

/** Starts the image worker on an empty database, queue and store. `read` can intercept reads from the store. */
export async function startClipWorker(
  t: Parameters<typeof createTestDatabase>[0],
  { captioner, read }: { captioner?: Captioner | undefined; read?: ObjectStore['read'] } = {},
) {
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  const directory = await mkdtemp(join(folder, 'images-'));
  const store = directoryStore(directory);
  await store.ensureBucket();
  const model = { id: await ensureModel(pool, encoder.key, encoder.id), key: encoder.key };
  const workerStore = read ? { ...store, read } : store;
  const context = {
    pool,
    store: workerStore,
    encoder,
    model,
    captioner,
    queues,
    aliases: { 7: '607' },
    logger,
  };
  const options = { connection, queues, ledger: createLedger(pool, 'test'), timeZone, logger };
  const workers = [
    startWorker(
      'clip',
      { daily_clip_inference: dailyClipInference, embed_images: embedImages },
      context,
      options,
    ),
    startWorker('clip-batch', { embed_batch: embedBatch }, context, { ...options, concurrency: 2 }),
  ];
  if (captioner) {
    workers.push(
      startWorker('captions', { describe_batch: describeBatch }, { ...context, captioner }, options),
    );
  }
  t.after(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await Promise.all(queues.all.map((queue) => queue.close()));
  });

  const report = async (name: 'daily_clip_inference' | 'embed_images', at: Date, payload = {}) => {
    await enqueueSlot(queues, name, at, 'manual', payload);
    for (let n = 0; n < 600; n++) {
      const run = await findRun(pool, name, at);
      if (run?.status === 'failed') assert.fail(run.error ?? '');
      const waiting = await queues.of(name).getJobState(`${name}@${at.getTime()}`);
      if (run?.status === 'succeeded' && waiting === 'completed') return run.report as Result<'embed_images'>;
      await wait(50);
    }
    return assert.fail(`${name} did not end: ${JSON.stringify(await findRun(pool, name, at))}`);
  };

  /** One batch, without a run around it. */
  const embed = async (keys: string[], save = true) => {
    const queue = queues.of('embed_batch');
    const job = await queues.enqueue('embed_batch', { keys, save });
    for (let n = 0; n < 600; n++) {
      const state = await queue.getJobState(job.id as string);
      if (state === 'failed') assert.fail((await queue.getJob(job.id as string))?.failedReason ?? '');
      if (state === 'completed') {
        return (await queue.getJob(job.id as string))?.returnvalue as Result<'embed_batch'>;
      }
      await wait(50);
    }
    return assert.fail('the batch did not end');
  };
  return { pool, store, directory, model, queues, redis: connection.redis, report, embed };
}
