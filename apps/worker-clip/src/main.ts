import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { readConfig, requireSettings } from '@mycelium/config';
import { createLedger, createPool, ensureModel, startHeartbeat } from '@mycelium/database';
import { createCaptioner, loadEncoder, modelKey, probeModel } from '@mycelium/encoder';
import { connect, createQueues, startWorker } from '@mycelium/queue';
import { openStore } from '@mycelium/storage';
import {
  createLogger,
  fencedWrites,
  onShutdown,
  startHealthServer,
  startTracing,
  watchBreaker,
} from '@mycelium/telemetry';
import type { ClipContext } from './context.ts';
import { describeBatch } from './describe-batch.ts';
import { embedBatch } from './embed-batch.ts';
import { dailyClipInference, embedImages } from './embed-images.ts';

// Planning a day of a million images makes much garbage: V8 would rather grow to 400 MB than tidy up.
setFlagsFromString('--optimize-for-size');

const config = requireSettings(readConfig(), 'REDIS_URL', 'DATABASE_URL', 'CLIP_MODEL');
const logger = createLogger({
  service: 'worker-clip',
  level: config.LOG_LEVEL,
  format: config.LOG_FORMAT,
}).child({
  tag: '[CLIP_TASK]',
});
const shutdown = onShutdown(logger, config.DRAIN_SECONDS);

const pool = createPool(config.DATABASE_URL, { name: 'mycelium worker-clip' });
shutdown.onStop('database', () => pool.end());
const choice = { model: config.CLIP_MODEL, modelDir: config.MODEL_DIR, dtype: config.CLIP_DTYPE };
const encoder = await loadEncoder({
  ...choice,
  device: config.CLIP_DEVICE,
  threads: config.CLIP_THREADS,
  log: (line: string) => logger.info(line),
});
shutdown.onStop('encoder', () => encoder.close());
const key = modelKey(encoder.id);
if (encoder.id.demo)
  logger.warn('this is the DEMO MODEL: its vectors are for trying the system out', { model: key });

const tracing = await startTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, 'worker-clip');
shutdown.onStop('tracing', () => tracing.stop());
const connection = connect(
  config,
  (error) => logger.warn('Redis is out of reach', { error: error.message }),
  tracing.telemetry,
);
const queues = createQueues(connection);
shutdown.onStop('queues', () => queues.close());
const context: ClipContext = {
  pool,
  store: openStore(config),
  encoder,
  model: { id: await ensureModel(pool, key, encoder.id), key },
  captioner: createCaptioner({
    url: config.CAPTION_URL,
    model: config.CAPTION_MODEL,
    apiKey: config.CAPTION_API_KEY,
  }),
  queues,
  aliases: config.ROOM_ALIASES,
  logger,
};
const name = `worker-clip@${hostname()}#${process.pid}`;
const options = {
  connection,
  queues,
  ledger: createLedger(pool, name),
  timeZone: config.TZ,
  logger,
  onFenced: () => fencedWrites.inc(),
  needs: [
    { name: 'postgres', probe: () => pool.query('select 1') },
    { name: 'object store', probe: (signal: AbortSignal) => context.store.probe(signal) },
    { name: 'model', probe: () => probeModel(choice) },
  ],
};
// Runs sleep while their batches are done, so a few may be open; three batches keep reading, inference and
// writing going at once.
const runs = startWorker(
  'clip',
  { daily_clip_inference: dailyClipInference, embed_images: embedImages },
  context,
  {
    ...options,
    concurrency: 2,
  },
);
const batches = startWorker('clip-batch', { embed_batch: embedBatch }, context, {
  ...options,
  concurrency: 3,
});
const workers = [runs, batches];
const { captioner } = context;
if (captioner) {
  const needs = [
    ...options.needs,
    { name: 'captioner', probe: (signal: AbortSignal) => captioner.probe(signal) },
  ];
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
const trouble = () => workers.map((worker) => worker.trouble()).find(Boolean);
watchBreaker(['postgres', 'object store', 'model', ...(captioner ? ['captioner'] : [])], trouble);
const heartbeat = startHeartbeat(pool, {
  process: name,
  service: 'worker-clip',
  host: hostname(),
  trouble,
});
shutdown.onStop('heartbeat', () => heartbeat.stop());

if (config.HEALTH_PORT) {
  const health = await startHealthServer({
    host: config.HEALTH_HOST,
    port: config.HEALTH_PORT,
    ready: trouble,
  });
  shutdown.onStop('health', () => health.close());
}
logger.info('taking jobs', { queues: ['clip', 'clip-batch'], model: key });
