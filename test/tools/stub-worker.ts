/**
 * The image worker with a stub in place of the model: the stub waits instead of computing, and everything else is the
 * real code. Chaos tests use it, and benchmarks that measure how the queue scales. It takes its settings as one JSON
 * argument, which may name a folder with a real model.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createLedger, createPool, ensureModel } from '@mycelium/database';
import { createCaptioner, loadEncoder } from '@mycelium/encoder';
import { connect, createQueues, startWorker } from '@mycelium/queue';
import { openStore } from '@mycelium/storage';
import { createLogger, fencedWrites, onShutdown } from '@mycelium/telemetry';
import { dailyClipInference, describeBatch, embedBatch, embedImages } from '@mycelium/worker-clip/handlers';
import { z } from 'zod';
import { die, dieAroundCommit } from './die-around-commit.ts';
import { stubEncoder } from './stub-encoder.ts';

const settings = z
  .strictObject({
    name: z.string(),
    databaseUrl: z.string(),
    redisUrl: z.string(),
    prefix: z.string(),
    /** Settings of the image store, named as in the environment. */
    store: z.record(z.string(), z.string()),
    millisecondsPerImage: z.number(),
    concurrency: z.number().default(1),
    leaseSeconds: z.number().default(15),
    drainSeconds: z.number().default(10),
    /** How often, 0–1, the process kills itself just before or just after a commit of vectors. */
    dieAtCommit: z.number().default(0),
    /** The process kills itself when it opens this image. */
    poisonImage: z.string().optional(),
    /** Seeds the random choices. */
    seed: z.number().default(0),
    /** A folder with a real model. */
    modelFolder: z.string().optional(),
    captionUrl: z.string().optional(),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const logger = createLogger({ service: settings.name, level: 'info', format: 'json' });
const shutdown = onShutdown(logger, settings.drainSeconds);

const pool = createPool(settings.databaseUrl, { name: settings.name, max: 5 });
shutdown.onStop('database', () => pool.end());
const connection = connect(
  {
    REDIS_URL: settings.redisUrl,
    REDIS_PREFIX: settings.prefix,
    REDIS_CONNECT_TIMEOUT: 5_000,
    REDIS_COMMAND_TIMEOUT: 5_000,
  },
  () => {},
);
const queues = createQueues(connection);
shutdown.onStop('queues', () => queues.close());

const encoder = settings.modelFolder
  ? await loadEncoder({
      model: settings.modelFolder,
      modelDir: settings.modelFolder,
      dtype: 'fp32',
      device: 'cpu',
      threads: 1,
    })
  : stubEncoder(settings);
shutdown.onStop('encoder', () => encoder.close());

const images = openStore(settings.store);
const store: typeof images = {
  ...images,
  read: (key, signal) => (key === settings.poisonImage ? die() : images.read(key, signal)),
};
const model = { id: await ensureModel(pool, encoder.key, encoder.id), key: encoder.key };
const captioner = createCaptioner({ url: settings.captionUrl, model: 'stub' });
const context = {
  pool: dieAroundCommit(pool, {
    share: settings.dieAtCommit,
    seed: settings.seed,
    statement: 'insert into image_embedding',
  }),
  store,
  encoder,
  model,
  captioner,
  queues,
  aliases: {},
  lateDays: 7,
  quietMillis: 200,
  logger,
};
const options = {
  connection,
  queues,
  ledger: createLedger(pool, settings.name, { leaseSeconds: settings.leaseSeconds }),
  leaseSeconds: settings.leaseSeconds,
  timeZone: 'UTC',
  logger,
  // Reported at once, since a killed worker's counter is lost.
  onFenced: async () => {
    fencedWrites.inc();
    logger.warn('refused writes', { refusedWrites: (await fencedWrites.get()).values[0]?.value });
  },
  needs: [
    { name: 'postgres', probe: () => pool.query('select 1') },
    { name: 'object store', probe: (signal: AbortSignal) => store.probe(signal) },
  ],
};
const workers = [
  startWorker(
    'clip',
    { daily_clip_inference: dailyClipInference, embed_images: embedImages },
    context,
    options,
  ),
  startWorker('clip-batch', { embed_batch: embedBatch }, context, {
    ...options,
    concurrency: settings.concurrency,
  }),
];
if (captioner) {
  const probe = (signal: AbortSignal) => captioner.probe(signal);
  const needs = [...options.needs, { name: 'captioner', probe }];
  workers.push(
    startWorker(
      'captions',
      { describe_batch: describeBatch },
      { ...context, captioner },
      { ...options, needs },
    ),
  );
}
shutdown.onStop('workers', () => Promise.all(workers.map((worker) => worker.close())));
// With --expose-gc, reports the memory still in use. Finalizers release memory only for the second collection.
process.on('SIGUSR2', async () => {
  globalThis.gc?.();
  await wait(50);
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  logger.info('memory in use', { heapBytes: heapUsed + external });
});
logger.info('taking jobs', { modelPid: encoder.pid });
