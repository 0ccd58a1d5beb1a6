import { join } from 'node:path';
import type { Config, Setting } from '@mycelium/config';
import type { Output } from '../output.ts';

/** The model of the settings, or the demo model where there is none; made once, kept under the home. */
export async function chooseModel(config: Config, output: Output): Promise<Partial<Record<Setting, string>>> {
  if (config.CLIP_MODEL) {
    output.done('model', config.CLIP_MODEL);
    return { CLIP_MODEL: config.CLIP_MODEL, MODEL_DIR: config.MODEL_DIR, CLIP_DTYPE: config.CLIP_DTYPE };
  }
  const dir = join(config.MYCELIUM_HOME, 'models', 'demo');
  const { createDemoModel } = await import('@mycelium/encoder/demo-model');
  await createDemoModel(dir);
  output.done('model', `DEMO MODEL in ${dir}`);
  output.warn(
    '  The demo model knows the demo farm and nothing else: its vectors of real photographs mean little.\n' +
      '  For real work set CLIP_MODEL, e.g. after `mycelium models fetch openai/clip-vit-base-patch32`.',
  );
  return { CLIP_MODEL: dir, MODEL_DIR: config.MODEL_DIR, CLIP_DTYPE: 'fp32' };
}
