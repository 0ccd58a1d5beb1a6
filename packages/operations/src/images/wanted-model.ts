import { activeModel, type Pool } from '@mycelium/database';

interface ModelSettings {
  CLIP_MODEL?: string | undefined;
  MODEL_DIR: string;
  CLIP_DTYPE: 'fp32' | 'fp16' | 'q8';
}

/**
 * The key of the model that clip workers with these settings load, or of the active one if no model is set.
 * @throws PermanentError when the model is not on this machine
 */
export async function wantedModel(
  pool: Pool,
  { CLIP_MODEL, MODEL_DIR, CLIP_DTYPE }: ModelSettings,
): Promise<string | undefined> {
  if (!CLIP_MODEL) return (await activeModel(pool))?.key;
  // Loaded only when needed, since the encoder loads its runtime.
  const { modelKey, probeModel } = await import('@mycelium/encoder');
  return modelKey(await probeModel({ model: CLIP_MODEL, modelDir: MODEL_DIR, dtype: CLIP_DTYPE }));
}
