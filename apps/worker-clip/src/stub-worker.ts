/**
 * The image worker with a stub in place of the model, which waits instead of reckoning, unless it is told of a real
 * one: for chaos tests and for measuring how the queue scales. Everything else is the real thing. Told by one JSON
 * argument.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createLedger, createPool, ensureModel, type Pool } from '@mycelium/database';
import { createCaptioner, type Encoder, loadEncoder } from '@mycelium/encoder';
import { connect, createQueues, startWorker } from '@mycelium/queue';
import { directoryStore } from '@mycelium/storage';
import { createLogger, onShutdown } from '@mycelium/telemetry';
import { z } from 'zod';
import { describeBatch } from './describe-batch.ts';
import { embedBatch } from './embed-batch.ts';
import { dailyClipInference, embedImages } from './embed-images.ts';

const told = z
  .strictObject({
    name: z.string(),
    databaseUrl: z.string(),
    redisUrl: z.string(),
    prefix: z.string(),
    imageDir: z.string(),
    millisecondsPerImage: z.number(),
    concurrency: z.number().default(1),
    leaseSeconds: z.number().default(15),
    drainSeconds: z.number().default(10),
    /** How often, 0–1, the process kills itself just before or just after a commit of vectors. */
    dieAtCommit: z.number().default(0),
    /** Whoever opens this image dies of it. */
    deadlyImage: z.string().optional(),
    /** Of the chances that decide it. */
    seed: z.number().default(0),
    /** A folder with a real model. */
    modelFolder: z.string().optional(),
    captionUrl: z.string().optional(),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const logger = createLogger({ service: told.name, level: 'info', format: 'json' });
const shutdown = onShutdown(logger, told.drainSeconds);

const pool = createPool(told.databaseUrl, { name: told.name, max: 5 });
shutdown.onStop('database', () => pool.end());
const connection = connect(
  {
    REDIS_URL: told.redisUrl,
    REDIS_PREFIX: told.prefix,
    REDIS_CONNECT_TIMEOUT: 5_000,
    REDIS_COMMAND_TIMEOUT: 5_000,
  },
  () => {},
);
const queues = createQueues(connection);
shutdown.onStop('queues', () => queues.close());

const id = {
  name: 'stub',
  revision: 'local',
  dtype: 'fp32',
  hash: '00000000',
  demo: true,
  dimensions: 512,
} as const;
const vector = () => new Float32Array(512).fill(1 / Math.sqrt(512));
const stub: Encoder = {
  id,
  key: 'demo:stub@local/fp32#00000000',
  device: 'cpu',
  batchSize: 8,
  pid: undefined,
  async embedImages(images, signal) {
    await wait(told.millisecondsPerImage * images.length, undefined, { signal });
    return images.map(vector);
  },
  embedTexts: async (texts) => texts.map(vector),
  countTokens: (text) => text.split(' ').length,
  close: async () => {},
};

const encoder = told.modelFolder
  ? await loadEncoder({
      model: told.modelFolder,
      modelDir: told.modelFolder,
      dtype: 'fp32',
      device: 'cpu',
      threads: 1,
    })
  : stub;
shutdown.onStop('encoder', () => encoder.close());

const directory = directoryStore(told.imageDir);
const store: typeof directory = {
  ...directory,
  read: (key, signal) => (key === told.deadlyImage ? die() : directory.read(key, signal)),
};
const model = { id: await ensureModel(pool, encoder.key, encoder.id), key: encoder.key };
const captioner = createCaptioner({ url: told.captionUrl, model: 'stub' });
const context = {
  pool: await deadly(pool),
  store,
  encoder,
  model,
  captioner,
  queues,
  aliases: {},
  logger,
};
const options = {
  connection,
  queues,
  ledger: createLedger(pool, told.name, { leaseSeconds: told.leaseSeconds }),
  leaseSeconds: told.leaseSeconds,
  timeZone: 'UTC',
  logger,
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
    concurrency: told.concurrency,
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
logger.info('taking jobs', { modelPid: encoder.pid });

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('dead');
}

/** The pool, with a fault point on each side of COMMIT. */
async function deadly(real: Pool): Promise<Pool> {
  if (told.dieAtCommit === 0) return real;
  const { seededRandom } = await import('@mycelium/encoder/demo-model');
  const chance = seededRandom(told.seed);
  const connectReal = real.connect.bind(real);
  real.connect = (async (...callback: []) => {
    // `pool.query` asks with a callback; transactions do not.
    if (callback.length > 0) return connectReal(...callback);
    const client = await connectReal();
    const query = client.query.bind(client) as (...asked: unknown[]) => Promise<unknown>;
    let wroteVectors = false;
    client.query = (async (...asked: unknown[]) => {
      const text = String(asked[0]);
      if (text.startsWith('insert into image_embedding')) wroteVectors = true;
      if (text !== 'commit' || !wroteVectors) return query(...asked);
      wroteVectors = false;
      const fate = chance();
      if (fate < told.dieAtCommit / 2) die();
      const committed = await query(...asked);
      if (fate < told.dieAtCommit) die();
      return committed;
    }) as typeof client.query;
    return client;
  }) as typeof real.connect;
  return real;
}
