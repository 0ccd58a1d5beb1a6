import type { Config } from '@mycelium/config';
import { ensureModel, type Pool } from '@mycelium/database';
import { createCaptioner, loadEncoder, modelKey, probeModel } from '@mycelium/encoder';
import type { Dependency, Queues } from '@mycelium/queue';
import { openStore } from '@mycelium/storage';
import type { Logger, Shutdown } from '@mycelium/telemetry';
import type { ClipContext } from './context.ts';

interface ClipProcess {
  config: Config & { CLIP_MODEL: string };
  pool: Pool;
  queues: Queues;
  logger: Logger;
  shutdown: Shutdown;
}

/** Loads the model and opens the store. @returns the context of the image jobs and the services they need */
export async function createContext({ config, pool, queues, logger, shutdown }: ClipProcess) {
  const choice = { model: config.CLIP_MODEL, modelDir: config.MODEL_DIR, dtype: config.CLIP_DTYPE };
  const encoder = await loadEncoder({
    ...choice,
    device: config.CLIP_DEVICE,
    threads: config.CLIP_THREADS,
    log: (line: string) => logger.info(line),
  });
  shutdown.onStop('encoder', () => encoder.close());
  const key = modelKey(encoder.id);
  if (encoder.id.demo) {
    logger.warn('this is the DEMO MODEL: its vectors are for trying the system out', { model: key });
  }
  const store = openStore(config);
  const context: ClipContext = {
    pool,
    store,
    encoder,
    model: { id: await ensureModel(pool, key, encoder.id), key },
    captioner: createCaptioner({
      url: config.CAPTION_URL,
      model: config.CAPTION_MODEL,
      apiKey: config.CAPTION_API_KEY,
      maxTokens: config.CAPTION_ANSWER_LIMIT,
    }),
    queues,
    aliases: config.ROOM_ALIASES,
    quietMillis: 5_000,
    lateDays: config.LATE_IMAGE_DAYS,
    logger,
  };
  const needs: Dependency[] = [
    { name: 'object store', probe: (signal) => store.probe(signal) },
    { name: 'model', probe: () => probeModel(choice) },
  ];
  return { context, needs };
}
