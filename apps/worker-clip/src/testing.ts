import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureModel } from '@mycelium/database';
import { type Captioner, loadEncoder } from '@mycelium/encoder';
import { createRandomClip } from '@mycelium/encoder/testing';
import { formatImageKey } from '@mycelium/farm';
import { openQueues, silent } from '@mycelium/process/testing';
import type { Result } from '@mycelium/queue';
import { type ObjectStore, openStore, type StoreSettings } from '@mycelium/storage';
import sharp from 'sharp';
import { describeBatch } from './describe-batch.ts';
import { embedBatch } from './embed-batch.ts';
import { dailyClipInference, embedImages } from './embed-images.ts';

const timeZone = 'Asia/Shanghai';
/** 03:02:25 on 25 December, farm time. Its run works on the 24th. */
export const slot = new Date('2025-12-24T19:02:25Z');

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
  t: Parameters<typeof openQueues>[0],
  {
    captioner,
    read,
    aliases = { 7: '607' },
    bucket,
  }: {
    captioner?: Captioner | undefined;
    read?: ObjectStore['read'];
    aliases?: Record<string, string>;
    /** Settings of an S3 server to use instead of a folder. */
    bucket?: StoreSettings | undefined;
  } = {},
) {
  const { pool, queues, redis, work, run } = await openQueues(t, timeZone);
  const directory = await mkdtemp(join(folder, 'images-'));
  const store = openStore(bucket ?? { IMAGE_DIR: directory });
  await store.ensureBucket();
  const model = { id: await ensureModel(pool, encoder.key, encoder.id), key: encoder.key };
  const context = {
    ...{ pool, store: read ? { ...store, read } : store, encoder, model, captioner, queues },
    ...{ aliases, lateDays: 7, quietMillis: 300, logger: silent },
  };
  work('clip', { daily_clip_inference: dailyClipInference, embed_images: embedImages }, context);
  work('clip-batch', { embed_batch: embedBatch }, context, 2);
  if (captioner) work('captions', { describe_batch: describeBatch }, { ...context, captioner });

  const report = (name: 'daily_clip_inference' | 'embed_images', at: Date, payload = {}) =>
    run(name, at, payload) as Promise<Result<'embed_images'>>;

  /** One batch, without a run around it. */
  const embed = async (keys: string[], options: { save?: boolean; onlyPending?: boolean } = {}) => {
    const queue = queues.of('embed_batch');
    const { id } = await queues.enqueue('embed_batch', { keys, ...options });
    for (let n = 0; n < 600; n++) {
      const job = await queue.getJob(id as string);
      if (await job?.isFailed()) throw new Error(job?.failedReason ?? 'the batch failed');
      if (await job?.isCompleted())
        return (await queue.getJob(id as string))?.returnvalue as Result<'embed_batch'>;
      await wait(50);
    }
    throw new Error('the batch did not end');
  };
  return { pool, store, directory, model, queues, redis, report, embed };
}
