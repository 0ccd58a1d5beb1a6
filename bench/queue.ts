import { join } from 'node:path';
import { createLedger, createPool, migrate } from '@mycelium/database';
import { decodeImage, identityText, loadEncoder } from '@mycelium/encoder';
import { createRandomClip, photographAs } from '@mycelium/encoder/testing';
import { connect, createQueues, type QueueConnection, startWorker } from '@mycelium/queue';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median, time } from './bench.ts';

const rounds = 5;
const batchSize = 20;
const batches = 400;
const images = batches * batchSize;

/**
 * P5: the overhead of the queue per image, with 20 images per batch. Adding all batches at once is compared with adding
 * them one by one and with the obvious first design, one job per image. The full path through the queue (add, take,
 * lease, complete), with a worker that does nothing, is compared with 1 % of the time to embed one small image.
 */
export const bench: Bench = { name: 'queue', ids: ['P5'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  const connection = connect(
    {
      REDIS_URL: context.redisUrl,
      REDIS_PREFIX: `{bench-queue-${process.pid}}`,
      REDIS_CONNECT_TIMEOUT: 5_000,
      REDIS_COMMAND_TIMEOUT: 60_000,
    },
    () => {},
  );
  const queues = createQueues(connection);
  try {
    return [...(await measureAdding(queues, context)), await measureWay(queues, connection, context)];
  } finally {
    await Promise.all(queues.all.map((queue) => queue.obliterate({ force: true })));
    await queues.close();
  }
}

type Queues = ReturnType<typeof createQueues>;

const payloads = Array.from({ length: batches }, (_, batch) => ({
  payload: {
    keys: Array.from({ length: batchSize }, (_, n) => {
      const second = String(n).padStart(2, '0');
      return `607/20260101/607_1921681235_20251220_2026010103${String(batch % 60).padStart(2, '0')}${second}.jpg`;
    }),
  },
}));

async function measureAdding(queues: Queues, { log }: BenchContext): Promise<BenchRow[]> {
  const queue = queues.of('embed_batch');
  const seconds: { ours: number; batchByBatch: number; imageByImage: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const ours = await time(() => queues.enqueueAll('embed_batch', payloads));
    await queue.drain();
    const batchByBatch = await time(async () => {
      for (const { payload } of payloads) await queues.enqueue('embed_batch', payload);
    });
    await queue.drain();
    const imageByImage = await time(async () => {
      for (const { payload } of payloads) {
        for (const key of payload.keys) await queues.enqueue('embed_batch', { keys: [key] });
      }
    });
    await queue.drain();
    log(
      `adding ${images} images: ${ms(ours)} ms at once, ${ms(batchByBatch)} ms a batch at a time, ${ms(imageByImage)} ms a job an image`,
    );
    if (round > 0) seconds.push({ ours, batchByBatch, imageByImage });
  }
  const ours = images / median(seconds.map(({ ours }) => ours));
  const against = (naive: 'batchByBatch' | 'imageByImage', words: string): BenchRow => ({
    id: 'P5',
    case: `adding, against ${words}`,
    unit: 'images/s',
    ours,
    naive: images / median(seconds.map((each) => each[naive])),
    limit: null,
    vsNaive: median(seconds.map((each) => each[naive] / each.ours)),
    vsLimit: null,
    n: rounds * images,
  });
  return [against('imageByImage', 'a job an image'), against('batchByBatch', 'the same batches in a loop')];
}

async function measureWay(
  queues: Queues,
  connection: QueueConnection,
  context: BenchContext,
): Promise<BenchRow> {
  const { log } = context;
  const own = await imageSeconds(context);
  log(`an image by itself: ${ms(own)} ms`);
  const databaseUrl = await createDatabase(context.databaseUrl, 'bench_queue');
  const pool = createPool(databaseUrl, { name: 'bench' });
  await migrate(pool);
  let left = 0;
  let done = () => {};
  const worker = startWorker(
    'clip-batch',
    {
      embed_batch: async () => {
        if (--left === 0) done();
        return { rooms: {}, failures: [] };
      },
    },
    {},
    {
      connection,
      queues,
      ledger: createLedger(pool, 'bench'),
      timeZone: 'UTC',
      logger: { info() {}, warn: log, error: log },
      concurrency: 3,
    },
  );
  const costs: number[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      left = batches;
      const allDone = new Promise<void>((resolve) => {
        done = resolve;
      });
      const seconds = await time(async () => {
        await queues.enqueueAll('embed_batch', payloads);
        await allDone;
      });
      log(`${batches} batches through the queue: ${ms(seconds)} ms`);
      if (round > 0) costs.push(seconds / images);
    }
  } finally {
    await worker.close();
    await pool.end();
  }
  const ours = median(costs);
  return {
    id: 'P5',
    case: 'through the queue',
    note: `an image by itself ${ms(own)} ms`,
    unit: 'ms an image',
    ours: ours * 1_000,
    naive: null,
    limit: own * 10, // a hundredth, in milliseconds
    vsNaive: null,
    vsLimit: own / 100 / ours,
    n: rounds * images,
  };
}

/** Seconds per image for decoding an HD picture and running both towers of a full-size q8 ViT-B/32 on all cores. */
async function imageSeconds({ workDir }: BenchContext): Promise<number> {
  const model = join(workDir, 'clip-b32');
  await createRandomClip(model, { size: 'b32', dtype: 'q8', seed: 1 });
  const encoder = await loadEncoder({ model, modelDir: workDir, dtype: 'q8', device: 'cpu' });
  const picture = await photographAs('jpeg', 1_920, 1_080, 1);
  const count = 2 * encoder.batchSize;
  const texts = Array(count).fill(identityText({ room: '607', stage: 'normal', growthDay: 1 }));
  const one = () =>
    time(async () => {
      const pixels = await Promise.all(Array.from({ length: count }, () => decodeImage(picture)));
      await encoder.embedImages(pixels);
      await encoder.embedTexts(texts);
    });
  await one();
  const times = [await one(), await one(), await one()];
  await encoder.close();
  return median(times) / count;
}

const ms = (seconds: number) => (seconds * 1_000).toFixed(1);
