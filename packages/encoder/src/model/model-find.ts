import { PermanentError } from '@mycelium/farm';
import { demoModelDir } from './demo-model-dir.ts';
import { dtypes } from './model-files.ts';
import { type ModelChoice, probeModel } from './model-folder.ts';
import { modelKey } from './model-id.ts';
import { listModels } from './model-list.ts';

/**
 * Finds the model with a key among all models on this machine: `model` (CLIP_MODEL), those in `modelDir`, and the demo
 * model. Searches therefore follow `models use` without a change of settings.
 * @throws PermanentError when it is not on this machine
 */
export async function findModel(
  key: string,
  { model, modelDir }: { model: string | undefined; modelDir: string },
): Promise<ModelChoice> {
  const dtype = dtypes.find((each) => key.includes(`/${each}#`));
  const places = [model, ...(await listModels(modelDir)).map(({ dir }) => dir), demoModelDir];
  for (const place of places) {
    if (!place || !dtype) continue;
    const choice = { model: place, modelDir, dtype };
    if ((await keyOf(choice)) === key) return choice;
  }
  throw new PermanentError(
    'model',
    `Searches read the vectors of ${key}, and that model is not on this machine: it is neither CLIP_MODEL nor in ` +
      `${modelDir}. Copy it here, or switch to another model with \`mycelium models use\``,
  );
}

async function keyOf(choice: ModelChoice): Promise<string | undefined> {
  try {
    return modelKey(await probeModel(choice));
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}
