import { activeModel } from '@mycelium/database';
import type { Operations } from '../operations.ts';

/**
 * The key of the model that images should have vectors of. A person who sets CLIP_MODEL for a command means that one,
 * even before a search uses it; otherwise it is the active model, as in searches. Undefined before the first model.
 * @throws PermanentError when the model of the settings is not on this machine
 */
export async function wantedModel({
  pool,
  model,
}: Pick<Operations, 'pool' | 'model'>): Promise<string | undefined> {
  if (!model?.CLIP_MODEL) return (await activeModel(pool))?.key;
  // Loaded only when needed, since the encoder loads its runtime.
  const { modelKey, probeModel } = await import('@mycelium/encoder');
  return modelKey(
    await probeModel({ model: model.CLIP_MODEL, modelDir: model.MODEL_DIR, dtype: model.CLIP_DTYPE }),
  );
}
